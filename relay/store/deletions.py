"""Members who may have a copy of what was destroyed here: asked to delete it, reminded, and what they answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, func, insert, select, update

from relay.delivery.delivery import Kind, Status
from relay.mail.address import Address
from relay.store import audit, fanout, reach
from relay.store.member_rows import address_of
from relay.store.spills import Spill
from relay.store.tables import decisions, deletions, deliveries, members, posts

REMIND_AFTER = (timedelta(days=3), timedelta(days=7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One member who was asked, and when they said that their copy is deleted."""

    member_id: str
    address: Address
    asked_at: datetime
    reminders: int
    deleted_at: datetime | None


def ask(connection: Connection, spill: Spill, post_ids: Sequence[int], now: datetime) -> int:
    """Write to everybody who has a copy of one of these posts, or may have, but for the first one's author; returns to how many.

    A copy was perhaps delivered when it is being sent now, or was once handed over without an answer. Members who are suspended or
    have left since are written to as well: what they hold is what matters.
    """
    reached = reach.who_may_have(connection, post_ids)
    found = select(members.c.id).where(members.c.id.in_(reached), members.c.id != spill.author_id, members.c.name != "")
    asked = connection.execute(found).scalars().all()
    known = set(connection.execute(select(deletions.c.member_id).where(deletions.c.post_id == spill.post_id)).scalars())
    rows = [{"post_id": spill.post_id, "member_id": one, "asked_at": now} for one in asked if one not in known]
    if rows:
        connection.execute(insert(deletions), rows)
        fanout.write_to(connection, spill.post_id, Kind.DELETION, members.c.id.in_(asked), now)
    return len(asked)


def acknowledge(
    connection: Connection, node: str, member_id: str, reference: str, now: datetime, *, noted_by: str | None = None
) -> bool:
    """Note that a member has deleted their copy; False when they weren't asked to. To say it twice changes nothing.

    Args:
        connection: the transaction.
        node: whose audit chain records it.
        member_id: who has deleted it.
        reference: the post that they were asked about.
        now: the time, UTC.
        noted_by: the administrator to whom they said it, where they didn't write it themselves.
    """
    post_id = select(posts.c.id).where(posts.c.reference == reference).scalar_subquery()
    this = and_(deletions.c.post_id == post_id, deletions.c.member_id == member_id)
    if connection.execute(select(deletions.c.asked_at).where(this)).first() is None:
        return False
    first = update(deletions).where(this, deletions.c.deleted_at.is_(None))
    if connection.execute(first.values(deleted_at=now, noted_by=noted_by)).rowcount:
        facts: audit.Facts = {"reference": reference, "member": member_id, "noted_by": noted_by}
        audit.append(connection, node, now, "copy.deleted", facts)
        waiting = and_(deliveries.c.member_id == member_id, deliveries.c.post_id == post_id)
        fanout.cancel(connection, and_(waiting, deliveries.c.kind == Kind.DELETION))
    return True


def remind(connection: Connection, now: datetime) -> int:
    """Write once more to who hasn't answered for some days, twice at most; returns to how many."""
    count = 0
    for already, after in enumerate(REMIND_AFTER):
        due = and_(
            deletions.c.deleted_at.is_(None), deletions.c.reminders == already, deletions.c.asked_at <= now - after
        )
        for row in connection.execute(select(deletions.c.post_id, deletions.c.member_id).where(due)).all():
            this = and_(deletions.c.post_id == row.post_id, deletions.c.member_id == row.member_id)
            connection.execute(update(deletions).where(this).values(reminders=already + 1))
            whom = and_(members.c.id == row.member_id, members.c.name != "")
            count += fanout.write_to(connection, row.post_id, Kind.DELETION, whom, now)
    return count


def asked_about(connection: Connection, post_id: int) -> tuple[Asked, ...]:
    """Everybody who was asked about a post, in order of their addresses."""
    query = (
        select(*deletions.c, members.c.address)
        .join(members, members.c.id == deletions.c.member_id)
        .where(deletions.c.post_id == post_id)
        .order_by(members.c.address_key)
    )
    return tuple(
        Asked(
            member_id=row.member_id,
            address=address_of(row.address),
            asked_at=row.asked_at,
            reminders=row.reminders,
            deleted_at=row.deleted_at,
        )
        for row in connection.execute(query)
    )


def counts(connection: Connection, post_id: int) -> tuple[int, int]:
    """How many were asked about a post, and how many have said that theirs is deleted."""
    columns = (func.count(), func.count(deletions.c.deleted_at))
    asked, deleted = connection.execute(select(*columns).where(deletions.c.post_id == post_id)).one()
    return int(asked), int(deleted)


def long_gone(connection: Connection, post_ids: Sequence[int]) -> int:
    """Copies that were delivered so long ago that nobody knows to whom: their rows are deleted with age, their numbers stay."""
    past = select(decisions.c.past_deliveries).where(decisions.c.post_id.in_(post_ids), _HAS_PAST)
    return sum((row or {}).get(Status.DELIVERED, 0) for row in connection.execute(past).scalars())


_HAS_PAST: ColumnElement[bool] = decisions.c.past_deliveries.is_not(None)
