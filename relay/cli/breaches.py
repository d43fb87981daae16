"""`wen-relay breaches`: the breach register and its clock."""

from datetime import datetime
from typing import Annotated, Literal

import typer

from relay.actions import spill
from relay.actions.open import opened
from relay.cli.output import ConfigOption, JsonOption, print_json, say, time_of
from relay.cli.rows import print_records, print_rows
from relay.errors import Invalid
from relay.resources import Resources
from relay.roster.nomination import read_member_address
from relay.store import breaches, members

app = typer.Typer(no_args_is_help=True)

NOTE = 500  # characters

NumberArgument = Annotated[
    str, typer.Argument(metavar="REF", help="The entry's number, such as BREACH-2026-000001, or its post's reference.")
]
ByOption = Annotated[str, typer.Option("--by", metavar="ADDR", help="The administrator who says so.")]
RiskOption = Annotated[
    Literal["unlikely", "likely", "high"],
    typer.Option(
        "--risk", case_sensitive=False, help="To the rights of the people concerned: unlikely, likely or high."
    ),
]
NoteOption = Annotated[
    str, typer.Option("--note", help="In a few words what was assessed and done. Never a word of the post, nor a name.")
]


def _row(resources: Resources, entry: breaches.Breach, now: datetime) -> dict[str, object]:
    """An entry with the state of its clock: hours left are of interest only while nothing is notified or closed."""
    waits = entry.notified_at is None and entry.closed_at is None
    with resources.database.read() as connection:
        by = [
            str(members.get(connection, one).address) if one else None for one in (entry.notified_by, entry.closed_by)
        ]
    return {
        "number": entry.number,
        "reference": entry.reference,
        "state": "closed" if entry.closed_at else "notified" if entry.notified_at else "open",
        "country": entry.author_country,
        "reported_at": time_of(entry.reported_at),
        "confirmed_at": time_of(entry.confirmed_at),
        "deadline": time_of(entry.deadline),
        "hours_left": round((entry.deadline - now).total_seconds() / 3600, 1) if waits else None,
        "recipients": entry.recipients,
        "asked": entry.asked,
        "deleted": entry.deleted,
        "risk": entry.risk,
        "notified_at": time_of(entry.notified_at),
        "notified_by": by[0],
        "notified_note": entry.notified_note,
        "closed_at": time_of(entry.closed_at),
        "closed_by": by[1],
        "closed_note": entry.closed_note,
    }


@app.command("list")
def list_(as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """List the register, the latest first, with the hours that are left.

    Example: wen-relay breaches list
    """
    with opened(config) as resources:
        with resources.database.read() as connection:
            found = breaches.list_all(connection)
        rows = [_row(resources, entry, resources.now()) for entry in found]
    columns = ("number", "reference", "state", "confirmed_at", "deadline", "hours_left", "recipients", "deleted")
    print_rows(rows, as_json=as_json, columns=columns, nothing="The register is empty.")


@app.command()
def show(reference: NumberArgument, as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """Show one entry.

    Example: wen-relay breaches show BREACH-2026-000001
    """
    with opened(config) as resources:
        with resources.database.read() as connection:
            entry = breaches.find(connection, reference)
        row = _row(resources, entry, resources.now())
    print_records([row], as_json=as_json, columns=tuple(row))


@app.command()
def notify(
    reference: NumberArgument,
    by: ByOption,
    risk: RiskOption,
    note: NoteOption,
    at: Annotated[
        str, typer.Option("--at", metavar="TIME", help="When the authority was told, such as 2026-11-27T09:30Z; now.")
    ] = "",
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Note that the authority was told: the clock stops.

    Example: wen-relay breaches notify BREACH-2026-000001 --by chief@agency.example --risk likely --note "form 12 sent"
    """
    with opened(config) as resources:
        now = resources.now()
        told = _moment(at, now)
        person, node = spill.administrator(resources, read_member_address(by), now), resources.settings.relay.node
        text = _read_note(note)
        entry = resources.database.write(
            lambda c: breaches.notify(c, node, reference, person.id, now, at=told, risk=risk, note=text)
        )
        row = _row(resources, entry, now)
    _done(row, f"{entry.number} is notified.", as_json=as_json)


@app.command()
def close(
    reference: NumberArgument,
    by: ByOption,
    risk: RiskOption,
    note: NoteOption,
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Close an entry. Where no authority was told, the note says why that was not needed.

    Example: wen-relay breaches close BREACH-2026-000001 --by chief@agency.example --risk unlikely --note "no person concerned"
    """
    with opened(config) as resources:
        now = resources.now()
        person, node = spill.administrator(resources, read_member_address(by), now), resources.settings.relay.node
        text = _read_note(note)
        entry = resources.database.write(
            lambda c: breaches.close(c, node, reference, person.id, now, risk=risk, note=text)
        )
        row = _row(resources, entry, now)
    _done(row, f"{entry.number} is closed.", as_json=as_json)


def _read_note(note: str) -> str:
    text = " ".join(note.split())
    if not text or len(text) > NOTE:
        raise Invalid(f"the note must have one to {NOTE} characters")
    return text


def _moment(text: str, now: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(text) if text else now
    except ValueError:
        raise Invalid(f"“{text}” is not a time: write it as 2026-11-27T09:30Z") from None
    if at.tzinfo is None:
        raise Invalid(f"“{text}” has no time zone: write it as 2026-11-27T09:30Z")
    if at > now:
        raise Invalid(f"{text} is still to come: name the time at which the authority was told")
    return at


def _done(row: dict[str, object], sentence: str, *, as_json: bool) -> None:
    if as_json:
        print_json(row)
    else:
        say(sentence)
