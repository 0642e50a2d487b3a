from __future__ import annotations

from newel.errors import Place
from newel.rules import parse_rule
from newel.tree import SLASH, Ends, Node, find, stems

HERE = Place("views.py", 3)


def tree(*rules: str, method: str = "GET") -> Node:
    root = Node()
    for text in rules:
        rule = parse_rule(text, {}, HERE)
        root.add(rule.segments, [method], text, rule.names)
    root.finish()
    return root


def test_a_path_is_followed_to_the_end_of_a_rule() -> None:
    assert ("/a/<int:n>/b", {"n": 1}) == find(((tree("/a/<int:n>/b"), ()),), "/a/1/b", "GET", [])


def test_trees_are_tried_in_their_order_with_the_values_read_before() -> None:
    root = Node()
    root.add(parse_rule("/<x>", {}, HERE).segments, ["GET"], "second", ("tenant", "x"))
    root.finish()
    trees = ((tree("/a"), ()), (root, ("acme",)))
    assert ("second", {"tenant": "acme", "x": "b"}) == find(trees, "/b", "GET", [])
    assert ("/a", {}) == find(trees, "/a", "GET", [])


def test_a_missing_slash_is_told() -> None:
    assert SLASH is find(((tree("/a/"), ()),), "/a", "GET", [])


def test_what_other_methods_would_find_is_noted() -> None:
    seen: list[Ends] = []
    assert find(((tree("/a", "/<x>", method="PUT"), ()),), "/a", "GET", seen) is None
    assert [["PUT"], ["PUT"]] == [list(ends) for ends in seen]


def test_what_is_no_path_finds_nothing() -> None:
    assert find(((tree("/<path:p>", "/"), ()),), "*", "OPTIONS", []) is None


def test_a_stem_is_a_plain_path_that_one_variable_follows() -> None:
    root = tree("/", "/users/<int:id>", "/users/me", "/users/<int:id>/posts/<slug>", "/wiki/<path:p>", "/p/<a>-<b>")
    assert ["/users"] == [path for path, _ in stems(root)]
