"""Template engines alone: a page of rows by `Templates`, and by the same engine as its own manual sets it up.

No request is read and no framework sends the answer, so that the difference is what the contract costs: the last step,
names that must be there, whitespace, errors. Sites: "page-jinja2", "page-mako"; the path is the number of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from benchmarks import work
from benchmarks.calls import Application, Environ
from benchmarks.rows import ENGINE
from newel import App
from newel.contracts.keyed import Keyed
from newel.contracts.templates import Templates

Render = Callable[..., str]


class Notice(msgspec.Struct):
    id: str
    title: str
    body: str
    author: str
    posted: Any


def build(contestant: str, engine: str) -> Application:
    """Make an application that does nothing but render, by the bare engine or by Newel's."""
    render = BARE[engine]() if contestant == ENGINE else _newel(engine)
    rows = {f"/{count}": _notices(count) for count in work.ROWS_OF_PAGES}

    def application(environ: Environ, start_response: Any) -> list[bytes]:
        page = render(notices=rows[environ["PATH_INFO"]])
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [page.encode()]

    return application


def _notices(count: int) -> list[Notice]:
    return [Notice(**row) for row in work.notices(count)]


def _newel(engine: str) -> Render:
    application = App(
        {"app": {"hosts": ["localhost"], "templates": [work.TEMPLATES / "newel"]}}, use={"templates": engine}
    )
    with application.scope() as scope:
        render = scope[Keyed[Templates]].first.render
    return lambda **values: render("notices/list.html", values)


def _jinja2() -> Render:
    from jinja2 import Environment, FileSystemLoader

    found = Environment(loader=FileSystemLoader(work.TEMPLATES / "jinja"), autoescape=True, auto_reload=False)
    return lambda **values: found.get_template("list.html").render(values)


def _mako() -> Render:
    from mako.lookup import TemplateLookup

    found: Any = TemplateLookup([str(work.TEMPLATES / "mako")], default_filters=["h"], filesystem_checks=False)
    return lambda **values: found.get_template("list.html").render(**values)


BARE: Final[Mapping[str, Callable[[], Render]]] = {"jinja2": _jinja2, "mako": _mako}
