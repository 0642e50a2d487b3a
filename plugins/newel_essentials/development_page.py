"""The error page of development as HTML: one page without scripts, readable on a phone.

SECURITY: every text goes through `Markup.format`, which escapes it; the page's own policy allows this one style sheet
by its hash and nothing else, so that even markup that came through would load and run nothing.
"""

from __future__ import annotations

import base64
import hashlib
import platform
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Final

from markupsafe import Markup

from newel.inspection import Explanation, PlanLine
from newel.records import Panel
from newel_essentials.fault import Fault, Frame, Raised

STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c1b22; --soft: #6a6875; --paper: #fff; --card: #f5f4f8; --line: #dddae6;
  --accent: #b3261e; --mark: #ffe9e5; font: 16px/1.5 system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { :root { --ink: #eceaf3; --soft: #a3a0b1; --paper: #17161c; --card: #211f28;
  --line: #383543; --accent: #ff8a7d; --mark: #4a2622; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem 1rem 4rem; color: var(--ink); background: var(--paper); }
h1 { margin: 0; font-size: 1.05rem; font-weight: 500; color: var(--soft); overflow-wrap: anywhere; }
h2 { margin: 2.2rem 0 .6rem; font-size: 1.05rem; }
.kind { margin: .4rem 0 0; font-size: 1.5rem; font-weight: 700; color: var(--accent); overflow-wrap: anywhere; }
.text { margin: .2rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 1.1rem; }
.note { margin: .7rem 0 0; padding: .5rem .8rem; border-left: .3rem solid var(--accent); background: var(--mark);
  font-weight: 600; overflow-wrap: anywhere; }
.relation { margin: 2.2rem 0 0; color: var(--soft); }
.frame { margin: .8rem 0; border: 1px solid var(--line); border-radius: .5rem; overflow: hidden; }
.frame p, summary { margin: 0; padding: .45rem .8rem; background: var(--card); overflow-wrap: anywhere; }
summary { cursor: pointer; color: var(--soft); }
details .frame { margin: 0; border-width: 1px 0 0; border-radius: 0; }
pre { margin: 0; padding: .5rem 0; overflow-x: auto; font: .86rem/1.6 ui-monospace, monospace; }
pre span { display: block; min-width: max-content; padding: 0 .8rem; }
pre i { display: inline-block; width: 3.2em; color: var(--soft); font-style: normal; user-select: none; }
pre .ran { background: var(--mark); font-weight: 600; }
.wide { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; }
table { width: 100%; border-collapse: collapse; font-size: .92rem; }
td { padding: .35rem .8rem; border-top: 1px solid var(--line); vertical-align: top; }
tr:first-child td { border-top: 0; }
td:first-child { width: 1%; min-width: 9rem; color: var(--soft); white-space: nowrap; }
td.value { overflow-wrap: anywhere; }
small, .place { color: var(--soft); font-size: .86rem; }
footer { margin-top: 3rem; color: var(--soft); font-size: .86rem; }
.note + .wide { margin-top: .8rem; }
.panel th { padding: .35rem .8rem; text-align: left; font-weight: 500; color: var(--soft); }
.panel td:nth-child(n) { width: auto; min-width: 0; color: inherit; white-space: normal; overflow-wrap: break-word;
  font-variant-numeric: tabular-nums; }
.panel td:last-child:nth-child(n) { color: var(--soft); }
@media (max-width: 40rem) {
  td, td:first-child, .panel td:nth-child(n) { display: block; width: auto; border: 0; padding: 0 .8rem;
    white-space: normal; overflow-wrap: anywhere; }
  tr { display: block; padding: .5rem 0; border-top: 1px solid var(--line); }
  tr:first-child { border-top: 0; }
  .panel tr:first-child, .panel td:empty { display: none; }
  .panel td::before { content: attr(data-name) " "; color: var(--soft); font-size: .8rem; } }
"""

_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY: Final = (
    "Content-Security-Policy",
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
)
"""The header that goes with the page (CSP 3, section 8.3)."""

_PAGE: Final = Markup("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{kind}: {method} {path}</title>
<style>{style}</style>
</head>
<body>
<h1>{status} · {method} {path}</h1>
{raised}
{panels}
{plan}
{request}
<footer>Newel in the development profile, Python {python}. Production shows the status and nothing else.</footer>
</body>
</html>
""")
_RELATION: Final = Markup('<p class="relation">{}</p>')
_RAISED: Final = Markup('{relation}<p class="kind">{kind}</p><p class="text">{text}</p>{notes}{frames}')
_NOTE: Final = Markup('<p class="note">{}</p>')
_FRAME: Final = Markup('<div class="frame"><p>{file}<small>, line {line}{function}</small></p>{source}</div>')
_FOLDED: Final = Markup("<details class='frame'><summary>{}</summary>{}</details>")
_SOURCE: Final = Markup("<pre>{}</pre>")
_LINE: Final = Markup("<span{}><i>{}</i>{}</span>")
_RAN: Final = Markup(' class="ran"')
_SECTION: Final = Markup('<h2>{}</h2><div class="wide"><table>{}</table></div>')
_PLAN_ROW: Final = Markup('<tr><td>{}</td><td>{}</td><td>{}</td><td class="place">{}</td></tr>')
_PANEL: Final = Markup('<h2>{}</h2>{}<div class="wide"><table class="panel">{}</table></div>')
_PANEL_ROW: Final = Markup("<tr>{}</tr>")
_HEADING: Final = Markup("<th>{}</th>")
_CELL: Final = Markup('<td data-name="{}">{}</td>')
_ROW: Final = Markup('<tr><td>{}</td><td class="value">{}</td></tr>')
_NOTHING: Final = Markup()


def render(fault: Fault) -> str:
    """Return the page."""
    return _PAGE.format(
        kind=fault.raised[0].kind,
        status=fault.status,
        method=fault.method,
        path=fault.path,
        style=Markup(STYLE),  # noqa: S704  -- a constant of this file
        raised=_joined(_exception(raised) for raised in fault.raised),
        panels=_joined(map(_panel, fault.panels)),
        plan=_plan(fault.plan) if fault.plan is not None else _NOTHING,
        request=_joined(_section(name, pairs) for name, pairs in fault.request),
        python=platform.python_version(),
    )


def _joined(parts: Iterable[Markup]) -> Markup:
    return Markup("\n").join(parts)


# --- exceptions -----------------------------------------------------------------------------------------------------
def _exception(raised: Raised) -> Markup:
    return _RAISED.format(
        relation=_RELATION.format(f"{raised.relation}:") if raised.relation else _NOTHING,
        kind=raised.kind,
        text=raised.text,
        notes=_joined(_NOTE.format(note) for note in raised.notes),
        frames=_joined(_frames(raised.frames)),
    )


def _frames(frames: Iterable[Frame]) -> Iterator[Markup]:
    """Yield the frames, outermost first; those of libraries that follow one another are folded into one line."""
    for own, group in groupby(frames, key=attrgetter("own")):
        found = list(group)
        if own:
            yield from map(_frame, found)
        else:
            names = ", ".join(dict.fromkeys(frame.module.partition(".")[0] or frame.file for frame in found))
            count = f"{len(found)} frames" if len(found) > 1 else "1 frame"
            yield _FOLDED.format(f"{count} of {names}", _joined(map(_frame, found)))


def _frame(frame: Frame) -> Markup:
    return _FRAME.format(
        file=_short(frame.file),
        line=frame.line,
        function=f", in {frame.function}" if frame.function else "",
        source=_SOURCE.format(_lines(frame)) if frame.source else _NOTHING,
    )


def _lines(frame: Frame) -> Markup:
    lines = enumerate(frame.source, start=frame.first)
    ran = frame.line
    return Markup().join(_LINE.format(_RAN if number == ran else _NOTHING, number, line) for number, line in lines)


def _short(file: str) -> str:
    """Return a file as seen from the folder of the process, where it is below it."""
    try:
        return str(Path(file).relative_to(Path.cwd()))
    except ValueError:
        return file


# --- panels ---------------------------------------------------------------------------------------------------------
def _panel(panel: Panel) -> Markup:
    heading = _PANEL_ROW.format(Markup().join(map(_HEADING.format, panel.columns)))
    rows = [_PANEL_ROW.format(Markup().join(map(_CELL.format, panel.columns, row))) for row in panel.rows]
    notes = _joined(map(_NOTE.format, panel.notes))
    return _PANEL.format(panel.title, notes, _joined([heading, *rows]))


# --- plan and request -----------------------------------------------------------------------------------------------
def _plan(plan: Explanation) -> Markup:
    rows = Markup("\n").join(_PLAN_ROW.format(line.stage, line.owner, line.what, _place(line)) for line in plan.lines)
    return _SECTION.format(f"The plan of {plan.title}", rows)


def _place(line: PlanLine) -> str:
    return f"{_short(line.place.file)}:{line.place.line}" if line.place is not None else ""


def _section(name: str, pairs: Iterable[tuple[str, str]]) -> Markup:
    return _SECTION.format(name, Markup("\n").join(_ROW.format(key, value) for key, value in pairs))
