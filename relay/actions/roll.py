"""Many members at once: the roll comes in as a CSV file and goes out as one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from relay.actions.enrol import read_nomination
from relay.actions.open import operator_name
from relay.errors import Invalid, RequestError
from relay.mail.address import Address
from relay.resources import LANGUAGES, Resources
from relay.roster.countries import COUNTRIES
from relay.roster.difference import Difference, Known, compare, judge_removals, judge_vouchers
from relay.roster.member import Member
from relay.roster.nomination import Nomination
from relay.roster.person import to_cells
from relay.roster.roll import PERSONAL, Row, read_roll
from relay.roster.scope import Scope
from relay.store import members, roll, vetting
from relay.store.engine import Transaction
from relay.store.trial import undone

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Removals:
    """Whether those whom a file doesn't name are removed, and how many the operator says they are; None for no number."""

    wanted: bool = False
    named: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """What a file changed: who came, what is different, and whether the missing were removed."""

    difference: Difference
    added: tuple[Member, ...]
    removed: bool


def import_members(
    resources: Resources, octets: bytes, now: datetime, *, welcome: bool = False, dry_run: bool = False
) -> tuple[Member, ...]:
    """Add every member of a CSV file, or none.

    Args:
        resources: what the relay works with.
        octets: the file; the header names columns of `roll.COLUMNS` in any order.
        now: the time.
        welcome: write to each of them, with the rules.
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
        added = tuple(
            at_line(line, lambda one=one: members.add(transaction, node, one, operator=operator, now=now))  # type: ignore[misc]
            for line, one in nominations
        )
        for member in added if welcome else ():
            vetting.welcome(transaction, member, now)
        return added

    return resources.database.write(undone(add_all) if dry_run else add_all)


def at_line(line: int, job: Callable[[], Answer]) -> Answer:
    """Put the line in front of what is wrong with it."""
    try:
        return job()
    except RequestError as error:
        raise Invalid(f"line {line}: {error}") from None


def sync_members(
    resources: Resources,
    octets: bytes,
    scope: Scope,
    removals: Removals,
    now: datetime,
    *,
    welcome: bool = False,
    dry_run: bool = False,
) -> Synced:
    """Make the members of a scope those of a file, all of it or nothing.

    Args:
        resources: what the relay works with.
        octets: the file, the whole truth of the scope.
        scope: the whole relay, or one country or agency.
        removals: whether those who are missing in the file are removed.
        now: the time.
        welcome: write to each of those who are new, with the rules.
        dry_run: judge all of it, against the database too, and change nothing.

    Raises:
        Invalid: “line N: …”, or too many would be removed. Nothing was written.
    """
    rows = read_roll(octets, PERSONAL)
    known = Known(lists=frozenset(resources.lists), countries=frozenset(COUNTRIES), languages=frozenset(LANGUAGES))
    node, operator, today = resources.settings.relay.node, operator_name(), now.date()

    def sync(transaction: Transaction) -> Synced:
        everyone = roll.standings(transaction)
        difference = compare(everyone, rows, scope, known, today)
        gone = difference.missing if removals.wanted else ()
        judge_vouchers(difference, everyone, gone, today)
        if gone and (wrong := judge_removals(difference, removals.named)):
            raise Invalid(wrong)
        for member in gone:
            members.remove(transaction, node, member.address, operator=operator, now=now)
        for change in difference.changed:
            roll.change_member(transaction, node, change, operator=operator, now=now)
        added = tuple(
            at_line(row.line, lambda row=row: _add(resources, transaction, row, now))  # type: ignore[misc]
            for row in difference.added
        )
        for member in added if welcome else ():
            vetting.welcome(transaction, member, now)
        return Synced(difference=difference, added=added, removed=bool(removals.wanted))

    return resources.database.write(undone(sync) if dry_run else sync)


def _add(resources: Resources, transaction: Transaction, row: Row, now: datetime) -> Member:
    nomination = read_nomination(resources, row.cells, now.date())
    node = resources.settings.relay.node
    return members.add(transaction, node, nomination, operator=operator_name(), now=now)


def export_rows(resources: Resources, scope: Scope | None = None) -> list[dict[str, str]]:
    """Every member of the scope who hasn't left, as a row that `sync_members` takes; a suspended one only shows its state."""
    with resources.database.read() as connection:
        everyone = roll.standings(connection)
    return [to_cells(one.member, one.nomination) for one in everyone if scope is None or scope.includes(one.member)]
