"""The data of `newel.inspection` as text for a terminal. Nothing is looked up here."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final

from newel.contracts.templates import TemplateFault
from newel.errors import Place
from newel.generation import Generation
from newel.inspection import Explanation, PlanLine, PluginLine, RouteLine, TemplateLine, own_templates
from newel.origins import DEFAULT, Origin
from newel.records import Finding
from newel.sources import ENVIRONMENT

GAP: Final = "  "

WIDE: Final = 48
"""Characters of a value up to which the comments after the values of a section are aligned."""


def where(place: Place | None) -> str:
    """Return a place in a few characters: a file relative to the current folder and its line, or a variable."""
    if place is None:
        return ""
    if place.file == ENVIRONMENT:
        return f"environment {place.text}"
    if place.text == DEFAULT:
        return DEFAULT
    name = path(place.file)
    return f"{name}:{place.line}" if place.line else name


def path(file: str) -> str:
    """Return a file as seen from the current folder, where it is below it."""
    return file.removeprefix(_here())


def problems(error: Exception) -> str:
    """Return what an error says, its places as seen from the current folder."""
    return str(error).replace(f"    at {_here()}", "    at ")


def _here() -> str:
    return os.path.join(os.getcwd(), "")  # noqa: PTH109, PTH118  -- texts, not files


def table(rows: Iterable[Sequence[str]], *, indent: str = "") -> str:
    """Return rows in aligned columns; the last column is as wide as it likes."""
    listed = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*listed, strict=True)]
    lines = (GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in listed)
    return "\n".join(f"{indent}{line}".rstrip() for line in lines)


def number(count: int, name: str) -> str:
    """Return how many of something there are: "1 route", "2 routes"."""
    return f"{count} {name}{'' if count == 1 else 's'}"


# --- what inspection knows ------------------------------------------------------------------------------------------
def routes(lines: Sequence[RouteLine]) -> str:
    """Print the routes: methods, rule (with its host), name, handler, and where it was declared."""
    return table(
        ("|".join(line.methods), f"{line.host or ''}{line.rule}", line.name, line.handler, where(line.place))
        for line in lines
    )


def plugins(lines: Sequence[PluginLine], *, why: bool) -> str:
    """Print the plugins in their order; on demand what decided each place, what each provides, and its hooks."""
    numbered = list(enumerate(lines, start=1))
    if not why:
        return table((f"{number}.", line.name, line.version, line.reasons[0]) for number, line in numbered)
    return "\n\n".join(_plugin(number, line) for number, line in numbered)


def _plugin(number: int, line: PluginLine) -> str:
    said = [("because", reason) for reason in line.reasons]
    said += [("requires", name) for name in line.requires]
    said += [("provides", ", ".join(line.provides))] if line.provides else []
    said += [("hooks", ", ".join(line.hooks))]
    said += [("written", where(line.source))]
    return f"{number}. {line.name} {line.version}".rstrip() + "\n" + table(said, indent="     ")


def explanation(found: Explanation, *, request: str) -> str:
    """Print a plan line by line, below the request that meets it."""
    arguments = "".join(f"\n    {name} = {value!r}" for name, value in found.arguments.items())
    return f"{request}\n{found.title}{arguments}\n\n{plan(found.lines)}"


def plan(lines: Sequence[PlanLine]) -> str:
    """Print the lines of a plan."""
    return table(((line.stage, line.owner, line.what, where(line.place)) for line in lines), indent="  ")


def configuration(origins: Sequence[Origin]) -> str:
    """Print every value by section, with where it comes from and what it covers."""
    sections = groupby(origins, key=attrgetter("section"))
    return "\n\n".join(f"[{name}]\n{_settings(list(found))}" for name, found in sections)


def _settings(origins: Sequence[Origin]) -> str:
    values = [f"{origin.key} = {origin.value}" for origin in origins if origin.value is not None]
    width = max((len(value) for value in values if len(value) <= WIDE), default=0)
    return "\n".join(_setting(origin, width) for origin in origins)


def _setting(origin: Origin, width: int) -> str:
    if origin.value is None:
        return f"  # {origin.key} is not set"
    return f"  {f'{origin.key} = {origin.value}':<{width}}  # {_origin(origin)}"


def _origin(origin: Origin) -> str:
    return ", over ".join(where(place) for place in (origin.place, *origin.overrides))


def templates(lines: Sequence[TemplateLine]) -> str:
    """Print the templates: name, engine, whose folder, and the file that wins; below it the files that do not."""
    rows: list[tuple[str, str, str, str]] = []
    for line in lines:
        rows.append((line.name, line.engine, line.owner, path(line.file)))
        rows += [("", "", "", f"hides {path(file)}") for file in line.hides]
        rows += [("", "", "", f"instead of {path(file)}") for file in line.others]
    return table(rows)


def template_faults(faults: Sequence[TemplateFault]) -> str:
    """Print what is wrong with templates."""
    return "\n".join(f"{where(Place(fault.file, fault.line))}: {fault.message}" for fault in faults)


def findings(found: Sequence[Finding]) -> str:
    """Print an audit: what is weaker than the default, what is bound to one provider, what plugins add."""
    titles = {
        "weaker": "Weaker than the default:",
        "bound": "Bound to one provider:",
        "added": "Added by plugins:",
    }
    parts = []
    for kind, title in titles.items():
        rows = [(one.owner, one.what, where(one.place)) for one in found if one.kind == kind]
        parts.append(f"{title}\n{table(rows, indent='  ') if rows else '  nothing'}")
    return "\n\n".join(parts)


def summary(generation: Generation) -> str:
    """Print what an application is made of, in one line."""
    counts = {
        "route": len(generation.routes),
        "plugin": len(generation.manager.plugins),
        "template": len(own_templates(generation)),
    }
    counted = ", ".join(number(count, name) for name, count in counts.items() if count)
    return f"{counted}, in the {generation.configuration.profile} profile"
