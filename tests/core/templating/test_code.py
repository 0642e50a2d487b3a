from __future__ import annotations

import ast
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from types import CodeType

import pytest

from newel.errors import SetupError
from newel.templating.code import CodeFolder, compile_at, innermost
from newel.templating.files import Source

SOURCE = Source("page.html", "/app/page.html.any", "one\ntwo\nthree\n")


def test_generated_code_has_the_lines_of_the_template() -> None:
    code = compile_at("def f():\n    pass\n    raise KeyError\n", SOURCE.file, {1: 1, 2: 5, 3: 7}.__getitem__)
    names: dict[str, object] = {}
    exec(code, names)
    with pytest.raises(KeyError) as caught:
        names["f"]()  # type: ignore[operator]
    assert caught.traceback[-1].lineno == 7 - 1
    assert str(caught.traceback[-1].path) == SOURCE.file


def test_generated_code_may_be_changed_before_it_is_compiled() -> None:
    def add(tree: ast.Module) -> None:
        tree.body.append(ast.parse("y = 2").body[0])

    names: dict[str, object] = {}
    exec(compile_at("x = 1", SOURCE.file, lambda line: line, add), names)
    assert (names["x"], names["y"]) == (1, 2)


def test_innermost_is_the_last_template_that_an_error_passed_through() -> None:
    outer = Source("outer.html", "outer", "")
    names: dict[str, object] = {}
    exec(compile_at("def inner():\n    int('x')", "inner", lambda line: line + 10), names)
    exec(compile_at("def outer():\n    inner()", "outer", lambda line: line + 20), names)
    with pytest.raises(ValueError, match="invalid literal") as caught:
        names["outer"]()  # type: ignore[operator]
    inner = Source("inner.html", "inner", "")
    assert innermost(caught.tb, {"inner": inner, "outer": outer}.get) == (inner, 12)
    assert innermost(caught.tb, {"outer": outer}.get) == (outer, 22)
    assert innermost(caught.tb, dict[str, Source]().get) is None


class Translator:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, source: Source) -> CodeType:
        self.asked += 1
        return compile(f"text = {source.text!r}", source.file, "exec")


def test_template_is_translated_once_for_all_processes(tmp_path: Path) -> None:
    translate = Translator()
    first = CodeFolder(tmp_path / "new", "engine 1").code(SOURCE, translate)
    assert CodeFolder(tmp_path / "new", "engine 1").code(SOURCE, translate) == first
    assert translate.asked == 1


@pytest.mark.parametrize(
    "salt, source",
    [
        ("engine 2", SOURCE),
        ("other 1", SOURCE),
        ("engine 1", Source(SOURCE.name, SOURCE.file, "changed")),
        ("engine 1", Source("other.html", SOURCE.file, SOURCE.text)),
        ("engine 1", Source(SOURCE.name, "/other", SOURCE.text)),
    ],
)
def test_template_is_translated_again_when_anything_has_changed(tmp_path: Path, salt: str, source: Source) -> None:
    translate = Translator()
    CodeFolder(tmp_path / "new", "engine 1").code(SOURCE, translate)
    CodeFolder(tmp_path / "new", salt).code(source, translate)
    assert translate.asked == 2


def test_changed_template_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    folder = CodeFolder(tmp_path / "new", "engine 1")
    for text in ("one", "two", "three"):
        folder.code(Source(SOURCE.name, SOURCE.file, text), Translator())
    assert len(list((tmp_path / "new").iterdir())) == 1


DAMAGES: Mapping[str, Callable[[bytes], bytes]] = {
    "emptied": lambda content: b"",
    "cut in the key": lambda content: content[:20],
    "cut in the checksum": lambda content: content[:50],
    "cut at the end": lambda content: content[:-1],
    "longer": lambda content: content + b"x",
    "changed": lambda content: content[:-1] + bytes([content[-1] ^ 1]),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_file_is_translated_again(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    folder, translate = CodeFolder(tmp_path / "new", "engine 1"), Translator()
    folder.code(SOURCE, translate)
    (file,) = (tmp_path / "new").iterdir()
    file.write_bytes(damage(file.read_bytes()))
    names: dict[str, object] = {}
    exec(folder.code(SOURCE, translate), names)
    assert names["text"] == SOURCE.text


def test_folder_that_went_away_costs_no_page(tmp_path: Path) -> None:
    folder = CodeFolder(tmp_path / "new", "engine 1")
    (tmp_path / "new").rmdir()
    assert folder.code(SOURCE, Translator()).co_filename == SOURCE.file


def test_folder_that_others_may_write_is_refused(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(SetupError, match="may be written by others"):
        CodeFolder(shared, "engine 1")


def test_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    CodeFolder(tmp_path / "new", "engine 1")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
