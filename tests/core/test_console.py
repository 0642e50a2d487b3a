from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import pytest

from newel import App, Plugin, Provider, Router, console, hookimpl


class Ledger:
    """Remembers what became of it."""

    ends: ClassVar[list[str]] = []


class LedgerPlugin(Plugin):
    name: ClassVar[str] = "ledger"

    @hookimpl
    def newel_providers(self) -> Iterable[Provider]:
        yield Provider(contract=Ledger, open=Ledger, finish=self.finish, close=self.close)

    @hookimpl
    def newel_shell_names(self) -> Mapping[str, Any]:
        return {"Ledger": Ledger, "answer": 42}

    def finish(self, ledger: Ledger, response: Any) -> None:
        ledger.ends.append("committed")

    def close(self, ledger: Ledger, error: BaseException | None) -> None:
        ledger.ends.append("closed")


class OtherPlugin(Plugin):
    name: ClassVar[str] = "other"

    @hookimpl
    def newel_shell_names(self) -> Mapping[str, Any]:
        return {"answer": 43, "question": "?"}


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.setattr(Ledger, "ends", [])
    return App(routes=[Router()], plugins=[LedgerPlugin, OtherPlugin], profile="development")


def typed(app: App, text: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[str]]:
    """Type into the console; return its exit status and what it told."""
    told: list[str] = []
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    return console.run(app, None, told.append), told


run: Callable[[App, str], int] = lambda app, source: console.run(app, source, lambda text: None)  # noqa: E731


def test_names_are_at_hand(app: App) -> None:
    assert run(app, "exit(0 if (answer, question, app, type(scope)) and Urls else 1)") == 0


def test_of_two_values_under_one_name_the_first_plugins_counts(app: App) -> None:
    assert console.brought(app) == {"answer": 42, "question": "?", "Ledger": Ledger}


def test_code_that_ends_commits(app: App) -> None:
    assert run(app, "scope[Ledger]") == 0
    assert Ledger.ends == ["committed", "closed"]


@pytest.mark.parametrize("code, status", [("exit()", 0), ("exit(0)", 0), ("raise SystemExit", 0)])
def test_exit_without_a_status_commits(app: App, code: str, status: int) -> None:
    assert run(app, f"scope[Ledger]; {code}") == status
    assert Ledger.ends == ["committed", "closed"]


@pytest.mark.parametrize("code, status", [("exit(3)", 3), ("exit('no')", 1)])
def test_exit_with_a_status_rolls_back(app: App, code: str, status: int) -> None:
    assert run(app, f"scope[Ledger]; {code}") == status
    assert Ledger.ends == ["closed"]


def test_an_error_rolls_back_and_is_raised(app: App) -> None:
    with pytest.raises(ZeroDivisionError):
        run(app, "scope[Ledger]; 1 / 0")
    assert Ledger.ends == ["closed"]


def test_the_console_says_what_is_at_hand_and_what_leaving_does(
    app: App, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(app, "print(answer)\n", monkeypatch) == (0, [])
    output = capsys.readouterr()
    assert "42" in output.out
    assert output.err.startswith(f"Newel in the development profile. {console.LEAVING}\nAt hand: app, scope, ")


def test_an_error_in_the_console_ends_nothing(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    assert typed(app, "1 / 0\nscope[Ledger]\n", monkeypatch) == (0, [])
    assert Ledger.ends == ["committed", "closed"]


def test_leaving_the_console_with_a_status_rolls_back_and_says_so(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    assert typed(app, "scope[Ledger]\nexit(1)\n", monkeypatch) == (1, ["rolled back"])
    assert Ledger.ends == ["closed"]
