from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from newel.converters import Converter
from newel.errors import Place
from newel.matcher import Edges, Entry, Matcher, conflicts
from newel.rules import parse_host, parse_rule

HERE = Place("views.py", 3)
EDGES = Edges(not_found=404, method_not_allowed=405, slash_redirect=308, options=204)


class EvenConverter(Converter):
    regex = "[0-9]+"
    type = int

    def parse(self, text: str) -> int | None:
        return int(text) if int(text) % 2 == 0 else None


def entry(rule: str, *methods: str, host: str | None = None, target: object = None) -> Entry:
    return Entry(
        rule=parse_rule(rule, {"even": EvenConverter}, HERE),
        methods=frozenset(methods or ["GET"]),
        target=target or rule,
        host=parse_host(host, {}, HERE) if host else None,
    )


def matcher(*rules: str | Entry, mounts: Iterable[tuple[str, Any]] = ()) -> Matcher:
    return Matcher([entry(rule) if isinstance(rule, str) else rule for rule in rules], EDGES, mounts)


def match(found: Matcher, path: str, method: str = "GET", host: str = "example.org") -> tuple[Any, dict[str, Any]]:
    target, values = found.match(method, path, host)
    return target, dict(values)


# --- routes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path,target,values",
    [
        ("/", "/", {}),
        ("/about", "/about", {}),
        ("/notices/", "/notices/", {}),
        ("/notices/42", "/notices/<int:id>", {"id": 42}),
        ("/notices/42/comments/last", "/notices/<int:id>/comments/<name>", {"id": 42, "name": "last"}),
        ("/42-my-post.html", "/<int:id>-<slug>.html", {"id": 42, "slug": "my-post"}),
        ("/wiki/a/b", "/wiki/<path:page>", {"page": "a/b"}),
        ("/wiki/a/b/edit", "/wiki/<path:page>/edit", {"page": "a/b"}),
        ("/café/ü", "/café/<name>", {"name": "ü"}),
    ],
)
def test_a_path_finds_its_route_and_values(path: str, target: str, values: Mapping[str, Any]) -> None:
    found = matcher(
        "/",
        "/about",
        "/notices/",
        "/notices/<int:id>",
        "/notices/<int:id>/comments/<name>",
        "/<int:id>-<slug>.html",
        "/wiki/<path:page>",
        "/wiki/<path:page>/edit",
        "/café/<name>",
    )
    assert (target, values) == match(found, path)


@pytest.mark.parametrize("path", ["/nothing", "/notices/42/x", "/notices/x", "/notice", "*", "notices/42", "x"])
def test_any_other_path_is_not_found(path: str) -> None:
    assert (404, {}) == match(matcher("/notices/<int:id>", "/notices", "/<int:n>"), path)


def test_a_matcher_without_routes_finds_nothing() -> None:
    assert (404, {}) == match(matcher(), "/")


@pytest.mark.parametrize(
    "better,worse,path",
    [
        ("/users/me", "/users/<name>", "/users/me"),
        ("/users/<int:id>", "/users/<name>", "/users/42"),
        ("/users/<uuid:id>", "/users/<name>", "/users/6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
        ("/users/<any(new, old):id>", "/users/<name>", "/users/new"),
        ("/users/v<int:id>", "/users/<name>", "/users/v1"),
        ("/users/<name>", "/users/<path:rest>", "/users/x"),
        ("/<name>/edit", "/<path:rest>", "/x/edit"),
        ("/a/<x>", "/<x>/b", "/a/b"),
    ],
)
def test_the_more_specific_rule_goes_first_wherever_it_stands(better: str, worse: str, path: str) -> None:
    assert better == match(matcher(worse, better), path)[0]
    assert better == match(matcher(better, worse), path)[0]


def test_what_leads_nowhere_is_left_for_the_next_best() -> None:
    found = matcher("/a/b/c", "/a/<x>/d", "/<path:rest>")
    assert ("/a/<x>/d", {"x": "b"}) == match(found, "/a/b/d")
    assert ("/<path:rest>", {"rest": "a/b/e"}) == match(found, "/a/b/e")


def test_a_value_that_its_converter_refuses_leaves_the_next_rule_to_be_tried() -> None:
    found = matcher("/<even:n>", "/<name>")
    assert ("/<even:n>", {"n": 4}) == match(found, "/4")
    assert ("/<name>", {"name": "5"}) == match(found, "/5")


def test_rules_of_one_shape_keep_their_own_names() -> None:
    found = matcher(entry("/<int:id>", "GET"), entry("/<int:number>", "POST"))
    assert {"id": 1} == match(found, "/1", "GET")[1]
    assert {"number": 1} == match(found, "/1", "POST")[1]


# --- methods ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/x", "/y/1"])
def test_head_is_answered_by_get(path: str) -> None:
    assert match(matcher("/x", "/y/<int:id>"), path, "GET") == match(matcher("/x", "/y/<int:id>"), path, "HEAD")


@pytest.mark.parametrize("rule,path", [("/x", "/x"), ("/y/<id>", "/y/1")])
def test_a_route_of_its_own_for_head_goes_first(rule: str, path: str) -> None:
    found = matcher(entry(rule, "GET", target="get"), entry(rule, "HEAD", target="head"))
    assert "head" == match(found, path, "HEAD")[0]


@pytest.mark.parametrize("rule,path", [("/x", "/x"), ("/y/<id>", "/y/1"), ("/<path:p>/z", "/a/b/z")])
def test_another_method_is_told_the_allowed_ones_sorted(rule: str, path: str) -> None:
    found = matcher(entry(rule, "POST"), entry(rule, "GET"))
    assert (405, {"allowed": ("GET", "HEAD", "OPTIONS", "POST")}) == match(found, path, "PUT")


def test_the_allowed_methods_are_those_of_every_rule_that_fits() -> None:
    found = matcher(entry("/x", "PUT"), entry("/<name>", "DELETE"))
    assert (405, {"allowed": ("DELETE", "OPTIONS", "PUT")}) == match(found, "/x", "GET")


def test_a_rule_of_another_method_leaves_the_next_best_to_be_tried() -> None:
    found = matcher(entry("/x", "PUT"), entry("/<name>", "GET"))
    assert ("/<name>", {"name": "x"}) == match(found, "/x")


def test_options_is_answered_with_the_allowed_methods() -> None:
    assert (204, {"allowed": ("GET", "HEAD", "OPTIONS")}) == match(matcher("/x"), "/x", "OPTIONS")


def test_a_route_of_its_own_for_options_goes_first() -> None:
    found = matcher("/x", entry("/x", "OPTIONS", target="own"))
    assert "own" == match(found, "/x", "OPTIONS")[0]


def test_options_of_an_unknown_path_is_not_found() -> None:
    assert (404, {}) == match(matcher("/x"), "/y", "OPTIONS")


# --- slashes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rule,path,location",
    [
        ("/x/", "/x", "/x/"),
        ("/<name>/", "/x", "/x/"),
        ("/<path:p>/", "/a/b", "/a/b/"),
        ("/<int:a>-<b>/", "/1-x", "/1-x/"),
        ("/", "", "/"),
        ("/a/b", "/a//b", "/a/b"),
        ("/a/b/", "//a///b", "/a/b/"),
        ("/<name>", "//evil.example", "/evil.example"),
        ("/<name>/", "/sp ace?é", "/sp%20ace%3F%C3%A9/"),
        ("/<name>/", "/\\evil.example", "/%5Cevil.example/"),
        ("/<name>/", "/a\r\nb", "/a%0D%0Ab/"),
    ],
)
def test_a_path_with_the_wrong_slashes_is_sent_to_the_right_one(rule: str, path: str, location: str) -> None:
    assert (308, {"location_path": location}) == match(matcher(rule), path)


@pytest.mark.parametrize("rule,path", [("/x", "/x/"), ("/<name>", "/x/"), ("/x/<name>", "/x/"), ("/<path:p>/", "/")])
def test_a_slash_too_many_at_the_end_is_not_found(rule: str, path: str) -> None:
    assert (404, {}) == match(matcher(rule), path)


def test_a_missing_slash_is_put_right_before_a_less_specific_rule_is_tried() -> None:
    assert 308 == match(matcher("/x/", "/<name>"), "/x")[0]


def test_a_slash_is_put_right_for_the_methods_of_the_route_only() -> None:
    assert (404, {}) == match(matcher("/x/"), "/x", "POST")


def test_rules_with_and_without_a_slash_live_side_by_side() -> None:
    found = matcher("/x", "/x/", "/y/<int:id>", "/y/<int:id>/")
    assert ["/x", "/x/", "/y/<int:id>", "/y/<int:id>/"] == [
        match(found, path)[0] for path in ("/x", "/x/", "/y/1", "/y/1/")
    ]


# --- hosts ------------------------------------------------------------------------------------------------------------

HOSTS = (
    entry("/", host="admin.example.org", target="admin"),
    entry("/", host="<tenant>.example.org", target="tenant"),
    entry("/<page>", host="<tenant>.example.org", target="page"),
    entry("/only", "POST", host="admin.example.org", target="only"),
    entry("/", target="any"),
    entry("/about", target="about"),
)


@pytest.mark.parametrize(
    "host,path,target,values",
    [
        ("admin.example.org", "/", "admin", {}),
        ("Admin.Example.ORG", "/", "admin", {}),
        ("admin.example.org:8000", "/", "admin", {}),
        ("acme.example.org", "/", "tenant", {"tenant": "acme"}),
        ("acme.example.org", "/x", "page", {"tenant": "acme", "page": "x"}),
        ("acme.example.org", "/about", "page", {"tenant": "acme", "page": "about"}),
        ("example.org", "/", "any", {}),
        ("[::1]:8000", "/about", "about", {}),
        ("evil.example.org.evil.example", "/", "any", {}),
    ],
)
def test_a_rule_of_the_host_goes_before_one_of_any_host(
    host: str, path: str, target: str, values: dict[str, str]
) -> None:
    assert (target, values) == match(matcher(*HOSTS), path, host=host)


def test_a_rule_of_another_host_is_not_found() -> None:
    assert (404, {}) == match(matcher(*HOSTS), "/only", "POST", "example.org")


def test_the_allowed_methods_of_a_host_include_those_of_any_host() -> None:
    found = matcher(entry("/x", "PUT", host="a.example"), entry("/x", "GET"))
    assert (405, {"allowed": ("GET", "HEAD", "OPTIONS", "PUT")}) == match(found, "/x", "POST", "a.example")


def test_hosts_are_looked_at_only_where_a_rule_names_one() -> None:
    assert matcher("/").match.__name__ != matcher(*HOSTS).match.__name__


# --- mounts -----------------------------------------------------------------------------------------------------------

MOUNTS = [("/legacy", "legacy"), ("/legacy/admin", "admin")]


@pytest.mark.parametrize(
    "path,target,rest",
    [
        ("/legacy", "legacy", ""),
        ("/legacy/", "legacy", "/"),
        ("/legacy/a//b/", "legacy", "/a//b/"),
        ("/legacy/administrators", "legacy", "/administrators"),
        ("/legacy/admin/x", "admin", "/x"),
    ],
)
def test_a_mount_takes_what_is_below_it_the_longest_prefix_first(path: str, target: str, rest: str) -> None:
    prefix = dict(zip(["legacy", "admin"], ["/legacy", "/legacy/admin"], strict=True))[target]
    assert (target, {"prefix": prefix, "rest": rest}) == match(matcher("/", mounts=MOUNTS), path)


@pytest.mark.parametrize("path", ["/legacyx", "/x/legacy", "/Legacy"])
def test_a_mount_begins_where_a_segment_does(path: str) -> None:
    assert (404, {}) == match(matcher("/", mounts=MOUNTS), path)


def test_a_mount_at_the_root_takes_all_that_is_left() -> None:
    found = matcher("/x", mounts=[("/", "root")])
    assert ("root", {"prefix": "", "rest": "/y/z"}) == match(found, "/y/z")
    assert "/x" == match(found, "/x")[0]


def test_routes_go_before_mounts() -> None:
    found = matcher(entry("/legacy/login", "GET"), mounts=MOUNTS)
    assert "/legacy/login" == match(found, "/legacy/login")[0]
    assert 405 == match(found, "/legacy/login", "POST")[0]


# --- conflicts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "first,second,methods",
    [
        (entry("/x"), entry("/x"), ["GET"]),
        (entry("/<int:id>"), entry("/<int:number>"), ["GET"]),
        (entry("/<a>"), entry("/<string(minlength=1):b>"), ["GET"]),
        (entry("/x", "GET", "POST", "PUT"), entry("/x", "PUT", "POST"), ["POST", "PUT"]),
        (entry("/x", host="<a>.example"), entry("/x", host="<b>.example"), ["GET"]),
    ],
)
def test_two_routes_for_one_url_and_method_are_a_conflict(first: Entry, second: Entry, methods: list[str]) -> None:
    assert [(first, second, method) for method in methods] == conflicts([first, second])


@pytest.mark.parametrize(
    "first,second",
    [
        (entry("/x"), entry("/x", "POST")),
        (entry("/x"), entry("/x", "HEAD")),
        (entry("/x"), entry("/x/")),
        (entry("/x"), entry("/x", host="a.example")),
        (entry("/<int:id>"), entry("/<id>")),
    ],
)
def test_routes_that_can_be_told_apart_are_no_conflict(first: Entry, second: Entry) -> None:
    assert [] == conflicts([first, second])


def test_the_first_of_two_routes_in_conflict_answers() -> None:
    assert "first" == match(matcher(entry("/<a>", target="first"), entry("/<b>", target="second")), "/x")[0]


# --- cost -------------------------------------------------------------------------------------------------------------


def test_a_route_without_variables_is_answered_with_one_shared_object() -> None:
    found = matcher("/about")
    assert found.match("GET", "/about", "") is found.match("HEAD", "/about", "")


@pytest.mark.parametrize(
    "rule,path",
    [
        ("/r{}", "/r{}"),
        ("/r{}/<int:id>", "/r{}/42"),
        ("/api/<int:id>/r{}", "/api/42/r{}"),
        ("/api/<a>/<b>/r{}/<int:c>/end", "/api/x/y/r{}/1/end"),
    ],
)
def test_the_last_of_many_routes_costs_what_the_first_does(rule: str, path: str) -> None:
    many = matcher(*(rule.format(number) for number in range(5000)))
    few = matcher(rule.format(0))
    alone = _cost(few, path.format(0))
    # NOTE: a search through them would take a thousand times as long; 3 leaves room for a busy machine
    assert _cost(many, path.format(0)) < 3 * alone
    assert _cost(many, path.format(4999)) < 3 * alone


def _cost(found: Matcher, path: str) -> float:
    assert found.match("GET", path, "")[0] != 404
    best = float("inf")
    for _ in range(20):
        began = time.process_time()
        for _ in range(200):
            found.match("GET", path, "")
        best = min(best, time.process_time() - began)
    return best


@pytest.mark.parametrize("path", ["/" * 100_000, "/a" * 50_000, "/a/b" * 30_000 + "/", "/legacy" + "//x" * 30_000])
def test_a_hostile_path_is_answered_in_linear_time(path: str) -> None:
    found = matcher("/<a>/<b>/c", "/a/<path:p>/x", "/<a>/b/<c>", "/<path:p>/a/b/c/", mounts=MOUNTS)
    began = time.process_time()
    found.match("GET", path, "")
    assert time.process_time() - began < 1
