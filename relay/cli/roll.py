"""`wen-relay members import` and `export`: many members at once, as CSV."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from relay.actions.enrol import untold_vouchers
from relay.actions.open import opened, wake_service
from relay.actions.roll import export_rows, import_members
from relay.cli.output import ConfigOption, JsonOption, say
from relay.cli.people import name_untold, person
from relay.cli.rows import print_rows
from relay.errors import Invalid, NotFound
from relay.roster.roll import OCTETS, write_roll

FileArgument = Annotated[Path, typer.Argument(metavar="FILE.csv", help="The members as CSV, UTF-8.")]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Judge all of it, say what would happen, change nothing.")
]


def import_(
    file: FileArgument, dry_run: DryRunOption = False, as_json: JsonOption = False, config: ConfigOption = ""
) -> None:
    """Add all members of a CSV file, or none of them.

    Columns are the options of `add` with underscores, lists separated by `;`. Example: wen-relay members import new.csv --dry-run
    """
    octets = read_file(file)
    with opened(config) as resources:
        try:
            added = import_members(resources, octets, datetime.now(UTC), dry_run=dry_run)
        except Invalid as error:
            raise Invalid(f"{file}: {error}; nobody was added") from None
        untold = () if dry_run else untold_vouchers(resources, added)
        if not dry_run:
            wake_service(resources.settings)
    if as_json:
        print_rows(map(person, added), as_json=True, columns=(), nothing="")
        return
    count = f"{len(added)} {'member' if len(added) == 1 else 'members'}"
    say(f"Tried only: {count} would be added; nothing was changed." if dry_run else f"Added: {count}.")
    name_untold(untold)


def export(as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """Print all members as CSV.

    Example: wen-relay members export > members.csv
    """
    with opened(config) as resources:
        rows = export_rows(resources)
    if as_json:
        print_rows(rows, as_json=True, columns=(), nothing="")
    else:
        sys.stdout.write(write_roll(rows))


def read_file(file: Path) -> bytes:
    """The file's octets, at most one more than a roll may have.

    Raises:
        NotFound: there is none.
        Invalid: it can't be read.
    """
    try:
        with file.open("rb") as opened_file:
            return opened_file.read(OCTETS + 1)
    except FileNotFoundError:
        raise NotFound(f"there is no file {file}") from None
    except OSError as error:
        raise Invalid(f"{file} can't be read: {error.strerror}") from None
