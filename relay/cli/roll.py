"""`wen-relay members import`, `sync` and `export`: many members at once, as CSV."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from relay.actions.enrol import untold_vouchers
from relay.actions.open import opened, wake_service
from relay.actions.roll import Removals, Synced, export_rows, import_members, sync_members
from relay.cli.output import ConfigOption, JsonOption, say
from relay.cli.people import (
    AgencyOption,
    CountryOption,
    ListOption,
    RoleOption,
    StateOption,
    WelcomeOption,
    name_untold,
    person,
)
from relay.cli.rows import print_rows
from relay.errors import Invalid, NotFound
from relay.roster.roll import OCTETS, write_roll
from relay.roster.scope import read_scope

FileArgument = Annotated[Path, typer.Argument(metavar="FILE.csv", help="The members as CSV, UTF-8.")]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Judge all of it, say what would happen, change nothing.")
]


_EMPTY = {"column": None, "old": None, "new": None, "vouched_by": None}


def import_(
    file: FileArgument,
    dry_run: DryRunOption = False,
    welcome: WelcomeOption = True,
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Add all members of a CSV file, or none of them.

    Columns are the options of `add` with underscores, lists separated by `;`. Example: wen-relay members import new.csv --dry-run
    """
    octets = read_file(file)
    with opened(config) as resources:
        try:
            added = import_members(resources, octets, resources.now(), welcome=welcome, dry_run=dry_run)
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


def sync(  # noqa: PLR0913, PLR0917  (options of a command line)
    file: FileArgument,
    dry_run: DryRunOption = False,
    country: CountryOption = "",
    agency: AgencyOption = "",
    remove_missing: Annotated[
        bool, typer.Option("--remove-missing", help="End the membership of whoever the file doesn't name.")
    ] = False,
    yes_remove: Annotated[
        int | None, typer.Option(metavar="N", help="How many that are, where they are more than a few.")
    ] = None,
    welcome: WelcomeOption = True,
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Make the members those of a CSV file, which is the whole truth of the relay, or of one country or agency; prints what differs.

    All or nothing. Columns are those of `export`. What gives somebody more than they had (country, agency, lists, roles) needs a nominator
    and a confirmer who may vouch for it. Example: wen-relay members sync cm.csv --country CM --remove-missing --dry-run
    """
    if yes_remove is not None and not remove_missing:
        raise typer.BadParameter("--yes-remove goes with --remove-missing")
    octets, scope = read_file(file), read_scope(country=country, agency=agency)
    removals = Removals(wanted=remove_missing, named=yes_remove)
    with opened(config) as resources:
        try:
            synced = sync_members(resources, octets, scope, removals, resources.now(), welcome=welcome, dry_run=dry_run)
        except Invalid as error:
            raise Invalid(f"{file}: {error}; nothing was changed") from None
        untold = () if dry_run else untold_vouchers(resources, synced.added)
        if not dry_run:
            wake_service(resources.settings)
    print_rows(
        difference_rows(synced),
        as_json=as_json,
        columns=("change", "address", "column", "old", "new", "vouched_by"),
        nothing="Nothing differs.",
    )
    if not as_json:
        _sum_up(synced, dry_run=dry_run)
        name_untold(untold)


def _sum_up(synced: Synced, *, dry_run: bool) -> None:
    missing = len(synced.difference.missing)
    done = f"{len(synced.added)} added, {len(synced.difference.changed)} changed, {missing if synced.removed else 0} removed"
    say(f"Tried only, nothing was changed: {done}." if dry_run else f"Done: {done}.")
    if missing and not synced.removed:
        say(f"Not in the file, and left as they are: {missing}. With --remove-missing their membership ends.")


def difference_rows(synced: Synced) -> Iterator[dict[str, object]]:
    """What a file changed, a row for each person who came or went, and for each column of somebody who changed."""
    for member in synced.added:
        yield {"change": "added", "address": str(member.address), **_EMPTY}
    for one in synced.difference.changed:
        row = {"change": "changed", "address": str(one.before.address)}
        vouchers = list(map(str, one.vouchers)) if one.vouchers else None
        for column, (old, new) in one.columns.items():
            yield {**row, "column": column, "old": old, "new": new, "vouched_by": vouchers}
    for member in synced.difference.missing:
        yield {"change": "removed" if synced.removed else "missing", "address": str(member.address), **_EMPTY}


def export(
    country: CountryOption = "",
    agency: AgencyOption = "",
    list_name: ListOption = "",
    state: StateOption = "",
    role: RoleOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Print all members as CSV, or those of a country, an agency, a list, in a state, with a role.

    Example: wen-relay members export --country CM > cm.csv
    """
    scope = read_scope(country=country, agency=agency, list_name=list_name, state=state, role=role)
    with opened(config) as resources:
        rows = export_rows(resources, scope)
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
