from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID

import pytest
from hypothesis import assume, given, reject
from hypothesis import strategies as st

from newel.errors import Place, Problem, ProblemError
from newel.matcher import Edges, Entry, Matcher
from newel.router import Declaration
from newel.rules import parse_host, parse_rule
from newel.urls import Target, UrlMap, Urls

EDGES = Edges(not_found=404, method_not_allowed=405, slash_redirect=308, options=204)
KEY = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")


class Colour(enum.Enum):
    RED = "dark red"


def show() -> str:
    return ""


def index() -> str:
    return ""


def url_map(*routes: tuple[str, Callable[..., Any], str] | tuple[str, Callable[..., Any], str, str]) -> UrlMap:
    """Make a map of (rule, handler, name[, host])."""
    found: list[tuple[Declaration, Any, Any]] = []
    for line, (rule, handler, name, *host) in enumerate(routes, start=1):
        place = Place("views.py", line)
        declaration = Declaration(rule=rule, methods=frozenset({"GET"}), handler=handler, name=name, place=place)
        found.append((declaration, parse_rule(rule, {}, place), parse_host(host[0], {}, place) if host else None))
    return UrlMap(found)


def one(rule: str) -> UrlMap:
    return url_map((rule, show, "show"))


def problem_of(urls: UrlMap, target: Target, /, **values: Any) -> Problem:
    with pytest.raises(ProblemError) as refused:
        urls.build(target, values)
    return refused.value.problem


# --- building ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rule,values,url",
    [
        ("/", {}, "/"),
        ("/about/", {}, "/about/"),
        ("/notices/<int:id>", {"id": 42}, "/notices/42"),
        ("/notices/<int:id>", {"id": "42"}, "/notices/42"),
        ("/<int(fixed_digits=4):year>/", {"year": 42}, "/0042/"),
        ("/<float:x>", {"x": 1.5}, "/1.5"),
        ("/<uuid:key>", {"key": KEY}, f"/{KEY}"),
        ("/<any(a, b):x>", {"x": "b"}, "/b"),
        ("/<path:rest>/edit", {"rest": "a/b c"}, "/a/b%20c/edit"),
        ("/<int:id>-<slug>.html", {"id": 1, "slug": "my-post"}, "/1-my-post.html"),
        ("/café", {}, "/caf%C3%A9"),
        ("/<name>", {"name": "é/".strip("/")}, "/%C3%A9"),
        ("/<name>", {"name": "a?b#c%d"}, "/a%3Fb%23c%25d"),
        ("/<name>", {"name": "~user!$&'()*+,;=:@-._"}, "/~user!$&'()*+,;=:@-._"),
        ("/<name>", {"name": 'a"<b>\\'}, "/a%22%3Cb%3E%5C"),
        ("/<name>", {"name": Colour.RED}, "/dark%20red"),
    ],
)
def test_a_path_is_built_percent_encoded(rule: str, values: dict[str, Any], url: str) -> None:
    assert url == one(rule).build("show", values)


@pytest.mark.parametrize(
    "values,query",
    [
        ({"q": "a b&c=d+e"}, "q=a%20b%26c%3Dd%2Be"),
        ({"q": "é"}, "q=%C3%A9"),
        ({"tag": ["a", "b"], "page": 2}, "tag=a&tag=b&page=2"),
        ({"tag": ("a", None)}, "tag=a"),
        ({"on": True, "off": False}, "on=true&off=false"),
        ({"colour": Colour.RED}, "colour=dark%20red"),
        ({"day": dt.date(2024, 2, 29)}, "day=2024-02-29"),
        ({"at": dt.datetime(2024, 2, 29, 12, 30, tzinfo=dt.UTC)}, "at=2024-02-29T12%3A30%3A00%2B00%3A00"),
        ({"key": KEY}, f"key={KEY}"),
        ({"ä": ""}, "%C3%A4="),
    ],
)
def test_what_is_not_in_the_path_is_the_query(values: dict[str, Any], query: str) -> None:
    assert f"/x?{query}" == one("/x").build("show", values)


@pytest.mark.parametrize("values", [{"page": None}, {"tags": []}, {"tags": [None]}])
def test_what_is_none_or_empty_is_left_out_of_the_query(values: dict[str, Any]) -> None:
    assert "/x" == one("/x").build("show", values)


@pytest.mark.parametrize("value", [{"a": 1}, {1, 2}, b"bytes", [[1]]])
def test_what_has_no_form_in_a_query_is_refused(value: object) -> None:
    assert "has no form in a query" in problem_of(one("/x"), "show", q=value).what


# --- looking up -------------------------------------------------------------------------------------------------------


def test_a_route_is_found_by_its_handler_and_by_its_name() -> None:
    urls = url_map(("/a", show, "show"), ("/b", index, "admin.index"))
    assert "/a" == urls.build(show, {}) == urls.build("show", {})
    assert "/b" == urls.build(index, {}) == urls.build("admin.index", {})


def test_a_method_of_an_object_is_found_like_a_function() -> None:
    class Views:
        def show(self) -> str:
            return ""

    views = Views()
    assert "/a" == url_map(("/a", views.show, "show")).build(views.show, {})


def test_the_names_are_known() -> None:
    assert {"show", "index"} == url_map(("/a", show, "show"), ("/b", index, "index")).names()


def test_an_unknown_name_is_told_with_the_nearest_one() -> None:
    problem = problem_of(url_map(("/a", show, "show"), ("/b", index, "index")), "shwo")
    assert "did you mean 'show'?" in str(problem)


def test_an_unknown_handler_is_told_with_its_place() -> None:
    problem = problem_of(url_map(("/a", show, "show")), index)
    assert "index, which is the handler of no route" in problem.what
    assert __file__ == problem.places[0].file


def test_a_handler_of_two_urls_is_ambiguous_until_they_have_names() -> None:
    urls = url_map(("/a", show, "show"), ("/b", show, "show.b"))
    problem = problem_of(urls, show)
    assert "'/a'" in problem.what
    assert "'/b'" in problem.what
    assert (Place("views.py", 1), Place("views.py", 2)) == problem.places
    assert "/b" == urls.build("show.b", {})


def test_a_name_of_two_urls_is_ambiguous() -> None:
    problem = problem_of(url_map(("/a", show, "index"), ("/b", index, "index")), "index")
    assert "the name 'index'" in problem.what
    assert 2 == len(problem.places)


def test_two_routes_for_one_url_are_not_ambiguous() -> None:
    assert "/a" == url_map(("/a", show, "show"), ("/a", show, "show")).build(show, {})


def test_a_target_can_be_checked_without_values() -> None:
    urls = url_map(("/a/<id>", show, "show"))
    assert urls.check("show") is None
    assert isinstance(urls.check("shwo"), Problem)


# --- values that do not fit -------------------------------------------------------------------------------------------


def test_a_missing_value_is_told_with_the_rule_and_the_nearest_name() -> None:
    problem = problem_of(one("/notices/<int:notice>"), "show", notise=1)
    assert "'/notices/<int:notice>' was asked for without 'notice'" in problem.what
    assert "did you mean 'notice'?" in str(problem)
    assert (Place("views.py", 1),) == problem.places


@pytest.mark.parametrize(
    "rule,values",
    [
        ("/<id>", {"id": ""}),
        ("/<id>", {"id": "a/b"}),
        ("/<id>", {"id": "."}),
        ("/<id>", {"id": ".."}),
        ("/<path:p>", {"p": "a/../b"}),
        ("/<path:p>", {"p": "/a"}),
        ("/<path:p>/", {"p": "a/"}),
        ("/<int:id>", {"id": "x"}),
        ("/<int:id>", {"id": 1.5}),
        ("/<int:id>", {"id": -1}),
        ("/<int(max=5):id>", {"id": 6}),
        ("/<int:id>", {"id": [1]}),
        ("/<float:x>", {"x": float("inf")}),
        ("/<uuid:key>", {"key": "x"}),
        ("/<any(a, b):x>", {"x": "c"}),
        ("/<a>-<b>", {"a": "x", "b": "y-z"}),
    ],
)
def test_a_value_that_would_not_be_read_again_is_refused(rule: str, values: dict[str, Any]) -> None:
    assert "would not read as the same value again" in problem_of(one(rule), "show", **values).what


@pytest.mark.parametrize("values", [{"id": "\ud800"}, {"id": "x", "q": "\ud800"}], ids=["path", "query"])
def test_half_a_character_is_refused(values: dict[str, Any]) -> None:
    assert "half of a character" in problem_of(one("/<id>"), "show", **values).what


# --- as they are reached ----------------------------------------------------------------------------------------------


def test_a_url_begins_with_where_the_application_is_mounted() -> None:
    urls = Urls(one("/x"), "/app é".encode().decode("latin-1"), "https://example.org")
    assert "/app%20%C3%A9/x?page=2" == urls.url_for("show", page=2)


def test_an_external_url_begins_with_the_base() -> None:
    assert "https://example.org:8000/app/x" == Urls(one("/x"), "/app", "https://example.org:8000").external(show)


def test_without_a_base_there_is_no_external_url() -> None:
    with pytest.raises(ProblemError, match="nothing says where this application is reached"):
        Urls(one("/x")).external("show")


def test_a_value_may_be_called_as_the_arguments_of_the_method() -> None:
    assert "/x?target=a&self=b" == Urls(one("/x")).url_for("show", target="a", self="b")


HOSTED = (("/x", show, "show", "<tenant>.example.org"),)


def test_a_route_of_this_host_is_root_relative() -> None:
    assert "/x" == Urls(url_map(*HOSTED), "", "https://a.example.org").url_for("show", tenant="a")


def test_a_route_of_another_host_is_absolute() -> None:
    urls = Urls(url_map(*HOSTED), "/app", "https://b.example.org:8000")
    assert "https://a.example.org:8000/app/x?q=1" == urls.url_for("show", tenant="a", q=1)


@pytest.mark.parametrize("tenant", ["evil.example/", "x@evil", "a:80", "a b", "-", "a..b", "\\"])
def test_a_value_never_ends_a_hosts_name(tenant: str) -> None:
    urls = Urls(url_map(*HOSTED), "", "https://example.org")
    with pytest.raises(ProblemError):
        urls.external("show", tenant=tenant)


# --- there and back ---------------------------------------------------------------------------------------------------

VALUES: dict[str, tuple[str, st.SearchStrategy[Any]]] = {
    "plain": ("<{}>", st.text(min_size=1)),
    "int": ("<int:{}>", st.integers(min_value=0)),
    "signed": ("<int(signed=True):{}>", st.integers()),
    "fixed": ("<int(fixed_digits=5):{}>", st.integers(0, 99999)),
    "float": ("<float(signed=True):{}>", st.floats(allow_nan=False, allow_infinity=False)),
    "uuid": ("<uuid:{}>", st.uuids()),
    "any": ("<any('a b', c):{}>", st.sampled_from(["a b", "c"])),
    "mixed": ("x-<{}>.html", st.text(min_size=1)),
}


@given(st.data())
def test_a_url_that_is_built_leads_back_to_its_route_and_values(data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=4))
    names = [f"v{number}" for number in range(len(kinds))]
    end = data.draw(st.sampled_from(["", "/", "/<path:rest>", "/<path:rest>/", "/<int:a>-<b>"]))
    rule = "/" + "/".join(VALUES[kind][0].format(name) for kind, name in zip(kinds, names, strict=True)) + end
    values = {name: data.draw(VALUES[kind][1]) for kind, name in zip(kinds, names, strict=True)}
    if "rest" in end:
        values["rest"] = data.draw(st.text("ab/.é? ", min_size=1))
    if "<b>" in end:
        values |= {"a": data.draw(st.integers(0)), "b": data.draw(st.text(min_size=1))}
    query = data.draw(st.dictionaries(st.text(min_size=1), st.text()))
    assume(not query.keys() & values.keys())
    try:
        url = one(rule).build("show", {**values, **query})
    except ProblemError:  # it says so instead: `a/b` is no <name>
        reject()
    parts = urlsplit(url)
    matcher = Matcher([Entry(rule=parse_rule(rule, {}, Place("")), methods=frozenset({"GET"}), target="show")], EDGES)
    assert url.isascii()
    assert ("show", values) == matcher.match("GET", unquote(parts.path), "")
    assert query == dict(parse_qsl(parts.query, keep_blank_values=True))
