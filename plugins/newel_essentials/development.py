"""The error page of development: what went wrong, where, in which plan; for whoever can mend it.

A browser gets a page, a client that asks for JSON a problem (RFC 9457) with members of its own, any other plain text.
SECURITY: the plugin that asks for this is on in the development profile only, and nothing in a request turns it on; a
client on another machine gets what production says (checklist E71).
"""

from __future__ import annotations

import importlib
import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from newel.inspection import PlanLine
from newel.negotiation import best, prefers_html
from newel.response import HTML, STATUS_LINES, TEXT, Response
from newel.scope import Scope
from newel_essentials.error_pages import PROBLEM, error_response, with_headers
from newel_essentials.fault import Fault, Frame, Raised, fault_of

NO_STORE: Final = ("Cache-Control", "no-store")


def respond(error: Exception, scope: Scope) -> Response:
    """Make the response of an error as the client wants it, with everything that is known."""
    environ = scope.environ
    if not is_loopback(str(environ.get("REMOTE_ADDR", ""))):
        return error_response(error, environ)
    return with_headers(_told(fault_of(error, scope), environ.get("HTTP_ACCEPT", "*/*")), error)


def _told(fault: Fault, accept: str) -> Response:
    if prefers_html(accept):
        page = importlib.import_module("newel_essentials.development_page")
        return Response(page.render(fault).encode(), fault.status, [NO_STORE, page.POLICY], HTML)
    if best(accept, ("text/plain", PROBLEM, "application/json")) in {PROBLEM, "application/json"}:
        return Response(msgspec.json.encode(problem(fault)), fault.status, [NO_STORE], PROBLEM)
    return Response(f"{text(fault)}\n".encode(), fault.status, [NO_STORE], TEXT)


def is_loopback(address: str) -> bool:
    """Tell whether a client is on this machine; one without an address (a socket file, a test) is."""
    try:
        found = ipaddress.ip_address(address or "127.0.0.1")
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def title(fault: Fault) -> str:
    """Return the status line and what was asked for."""
    return f"{STATUS_LINES.get(fault.status, str(fault.status))}: {fault.method} {fault.path}"


# --- data -----------------------------------------------------------------------------------------------------------
def problem(fault: Fault) -> Mapping[str, Any]:
    """Return a problem as RFC 9457 has it; `exceptions`, `plan` and `panels` are ours."""
    first = fault.raised[0]
    return {
        "type": "about:blank",
        "title": STATUS_LINES.get(fault.status, str(fault.status)).partition(" ")[2],
        "status": fault.status,
        "detail": f"{first.kind}: {first.text}",
        "exceptions": [
            {
                "exception": raised.kind,
                "text": raised.text,
                "notes": raised.notes,
                "frames": [f"{frame.file}:{frame.line} in {frame.function}" for frame in raised.frames],
            }
            for raised in fault.raised
        ],
        "plan": [_plan_line(line) for line in (fault.plan.lines if fault.plan else ())],
        "panels": [
            {
                "title": panel.title,
                "notes": panel.notes,
                "rows": [dict(zip(panel.columns, row, strict=True)) for row in panel.rows],
            }
            for panel in fault.panels
        ],
    }


# --- text -----------------------------------------------------------------------------------------------------------
def text(fault: Fault) -> str:
    """Return everything as plain text."""
    lines = [title(fault), ""]
    for raised in fault.raised:
        lines += _exception(raised)
    if fault.plan is not None:
        lines += [f"The plan: {fault.plan.title}", *(f"    {_plan_line(line)}" for line in fault.plan.lines), ""]
    for panel in fault.panels:
        lines += [panel.title, *(f"    {note}" for note in panel.notes)]
        lines += [*("    " + ", ".join(filter(None, row)) for row in panel.rows), ""]
    for section, pairs in fault.request:
        lines += [section, *(f"    {name}: {value}" for name, value in pairs), ""]
    return "\n".join(lines).rstrip()


def _exception(raised: Raised) -> Iterator[str]:
    if raised.relation:
        yield f"{raised.relation}:"
    yield f"{raised.kind}: {raised.text}"
    yield from (f"    {note}" for note in raised.notes)
    yield ""
    for frame in raised.frames:
        yield f"  {frame.file}:{frame.line} in {frame.function}"
        yield from _numbered(frame)
    yield ""


def _numbered(frame: Frame) -> Iterator[str]:
    for number, line in enumerate(frame.source, start=frame.first):
        yield f"  {'>' if number == frame.line else ' '} {number:>5}  {line}".rstrip()


def _plan_line(line: PlanLine) -> str:
    where = f" ({line.place.file}:{line.place.line})" if line.place is not None else ""
    return f"{line.stage}: {line.what}, {line.owner}{where}"
