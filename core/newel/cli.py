"""The command line: running and making, looking, trying.

Commands print what other modules know (`newel.inspection`) and end with 0 where all is well, 1 where there is a
problem, 2 where the command itself was misspelt. What an application's plugins bring (`newel_commands`) stands beside
them; such a command gets the booted `App` by `@click.pass_obj`.
"""

from __future__ import annotations

import functools
import importlib
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import click
import msgspec

from newel import auditing, console, inspection, printing, scaffold
from newel.commands import Commands, Told, application, prepared
from newel.wsgi import App

HOST: Final = "127.0.0.1"
PORT: Final = 8000

_PATH: Final = click.Path(path_type=Path)
_APP: Final = click.option("--app", type=_PATH, metavar="FOLDER|FILE", help="The application. [default: this folder]")
_USE: Final = click.option(
    "--use", multiple=True, metavar="SLOT=NAME", help="Fill a slot otherwise than [use] does: --use database=memory."
)
_PROFILE: Final = click.option(
    "--profile",
    metavar="NAME",
    help="development, production, or an overlay's name. [default: NEWEL_PROFILE, else development]",
)
_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
_TARGET: Final = click.argument("target", type=_PATH, metavar="[FOLDER|FILE]", required=False)


def _with_app(command: Callable[..., None]) -> Callable[..., Any]:
    """Give a command the application that its options name, booted, as the first argument."""

    @_APP
    @_USE
    @_PROFILE
    @click.pass_context
    def run(
        context: click.Context, /, app: Path | None, use: tuple[str, ...], profile: str | None, **named: Any
    ) -> None:
        command(application(context, app, use, profile), **named)

    return functools.update_wrapper(run, command)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="newel", prog_name="newel")
@_APP
@_USE
@_PROFILE
def main(**chosen: Any) -> None:
    """Newel, a web framework made as a microkernel.

    \b
    Begin with:
      newel new noticeboard
      cd noticeboard
      newel run

    --app, --use and --profile may stand before any command, and before those of an application's plugins:
    newel --app noticeboard db sync. The exit status is 0 where all is well, 1 where there is a problem, 2 where the
    command was misspelt.
    """


# --- running and making ---------------------------------------------------------------------------------------------
@main.command()
@_TARGET
@click.option("--host", default=HOST, show_default=True, help="The address to listen on.")
@click.option(
    "--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="The port; 0 takes a free one."
)
@click.option("--reload/--no-reload", default=True, show_default=True, help="Start again when a file changes.")
@_USE
@_PROFILE
@click.pass_context
def run(
    context: click.Context,
    target: Path | None,
    host: str,
    port: int,
    use: tuple[str, ...],
    profile: str | None,
    *,
    reload: bool,
) -> None:
    """Serve an application on this machine, to work on it.

    FOLDER holds newel.toml; FILE is a Python file that makes an App or routers. The server starts again when a module,
    a template or the configuration changes. Errors show source, plan and the plugin at fault, so that in the
    development profile only this machine can reach it. For the world, serve by gunicorn, waitress or the like.

    \b
    Examples:
      newel run
      newel run hello.py --port 8080
      newel run examples/noticeboard --use database=memory
    """
    path = prepared(context, target, use, profile)
    importlib.import_module("newel.serving").run(path, host, port, reload=reload)


@main.command()
@click.argument("name")
def new(name: str) -> None:
    """Write a small application that runs, with tests that pass.

    NAME becomes a folder here, and in it a package: letters, digits and underscores. Nothing is overwritten.

    \b
    Example:
      newel new noticeboard
    """
    if (reason := scaffold.refusal(name)) is not None:
        raise click.BadParameter(reason, param_hint="NAME")
    folder = Path(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Told(f"{folder.absolute()} is there already, and not empty. Choose another name, or remove it.")
    for file in scaffold.write(folder, name):
        click.echo(f"wrote {file}")
    click.echo(scaffold.next_steps(name))


@main.command()
@_TARGET
@click.option("--connect", is_flag=True, help="Start it too, as a server does before the first request, and close it.")
@_USE
@_PROFILE
@click.pass_context
def check(
    context: click.Context, target: Path | None, use: tuple[str, ...], profile: str | None, *, connect: bool
) -> None:
    """Find everything that is wrong before it is served.

    Boots the application (configuration, plugins, routes, what handlers ask for) and compiles every template, in every
    engine. All problems are told at once. With --connect it is started too: databases are reached, and a warning
    counts as a problem.

    \b
    Examples:
      newel check
      newel check --profile production --connect
    """
    app = application(context, target, use, profile)
    problems = [printing.template_faults(inspection.template_faults(app.generation))]
    if connect and not any(problems):
        problems.append(_warnings_of_start(app))
    if told := "\n".join(filter(None, problems)):
        raise Told(told)
    click.echo(f"all is well: {printing.summary(app.generation)}")


def _warnings_of_start(app: App) -> str:
    """Start an application, close it again, and return what was logged as a warning or worse."""
    log, handler = logging.getLogger("newel"), _Warnings(logging.WARNING)
    log.addHandler(handler)
    try:
        app.start()
        app.close()
    finally:
        log.removeHandler(handler)
    return "\n".join(handler.lines)


class _Warnings(logging.Handler):
    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.lines: Final[list[str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


# --- looking --------------------------------------------------------------------------------------------------------
def _print(data: Any, text: str, *, as_json: bool) -> None:
    if as_json:
        encoded = msgspec.json.encode(data, enc_hook=str)
        click.echo(msgspec.json.format(encoded, indent=2).decode())
    else:
        click.echo(text)


@main.command()
@_JSON
@_with_app
def routes(app: App, *, as_json: bool) -> None:
    """List the routes, their handlers, and where each was written.

    In the order of declaration; applications mounted below a path come last.

    \b
    Example:
      newel routes --app examples/noticeboard
    """
    lines = inspection.routes(app.generation)
    _print(lines, printing.routes(lines) or "no routes", as_json=as_json)


@main.command()
@click.option("--why", is_flag=True, help="What decided each place; what each requires, provides and hooks into.")
@_JSON
@_with_app
def plugins(app: App, *, why: bool, as_json: bool) -> None:
    """List the plugins in their order, and why each is there.

    \b
    Example:
      newel plugins --why
    """
    lines = inspection.plugins(app.generation)
    _print(lines, printing.plugins(lines, why=why), as_json=as_json)


@main.command()
@_JSON
@_with_app
def config(app: App, *, as_json: bool) -> None:
    """Show every value of the configuration, and where it came from.

    Layers, each over the one before: the defaults, newel.toml, the overlay of the profile (newel.production.toml), the
    environment (NEWEL_SECTION__KEY), the arguments of App(...). Secrets are masked.

    \b
    Example:
      newel config --profile production
    """
    found = inspection.configuration(app.generation)
    _print(found, printing.configuration(found), as_json=as_json)


@main.command()
@click.argument("method")
@click.argument("path")
@click.option("--host", default="localhost", show_default=True, help="The Host the request names.")
@_JSON
@_with_app
def explain(app: App, method: str, path: str, host: str, *, as_json: bool) -> None:
    """Show what a request would meet, in the order of running.

    Each hook and record with its plugin, each parameter with where its value comes from, the handler, and what
    finishes and closes; with file and line. Nothing is run.

    \b
    Example:
      newel explain GET /notices/1
    """
    if not path.startswith("/"):
        raise click.BadParameter("a path begins with a slash: newel explain GET /notices/1", param_hint="PATH")
    asked = unquote(path.partition("?")[0])
    found = inspection.explain(app.generation, method.upper(), asked, host)
    _print(found, printing.explanation(found, request=f"{method.upper()} {asked}"), as_json=as_json)


@main.command()
@click.option("--fail", is_flag=True, help="Exit with 1 where something is weaker than the default: for CI.")
@click.option("--portable", is_flag=True, help="Exit with 1 where something is bound to one provider: for CI.")
@_JSON
@_with_app
def audit(app: App, *, fail: bool, portable: bool, as_json: bool) -> None:
    """List what is weaker than the default, what is bound to one provider, and what plugins add.

    Weaker: a guard that is switched off, a foreign origin that is trusted, a place of a template that is not escaped.
    Bound: what would have to change if another provider filled a slot, such as uses of the native client of a database
    and settings of one provider. Look at what you deploy: the development profile is itself weaker.

    \b
    Example:
      newel audit --profile production --fail
    """
    found = auditing.audit(app.generation)
    _print(found, printing.findings(found), as_json=as_json)
    refused = {kind for kind, asked in (("weaker", fail), ("bound", portable)) if asked}
    if any(finding.kind in refused for finding in found):
        sys.exit(1)


# --- templates ------------------------------------------------------------------------------------------------------
@main.group()
def templates() -> None:
    """Look at the templates: which file wins, and what is wrong."""


@templates.command("list")
@_JSON
@_with_app
def list_templates(app: App, *, as_json: bool) -> None:
    """List the logical names, each with its engine and the file that wins.

    The application's folders come before those of plugins; in one folder the first engine of [use] templates is asked
    first. Files that are hidden by the winner stand below it.

    \b
    Example:
      newel templates list
    """
    lines = inspection.templates(app.generation)
    _print(lines, printing.templates(lines) or "no templates", as_json=as_json)


@templates.command("check")
@_with_app
def check_templates(app: App) -> None:
    """Compile every template in every engine, and compare the engines.

    A problem is a template that does not compile, and a page of one engine that reads fewer values than its twin in
    another. Names that only some engines have are told, for they matter to those who swap the engine.

    \b
    Example:
      newel templates check --use templates=jinja2,mako
    """
    generation = app.generation
    for engine, names in inspection.missing_twins(generation).items():
        click.echo(f"not in {engine}: {', '.join(names)}")
    if faults := [*inspection.template_faults(generation), *inspection.template_differences(generation)]:
        raise Told(printing.template_faults(faults))
    count = len(inspection.own_templates(generation))
    click.echo(f"{printing.number(count, 'template')} compile{'s' if count == 1 else ''}")


# --- trying ---------------------------------------------------------------------------------------------------------
@main.command()
@click.option("-c", "--command", "source", metavar="CODE", help="Run this, and no console.")
@_with_app
def shell(app: App, source: str | None) -> None:
    """Open Python with the application at hand.

    At hand are app, scope, the contracts and the models. All happens in one scope, as in a request: leaving commits,
    exit(1) or an error of -c rolls back.

    \b
    Examples:
      newel shell
      newel shell -c "print(scope[Database].query(Notice).count())"
    """
    status = console.run(app, source, functools.partial(click.echo, err=True))
    app.close()
    sys.exit(status)
