"""A plan: one route compiled with exactly the hooks, records and providers that apply to it.

The way of a request, as `Plan.serve` walks it:

1. before      hooks and `Before` records; a result ends the request
2. guards      refuse by raising
3. parameters  are resolved, and the handler is called, inside its `Around` records (`call`)
4. result      becomes a response, by the responder of its class
5. finish      opened providers commit, latest first; an error here is an error like any other
6. save        what outlives a rollback
7. after       hooks and `After` records see the final response once

Sending and closing belong to the server's adapter (`newel.wsgi`). An error in 1 to 5 rolls back, `newel_handle_error`
makes the response, and the way goes on at 6. What does not apply to a route is absent from its tuples.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from typing import Any, Final, NoReturn, final

import msgspec

from newel.body import FORM_READ, close_uploads, rewind_uploads
from newel.errors import Owners, Place, Problem, ProblemError, accuse, place_of
from newel.log import log
from newel.records import Route
from newel.response import Response
from newel.results import Responder
from newel.scope import Resolve, Scope

PAUSE: Final = 0.02
"""Seconds before a plan is run again, longer each time: who was in the way should be done by then."""

_ENDED: Final = object()
_BEFORE: Final = frozenset({"newel_before_request", "Before"})
_GUARD: Final = frozenset({"guard", "Guard"})
_AFTER: Final = frozenset({"newel_after_request", "After"})
_TEARDOWN: Final = frozenset({"newel_teardown_request"})


@final
class Step(msgspec.Struct, frozen=True):
    """One line of a plan as people see it: stage, who brought it, and its function."""

    stage: str
    owner: str
    function: Any

    @property
    def place(self) -> Place:
        """Where the function was written."""
        return place_of(self.function)


@final
class Responders(dict[type, Responder]):
    """The responder of each class of result. A subclass's is found by its bases, once, and kept."""

    def __missing__(self, kind: type) -> Responder:
        responder = next((self[base] for base in kind.__mro__[1:] if base in self), refuse)
        self[kind] = responder
        return responder


def refuse(result: Any, scope: Scope) -> Any:
    """Say that a handler returned something that nothing makes a response of."""
    handler = scope.route.handler if scope.route is not None else None
    name = getattr(handler, "__qualname__", "a hook")
    raise ProblemError(
        Problem(
            what=f"{name}() returned {result!r}, of which no response can be made.",
            places=(place_of(handler),) if handler is not None else (),
            remedy="return a str, Html, Page, Redirect, Data, Response, or data such as a dict, list or dataclass"
            + (": a handler that has nothing to say returns Response(status=204)." if result is None else "."),
        )
    )


@final
class Recovery(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What becomes of an error: everything rolls back, and the first answer of the hooks is the response.

    One for all plans of a generation. It is the responder of `HTTPError` as well: to return one is to raise it.
    """

    handlers: tuple[Resolve, ...]
    responders: Responders
    owners: Owners

    def __call__(self, error: Exception, scope: Scope) -> Response:
        """Make the response of an error; the bare status where no hook could."""
        scope.error = error
        if scope.response is not None:
            _drop(scope)
        if scope.opened:
            scope.unwind(error)
        status = status_of(error)
        if status >= 500:
            accuse(error, self.owners)
            log().error("%s %s failed", *_what(scope), exc_info=error)
        for handle in self.handlers:
            try:
                result = handle(scope)
                if type(result) is Response:
                    return result
                if result is not None:
                    response: Response = self.responders[type(result)](result, scope)
                    return response
            except Exception as second:
                scope.unwind(second)
                log().exception("%s %s: the error page failed too", *_what(scope))
        return Response(b"", status)


@final
class Plan(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One route (or edge: 404, 405, redirect, mount) as a request runs it.

    Every callable takes the scope. `steps` says the same for people. `retries` is how often the plan is run again from
    the parameters after an error that says it is `retryable`.
    """

    supplies: Mapping[Any, Any]
    responders: Responders
    recover: Recovery
    call: Resolve
    route: Route | None = None
    before: tuple[Resolve, ...] = ()
    guards: tuple[Resolve, ...] = ()
    after: tuple[Resolve, ...] = ()
    teardown: tuple[Resolve, ...] = ()
    retries: int = 0
    steps: tuple[Step, ...] = ()

    def serve(self, scope: Scope) -> Response:
        """Walk a request from `before` to `after`. Raises nothing but what ends the process, and then has ended all."""
        try:
            try:
                response = self._answer(scope)
            except Exception as error:
                response = scope.response = self.recover(error, scope)
            if scope.opened and (failure := scope.save(response)) is not None:
                response = scope.response = self.recover(failure, scope)
            if self.after:
                response = self._observed(scope)
        except BaseException as error:
            self.abandon(scope, error)
            raise
        return response

    def _answer(self, scope: Scope) -> Response:
        for before in self.before:
            if (result := before(scope)) is not None:
                return self._ended(before, result, scope)
        for guard in self.guards:
            if guard(scope) is not None:
                self._refuse_value(guard, self.guards, _GUARD, "return nothing; refuse by raising HTTPError(403).")
        if self.retries:
            return self._tried_again(scope)
        result = self.call(scope)
        response: Response = self.responders[type(result)](result, scope)
        scope.response = response
        if scope.opened and scope.error is None:
            scope.finish(response)
        return response

    def _ended(self, before: Resolve, result: Any, scope: Scope) -> Response:
        """Make the response of a `before` that ended the request."""
        try:
            return self._responded(result, scope)
        except ProblemError as error:
            step = self._step(before, self.before, _BEFORE)
            what = f"plugin {step.owner!r}, {step.stage}, returned {result!r}, of which no response can be made."
            told = msgspec.structs.replace(error.problem, what=what, places=(step.place,))
            raise ProblemError(told) from error

    def _responded(self, result: Any, scope: Scope) -> Response:
        response: Response = self.responders[type(result)](result, scope)
        scope.response = response
        if scope.error is None:  # a result may be an error, which has rolled back by now
            scope.finish(response)
        return response

    def _tried_again(self, scope: Scope) -> Response:
        """Run the plan from the parameters, and again where it failed with an error that is `retryable`."""
        for attempt in range(self.retries + 1):
            try:
                return self._responded(self.call(scope), scope)
            except Exception as error:
                if attempt == self.retries or not getattr(error, "retryable", False):
                    raise
                if scope.response is not None:
                    _drop(scope)
                scope.discard(error)
                rewind_uploads(scope.environ)
                time.sleep(PAUSE * (attempt + 1))
        raise AssertionError  # unreachable: the last attempt returns or raises

    def _observed(self, scope: Scope) -> Response:
        """Show the final response to the `after` hooks; one that fails makes the response a 500, and ends the round."""
        try:
            for after in self.after:
                if after(scope) is not None:
                    self._refuse_value(after, self.after, _AFTER, "return nothing; change the response that is given.")
        except Exception as error:
            scope.response = self.recover(error, scope)
        response: Response = scope.response
        return response

    # --- the end ----------------------------------------------------------------------------------------------------
    def end(self, scope: Scope) -> None:
        """Close every provider, then run teardown, then let go of uploads: always, and one failure hides no other."""
        scope.close()
        for teardown in self.teardown:
            try:
                if teardown(scope) is not None:
                    self._refuse_value(teardown, self.teardown, _TEARDOWN, "return nothing; the response was sent.")
            except Exception as error:
                accuse(error, self.recover.owners)
                log().exception("newel_teardown_request failed")
        if scope.opened:  # by teardown
            scope.close()
        if FORM_READ in scope.environ:
            close_uploads(scope.environ)

    def abandon(self, scope: Scope, error: BaseException) -> None:
        """End a request that gets no answer."""
        scope.error = error
        if scope.response is not None:
            _drop(scope)
        self.end(scope)

    def _step(self, call: Resolve, calls: tuple[Resolve, ...], stages: frozenset[str]) -> Step:
        """Return the step that says for people what one of the calls is."""
        return [step for step in self.steps if step.stage in stages][calls.index(call)]

    def _refuse_value(self, call: Resolve, calls: tuple[Resolve, ...], stages: frozenset[str], remedy: str) -> NoReturn:
        step = self._step(call, calls, stages)
        what = f"plugin {step.owner!r}, {step.stage}, returned a value, and there is no use for it."
        raise ProblemError(Problem(what=what, places=(step.place,), remedy=remedy))


def status_of(error: BaseException) -> int:
    """Return the HTTP status an exception asks for by an integer `http_status`; 500 for every other."""
    status = getattr(error, "http_status", 500)
    return status if isinstance(status, int) and 400 <= status <= 599 else 500


def _what(scope: Scope) -> tuple[str, str]:
    """Return method and path for the log, in which a line end of theirs must not begin a line."""
    environ = scope.environ
    return repr(environ.get("REQUEST_METHOD"))[1:-1], repr(environ.get("PATH_INFO"))[1:-1]


def _drop(scope: Scope) -> None:
    """Close a response that will not be sent."""
    response, scope.response = scope.response, None
    try:
        response.close()
    except Exception:
        log().exception("closing a response that was not sent failed")


# --- compiling the parts --------------------------------------------------------------------------------------------
def wrapped(around: Callable[[Scope], Generator[None, Any, Any]], call: Resolve, owner: str) -> Resolve:
    """Wrap a call in one `Around`: a generator that yields once, receives the result, and may replace it."""

    def run(scope: Scope) -> Any:
        generator = around(scope)
        if next(generator, _ENDED) is _ENDED:
            msg = f"an Around of plugin {owner!r} ends without a yield"
            raise RuntimeError(msg)
        try:
            result = call(scope)
        except BaseException as error:
            try:
                generator.throw(error)
            except StopIteration as stop:
                return stop.value
        else:
            try:
                generator.send(result)
            except StopIteration as stop:
                return result if stop.value is None else stop.value
        generator.close()
        msg = f"an Around of plugin {owner!r} yields more than once"
        raise RuntimeError(msg)

    return run
