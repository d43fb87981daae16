"""`wen-relay migrate`: the database's schema, brought to this version; and the way from a file to a server."""

from pathlib import Path
from typing import Annotated

import typer

from relay.actions.move import move_database, name_database
from relay.app import ROLES
from relay.cli.database_url import without_password
from relay.cli.output import ConfigOption, say
from relay.settings import find_site_file, load_settings
from relay.store.engine import Database
from relay.store.migrations import upgrade
from relay.store.schema import check_known

_POSTGRESQL = ("postgresql://", "postgresql+psycopg://")


def migrate(
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="URL",
            help="Move from SQLite to this empty PostgreSQL database.",
            callback=without_password,
        ),
    ] = "",
    apply: Annotated[bool, typer.Option("--apply", help="With --to: name it in the settings file too.")] = False,
    config: ConfigOption = "",
) -> None:
    """Bring the database's schema to this version; with --to, move a relay that is stopped from SQLite to PostgreSQL.

    Example: wen-relay migrate --to 'postgresql+psycopg:///wen_relay?host=/var/run/postgresql' --apply
    """
    site_file = find_site_file(Path(config) if config else None)
    settings = load_settings(site_file)
    if apply and not to:
        raise typer.BadParameter("it goes with --to", param_hint="--apply")
    if not to:
        _upgrade(settings.database_url)
        return
    if not to.startswith(_POSTGRESQL):
        raise typer.BadParameter("name a database such as postgresql+psycopg:///wen_relay", param_hint="--to")
    counts = move_database(settings, to, ROLES)
    say(
        f"All is copied and compared: {sum(counts.values())} rows of {len(counts)} tables. The old file is kept, unused."
    )
    if apply:
        name_database(site_file, to)
        say(f"[database] url in {site_file} names the new database. Start the relay.")
    else:
        say(f"Now set [database] url in {site_file} to the new database, and start the relay.")


def _upgrade(url: str) -> None:
    database = Database.open(url)
    try:
        check_known(database)
        upgrade(database)
    finally:
        database.close()
    say("The database is at this version's schema.")
