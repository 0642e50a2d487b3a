# ruff: noqa: D102 - the name of a test is its description
"""The kit of template engines: what the contract `Templates` promises, as tests.

An engine's tests are a folder of templates and these lines; pytest collects what the class inherits:

```python
class TestMyEngine(TemplatesKit):
    extension = ".mine"
    folder = Path(__file__).parent / "templates"
    lacks = frozenset({"macros"})

    def make(self, roots, **settings):
        return MyTemplates(TemplateSettings(roots=roots, **settings))
```

What the templates are is told by `newel.testing.templates_cases`: every page in words, with its values and the text it
becomes. A page is always the same text in every engine, to the byte, by its file and by its text. What a language lacks
is said in `lacks`; the tests that need it are not collected then, and the folder must hold no page that needs it.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Final, TypeVar

from newel.contracts.templates import (
    RESERVED_NAMES,
    TemplateError,
    TemplateFault,
    TemplateNotFound,
    Templates,
    escapes,
)
from newel.testing import templates_cases as cases

Test = TypeVar("Test", bound=Callable[..., Any])
Raised = TypeVar("Raised", bound=BaseException)

NO_NAMES: Final = (
    "", ".", "..", "../printed.html", "nested/../printed.html", "./printed.html", "/printed.html", "//printed.html",
    "nested//part.html", "printed.html/", "..\\printed.html", "nested\\part.html", "C:/printed.html", "printed.html\0",
    "printed.html\n",
)  # fmt: skip
"""Texts that are no names of templates (checklist E58)."""


def needs(features: str) -> Callable[[Test], Test]:
    """Mark a test that needs something of the template language."""

    def mark(test: Test) -> Test:
        test.needs = frozenset(features.split())  # type: ignore[attr-defined]
        return test

    return mark


def raised(kind: type[Raised], function: Callable[..., Any], *arguments: Any, **named: Any) -> Raised:
    """Return the exception of that kind which a call raises; it is a failure that it raises none."""
    try:
        result = function(*arguments, **named)
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was expected, and there was {result!r}")


class TemplatesKit:
    """Inherit from it and say what is yours: see the module."""

    extension: ClassVar[str]
    folder: ClassVar[Path]
    lacks: ClassVar[frozenset[str]] = frozenset()

    def make(self, roots: tuple[Path, ...], **settings: Any) -> Templates:
        """Make the engine over these roots, with these other fields of `TemplateSettings`."""
        raise NotImplementedError

    def __init_subclass__(cls) -> None:
        unknown = cls.lacks - cases.FEATURES
        if unknown:
            raise TypeError(f"{cls.__name__}.lacks: {sorted(unknown)} is none of {sorted(cases.FEATURES)}")
        if not (cls.folder / "refused").is_dir():
            cls.test_way_around_the_escape_is_refused = None  # type: ignore[assignment,method-assign]
        for name in dir(cls):
            if getattr(getattr(cls, name), "needs", frozenset()) & cls.lacks:
                setattr(cls, name, None)  # so that it is not collected; a test that is skipped says less

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """Give each test its cases."""
        tables: Mapping[str, Callable[[], Mapping[str, Any]]] = {
            "case": lambda: {case.name: case for case in cases.CASES if not case.needs & self.lacks},
            "printed": lambda: cases.PRINTED,
            "page": lambda: {name: name for name in (cases.PRINTED_HTML, cases.PRINTED_XML, cases.PRINTED_TEXT)},
            "undefined": lambda: {name: name for name in self._undefined()},
            "refused": lambda: {name: name for name in self._names("refused")},
            "no_name": lambda: {repr(name): name for name in NO_NAMES},
            "reserved": lambda: {name: name for name in sorted(RESERVED_NAMES)},
        }
        for argument, table in tables.items():
            if argument in metafunc.fixturenames:
                metafunc.parametrize(argument, list(table().values()), ids=list(table()))

    # --- what the tests use -------------------------------------------------------------------------------------------

    def engine(self, *roots: str | Path, **settings: Any) -> Templates:
        """Make the engine over folders of the sources (by name) or other folders; the pages if none is named."""
        folders = tuple(self.folder / root for root in roots or ("pages",))
        return self.make(folders, **{"filters": {} if "filters" in self.lacks else cases.PLUGIN_FILTERS, **settings})

    def source(self, name: str, root: str = "pages") -> str:
        """Return the text of a template."""
        return (self.folder / root / (name + self.extension)).read_text(encoding="utf-8")

    def write(self, root: Path, name: str, text: str) -> Path:
        """Write a template into a folder."""
        path = root / (name + self.extension)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def _names(self, root: str) -> list[str]:
        folder = self.folder / root
        files = folder.rglob(f"*{self.extension}")
        return sorted(path.relative_to(folder).as_posix().removesuffix(self.extension) for path in files)

    def _undefined(self) -> Iterator[str]:
        return (name for name, (feature, _) in cases.UNDEFINED.items() if not {*feature.split()} & self.lacks)

    def _required(self) -> Iterator[str]:
        for case in cases.CASES:
            if not case.needs & self.lacks:
                yield from (case.name, *case.with_)
        for name, (feature, _) in {**cases.UNDEFINED, **cases.OTHERS}.items():
            if not {*feature.split()} & self.lacks:
                yield name

    # --- the pages ----------------------------------------------------------------------------------------------------

    def test_folder_holds_the_pages_that_the_language_can_express_and_no_other(self) -> None:
        assert sorted(set(self._required())) == self._names("pages")

    def test_page_is_the_text_that_it_is_in_every_engine(self, case: cases.Case) -> None:
        assert self.engine().render(case.name, case.values) == case.expected

    def test_page_from_a_text_is_the_page_from_its_file(self, case: cases.Case) -> None:
        suffix = Path(case.name).suffix
        assert self.engine().render_text(self.source(case.name), case.values, suffix=suffix) == case.expected

    def test_pieces_of_a_page_are_the_page(self, case: cases.Case) -> None:
        assert "".join(self.engine().stream(case.name, case.values)) == case.expected

    def test_pages_are_without_fault(self) -> None:
        assert self.engine().check() == []

    def test_values_are_not_changed_and_need_not_be_a_dict(self, case: cases.Case) -> None:
        before = dict(case.values)
        assert self.engine().render(case.name, MappingProxyType(before)) == case.expected
        assert before == case.values

    # --- the escape ---------------------------------------------------------------------------------------------------

    def test_value_is_printed_as_the_suffix_says(self, page: str, printed: tuple[Any, str, str]) -> None:
        value, html, plain = printed
        assert self.engine().render(page, {"value": value}) == f"[{html if escapes(page) else plain}]\n"

    def test_value_is_printed_alike_from_a_text(self, page: str, printed: tuple[Any, str, str]) -> None:
        value, html, plain = printed
        text = self.engine().render_text(self.source(page), {"value": value}, suffix=Path(page).suffix)
        assert text == f"[{html if escapes(page) else plain}]\n"

    def test_suffix_that_nobody_thought_of_escapes(self, tmp_path: Path) -> None:
        for suffix in (".htm", ".HTML", ".rss", ".js", ".whatever", ""):
            self.write(tmp_path, f"page{suffix}", self.source(cases.PRINTED_HTML))
            assert self.engine(tmp_path).render(f"page{suffix}", {"value": "<"}) == "[&lt;]\n"

    def test_text_is_an_exact_str_that_nothing_takes_for_markup(self) -> None:
        engine, values = self.engine(), {"value": cases.PRINTED["markup"][0]}
        assert type(engine.render(cases.PRINTED_HTML, values)) is str
        assert type(engine.render_text(self.source(cases.PRINTED_HTML), values)) is str

    def test_way_around_the_escape_is_refused(self, refused: str) -> None:
        engine = self.engine("refused")
        values = {"value": "<b>", "name": "<b>"}
        assert raised(TemplateError, engine.render, refused, values).name == refused
        source = self.source(refused, "refused")
        raised(TemplateError, engine.render_text, source, values, suffix=Path(refused).suffix)

    @needs("filters")
    def test_safe_is_the_one_way_around_the_escape_and_is_listed(self) -> None:
        engine = self.engine()
        assert engine.render(cases.SAFE, {"value": "<b>"}) == "&lt;b&gt;\n<b>\n&lt;b&gt;\n"
        assert [(note.name, note.line) for note in engine.unescaped()] == [(cases.SAFE, 2)]
        assert engine.unescaped()[0].file.endswith(cases.SAFE + self.extension)

    @needs("includes")
    def test_page_never_escapes_in_two_ways(self) -> None:
        engine = self.engine("mixed")
        error = raised(TemplateError, engine.render, "page.html", {"value": "<"})
        assert "part.txt" in error.message
        assert [(fault.name, fault.message) for fault in engine.check()] == [("page.html", error.message)]

    # --- names and values ---------------------------------------------------------------------------------------------

    def test_undefined_name_is_an_error_where_it_is_evaluated(self, undefined: str) -> None:
        error = raised(TemplateError, self.engine().render, undefined, cases.UNDEFINED_VALUES)
        assert (error.name, error.line) == (undefined, 2)
        assert error.source == self.source(undefined).split("\n")[1].strip()

    def test_undefined_name_is_told_alike_with_the_nearest_one(self) -> None:
        error = raised(TemplateError, self.engine().render, cases.PRINTED_HTML, {"valeu": 1})
        assert error.message == "'value' is undefined; did you mean 'valeu'?"

    def test_reserved_name_is_refused_as_a_value(self, reserved: str) -> None:
        engine, values = self.engine(), {"value": 1, reserved: 1}
        errors = [
            raised(TemplateError, engine.render, cases.PRINTED_HTML, values),
            raised(TemplateError, engine.stream, cases.PRINTED_HTML, values),
            raised(TemplateError, engine.render_text, self.source(cases.PRINTED_HTML), values),
        ]
        assert all(repr(reserved) in error.message for error in errors)

    def test_reserved_name_is_refused_as_a_function_of_a_plugin(self) -> None:
        assert "'namespace'" in str(raised(Exception, self.engine, names=frozenset({"namespace"})))

    # --- files --------------------------------------------------------------------------------------------------------

    def test_text_that_is_no_name_is_never_looked_for(self, no_name: str) -> None:
        engine = self.engine("pages/undefined", "pages")
        assert not engine.has(no_name)
        assert engine.find(no_name) is None
        assert raised(TemplateNotFound, engine.render, no_name, {}).name == no_name
        raised(TemplateNotFound, engine.stream, no_name, {})

    def test_missing_template_is_told_with_the_folders_and_the_nearest_name(self) -> None:
        error = raised(TemplateNotFound, self.engine().render, "printd.html", {})
        assert (error.searched, error.near) == ((str(self.folder / "pages"),), (cases.PRINTED_HTML,))
        assert "did you mean 'printed.html'?" in str(error)

    def test_first_root_wins_and_what_it_hides_is_listed(self, tmp_path: Path) -> None:
        roots = (tmp_path / "application", tmp_path / "plugin", tmp_path / "not there")
        both = [str(self.write(root, "page.html", root.name)) for root in roots[:2]]
        one = str(self.write(roots[1], "sub/other.html", "other"))
        engine = self.engine(*roots)
        assert engine.render("page.html", {}) == "application"
        assert engine.render("sub/other.html", {}) == "other"
        found = [(file.name, file.file, file.root, file.hides) for file in engine.files()]
        assert found == [("page.html", both[0], 0, (both[1],)), ("sub/other.html", one, 1, ())]
        assert engine.files() == [engine.find("page.html"), engine.find("sub/other.html")]

    def test_file_of_another_engine_is_none_of_ours(self, tmp_path: Path) -> None:
        (tmp_path / "page.html.another").write_text("another")
        (tmp_path / "page.html").write_text("bare")
        engine = self.engine(tmp_path)
        assert not engine.has("page.html")
        assert engine.files() == []

    def test_file_that_is_not_utf8_is_an_error_that_says_so(self, tmp_path: Path) -> None:
        self.write(tmp_path, "page.html", "").write_bytes(b"\xff")
        engine = self.engine(tmp_path)
        assert "UTF-8" in raised(TemplateError, engine.render, "page.html", {}).message
        assert [fault.name for fault in engine.check()] == ["page.html"]

    def test_lines_end_with_a_newline_whatever_the_file_has(self, tmp_path: Path) -> None:
        text = "\ufeffa\r\nb\rc\r\n" + self.source(cases.PRINTED_HTML)
        self.write(tmp_path, "page.html", "").write_bytes(text.encode())
        assert self.engine(tmp_path).render("page.html", {"value": "\r\n"}) == "a\nb\nc\n[\r\n]\n"

    def test_changed_file_is_seen_when_settings_ask_for_it(self, tmp_path: Path) -> None:
        near, far = tmp_path / "near", tmp_path / "far"
        self.write(far, "page.html", "one")
        engine = self.engine(near, far, reload=True)
        assert engine.render("page.html", {}) == "one"
        self.write(far, "page.html", "changed")
        assert engine.render("page.html", {}) == "changed"
        nearer = self.write(near, "page.html", "nearer")
        assert engine.render("page.html", {}) == "nearer"
        nearer.unlink()
        assert engine.render("page.html", {}) == "changed"
        (far / f"page.html{self.extension}").unlink()
        raised(TemplateNotFound, engine.render, "page.html", {})
        assert not engine.has("page.html")

    def test_changed_file_is_not_looked_at_otherwise(self, tmp_path: Path) -> None:
        path = self.write(tmp_path, "page.html", "one")
        engine = self.engine(tmp_path)
        assert engine.render("page.html", {}) == "one"
        path.write_text("changed")
        assert engine.render("page.html", {}) == "one"

    def test_compiled_templates_on_disk_change_nothing(self, tmp_path: Path) -> None:
        cache, root = tmp_path / "cache", tmp_path / "root"
        source = self.source(cases.PRINTED_HTML)
        self.write(root, "page.html", source)
        for text in (source, source, f"changed {source}"):
            self.write(root, "page.html", text)
            assert self.engine(root, cache=cache).render("page.html", {"value": "<"}).endswith("[&lt;]\n")
        for file in cache.glob("*"):
            file.write_bytes(file.read_bytes()[:-1])
        assert self.engine(root, cache=cache).render("page.html", {"value": "<"}) == "changed [&lt;]\n"

    # --- errors -------------------------------------------------------------------------------------------------------

    @needs("calls")
    def test_error_names_template_line_and_source_and_has_the_cause(self) -> None:
        error = raised(TemplateError, self.engine().render, cases.FAILING, {"fail": _fail})
        assert (error.name, error.line) == (cases.FAILING, 3)
        assert error.file.endswith(cases.FAILING + self.extension)
        assert error.source == self.source(cases.FAILING).split("\n")[2].strip()
        assert error.message == "ZeroDivisionError: of its own accord"
        assert isinstance(error.__cause__, ZeroDivisionError)

    @needs("calls")
    def test_error_in_a_text_names_line_and_source(self) -> None:
        source = self.source(cases.FAILING)
        error = raised(TemplateError, self.engine().render_text, source, {"fail": _fail})
        assert (error.line, error.source) == (3, source.split("\n")[2].strip())

    @needs("calls includes")
    def test_error_in_an_included_template_names_that_one(self) -> None:
        error = raised(TemplateError, self.engine().render, cases.INCLUDING, {"fail": _fail})
        assert (error.name, error.line) == (cases.FAILING, 3)

    @needs("calls")
    def test_error_while_streaming_is_the_same(self) -> None:
        error = raised(TemplateError, list, self.engine().stream(cases.FAILING, {"fail": _fail}))
        assert (error.name, error.line) == (cases.FAILING, 3)

    @needs("calls")
    def test_error_that_is_an_answer_stays_what_it_is(self) -> None:
        class Refused(Exception):
            http_status = 403

        def fail() -> None:
            raise Refused

        raised(Refused, self.engine().render, cases.FAILING, {"fail": fail})

    def test_mistake_of_syntax_names_its_line_and_is_found_by_check(self) -> None:
        engine = self.engine("broken")
        error = raised(TemplateError, engine.render, "syntax.html", {})
        assert (error.name, error.line) == ("syntax.html", 2)
        assert error.source == self.source("syntax.html", "broken").split("\n")[1].strip()
        assert engine.check() == [TemplateFault("syntax.html", error.file, 2, error.message)]

    def test_mistake_of_syntax_hides_nothing_from_boot_and_audit(self) -> None:
        engine = self.engine("broken")
        assert engine.literal_calls("url_for") == []
        assert engine.unescaped() == []

    @needs("includes")
    def test_template_of_another_engine_is_a_fault_of_who_asks_for_it(self, tmp_path: Path) -> None:
        root = shutil.copytree(self.folder / "foreign", tmp_path / "foreign")
        foreign = root / "layout.html.another"
        foreign.write_text("")
        engine = self.engine(root)
        (fault,) = engine.check()
        assert fault.name == "page.html"
        assert fault.line > 0
        assert str(foreign) in fault.message
        assert "another engine" in fault.message
        assert raised(TemplateError, engine.render, "page.html", {}).message == fault.message

    @needs("includes")
    def test_missing_template_is_a_fault_of_who_asks_for_it(self) -> None:
        engine = self.engine("foreign")
        (fault,) = engine.check()
        assert (fault.name, "'layout.html'" in fault.message) == ("page.html", True)
        assert raised(TemplateError, engine.render, "page.html", {}).line == fault.line

    # --- what boot wants to know --------------------------------------------------------------------------------------

    @needs("calls conditions")
    def test_calls_with_a_text_are_listed_also_where_they_are_not_reached(self) -> None:
        engine = self.engine()
        called = [(call.name, call.line, call.argument) for call in engine.literal_calls("url_for")]
        assert called == [(cases.CALLING, 2, "home"), (cases.CALLING, 3, "away")]
        assert engine.literal_calls("nothing_of_that_name") == []

    def test_values_that_a_page_reads_are_known(self) -> None:
        assert self.engine().reads(cases.PRINTED_HTML) == {"value"}

    @needs("calls conditions")
    def test_functions_and_values_of_branches_are_among_them_and_shared_functions_are_not(self) -> None:
        engine = self.engine()
        assert engine.reads(cases.CALLING) == {"url_for", "flag", "name"}
        assert engine.reads("untaken.html") == {"flag", "missing"}

    @needs("inheritance loops streaming")
    def test_values_that_blocks_read_are_among_them(self) -> None:
        assert self.engine().reads(cases.ROWS) == {"rows"}

    @needs("macros")
    def test_values_that_imported_files_read_are_among_them(self) -> None:
        assert self.engine().reads("macro/page.html") == {"value", "site"}

    # --- streaming and threads ----------------------------------------------------------------------------------------

    @needs("streaming loops inheritance")
    def test_first_piece_is_there_before_the_last_row_is_asked_for(self) -> None:
        asked: list[int] = []

        def rows() -> Iterator[int]:
            for number in range(20_000):
                asked.append(number)
                yield number

        pieces = self.engine().stream(cases.ROWS, {"rows": rows()})
        first = next(pieces)
        assert first.startswith("<table>\n<tr><td>0</td></tr>\n")
        assert len(asked) < 20_000
        text = "".join([first, *pieces])
        expected = "".join(f"<tr><td>{number}</td></tr>\n" for number in range(20_000))
        assert text == f"<table>\n{expected}</table>\n"

    @needs("streaming loops inheritance")
    def test_stream_that_is_not_read_to_its_end_can_be_closed(self) -> None:
        pieces: Any = self.engine().stream(cases.ROWS, {"rows": range(20_000)})
        next(pieces)
        pieces.close()
        assert list(pieces) == []

    def test_missing_template_is_known_before_the_first_piece(self) -> None:
        raised(TemplateNotFound, self.engine().stream, "missing.html", {})

    def test_threads_do_not_see_each_other(self) -> None:
        engine, wrong = self.engine(), list[str]()
        start = threading.Barrier(8)

        def work(number: int) -> None:
            start.wait()
            for turn in range(25):
                text = engine.render(cases.PRINTED_HTML, {"value": f"<{number}.{turn}>"})
                if text != f"[&lt;{number}.{turn}&gt;]\n":
                    wrong.append(text)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []


def _fail() -> None:
    raise ZeroDivisionError("of its own accord")
