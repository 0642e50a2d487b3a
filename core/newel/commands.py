"""The group of all commands: ours, and beside them those that the plugins of an application bring.

The application is booted only where something is asked for that it alone can know: a command that is not ours, the
list of all. Errors are told here: what is meant for people as its own text, anything else as a traceback that begins
with their code.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NoReturn, final

import click

from newel import printing, tracebacks
from newel.errors import BootError, NewelError, Place, Problem, ProblemError, nearest, place_of
from newel.loading import CONFIGURATION, choose, load
from newel.wsgi import App

TITLE: Final = "Commands of the application"


@final
class Told(click.ClickException):
    """Ends the command line with exit status 1 and a text that needs nothing before it."""

    def show(self, file: Any = None) -> None:
        """Print the text."""
        click.echo(self.message, err=True)


def prepared(context: click.Context, path: Path | None, use: tuple[str, ...], profile: str | None) -> Path:
    """Make the choices of a command's options, and return the path that they name.

    What they leave open, the options before the command's name say.
    """
    first = context.find_root().params
    try:
        choose((*first.get("use", ()), *use), profile or first.get("profile"))
    except ValueError as error:
        raise click.BadParameter(f"{str(error)!r} is not written as SLOT=NAME: --use database=memory") from None
    return existing(path or first.get("app") or Path())


def application(context: click.Context, path: Path | None, use: tuple[str, ...], profile: str | None) -> App:
    """Boot the application that a command's options name. Raises `BootError`."""
    return load(prepared(context, path, use, profile))


def existing(path: Path) -> Path:
    """Return a path that is there. Raises `BadParameter`."""
    if not path.exists():
        raise click.BadParameter(f"there is no {path}; the folder is {Path.cwd()}")
    return path


@final
class Commands(click.Group):
    """The commands of `newel`."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        for option in self.params:
            option.is_eager = True  # read before --help, which lists the commands of the application that they name

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, and tell what goes wrong."""
        try:
            return super().invoke(ctx)
        except (BootError, ProblemError) as error:
            raise Told(printing.problems(error)) from None
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            raise Told(_told(error)) from None

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command of ours, or one that the application's plugins bring."""
        return self.commands.get(cmd_name) or self._brought(ctx).get(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of a name. An unknown one is a usage error with the nearest name."""
        name, near = args[0], nearest(args[0], self.commands)
        if name not in self.commands:
            try:
                brought = self._brought(ctx)
            except BootError:
                if near is None:
                    raise
                brought = {}
            if name not in brought:
                _unknown(ctx, name, {**self.commands, **brought})
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List our commands, then the application's, or why they cannot be known."""
        super().format_commands(ctx, formatter)
        try:
            brought = self._brought(ctx)
        except Exception as error:
            with formatter.section(TITLE):
                formatter.write_text(f"It cannot start ({type(error).__name__}): `newel check` says why.")
            return
        if ctx.obj is None:
            with formatter.section(TITLE):
                formatter.write_text(
                    f"There is none here (no {CONFIGURATION}), so its plugins' commands are not listed."
                )
        elif brought:
            with formatter.section(TITLE):
                formatter.write_dl([(name, brought[name].get_short_help_str()) for name in sorted(brought)])

    def _brought(self, ctx: click.Context) -> dict[str, click.Command]:
        """Return the commands of the application's plugins, by name; none where there is no application."""
        if ctx.obj is None:
            path = existing(ctx.params.get("app") or Path())
            if path.is_dir() and not (path / CONFIGURATION).is_file():
                return {}
            ctx.obj = application(ctx, None, (), None)
        return commands_of(ctx.obj, self.commands)


def commands_of(app: App, ours: Mapping[str, click.Command]) -> dict[str, click.Command]:
    """Return what the plugins of an application bring, by name. Raises `BootError` for a name that is used twice."""
    found: dict[str, click.Command] = {}
    problems: list[Problem] = []
    for plugin, caller in app.generation.manager.callers("newel_commands"):
        for command in (one for result in caller() for one in result or ()):
            name = str(command.name)
            if (other := ours.get(name) or found.get(name)) is not None:
                problems.append(_twice(plugin.name, name, command, other))
            found.setdefault(name, command)
    if problems:
        raise BootError(problems)
    return found


# --- what is said ---------------------------------------------------------------------------------------------------
def _told(error: Exception) -> str:
    """Return what an error says: its text and what caused it where no code is at fault, else a traceback."""
    if not (isinstance(error, NewelError) and error.circumstance):
        return tracebacks.of_user(error)
    return f"{error}\n    because: {error.__cause__}" if error.__cause__ else str(error)


def _unknown(context: click.Context, name: str, known: dict[str, click.Command]) -> NoReturn:
    near = nearest(name, known)
    hint = f" Did you mean {near!r}?" if near else f" There are: {', '.join(sorted(known))}."
    here = (
        ""
        if context.obj
        else f" (Here is no {CONFIGURATION}; the commands of an application: newel --app FOLDER {name} …)"
    )
    raise click.UsageError(f"There is no command {name!r}.{hint}{here}", context)


def _twice(plugin: str, name: str, command: click.Command, other: click.Command) -> Problem:
    return Problem(
        what=f"plugin {plugin!r} brings the command {name!r}, and there is one of that name.",
        places=tuple(place_of(one.callback) if one.callback else Place(str(one.name)) for one in (other, command)),
        remedy="rename one of them, or enable one of the two plugins.",
    )
