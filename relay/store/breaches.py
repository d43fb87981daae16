"""The breach register: what must be told to an authority within 72 hours, and what was done (GDPR art. 33 and laws like it).

The clock starts when a spill is confirmed: then we know. Numbers, times, who did what, and the notes of the people who assess
it; never a word of a post. It is kept longer than posts are.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, or_, select, update
from sqlalchemy import insert as insert_into

from relay.delivery.delivery import Kind
from relay.errors import Conflict, NotFound
from relay.roster.member import Role
from relay.store import audit, deletions, letters
from relay.store.fanout import has_role, may_act
from relay.store.references import next_reference
from relay.store.spills import Spill
from relay.store.tables import breaches, hidden_posts, members, posts, spill_reports, spills
from relay.store.tables import deletions as deletion_rows

CLOCK = timedelta(hours=72)
# Administrators are told at once, then while nothing is notified or closed; the last times the deadline is over.
REMIND_AFTER = tuple(timedelta(hours=hours) for hours in (24, 48, 66, 72, 96, 120, 144, 168))
PREFIX = "BREACH"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One entry. `asked` were asked to delete their copies, `deleted` have said that they did; `recipients` may have had one."""

    number: str
    spill_id: int
    post_id: int
    reference: str
    author_country: str
    reported_at: datetime
    confirmed_at: datetime
    deadline: datetime
    recipients: int
    asked: int
    deleted: int
    risk: str | None
    notified_at: datetime | None
    notified_by: str | None
    notified_note: str | None
    closed_at: datetime | None
    closed_by: str | None
    closed_note: str | None


def open_for(connection: Connection, spill: Spill, recipients: int, now: datetime) -> str:
    """Open an entry for a spill that is confirmed, tell the administrators, and return its number."""
    number = next_reference(connection, PREFIX, now.year)
    row = {"number": number, "spill_id": spill.id, "reported_at": spill.reported_at, "confirmed_at": now}
    connection.execute(insert_into(breaches).values(**row, deadline=now + CLOCK, recipients=recipients))
    _tell_administrators(connection, number, now)
    return number


def remind(connection: Connection, now: datetime) -> int:
    """Tell the administrators of entries whose time passes or has passed, each at its hours; returns how many entries."""
    waiting = (breaches.c.notified_at.is_(None), breaches.c.closed_at.is_(None))
    count = 0
    for row in connection.execute(select(breaches).where(*waiting)).all():
        due = sum(row.confirmed_at + after <= now for after in REMIND_AFTER)
        if due > row.reminders:
            connection.execute(update(breaches).where(breaches.c.number == row.number).values(reminders=due))
            _tell_administrators(connection, row.number, now)
            count += 1
    return count


def notify(  # noqa: PLR0913 - one entry, told whole
    connection: Connection, node: str, name: str, by: str, now: datetime, *, at: datetime, risk: str, note: str
) -> Breach:
    """Note that the authority was told, when, by whom, and how grave it is thought to be.

    Raises:
        NotFound: there is no such entry.
        Conflict: it was notified or closed before.
    """
    breach = find(connection, name)
    if breach.notified_at or breach.closed_at:
        raise Conflict(f"{breach.number} is {'closed' if breach.closed_at else 'notified'} already")
    noted = {"notified_at": at, "notified_by": by, "notified_note": note, "risk": risk}
    return _change(connection, node, breach, "breach.notified", by, now, noted)


def close(connection: Connection, node: str, name: str, by: str, now: datetime, *, risk: str, note: str) -> Breach:
    """Close an entry; one that was not notified says in its note why not.

    Raises:
        NotFound: there is no such entry.
        Conflict: it was closed before.
    """
    breach = find(connection, name)
    if breach.closed_at:
        raise Conflict(f"{breach.number} is closed already")
    noted = {"closed_at": now, "closed_by": by, "closed_note": note, "risk": risk}
    return _change(connection, node, breach, "breach.closed", by, now, noted)


def find(connection: Connection, name: str) -> Breach:
    """An entry by its number or its post's reference, the latest.

    Raises:
        NotFound: there is none.
    """
    found = _read(connection, or_(breaches.c.number == name, posts.c.reference == name))
    if not found:
        raise NotFound(f"the breach register has no {name}; see `wen-relay breaches list`")
    return found[0]


def list_all(connection: Connection) -> tuple[Breach, ...]:
    """Every entry, the latest first."""
    return _read(connection, breaches.c.number != "")


def delete_old(connection: Connection, node: str, before: datetime, now: datetime) -> int:
    """Delete entries that were closed before `before`; returns how many.

    What was decided as long ago, and who reported and who was asked to delete, goes too, unless an entry still needs it. What was
    hidden for it is destroyed since, or shown.
    """
    old = (
        connection.execute(delete(breaches).where(breaches.c.closed_at < before).returning(breaches.c.number))
        .scalars()
        .all()
    )
    needed = select(spills.c.post_id).join(breaches, breaches.c.spill_id == spills.c.id)
    asked = and_(deletion_rows.c.asked_at < before, deletion_rows.c.post_id.not_in(needed))
    connection.execute(delete(deletion_rows).where(asked))
    decided = select(spills.c.id).where(spills.c.decided_at < before, spills.c.id.not_in(select(breaches.c.spill_id)))
    ids = connection.execute(decided).scalars().all()
    for table in (spill_reports, hidden_posts):
        connection.execute(delete(table).where(table.c.spill_id.in_(ids)))
    connection.execute(delete(spills).where(spills.c.id.in_(ids)))
    if old:
        audit.append(connection, node, now, "breaches.deleted", {"numbers": list(old)})
    return len(old)


def _change(
    connection: Connection, node: str, breach: Breach, event: str, by: str, now: datetime, values: dict[str, Any]
) -> Breach:
    connection.execute(update(breaches).where(breaches.c.number == breach.number).values(**values))
    facts: audit.Facts = {"breach": breach.number, "administrator": by, "risk": values["risk"]}
    audit.append(connection, node, now, event, facts)
    return find(connection, breach.number)


def _tell_administrators(connection: Connection, number: str, now: datetime) -> None:
    whom = select(members.c.id).where(and_(has_role(Role.ADMIN), may_act(now.date())))
    for member_id in connection.execute(whom).scalars().all():
        letters.write(connection, member_id, Kind.BREACH, "", {"reference": number}, now)


def _read(connection: Connection, condition: Any) -> tuple[Breach, ...]:
    query: Any = (
        select(*breaches.c, spills.c.post_id, posts.c.reference, members.c.country)
        .join(spills, spills.c.id == breaches.c.spill_id)
        .join(posts, posts.c.id == spills.c.post_id)
        .join(members, members.c.id == posts.c.author_id)
        .where(condition)
        .order_by(breaches.c.confirmed_at.desc(), breaches.c.number.desc())
    )
    return tuple(_breach(connection, row) for row in connection.execute(query).all())


def _breach(connection: Connection, row: Row[Any]) -> Breach:
    asked, deleted = deletions.counts(connection, row.post_id)
    return Breach(
        number=row.number,
        spill_id=row.spill_id,
        post_id=row.post_id,
        reference=row.reference,
        author_country=row.country,
        reported_at=row.reported_at,
        confirmed_at=row.confirmed_at,
        deadline=row.deadline,
        recipients=row.recipients,
        asked=asked,
        deleted=deleted,
        risk=row.risk,
        notified_at=row.notified_at,
        notified_by=row.notified_by,
        notified_note=row.notified_note,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        closed_note=row.closed_note,
    )
