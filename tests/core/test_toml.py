from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newel.toml import Malformed, decode, line_in, lines_of, literal, parse, place_in, text_of
from tests.core import toml_writing

SPELLINGS = (
    r'''
# [not.a.table] and = no key
[app] # a comment = with an equals sign
hosts = [            # a list over lines
    "a = b",         # text with = inside
    '[x]',
]
"quoted key" = 1
dotted.inner.key = {a = 1, "b]" = [2, 3]}
dotted . spaced  = 2

text = """
[no.table]
key = "no key"
"""""
raw = '''
    "'''"
    r"""
x = 1"""
    "''''"
    r"""
escaped = "a \" # \\"   # end
after = 2001-02-03

  [ use . "data.base" ]
  'lit' = true
[[list]]
one = 1
[[list]]
one = 2
[late.child]
x = 1
[late]
y = 1"""
)

EXPECTED = {
    ("app",): 3,
    ("app", "hosts"): 4,
    ("app", "quoted key"): 8,
    ("app", "dotted"): 9,
    ("app", "dotted", "inner"): 9,
    ("app", "dotted", "inner", "key"): 9,
    ("app", "dotted", "spaced"): 10,
    ("app", "text"): 12,
    ("app", "raw"): 16,
    ("app", "escaped"): 18,
    ("app", "after"): 19,
    ("use",): 21,
    ("use", "data.base"): 21,
    ("use", "data.base", "lit"): 22,
    ("list",): 23,
    ("list", "one"): 24,
    ("late",): 29,
    ("late", "child"): 27,
    ("late", "child", "x"): 28,
    ("late", "y"): 30,
}


def test_every_spelling_of_a_key_has_its_line() -> None:
    parse(SPELLINGS)
    assert EXPECTED == lines_of(SPELLINGS)


def test_a_key_inside_a_value_has_the_line_of_its_statement() -> None:
    assert 9 == line_in(EXPECTED, ("app", "dotted", "inner", "key", "a"))
    assert 0 == line_in(EXPECTED, ("nowhere", "at all"))


@st.composite
def written(draw: st.DrawFn) -> tuple[str, dict[tuple[str, ...], int]]:
    """Draw a document in mixed spellings, and the line of each key."""
    lines: list[str] = []
    places: dict[tuple[str, ...], int] = {}

    def clutter() -> None:
        lines.extend(draw(st.lists(st.sampled_from(["", "  ", "# x = [", '# """', "\t# '''"]), max_size=2)))

    for section, table in draw(toml_writing.tables).items():
        clutter()
        lines.append(f"{draw(st.sampled_from(['', '  ']))}[ {toml_writing.name(section)} ]")
        places[(section,)] = len(lines)
        for key, value in table.items():
            clutter()
            places[(section, key)] = len(lines) + 1
            lines += f"{draw(spelled(key))} = {draw(spread(value))} # ]}} = ".split("\n")
    return "\n".join(lines), places


def spelled(key: str) -> st.SearchStrategy[str]:
    return st.sampled_from([key, f'"{key}"', f"'{key}'", f'"\\u{ord(key[0]):04x}{key[1:]}"'])


def spread(value: Any) -> st.SearchStrategy[str]:
    """Write a value on one line or several."""
    one = toml_writing.literal(value)
    if isinstance(value, list) and value:
        items = ",\n".join(toml_writing.literal(item) for item in value)
        return st.sampled_from([one, f"[ # a = [\n{items}, # ]\n]"])
    if isinstance(value, str) and "\r" not in value:
        escaped = one[1:-1]
        return st.sampled_from([one, f'"""\n{escaped}"""', f'"""{escaped[:0]}\\\n  {escaped}"""' if escaped else one])
    return st.just(one)


@given(written())
def test_keys_are_found_where_they_were_written(document: tuple[str, dict[tuple[str, ...], int]]) -> None:
    text, places = document
    parse(text)
    assert places == lines_of(text)


@given(toml_writing.tables)
def test_a_document_says_what_was_written(tables: dict[str, dict[str, Any]]) -> None:
    assert tables == parse(toml_writing.document(tables))


@given(toml_writing.values)
def test_a_literal_stands_for_its_value(value: Any) -> None:
    assert value == literal(toml_writing.literal(value))


@given(toml_writing.values)
def test_a_value_is_spelled_so_that_it_reads_back(value: Any) -> None:
    assert value == literal(text_of(value))


@pytest.mark.parametrize("text", ["1\nother = 2", "1\n[table]", "", "yes", "[1", "1 2", 'a"'])
def test_what_is_not_one_value_is_no_literal(text: str) -> None:
    with pytest.raises(Malformed):
        literal(text)


def test_malformed_text_names_its_line() -> None:
    with pytest.raises(Malformed) as caught:
        parse("[app]\nhosts = a\n")
    assert ("Invalid value", 2) == (caught.value.reason, caught.value.line)


def test_text_that_ends_too_early_names_no_line() -> None:
    with pytest.raises(Malformed) as caught:
        parse("hosts = [")
    assert 0 == caught.value.line


def test_bytes_are_utf8_with_or_without_a_mark() -> None:
    assert "x = 'ä'\n" == decode(b"\xef\xbb\xbfx = '\xc3\xa4'\r\n")


def test_bytes_that_are_not_utf8_name_their_line() -> None:
    with pytest.raises(Malformed) as caught:
        decode(b"a = 1\nb = '\xe4'\n")
    assert ("byte 0xe4 is not UTF-8", 2) == (caught.value.reason, caught.value.line)


@pytest.mark.parametrize(
    "line, shown",
    [
        ("secret = hunter2", "secret = ..."),
        ("hunter2,", "..."),
        ("[app", "[app ..."),
        ('"hunter = 2', "..."),
        ("", "..."),
    ],
)
def test_a_line_that_cannot_be_read_is_shown_without_its_value(line: str, shown: str) -> None:
    assert shown == place_in("newel.toml", 1, line).text
