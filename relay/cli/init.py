"""`wen-relay init`: a new relay."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from relay.actions.establish import establish
from relay.cli.database_url import without_password
from relay.cli.output import JsonOption, print_json, say, split
from relay.maillog import start_logging
from relay.roster.nomination import read_member_address


def init(
    data: Annotated[Path, typer.Option(metavar="DIR", help="The data directory to make.")],
    domain: Annotated[str, typer.Option(metavar="NAME", help="The relay's mail domain, such as relay.example.")],
    lists: Annotated[
        str, typer.Option(metavar="a,b", help="Shipped lists that are to be active.")
    ] = "central-africa,species-id",
    database: Annotated[
        str, typer.Option(metavar="URL", help="Default: SQLite in the data directory.", callback=without_password)
    ] = "",
    admin: Annotated[
        str, typer.Option(metavar="ADDR", help="The first administrator; the secret is printed once.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Make a new relay: settings, keys, lists, database.

    Example: wen-relay init --data /var/lib/wen-relay --domain relay.example --admin chief@agency.example
    """
    start_logging("text", "warning")
    administrator = read_member_address(admin) if admin else None
    made = establish(data, domain.strip().lower(), tuple(split(lists)), database, administrator, datetime.now(UTC))
    if as_json:
        print_json(
            {
                "config": str(made.site_file),
                "lists": list(made.lists),
                "administrator": made.administrator or None,
                "secret": made.secret or None,
            }
        )
        return
    say(f"The relay is in {made.site_file.parent}; its settings are {made.site_file}.")
    say(f"Active lists: {', '.join(made.lists)}.")
    say(f"Move {made.site_file.parent / 'recovery.key'} off this machine: only backups need it.")
    if made.secret:
        say(f"First administrator: {made.administrator}. Secret, shown only this once:")
        sys.stdout.write(made.secret + "\n")
