from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from newel.converters import Converter, IntConverter
from newel.errors import BootError, Place, ProblemError, SetupError
from newel.router import Declaration, Mount, Router, mount_problems, outermost

STARTED = Place("app.py", 12)


def show(id: int) -> str:
    return f"notice {id}"


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    return []


def only(router: Router) -> Declaration:
    (declaration,) = router.declarations()
    return declaration


def rules_of(router: Router) -> list[str]:
    return [declaration.rule for declaration in router.declarations()]


class YearConverter(Converter):
    pass


# --- declaring --------------------------------------------------------------------------------------------------------


def test_a_decorator_returns_the_handler_itself() -> None:
    assert show is Router().get("/notices/<id>")(show)


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_each_decorator_declares_its_method(method: str) -> None:
    router = Router()
    getattr(router, method)("/")(show)
    assert {method.upper()} == only(router).methods


def test_route_declares_several_methods() -> None:
    router = Router()
    router.route("/", methods=["get", "PURGE"])(show)
    assert {"GET", "PURGE"} == only(router).methods


def test_a_declaration_notes_all_that_was_said() -> None:
    router = Router(host="example.org")
    router.get("/notices/<id>", name="notice", retries=2)(show)
    found = only(router)
    assert ("/notices/<id>", show, "notice", "example.org") == (found.rule, found.handler, found.name, found.host)
    assert {"retries": 2} == found.options


def test_a_declaration_knows_the_line_of_its_decorator() -> None:
    router = Router()

    @router.get("/")
    def index() -> str:
        return ""

    place = only(router).place
    assert __file__ == place.file
    assert '@router.get("/")' in str(place)


def test_a_router_knows_the_module_that_created_it() -> None:
    assert __name__ == Router().module


def test_routes_come_in_the_order_of_writing() -> None:
    router = Router()
    for path in ("/c", "/a", "/b"):
        router.get(path)(show)
    assert ["/c", "/a", "/b"] == rules_of(router)


# --- names ------------------------------------------------------------------------------------------------------------


def test_a_route_is_called_as_its_function() -> None:
    router = Router()
    router.get("/")(show)
    assert "show" == only(router).name


def test_the_name_of_the_router_goes_before_it() -> None:
    router = Router(name="admin")
    router.get("/")(show)
    assert "admin.show" == only(router).name


def test_a_name_that_was_given_stays_as_it_is() -> None:
    router = Router(name="admin")
    router.get("/", name="notice")(show)
    assert "notice" == only(router).name


def test_a_partial_is_called_as_its_function() -> None:
    router = Router()
    router.get("/")(functools.partial(show, id=1))
    assert "show" == only(router).name


# --- prefixes and inclusion -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "prefix,path,rule",
    [
        ("", "/", "/"),
        ("", "", "/"),
        ("/", "/x", "/x"),
        ("/admin", "/", "/admin/"),
        ("/admin", "", "/admin"),
        ("/admin/", "/x", "/admin/x"),
        ("/<tenant>", "/x", "/<tenant>/x"),
    ],
)
def test_a_prefix_goes_before_the_path(prefix: str, path: str, rule: str) -> None:
    router = Router(prefix)
    router.get(path)(show)
    assert [rule] == rules_of(router)


def test_included_routes_come_after_the_own_ones_with_all_prefixes() -> None:
    outer, inner = Router("/api"), Router("/notices")
    outer.include(inner, prefix="/v1")
    outer.include(inner, prefix="/v2")
    outer.get("/")(show)
    inner.get("/<id>")(show)
    assert ["/api/", "/api/v1/notices/<id>", "/api/v2/notices/<id>"] == rules_of(outer)


def test_an_included_router_is_served_where_it_is_included() -> None:
    outer, inner, innermost, other = (Router(name=name) for name in ("outer", "inner", "innermost", "other"))
    outer.include(inner)
    inner.include(innermost)
    assert outermost([innermost, outer, other, inner, outer]) == [outer, other]
    assert outermost([innermost, inner]) == [inner]


def test_a_router_that_is_included_by_none_of_those_given_stays() -> None:
    outer, inner = Router(), Router()
    outer.include(inner)
    assert outermost([inner]) == [inner]


def test_routers_that_only_include_each_other_stay() -> None:
    first, second = Router(), Router()
    first.include(second)
    second.include(first)
    assert outermost([first, second]) == [first, second]


def test_the_nearest_host_counts() -> None:
    outer, inner, other = Router(host="a.example"), Router(host="b.example"), Router()
    outer.include(inner)
    outer.include(other)
    inner.get("/1")(show)
    inner.get("/2", host="c.example")(show)
    other.get("/3")(show)
    assert ["b.example", "c.example", "a.example"] == [found.host for found in outer.declarations()]


def test_converters_are_known_to_the_routers_that_are_included_and_the_nearest_counts() -> None:
    outer, inner = Router(), Router()
    outer.converter("year", YearConverter)
    outer.converter("number", YearConverter)
    inner.converter("number", IntConverter)
    outer.include(inner)
    inner.get("/")(show)
    assert {"year": YearConverter, "number": IntConverter} == only(outer).converters
    assert {"number": IntConverter} == only(inner).converters


def test_mounts_come_with_their_whole_prefix() -> None:
    outer, inner = Router("/a"), Router("/b")
    outer.include(inner)
    inner.mount("/legacy/", application)
    (mount,) = outer.mounts()
    assert ("/a/b/legacy", application) == (mount.prefix, mount.app)


# --- mistakes ---------------------------------------------------------------------------------------------------------


def test_routers_that_include_each_other_are_told_by_their_members() -> None:
    first, second = Router(name="first"), Router(name="second")
    first.include(second)
    second.include(first)
    with pytest.raises(BootError) as refused:
        first.declarations()
    (problem,) = refused.value.problems
    assert "'first'" in problem.what
    assert "'second'" in problem.what
    assert 2 == len(problem.places)


def test_a_router_that_includes_itself_is_told() -> None:
    router = Router(name="loop")
    router.include(router)
    with pytest.raises(BootError, match="include each other"):
        router.declarations()


def test_all_that_is_wrong_with_a_router_is_told_together() -> None:
    router = Router("admin")
    router.get("x")(show)
    router.route("/", methods=[])(show)
    router.route("/", methods=["GET /"])(show)
    router.route("/", methods="GET")(show)
    router.converter("year", YearConverter())  # type: ignore[arg-type]
    with pytest.raises(BootError) as refused:
        router.declarations()
    assert 6 == len(refused.value.problems)
    assert all(problem.places[0].file == __file__ for problem in refused.value.problems)


def test_a_misspelt_method_is_told_with_the_nearest_one() -> None:
    router = Router()
    router.route("/", methods=["GE T"])(show)
    with pytest.raises(BootError, match="did you mean 'GET'"):
        router.declarations()


def test_a_decorator_without_brackets_is_told_at_once() -> None:
    with pytest.raises(ProblemError, match="without a path"):
        Router().get(show)  # type: ignore[arg-type]


@pytest.mark.parametrize("prefixes,said", [(["/a", "/a"], "two applications"), (["/<a>"], "has a variable")])
def test_mounts_are_fixed_places_each_used_once(prefixes: list[str], said: str) -> None:
    mounts = [Mount(prefix, application, STARTED) for prefix in prefixes]
    (problem,) = mount_problems(mounts)
    assert said in problem.what


def test_different_mounts_are_no_problem() -> None:
    assert [] == mount_problems([Mount("/a", application, STARTED), Mount("/a/b", application, STARTED)])


# --- after the start --------------------------------------------------------------------------------------------------


def late_calls() -> dict[str, Callable[[Router], object]]:
    return {
        "route": lambda router: router.get("/late")(show),
        "include": lambda router: router.include(Router()),
        "mount": lambda router: router.mount("/late", application),
        "converter": lambda router: router.converter("year", YearConverter),
    }


@pytest.mark.parametrize("what", late_calls())
def test_what_comes_after_the_start_is_refused_with_both_places(what: str) -> None:
    router = Router()
    router.seal(STARTED)
    with pytest.raises(SetupError, match=f"router.{what} was called") as refused:
        late_calls()[what](router)
    late, started = refused.value.problem.places
    assert (__file__, STARTED) == (late.file, started)


def test_included_routers_are_sealed_too() -> None:
    outer, inner = Router(), Router()
    outer.include(inner)
    inner.include(outer)
    outer.seal(STARTED)
    with pytest.raises(SetupError):
        inner.get("/late")


def test_another_application_boots_from_a_sealed_router() -> None:
    router = Router()
    router.get("/")(show)
    before = router.declarations()
    router.seal(STARTED)
    assert [found.rule for found in before] == rules_of(router)


def test_a_test_may_unseal() -> None:
    router = Router()
    router.seal(STARTED)
    router.unseal()
    router.get("/")(show)
    assert ["/"] == rules_of(router)


def test_a_router_of_a_module_made_at_run_time_knows_it_too() -> None:
    module = types.ModuleType("noticeboard.views")
    exec("from newel.router import Router\nrouter = Router()", vars(module))
    assert "noticeboard.views" == module.router.module
