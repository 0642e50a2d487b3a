"""A signature becomes resolvers, and a function is bound to them.

A handler's signature names what it needs. Boot reads each parameter once: where its value comes from (`Parameter`), and
how it is made from the scope of a request (a resolver). A bound function takes the scope and nothing else.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, tzinfo
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Final, Union, final, get_args, get_origin

import msgspec

from newel import scalars
from newel.body import Limits, form_fields, json_bytes, query_fields
from newel.contracts.keyed import Keyed
from newel.contracts.validator import (
    FieldError,
    Form,
    InvalidInput,
    Json,
    Query,
    ReadDocument,
    Reader,
    ReadForm,
    Validator,
)
from newel.errors import HTTPError, Problem, place_of
from newel.records import Parameter
from newel.scope import ApplicationScope, Resolve, Scope, Supply, not_provided
from newel.signatures import UNKNOWN, Signature, label

REQUIRED: Final = msgspec.NODEFAULT
_SOURCES: Final[Mapping[Any, str]] = {Form: "form", Json: "json", Query: "query string"}


@final
class Wiring(msgspec.Struct, frozen=True):
    """What a generation can supply to a parameter."""

    supplies: Mapping[Any, Supply]
    timezone: tzinfo = UTC
    limits: Limits = Limits()
    held: ApplicationScope | None = None


class InvalidQuery(InvalidInput):
    """A query parameter of a handler is missing or does not read as its type (400)."""

    http_status: Final = 400  # type: ignore[misc]


# --- where a handler's values come from -----------------------------------------------------------------------------
def parameters_of(
    signature: Signature,
    handler: Callable[..., Any],
    variables: Iterable[str],
    supplies: Mapping[Any, Any],
    problems: list[Problem],
) -> tuple[Parameter, ...]:
    """Tell where each parameter of a handler comes from; what cannot be told is a problem."""
    names = set(variables)
    found = []
    for parameter in signature.parameters:
        kind, optional = _without_none(parameter.annotation)
        default = REQUIRED if parameter.default is parameter.empty else parameter.default
        source = "path" if parameter.name in names else _source(kind, supplies, optional=optional)
        if kind is UNKNOWN and source is None:
            continue
        if source is None:
            problems.append(_unknown_source(handler, parameter, kind, optional, supplies))
            continue
        if source == "contract" and kind not in supplies and not optional:
            problems.append(_asked_by(handler, parameter.name, not_provided(kind, supplies)))
        kept = parameter.annotation if source == "query" else kind
        found.append(
            Parameter(name=parameter.name, source=source, type=kept, optional=optional, default=default)  # type: ignore[arg-type]
        )
        names.discard(parameter.name)
    if names:
        problems.append(_unused(handler, sorted(names), signature))
    return tuple(found)


def _source(kind: Any, supplies: Mapping[Any, Any], *, optional: bool) -> str | None:
    if (origin := get_origin(kind)) in _SOURCES:
        return _SOURCES[origin]
    if kind in supplies or getattr(kind, "__newel_slot__", None):
        return "contract"
    if scalars.is_scalar(kind):
        return "query"
    may_be_contract = isinstance(kind, type) and kind.__module__ != "builtins"
    return "contract" if optional and may_be_contract else None  # None, unless a plugin provides it


def _without_none(annotation: Any) -> tuple[Any, bool]:
    """Return `X, True` for `X | None`, and the annotation itself otherwise."""
    if get_origin(annotation) in {Union, UnionType}:
        members = [member for member in get_args(annotation) if member is not NoneType]
        if len(members) == 1:
            return members[0], True
    return annotation, False


def _unknown_source(
    handler: Any, parameter: inspect.Parameter, kind: Any, optional: bool, supplies: Mapping[Any, Any]
) -> Problem:
    if parameter.annotation is parameter.empty:
        return Problem(
            what=f"{label(handler)}: parameter {parameter.name!r} has no annotation and is no variable of the path.",
            places=(place_of(handler),),
            remedy="annotate it with what it asks for, or name it in the path as <" + parameter.name + ">.",
        )
    if isinstance(kind, type) and kind not in {dict, object}:
        return _asked_by(handler, parameter.name, not_provided(kind, supplies))
    return Problem(
        what=f"{label(handler)}: parameter {parameter.name!r} is annotated {parameter.annotation!r}, "
        "and nothing tells where such a value would come from.",
        places=(place_of(handler),),
        remedy="ask for a scalar, a list of scalars, Request, Form[T], Json[T], Query[T] or a contract.",
    )


def _asked_by(asker: Any, parameter: str, problem: Problem) -> Problem:
    return msgspec.structs.replace(
        problem,
        what=f"{label(asker)}, parameter {parameter!r}: {problem.what}",
        places=(place_of(asker),),
    )


def _unused(handler: Any, names: list[str], signature: Signature) -> Problem:
    return Problem(
        what=f"{label(handler)}: the path has <{'>, <'.join(names)}>, and the handler has no parameter of that name.",
        found=names[0],
        allowed=tuple(parameter.name for parameter in signature.parameters),
        places=(place_of(handler),),
        remedy="add the parameter, or take the variable out of the path.",
    )


# --- binding --------------------------------------------------------------------------------------------------------
def bind_handler(
    handler: Callable[..., Any],
    signature: Signature,
    parameters: Sequence[Parameter],
    wiring: Wiring,
    problems: list[Problem],
) -> Resolve:
    """Return the handler as a function of the scope."""
    queries = [parameter for parameter in parameters if parameter.source == "query"]
    others = [parameter for parameter in parameters if parameter.source not in {"query", "path"}]
    resolvers = [(parameter.name, _resolver(handler, parameter, wiring, problems)) for parameter in others]
    has_path = any(parameter.source == "path" for parameter in parameters)
    if not queries and not has_path:
        return bound(handler, signature, resolvers)
    if not queries and not resolvers:
        return lambda scope: handler(**scope.args)
    return _bound_with_arguments(handler, _query_reader(handler, queries, wiring, problems), resolvers)


def bound(function: Callable[..., Any], signature: Signature, resolvers: Sequence[tuple[str, Resolve]]) -> Resolve:
    """Bind a function's parameters, by name, to resolvers. PERF: the common sizes have a shape of their own."""
    if not resolvers:
        return lambda scope: function()
    if len(resolvers) <= 2 and _in_order(signature, [name for name, _ in resolvers]):
        first, second = resolvers[0][1], resolvers[-1][1]
        if len(resolvers) == 1:
            return lambda scope: function(first(scope))
        return lambda scope: function(first(scope), second(scope))
    pairs = tuple(resolvers)
    return lambda scope: function(**{name: resolve(scope) for name, resolve in pairs})


def _in_order(signature: Signature, names: Sequence[str]) -> bool:
    """Tell whether the named parameters are the function's first, and may be given without their names."""
    parameters = signature.parameters[: len(names)]
    return [parameter.name for parameter in parameters] == list(names) and all(
        parameter.kind is not parameter.KEYWORD_ONLY for parameter in parameters
    )


def _bound_with_arguments(
    handler: Callable[..., Any],
    read_query: Callable[[Scope, dict[str, Any]], None] | None,
    resolvers: Sequence[tuple[str, Resolve]],
) -> Resolve:
    pairs = tuple(resolvers)

    def call(scope: Scope) -> Any:
        values = dict(scope.args)
        if read_query is not None:
            read_query(scope, values)
        for name, resolve in pairs:
            values[name] = resolve(scope)
        return handler(**values)

    return call


def bind_signature(
    function: Callable[..., Any],
    signature: Signature,
    named: Mapping[str, Resolve],
    wiring: Wiring,
    problems: list[Problem],
    *,
    asker: str = "",
) -> Resolve:
    """Bind a hook's, record's or provider's function: arguments by name where `named` has them, contracts by type."""
    resolvers = []
    for parameter in signature.parameters:
        if (resolve := named.get(parameter.name)) is not None:
            resolvers.append((parameter.name, resolve))
            continue
        kind, optional = _without_none(parameter.annotation)
        if kind in wiring.supplies:
            resolvers.append((parameter.name, contract_resolver(kind, wiring)))
        elif optional:
            resolvers.append((parameter.name, _absent(kind)))
        elif parameter.default is parameter.empty and kind is not UNKNOWN:
            problem = _asked_by(function, parameter.name, not_provided(kind, wiring.supplies))
            what = f"{asker}: {problem.what}" if asker else problem.what
            problems.append(msgspec.structs.replace(problem, what=what))
    return bound(function, signature, resolvers)


def own_config(signature: Signature, config: Any) -> dict[str, Resolve]:
    """Return the parameters that ask for a plugin's configuration: its own, if two plugins share a class of it."""
    asked = {parameter.name: _without_none(parameter.annotation)[0] for parameter in signature.parameters}
    return {name: lambda scope: config for name, kind in asked.items() if config is not None and kind is type(config)}


def contracts_of(signature: Signature, supplies: Mapping[Any, Any]) -> list[Any]:
    """Return the contracts that a signature asks for, of those that are supplied."""
    kinds = [_without_none(parameter.annotation)[0] for parameter in signature.parameters]
    return [kind for kind in kinds if kind in supplies]


def contract_resolver(contract: Any, wiring: Wiring) -> Resolve:
    """Return what opens a contract in a scope. PERF: what the application holds is reached without the scope."""
    held = wiring.held
    if held is not None and contract in held:
        return lambda scope: held[contract]
    return lambda scope: scope[contract]


def _absent(contract: Any) -> Resolve:
    """Return what gives None for a contract that no plugin provides, unless a test has overridden it."""
    return lambda scope: scope[contract] if contract in scope.supplies else None


def _resolver(handler: Any, parameter: Parameter, wiring: Wiring, problems: list[Problem]) -> Resolve:
    if parameter.source == "contract":
        if parameter.type in wiring.supplies:
            return contract_resolver(parameter.type, wiring)
        return _absent(parameter.type)
    read = _read(handler, parameter, wiring, problems)
    if parameter.source == "form":
        return _form_resolver(read, wiring.limits)
    if parameter.source == "json":
        return _json_resolver(read, wiring.limits)
    return lambda scope: Query(read(query_fields(scope.environ.get("QUERY_STRING", ""))))


_WAYS: Final[Mapping[str, Callable[[Reader[Any]], Any]]] = {
    "form": attrgetter("form"),
    "json": attrgetter("data"),
    "query string": attrgetter("query"),
}


def _read(handler: Any, parameter: Parameter, wiring: Wiring, problems: list[Problem]) -> Callable[..., Any]:
    """Return what reads a parameter's input; a class that cannot be read that way is a problem, and told now."""
    (kind,) = get_args(parameter.type)
    validators = wiring.held[Keyed[Validator]].values() if wiring.held is not None else ()
    for validator in validators:
        if validator.accepts(kind):
            try:
                read: Callable[..., Any] = _WAYS[parameter.source](validator.compile(kind, wiring.timezone))
            except TypeError as error:
                problems.append(_unreadable(handler, parameter, f"{error}"))
                break
            return read
    else:
        problems.append(_unreadable(handler, parameter, f"no validator reads {kind!r}"))
    return _unread


def _unreadable(handler: Any, parameter: Parameter, why: str) -> Problem:
    return Problem(
        what=f"{label(handler)}, parameter {parameter.name!r}: {why}.",
        places=(place_of(handler),),
        remedy="use a dataclass or msgspec struct of types that can be read, or enable a plugin that validates it.",
    )


def _unread(sent: Any) -> Any:
    raise NotImplementedError  # stands where there was a problem, and nothing is served


def _form_resolver(read: ReadForm[Any], limits: Limits) -> Resolve:
    def resolve(scope: Scope) -> Form[Any]:
        fields, files = form_fields(scope.environ, limits)
        return read({**fields, **files} if files else fields)

    return resolve


def _json_resolver(read: ReadDocument[Any], limits: Limits) -> Resolve:
    def resolve(scope: Scope) -> Json[Any]:
        try:
            return Json(read(json_bytes(scope.environ, limits)))
        except ValueError as error:
            raise HTTPError(400, f"The body is no valid JSON: {error}") from error
        except RecursionError as error:
            raise HTTPError(400, "The body is JSON that is nested too deeply.") from error

    return resolve


# --- query parameters -----------------------------------------------------------------------------------------------
def _query_reader(
    handler: Any, parameters: Sequence[Parameter], wiring: Wiring, problems: list[Problem]
) -> Callable[[Scope, dict[str, Any]], None] | None:
    """Return what reads all query parameters of a handler, with all their errors at once."""
    if not parameters:
        return None
    readers = []
    for parameter in parameters:
        default = None if parameter.default is REQUIRED and parameter.optional else parameter.default
        try:
            read = scalars.found_by(parameter.type, wiring.timezone, place=(parameter.name,), default=default)
        except TypeError as error:
            problems.append(_unreadable(handler, parameter, f"{error}"))
        else:
            readers.append((parameter.name, read))
    return _reading(tuple(readers))


def _reading(
    readers: tuple[tuple[str, Callable[[Sequence[str]], Any]], ...],
) -> Callable[[Scope, dict[str, Any]], None]:
    def read_query(scope: Scope, values: dict[str, Any]) -> None:
        text = scope.environ.get("QUERY_STRING", "")
        sent = query_fields(text) if text else {}
        errors: list[FieldError] = []
        for name, read in readers:
            try:
                value = values[name] = read(sent.get(name, ()))
            except InvalidInput as invalid:
                errors += invalid.errors
                continue
            if type(value) is FieldError:
                errors.append(value)
        if errors:
            raise InvalidQuery(errors)

    return read_query
