"""`newel db`: creates what is missing in the database, and tells what differs."""

from __future__ import annotations

import sys
from typing import Any

import click

from newel_data import clients
from newel_data.port import Backend


@click.group()
def db() -> None:
    """Look after the database of the application."""


@db.command()
@click.option("--dry-run", is_flag=True, help="Print what would be created, and create nothing.")
@click.pass_obj
def sync(app: Any, *, dry_run: bool) -> None:
    """Create what is missing, and change nothing that is there.

    A difference is printed with the statement that would mend it, and makes the exit status 1.
    """
    report = _backend(app).sync(dry_run=dry_run)
    for created in report.created:
        click.echo(f"{'would create' if dry_run else 'created'} {created}")
    for difference in report.differences:
        click.echo(f"{difference.table}: {difference.what}", err=True)
        if difference.statement:
            click.echo(f"    {difference.statement}", err=True)
    if not report.created and not report.differences:
        click.echo("everything is there")
    sys.exit(1 if report.differences else 0)


@db.command()
@click.pass_obj
def verify(app: Any) -> None:
    """List drift, missing indexes, orphans and stray types; the exit status is 1 where there are any."""
    found = _backend(app).verify()
    for drift in found:
        click.echo(f"{drift.kind}: {drift.table}: {drift.what}")
        if drift.statement:
            click.echo(f"    {drift.statement}")
        if drift.keys:
            click.echo(f"    rows: {', '.join(drift.keys)}")
    if not found:
        click.echo("the database is as the models say")
    sys.exit(1 if found else 0)


@db.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[ARGUMENTS]")
@click.pass_obj
def shell(app: Any, arguments: tuple[str, ...]) -> None:
    r"""Open the database's own client: sqlite3, psql, mariadb or mongosh.

    ARGUMENTS are the client's own. It is told where the database is, and gets the password in its environment.

    \b
    Examples:
      newel db shell
      newel db shell -- -c "SELECT count(*) FROM notice"
    """
    client = clients.client_of(_backend(app))
    sys.exit(clients.run(client, arguments))


def _backend(app: Any) -> Backend:
    backend: Backend = app.generation.application[Backend]
    return backend
