"""The matcher held against Werkzeug's: for generated rules, paths and methods, both find the same.

What is meant to differ stands at the end, each difference in a test of its own.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import AnyConverter as WerkzeugAny
from werkzeug.routing import Map, RequestRedirect
from werkzeug.routing import Rule as WerkzeugRule
from werkzeug.routing import UUIDConverter as WerkzeugUUID

from newel.converters import AnyConverter, UUIDConverter
from newel.errors import BootError, Place
from newel.matcher import Edges, Entry, Matcher
from newel.rules import parse_rule

HERE = Place("views.py", 3)
EDGES = Edges(not_found="not found", method_not_allowed="other method", slash_redirect="redirect", options="options")
KEY = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"


class Declared(NamedTuple):
    rule: str
    methods: tuple[str, ...]


class LightAny(WerkzeugAny):
    """Tried before plain text, as Newel does."""

    weight = AnyConverter.weight


class LightUUID(WerkzeugUUID):
    """Tried before plain text, as Newel does."""

    weight = UUIDConverter.weight


def newel(declared: list[Declared]) -> Matcher:
    return Matcher(
        [
            Entry(rule=parse_rule(one.rule, {}, HERE), methods=frozenset(one.methods), target=number)
            for number, one in enumerate(declared)
        ],
        EDGES,
    )


def werkzeug(declared: list[Declared]) -> Map:
    rules = [WerkzeugRule(one.rule, endpoint=number, methods=one.methods) for number, one in enumerate(declared)]
    return Map(rules, converters={"any": LightAny, "uuid": LightUUID})


def answer_of_newel(matcher: Matcher, method: str, path: str) -> tuple[Any, Any]:
    target, values = matcher.match(method, path, "example.org")
    if target == "redirect":
        return target, unquote(values["location_path"])
    if target in {"other method", "options"}:
        return "other method", set(values["allowed"]) - {"OPTIONS"}
    return target, dict(values)


def answer_of_werkzeug(url_map: Map, method: str, path: str) -> tuple[Any, Any]:
    try:
        return url_map.bind("example.org").match(path, method)
    except RequestRedirect as redirect:
        return "redirect", unquote(urlsplit(redirect.new_url).path)
    except MethodNotAllowed as refused:
        return "other method", set(refused.valid_methods or ()) - {"OPTIONS"}
    except NotFound:
        return "not found", {}


def both(rules: list[str], path: str, method: str = "GET") -> tuple[Any, Any]:
    declared = [Declared(rule, ("GET",)) for rule in rules]
    ours, theirs = answer_of_newel(newel(declared), method, path), answer_of_werkzeug(werkzeug(declared), method, path)
    return ours, theirs


# --- what is generated ------------------------------------------------------------------------------------------------

PLAIN = ["a", "b", "ab", "1", "x.html"]
BARE = ["<{}>", "<int:{}>", "<float:{}>", "<uuid:{}>", "<any(a, b, 'a-1'):{}>", "<string(length=2):{}>"]
MIXED = [
    "p<int:{}>",
    "<{}>.html",
    "<int:{}>-<{}>",
    "<{}>-<{}>",
    "<{}>-<int:{}>",
    "<{}>-<{}>_<{}>",
    "<{}>.<any(a, b):{}>",
    "<int:{}>-<{}>-<int:{}>",
    "<string(length=2):{}><{}>",
    "<{}>-<uuid:{}>",
]
PATHS = ["<path:{}>", "p<path:{}>", "<path:{}>/a", "<path:{}>/<int:{}>", "<path:{}>.html", "<path:{}>/a/<{}>"]
METHODS = [("GET",), ("POST",), ("GET", "POST"), ("PUT",)]
PIECES = ["", "a", "b", "ab", "1", "12", "1.5", "a-1", "1-a", "1-a-2", "a-b_a", "x.html", "p1", "a.b", KEY, f"a-{KEY}"]


@st.composite
def rules(draw: st.DrawFn) -> str:
    segments = draw(st.lists(st.sampled_from(PLAIN + BARE + BARE + MIXED), max_size=3))
    if draw(st.integers(0, 4)) == 0:
        segments.append(draw(st.sampled_from(PATHS)))
    text = "/" + "/".join(segments) + draw(st.sampled_from(["", "/"]) if segments else st.just(""))
    names = (f"v{number}" for number in range(text.count("{}")))
    return text.format(*names)


declarations = st.lists(st.builds(Declared, rules(), st.sampled_from(METHODS)), min_size=1, max_size=8)
methods = st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE"])


@st.composite
def paths(draw: st.DrawFn, declared: list[Declared]) -> str:
    """Draw a path of any pieces, or one that a rule may read; a slash more or less is added to some."""
    if draw(st.booleans()):
        pieces = draw(st.lists(st.sampled_from(PIECES), max_size=4))
        path = "/".join(pieces)
    else:
        rule = draw(st.sampled_from(declared)).rule
        path = re.sub("<[^<>]*>", lambda _: draw(st.sampled_from(PIECES)), rule)
    path = "/" + path.lstrip("/")
    return draw(st.sampled_from([path, path, f"{path}/", path.rstrip("/"), path.replace("/", "//")])).replace(
        "//", "/", 1
    )


@settings(max_examples=300)
@given(declarations, st.data())
def test_both_find_the_same(declared: list[Declared], data: st.DataObject) -> None:
    matcher, url_map = newel(declared), werkzeug(declared)
    for method, path in data.draw(st.lists(st.tuples(methods, paths(declared)), min_size=1, max_size=12)):
        expected = answer_of_werkzeug(url_map, method, path)
        assert expected == answer_of_newel(matcher, method, path), (declared, method, path)


@settings(max_examples=300)
@given(st.sampled_from(MIXED), st.text("a1b2-_./", max_size=14))
def test_both_cut_a_segment_of_several_variables_alike(pattern: str, text: str) -> None:
    rule = "/" + pattern.format(*(f"v{number}" for number in range(pattern.count("{}"))))
    ours, theirs = both([rule], "/" + text.lstrip("/"))
    assert theirs == ours


@settings(max_examples=300)
@given(st.sampled_from(PATHS), st.sampled_from(["", "/"]), st.text("a1./", max_size=14))
def test_both_cut_the_rest_of_a_path_alike(pattern: str, end: str, text: str) -> None:
    rule = "/" + pattern.format(*(f"v{number}" for number in range(pattern.count("{}")))) + end
    ours, theirs = both([rule], "/" + text.lstrip("/"))
    assert theirs == ours


# --- what differs on purpose ------------------------------------------------------------------------------------------


def test_a_refused_value_leaves_the_next_rule_to_be_tried() -> None:
    ours, theirs = both(["/<int(max=5):n>", "/<name>"], "/7")
    assert (1, {"name": "7"}) == ours
    assert ("not found", {}) == theirs


@pytest.mark.parametrize("special,path", [("<any(a, b):x>", "/a"), ("<uuid:x>", f"/{KEY}")])
def test_any_and_uuid_go_before_plain_text_wherever_they_stand(special: str, path: str) -> None:
    declared = [Declared("/<name>", ("GET",)), Declared(f"/{special}", ("GET",))]
    plain = Map([WerkzeugRule(one.rule, endpoint=number) for number, one in enumerate(declared)])
    assert 1 == answer_of_newel(newel(declared), "GET", path)[0]
    assert 0 == answer_of_werkzeug(plain, "GET", path)[0]


def test_slashes_at_the_beginning_are_put_right_like_those_elsewhere() -> None:
    ours, theirs = both(["/a"], "//a")
    assert ("redirect", "/a") == ours
    assert (0, {}) == theirs


def test_only_ascii_digits_are_digits() -> None:
    ours, theirs = both(["/<int:n>"], "/٣")
    assert ("not found", {}) == ours
    assert (0, {"n": 3}) == theirs


def test_a_path_may_hold_a_newline_as_any_other_text_may() -> None:
    ours, theirs = both(["/<path:p>"], "/a\nb")
    assert (0, {"p": "a\nb"}) == ours
    assert ("not found", {}) == theirs


def test_a_route_of_its_own_for_head_goes_before_that_of_get() -> None:
    declared = [Declared("/a", ("GET",)), Declared("/a", ("HEAD",))]
    assert 1 == answer_of_newel(newel(declared), "HEAD", "/a")[0]
    assert 0 == answer_of_werkzeug(werkzeug(declared), "HEAD", "/a")[0]


@pytest.mark.parametrize(
    "rule",
    ["/<a>-<int:b>-<c>", "/<a><b>", "/<path:a>/x/<path:b>", "/<path:a>-<b>", "/a//b", "/a/../b", "/{id}", "/a?b"],
)
def test_rules_that_werkzeug_takes_are_refused_while_booting(rule: str) -> None:
    Map([WerkzeugRule(rule)])
    with pytest.raises(BootError):
        parse_rule(rule, {}, HERE)
