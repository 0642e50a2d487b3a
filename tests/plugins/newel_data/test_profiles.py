"""What a database lacks is told at boot, and never silently missing afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from newel import App, BootError, Plugin, Provider, hookimpl
from newel_data import Database, Field, Model, Models, Ref, TransactionsUnavailable, field, ref
from newel_data.kit import Case, Kit, all_cases, cases, left_out
from newel_data.kit.harness import suited
from newel_data.kit.models import Author, Country, Everything, Notice
from newel_data.port import WHOLE, Backend, Capability
from newel_data.profiles import Profile, problems
from newel_memory import MemoryBackend
from newel_memory.backend import CAPABILITIES


class Page(Model):
    name: Field[str] = field(max_length=20)


class Named(Model):
    name: Field[str] = field(max_length=20, unique=True)


class Link(Model):
    page: Ref[Page] = ref(on_delete="restrict")


class Note(Model):
    page: Ref[Page] = ref(on_delete="cascade")
    link: Ref[Link | None] = ref(on_delete="set_null", default=None)


def profile(*lacks: Capability) -> Profile:
    return Profile(name="Little", capabilities=CAPABILITIES - set(lacks), remedy="buy the great one")


def told(lacks: Capability, *models: type[Model]) -> list[str]:
    return [problem.what for problem in problems(profile(lacks), Models(models))]


# --- at boot ----------------------------------------------------------------------------------------------------------


def test_references_are_refused_where_there_are_none() -> None:
    assert told("references", Page, Link) == ["Link.page is a reference, and Little keeps none."]


def test_deletes_that_write_further_rows_are_refused_without_transactions() -> None:
    assert told("transactions", Page, Link, Note) == [
        "Note.page has on_delete='cascade', which writes further rows, and a unit of Little writes one.",
        "Note.link has on_delete='set_null', which writes further rows, and a unit of Little writes one.",
    ]


def test_unique_sets_are_refused_where_there_are_none() -> None:
    assert told("unique", Page, Named) == ["Named.(name) is a unique set, and Little keeps none but that of keys."]


def test_a_problem_names_the_place_of_the_model_and_what_to_do() -> None:
    (found,) = problems(profile("references"), Models([Page, Link]))
    assert [place.file for place in found.places] == [__file__]
    assert found.remedy.startswith("buy the great one, or hold the id in a field of its own")


def test_a_whole_database_refuses_nothing() -> None:
    assert CAPABILITIES >= WHOLE
    assert list(problems(profile(), Models([Page, Named, Link, Note]))) == []


class LittlePlugin(Plugin):
    """A database in memory that says at boot that it lacks references."""

    name: ClassVar[str] = "little"
    requires: ClassVar[tuple[str, ...]] = ("data",)

    @hookimpl
    def newel_database_profile(self) -> Profile:
        return profile("references")

    @hookimpl
    def newel_providers(self) -> Iterable[Provider]:
        yield Provider(contract=Backend, scope="app", open=MemoryBackend)


class SilentPlugin(Plugin):
    """A database that says so by its backend alone."""

    name: ClassVar[str] = "silent"
    requires: ClassVar[tuple[str, ...]] = ("data",)

    @hookimpl
    def newel_providers(self) -> Iterable[Provider]:
        yield Provider(contract=Backend, scope="app", open=self.open)

    def open(self, models: Models) -> MemoryBackend:
        return lacking(models, "references")


def lacking(models: Models, *lacks: Capability) -> MemoryBackend:
    class Lacking(MemoryBackend):  # type: ignore[misc]  # final
        capabilities = CAPABILITIES - set(lacks)

    return Lacking(models)


MODELS = """from newel_data import Field, Model, Ref, field, ref

class Author(Model):
    name: Field[str] = field(max_length=80)

class Notice(Model):
    author: Ref[Author] = ref()
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, Any]]:
    def made(name: str) -> dict[str, Any]:
        monkeypatch.syspath_prepend(tmp_path)
        (tmp_path / f"{name}.py").write_text(MODELS)
        return {"app": {"hosts": ["localhost"]}, "data": {"models": [name]}}

    return made


def test_boot_refuses_what_the_database_says_that_it_lacks(settings: Callable[[str], dict[str, Any]]) -> None:
    with pytest.raises(BootError) as caught:
        App(settings("profiled_at_boot"), plugins=[LittlePlugin]).generation  # noqa: B018
    assert "Notice.author is a reference, and Little keeps none." in str(caught.value)
    assert "profiled_at_boot.py:6" in str(caught.value)


def test_a_start_refuses_what_only_the_backend_says(settings: Callable[[str], dict[str, Any]]) -> None:
    app = App(settings("profiled_at_start"), plugins=[SilentPlugin])
    with pytest.raises(BootError, match=r"Notice\.author is a reference"):
        app.start()


# --- units without transactions ---------------------------------------------------------------------------------------

PAGES = Models([Page])


@pytest.fixture
def backend() -> MemoryBackend:
    return lacking(PAGES, "transactions")


def stored(backend: MemoryBackend, *names: str) -> None:
    for name in names:
        db = Database(backend, PAGES)
        db.add(Page(name=name))
        db.finish()
        db.close()


def test_a_unit_writes_one_row_and_reads_it(backend: MemoryBackend) -> None:
    stored(backend, "home")
    db = Database(backend, PAGES)
    page = db.query(Page).all()[0]
    page.name = "house"
    db.save(page)
    assert [each.name for each in db.query(Page)] == ["house"]
    db.finish()
    db.close()


SECOND: dict[str, Callable[[Database], Any]] = {
    "two at once": lambda db: db.add_all([Page(name="x"), Page(name="y")]),
    "a second one": lambda db: (db.add(Page(name="x")), db.add(Page(name="y"))),
    "a bulk update": lambda db: db.query(Page).update(name="z"),
    "a bulk delete": lambda db: db.query(Page).where(Page.name.prefix("a")).delete(),
}


@pytest.mark.parametrize("what", SECOND)
def test_a_second_row_is_refused_and_nothing_stored(backend: MemoryBackend, what: str) -> None:
    stored(backend, "a", "ab")
    db = Database(backend, PAGES)
    with pytest.raises(TransactionsUnavailable, match="has no transactions"):
        SECOND[what](db)
    db.close()
    db = Database(backend, PAGES, read_only=True)
    assert sorted(page.name for page in db.query(Page)) == ["a", "ab"]
    db.close()


def test_a_bulk_write_that_concerns_one_row_is_one_write(backend: MemoryBackend) -> None:
    stored(backend, "a", "b")
    db = Database(backend, PAGES)
    assert db.query(Page).where(Page.name == "a").delete() == 1
    db.finish()
    db.close()


# --- the kit ----------------------------------------------------------------------------------------------------------


def test_a_kit_has_the_models_that_a_database_can_have() -> None:
    assert set(suited(profile("references", "unique"))) == {Country, Everything}
    assert Author in suited(profile("references"))
    assert Notice not in suited(profile("transactions"))
    for lacks in WHOLE:
        assert Models(suited(profile(lacks))).tables


@pytest.mark.parametrize("lacks", [{"references"}, {"unique"}, {"transactions"}, set(WHOLE)])
def test_each_case_is_run_or_listed_as_left_out(lacks: set[Capability]) -> None:
    offered = CAPABILITIES - lacks
    run, left = cases(offered), left_out(offered)
    assert sorted(map(str, [*run, *left])) == sorted(map(str, all_cases()))
    assert len(run) < len(cases(CAPABILITIES))
    assert len(run) > 40


@pytest.fixture(scope="module")
def single() -> Iterator[Kit]:
    kit = Kit(lambda models: lacking(models, "transactions"), profile=profile("transactions"))
    yield kit
    kit.close()


@pytest.mark.parametrize("case", cases(CAPABILITIES - {"transactions"}), ids=str)
def test_cases_that_need_no_transactions_write_one_row_a_unit(case: Case, single: Kit) -> None:
    case(single)
