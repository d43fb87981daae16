"""What members change by themselves: their language, their receipts, leaving a list, objecting to a nomination in their name."""

from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from relay.delivery.delivery import Kind
from relay.roster.member import Member, MemberState
from relay.store import audit, fanout
from relay.store.tables import deliveries, members, memberships


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
    told = select(deliveries.c.about_id).where(
        deliveries.c.id == notice, deliveries.c.member_id == voucher.id, deliveries.c.kind == Kind.NOMINATION
    )
    nominee = connection.execute(told).scalar_one_or_none()
    if nominee is None:
        return False
    active = (members.c.id == nominee) & (members.c.state == MemberState.ACTIVE)
    suspended = update(members).where(active).values(state=MemberState.SUSPENDED, suspension="nomination disputed")
    if connection.execute(suspended).rowcount:
        fanout.cancel(connection, (deliveries.c.member_id == nominee) & (deliveries.c.kind == Kind.COPY))
    audit.append(connection, node, now, "member.nomination_disputed", {"member": nominee, "voucher": voucher.id})
    return True
