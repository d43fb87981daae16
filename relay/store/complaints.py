"""On which days members marked copies as unwanted; one row a day, however many reports come, and one letter a month."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, func, insert, select

from relay.delivery.delivery import BOUNCING, Kind, Status
from relay.mail.complaint import ComplaintKind
from relay.roster.member import MemberState
from relay.store import audit, failing, letters, members
from relay.store.tables import complaints, deliveries

QUIET = timedelta(days=30)  # after a letter about a member, in which no other one follows


def record(connection: Connection, node: str, delivery_id: int, kind: ComplaintKind, now: datetime) -> str | None:
    """Write down that a copy was marked as unwanted, and tell those who look after the member, unless they were told lately.

    Returns:
        The member's id; None when no such copy has gone out, its member has left, or it was said on this day already.
    """
    sent = deliveries.c.status.in_([Status.DELIVERED, Status.SENDING])
    copy = select(deliveries.c.member_id, deliveries.c.list_name).where(
        deliveries.c.id == delivery_id, deliveries.c.kind.in_(BOUNCING), sent
    )
    found = connection.execute(copy).first()
    member = members.get(connection, found.member_id) if found else None
    if found is None or member is None or member.state is MemberState.LEFT:
        return None
    theirs = complaints.c.member_id == member.id
    today = select(complaints.c.day).where(theirs, complaints.c.day == now.date())
    if connection.execute(today).first() is not None:
        return None
    lately = select(complaints.c.day).where(theirs, complaints.c.told, complaints.c.day > (now - QUIET).date())
    tells = connection.execute(lately.limit(1)).first() is None
    row = {"member_id": member.id, "day": now.date(), "list_name": found.list_name, "kind": kind, "told": tells}
    connection.execute(insert(complaints).values(**row))
    facts: audit.Facts = {"member": member.id, "list": found.list_name, "kind": kind}
    audit.append(connection, node, now, "member.complained", facts)
    if tells:
        letter = {"member": member.id, "at": now.isoformat()}
        for reader in failing.who_looks_after(connection, member, {member.id}, now):
            letters.write(connection, reader, Kind.COMPLAINT, found.list_name, letter, now, about=member.id)
    return member.id


def of_all(connection: Connection) -> Mapping[str, date]:
    """The last day on which each member is known to have marked a copy as unwanted, by the member's id."""
    rows = connection.execute(
        select(complaints.c.member_id, func.max(complaints.c.day, type_=complaints.c.day.type).label("day")).group_by(
            complaints.c.member_id
        )
    )
    return {row.member_id: row.day for row in rows}
