"""What members change by themselves: their language, their receipts, when posts come to them, leaving a list, objecting to a nomination in their name."""

from datetime import UTC, date, datetime, time

from sqlalchemy import Connection, delete, exists, func, select, update

from relay.delivery.delivery import Kind
from relay.roster.member import Member, MemberState
from relay.roster.reading import Reading
from relay.store import audit, digests, fanout
from relay.store.members import DISPUTED
from relay.store.tables import RELAYED, decisions, deliveries, members, memberships, posts
from relay.store.vetting import about_whom


def set_language(connection: Connection, node: str, member: Member, language: str, now: datetime) -> None:
    """Write to this member in another language from now on."""
    connection.execute(update(members).where(members.c.id == member.id).values(language=language))
    audit.append(connection, node, now, "member.language_chosen", {"member": member.id, "language": language})


def set_receipts(connection: Connection, node: str, member: Member, now: datetime, *, wanted: bool) -> None:
    """Send this member receipts for their posts, or none."""
    connection.execute(update(members).where(members.c.id == member.id).values(receipts=wanted))
    if not wanted:
        fanout.cancel(connection, (deliveries.c.member_id == member.id) & (deliveries.c.kind == Kind.RECEIPT))
    audit.append(connection, node, now, "member.receipts_chosen", {"member": member.id, "wanted": int(wanted)})


def accept_rules(connection: Connection, node: str, member: Member, version: int, now: datetime) -> None:
    """Note that this member accepts the rules in this version."""
    accepted = {"rules_version": version, "rules_accepted_at": now}
    connection.execute(update(members).where(members.c.id == member.id).values(**accepted))
    audit.append(connection, node, now, "member.rules_accepted", {"member": member.id, "version": version})


def set_reading(
    connection: Connection, node: str, member: Member, reading: Reading, now: datetime, *, operator: str | None = None
) -> None:
    """Send this member posts one by one, or in digests, from now on. What is put by comes at once as the last one, unless they have paused."""
    connection.execute(update(members).where(members.c.id == member.id).values(reading=reading))
    facts: audit.Facts = {"member": member.id, "reading": reading.value, **_by(operator)}
    audit.append(connection, node, now, "member.reading_chosen", facts)
    if reading is Reading.INSTANT and not member.wishes.is_paused(now.date()):
        digests.gather(connection, member.id, now)


def pause(
    connection: Connection, node: str, member: Member, until: date | None, now: datetime, *, operator: str | None = None
) -> None:
    """Send this member no posts for a while; notices, calls and answers still come. What is put by for a digest waits with it.

    Args:
        connection: the transaction.
        node: whose audit chain records it.
        member: as they are on record.
        until: the first day on which posts come again; None: until they say so.
        now: the time, UTC.
        operator: who does it for them, if it is somebody else.
    """
    since = member.wishes.paused_at if member.wishes.is_paused(now.date()) else now
    paused = {"paused_at": since, "paused_until": until}
    connection.execute(update(members).where(members.c.id == member.id).values(**paused))
    facts: audit.Facts = {"member": member.id, "until": until.isoformat() if until else None, **_by(operator)}
    audit.append(connection, node, now, "member.paused", facts)


def resume(connection: Connection, node: str, member: Member, now: datetime, *, operator: str | None = None) -> int:
    """End a pause; returns how many posts the member's lists got meanwhile without them."""
    missed = _missed(connection, member, now)
    over = {"paused_at": None, "paused_until": None}
    connection.execute(update(members).where(members.c.id == member.id).values(**over))
    audit.append(connection, node, now, "member.resumed", {"member": member.id, **_by(operator)})
    return missed


def _by(operator: str | None) -> dict[str, str]:
    return {"operator": operator} if operator else {}


def _missed(connection: Connection, member: Member, now: datetime) -> int:
    """Posts that others on the member's lists got since the pause began, also where it has ended by itself since."""
    since, until = member.wishes.paused_at, member.wishes.paused_until
    if since is None:
        return 0
    end = min(now, datetime.combine(until, time(), UTC)) if until else now
    theirs = exists().where(
        deliveries.c.post_id == posts.c.id, deliveries.c.member_id == member.id, deliveries.c.kind == Kind.COPY
    )
    count = (
        select(func.count(posts.c.id.distinct()))
        .join(decisions, decisions.c.post_id == posts.c.id)
        .join(memberships, memberships.c.list_name == decisions.c.list_name)
        .where(memberships.c.member_id == member.id, RELAYED, posts.c.author_id != member.id, ~theirs)
        .where(posts.c.received_at >= since, posts.c.received_at < end)
    )
    return int(connection.execute(count).scalar_one())


def leave(connection: Connection, node: str, member: Member, list_name: str, now: datetime) -> bool:
    """Take the member off a list, at their own word; False when they aren't on it. Copies that wait are looked at when sent."""
    this = (memberships.c.member_id == member.id) & (memberships.c.list_name == list_name)
    if connection.execute(delete(memberships).where(this)).rowcount == 0:
        return False
    audit.append(connection, node, now, "member.left_list", {"member": member.id, "list": list_name})
    return True


def object_to(connection: Connection, node: str, voucher: Member, notice: int, now: datetime) -> bool:
    """Suspend a member whose nominator or confirmer says that they weren't; False when this person got no such notice.

    Args:
        connection: the transaction.
        node: whose audit chain records it.
        voucher: who objects.
        notice: the number of the notice that told them.
        now: the time, UTC.
    """
    nominee = about_whom(connection, notice, voucher, Kind.NOMINATION)
    if nominee is None:
        return False
    living = (members.c.id == nominee) & members.c.state.in_([MemberState.ACTIVE, MemberState.DORMANT])
    suspended = update(members).where(living).values(state=MemberState.SUSPENDED, suspension=DISPUTED)
    if connection.execute(suspended).rowcount:
        fanout.cancel_of_suspended(connection, nominee)
    audit.append(connection, node, now, "member.nomination_disputed", {"member": nominee, "voucher": voucher.id})
    return True
