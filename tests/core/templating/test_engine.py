from __future__ import annotations

import threading
from pathlib import Path
from types import CodeType

import pytest

from newel.contracts.templates import TemplateError, TemplateFault, TemplateNotFound
from newel.errors import SetupError
from newel.templating import engine as module
from newel.templating.engine import in_pieces
from newel.templating.files import Source
from tests.core.templating.engines import Words, words, write


def test_template_is_compiled_once(tmp_path: Path) -> None:
    engine = words(write(tmp_path, a_html_words="a"))
    assert engine.load("a.html") is engine.load("a.html")


def test_template_is_compiled_once_by_many_threads(tmp_path: Path) -> None:
    class Slow(Words):
        compiled = 0

        def compile(self, source: Source) -> Source:
            Slow.compiled += 1
            return super().compile(source)

    engine, start = words(write(tmp_path, a_html_words="a"), kind=Slow), threading.Barrier(8)

    def work() -> None:
        start.wait()
        engine.load("a.html")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Slow.compiled == 1


def test_text_is_compiled_once_and_only_so_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_TEXTS", 3)
    engine = words()
    first = engine._load_text("0", "<text>.html")
    assert engine._load_text("0", "<text>.html") is first
    for number in range(10):
        assert engine.render_text(str(number), {}) == str(number)
    assert len(engine._texts) == len(engine._sources) == 3


def test_same_text_under_another_suffix_is_another_template() -> None:
    engine = words()
    assert engine._load_text("a", "<text>.html").escapes
    assert not engine._load_text("a", "<text>.txt").escapes


def test_failure_of_the_engine_itself_is_told_as_an_error_of_the_template(tmp_path: Path) -> None:
    engine = words(write(tmp_path, a_html_words="@"))
    with pytest.raises(TemplateError, match="RuntimeError: the engine itself") as caught:
        engine.render("a.html", {})
    assert (caught.value.name, caught.value.line) == ("a.html", 0)
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_page_and_what_it_includes_escape_alike(tmp_path: Path) -> None:
    engine = words(write(tmp_path, a_html_words="+b.txt", b_txt_words="b", c_txt_words="+b.txt"))
    assert engine.render("c.txt", {}) == "b"
    with pytest.raises(TemplateError, match="never escapes in two ways"):
        engine.render("a.html", {})


def test_check_tells_every_fault_and_goes_on(tmp_path: Path) -> None:
    write(tmp_path, a_html_words="?", b_html_words="+bb.html", c_html_words="c", d_html_words="+c.html +e.txt")
    write(tmp_path, e_txt_words="e", f_html_words="+g.html", g_html_others="g")
    faults = words(tmp_path).check()
    assert [(fault.name, fault.line) for fault in faults] == [
        ("a.html", 1),
        ("b.html", 1),
        ("d.html", 1),
        ("f.html", 1),
    ]
    assert faults[0] == TemplateFault("a.html", str(tmp_path / "a.html.words"), 1, "a mistake")
    assert "did you mean 'b.html'?" in faults[1].message
    assert "one page never escapes in two ways" in faults[2].message
    assert "g.html.others" in faults[3].message


def test_check_looks_at_the_file_that_wins_only(tmp_path: Path) -> None:
    near, far = write(tmp_path / "near", a_html_words="a"), write(tmp_path / "far", a_html_words="?")
    assert words(near, far).check() == []


def test_notes_and_calls_are_those_of_all_templates_by_name(tmp_path: Path) -> None:
    engine = words(
        write(tmp_path, b_html_words="!home safe ~ call", a_html_words="!away call safe ~", c_html_words="?")
    )
    assert [note.name for note in engine.unescaped()] == ["a.html", "b.html"]
    assert [call.argument for call in engine.literal_calls("call")] == ["away", "home"]


def test_values_that_a_page_reads_come_from_all_that_it_includes(tmp_path: Path) -> None:
    write(tmp_path, a_html_words="=x +b.html", b_html_words="=y +a.html +missing.html")
    assert words(tmp_path).reads("a.html") == {"x", "y"}


def test_stream_raises_before_its_first_piece_what_is_known_by_then(tmp_path: Path) -> None:
    engine = words(write(tmp_path, a_html_words="one two =three"))
    with pytest.raises(TemplateNotFound):
        engine.stream("b.html", {})
    with pytest.raises(TemplateError, match="'loop'"):
        engine.stream("a.html", {"loop": 1})
    pieces = engine.stream("a.html", {})
    assert [next(pieces), next(pieces)] == ["one", "two"]
    with pytest.raises(TemplateError, match="'three' is undefined"):
        next(pieces)


def test_small_parts_are_joined_to_pieces_worth_sending() -> None:
    assert list(in_pieces(["a", "b", "cd", "", "e"], 2)) == ["ab", "cd", "e"]
    assert list(in_pieces([], 2)) == []


def test_parts_are_taken_one_at_a_time() -> None:
    parts = iter("abcdef")
    assert next(in_pieces(parts, 2)) == "ab"
    assert list(parts) == list("cdef")


def test_functions_of_plugins_may_not_have_reserved_names() -> None:
    with pytest.raises(SetupError, match="'loop', 'self'"):
        words(names=frozenset({"self", "loop", "url_for"}))


def test_filters_of_plugins_may_not_replace_those_of_every_template() -> None:
    with pytest.raises(SetupError, match="'safe', 'upper'"):
        words(filters={"upper": str, "safe": str, "own": str})


def test_template_is_read_again_when_its_text_changed(tmp_path: Path) -> None:
    engine = words(write(tmp_path, a_html_words="=value"))
    before = engine.reads("a.html")
    write(tmp_path, a_html_words="=other")
    assert (before, engine.reads("a.html")) == (frozenset({"value"}), frozenset({"other"}))


def test_code_of_texts_is_not_kept_on_disk(tmp_path: Path) -> None:
    def translate(source: Source) -> CodeType:
        return compile("1", source.file, "eval")

    engine = words(write(tmp_path / "root", a_html_words="a"), cache=tmp_path / "cache")
    engine.code_of(engine._load_text("a", "<text>.html"), translate)
    assert list((tmp_path / "cache").iterdir()) == []
    engine.code_of(engine.load("a.html"), translate)
    assert len(list((tmp_path / "cache").iterdir())) == 1
