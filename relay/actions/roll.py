"""Many members at once: the roll comes in as a CSV file and goes out as one."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from relay.actions.enrol import read_nomination
from relay.actions.open import operator_name
from relay.errors import Invalid, RequestError
from relay.mail.address import Address
from relay.resources import Resources
from relay.roster.member import Member, MemberState
from relay.roster.nomination import Nomination
from relay.roster.roll import read_roll
from relay.store import members, vetting
from relay.store.engine import Transaction
from relay.store.trial import undone

Answer = TypeVar("Answer")


def import_members(resources: Resources, octets: bytes, now: datetime, *, dry_run: bool = False) -> tuple[Member, ...]:
    """Add every member of a CSV file, or none.

    Args:
        resources: what the relay works with.
        octets: the file; the header names columns of `roll.COLUMNS` in any order.
        now: the time.
        dry_run: judge all of it, against the database too, and change nothing.

    Raises:
        Invalid: “line N: …”; the header is line 1. Nothing was written.
    """
    nominations: list[tuple[int, Nomination]] = []
    seen: dict[Address, int] = {}
    for row in read_roll(octets):
        nomination = at_line(row.line, lambda row=row: read_nomination(resources, row.cells, now.date()))  # type: ignore[misc]
        if (before := seen.setdefault(nomination.address, row.line)) != row.line:
            raise Invalid(f"line {row.line}: {nomination.address} stands on line {before} already")
        nominations.append((row.line, nomination))
    node, operator = resources.settings.relay.node, operator_name()

    def add_all(transaction: Transaction) -> tuple[Member, ...]:
        return tuple(
            at_line(line, lambda one=one: members.add(transaction, node, one, operator=operator, now=now))  # type: ignore[misc]
            for line, one in nominations
        )

    return resources.database.write(undone(add_all) if dry_run else add_all)


def at_line(line: int, job: Callable[[], Answer]) -> Answer:
    """Put the line in front of what is wrong with it."""
    try:
        return job()
    except RequestError as error:
        raise Invalid(f"line {line}: {error}") from None


def export_rows(resources: Resources) -> list[dict[str, str]]:
    """Every member who hasn't left, as a row that `import_members` takes; a suspended one only shows its state."""
    with resources.database.read() as connection:
        everyone = [member for member in members.list_members(connection) if member.state is not MemberState.LEFT]
        nominations = {member.id: vetting.nomination_of(connection, member.id) for member in everyone}
    return [to_row(member, nominations[member.id]) for member in everyone]


def to_row(member: Member, nomination: Nomination) -> dict[str, str]:
    """A member as texts, by column."""
    return {
        "address": str(member.address),
        "name": member.name,
        "agency": member.agency,
        "agency_type": member.agency_type.value,
        "country": member.country,
        "language": member.language,
        "lists": ";".join(sorted(member.lists)),
        "nominated_by": str(nomination.nominated_by),
        "confirmed_by": str(nomination.confirmed_by or ""),
        "role": ";".join(sorted(member.roles)),
        "valid_until": member.valid_until.isoformat() if member.valid_until else "",
        "free_mail_waiver": nomination.waived_on.isoformat() if nomination.waived_on else "",
        "state": member.state.value,
    }
