from __future__ import annotations

from pathlib import Path

import pytest

from newel import printing
from newel.errors import BootError, Place, Problem
from newel.inspection import PluginLine, TemplateLine
from newel.origins import Origin
from newel.records import Finding


@pytest.mark.parametrize(
    "place, text",
    [
        (None, ""),
        (Place("environment", text="NEWEL_APP__HOSTS"), "environment NEWEL_APP__HOSTS"),
        (Place("/x/settings.py", 3, text="the default"), "the default"),
        (Place("/x/newel.toml", 3, text="[app] hosts"), "/x/newel.toml:3"),
        (Place("/x/newel.toml"), "/x/newel.toml"),
    ],
)
def test_a_place_is_told_in_a_few_characters(place: Place | None, text: str) -> None:
    assert printing.where(place) == text


def test_a_file_below_the_current_folder_is_told_from_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert printing.where(Place(f"{tmp_path}/a/b.py", 7)) == "a/b.py:7"
    assert printing.where(Place(f"{tmp_path}-other/b.py", 7)) == f"{tmp_path}-other/b.py:7"


def test_the_places_of_problems_are_told_from_the_current_folder() -> None:
    here = Path.cwd()
    problem = Problem(what=f"{here}/x is wrong.", remedy="mend it.", places=(Place(f"{here}/x"),))
    assert printing.problems(BootError([problem])).splitlines()[2:] == [
        f"1. {here}/x is wrong.",
        "    at x",
        "    to do: mend it.",
    ]


def test_a_table_is_aligned_and_its_lines_end_with_no_blank() -> None:
    assert printing.table([("a", "bb", ""), ("ccc", "d", "e")], indent=" ") == " a    bb\n ccc  d   e"


def test_no_rows_are_no_table() -> None:
    assert printing.table([]) == ""


def test_a_long_value_does_not_push_the_comments_of_the_others_away() -> None:
    place = Place("/a", 1)
    origins = [Origin("app", "a", "1", place, (Place("/b", 2),)), Origin("app", "long", "x" * 60, place)]
    assert printing.configuration(origins) == f"[app]\n  a = 1  # /a:1, over /b:2\n  long = {'x' * 60}  # /a:1"


def test_plugins_without_why_are_one_line_each() -> None:
    line = PluginLine("data", "1.0", Place("/p.py", 3), ("required by sql", "sql stands after data"), (), (), ())
    assert printing.plugins([line], why=False) == "1.  data  1.0  required by sql"


def test_files_that_do_not_win_stand_below_the_one_that_does() -> None:
    line = TemplateLine("a.html", "mako", "app", "/near/a.html.mako", ("/far/a.html.mako",), ("/far/a.html.jinja",))
    assert printing.templates([line]).splitlines() == [
        "a.html  mako  app  /near/a.html.mako",
        "                   hides /far/a.html.mako",
        "                   instead of /far/a.html.jinja",
    ]


def test_an_audit_says_that_there_is_nothing() -> None:
    found = [Finding("added", "every request runs x", "clock", Place("/p.py", 3))]
    assert printing.findings(found) == (
        "Weaker than the default:\n  nothing\n\nBound to one provider:\n  nothing\n\n"
        "Added by plugins:\n  clock  every request runs x  /p.py:3"
    )
