"""The recorder takes down which hooks ran, and what they saw."""

from __future__ import annotations

from newel import App, HTTPError
from newel.testing import Call, Client, HookRecorder
from tests.core.applications import PRODUCTION, hello, routing

REQUEST = ["newel_before_request", "newel_after_request", "newel_teardown_request"]


def broken() -> str:
    """Fail."""
    raise HTTPError(409)


def test_a_recorder_notes_every_hook_with_path_route_and_what_it_saw() -> None:
    recorder = HookRecorder.fresh()
    app = App(PRODUCTION, routes=[routing(index=hello)], plugins=[recorder])
    Client(app).get("/")
    app.close()
    assert recorder.calls == [
        Call("newel_startup", "", None),
        Call("newel_before_request", "/", "index"),
        Call("newel_after_request", "/", "index", 200),
        Call("newel_teardown_request", "/", "index"),
        Call("newel_shutdown", "", None),
    ]


def test_an_error_is_noted_and_left_to_others() -> None:
    recorder = HookRecorder.fresh()
    response = Client(App(PRODUCTION, routes=[routing(index=broken)], plugins=[recorder])).get("/")
    assert response.status_code == 409
    seen = {call.hook: call.seen for call in recorder.calls}
    assert isinstance(seen["newel_handle_error"], HTTPError)
    assert seen["newel_teardown_request"] is seen["newel_handle_error"]
    assert seen["newel_after_request"] == 409


def test_the_hooks_of_one_path_are_told_by_name() -> None:
    recorder = HookRecorder.fresh()
    client = Client(App(PRODUCTION, routes=[routing(index=hello, other=hello)], plugins=[recorder]))
    client.get("/")
    client.get("/other")
    assert recorder.hooks("/") == recorder.hooks("/other") == REQUEST
    assert recorder.hooks("/nowhere") == []


def test_each_recorder_has_a_list_of_its_own() -> None:
    first, second = HookRecorder.fresh(), HookRecorder.fresh("second")
    Client(App(PRODUCTION, routes=[routing(index=hello)], plugins=[first, second])).get("/")
    Client(App(PRODUCTION, routes=[routing(index=hello)], plugins=[second])).get("/")
    assert len(first.hooks("/")) == 3
    assert len(second.hooks("/")) == 6
    assert HookRecorder.calls == []
