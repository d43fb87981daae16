"""Lists that are stopped: at once, on every node, none of their copies leaves; none is lost, and all go out when the list goes on.

A copy that waits is parked: due at a time that doesn't come (`PARKED`), so that nobody claims it and the queue's indexes stay as small as
they are. What a node has claimed already, or queues later, is parked by the last look before it is sent. What is being sent at this
moment ends. Who is on another list that the post goes to gets that list's copy. Copies for digests stay put by and are left out of
digests. The time that a list stands still isn't counted as age.

Posts are taken, judged and written down as ever, and their copies wait with the others: an author's 250 means what it always means.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Connection,
    and_,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    type_coerce,
    update,
)

from relay.delivery.delivery import Status
from relay.errors import Conflict, NotFound
from relay.roster.reading import Reading
from relay.store import acknowledgements, audit, digests
from relay.store.column_types import Instant
from relay.store.last_look import GOING_LIST, IS_OF_LIST, PARKED
from relay.store.prepared import Prepared
from relay.store.tables import CLAIMABLE, COLLECTED, deliveries, list_stops, lists, members

# Why a list may be stopped; words of our own, so that nobody writes of a post's content into the audit log.
REASONS = ("account", "leak", "fault", "exercise", "other")

_STOPPED = Prepared(select(list_stops).order_by(list_stops.c.list_name))  # asked for every letter
_PARK = {"status": Status.QUEUED, "next_attempt_at": PARKED, "turn": None, "lease": None, "leased_until": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Since when a list is stopped, by which member (an id) or operator (an account's name), and why."""

    list_name: str
    at: datetime
    member_id: str | None
    operator: str | None
    reason: str


def stop(
    connection: Connection, node: str, name: str, now: datetime, *, reason: str, member_id: str = "", operator: str = ""
) -> int:
    """Stop a list; returns how many copies wait now, those for digests too.

    Args:
        connection: the transaction.
        node: whose audit chain records it.
        name: the list's.
        now: the time, UTC.
        reason: one of `REASONS`.
        member_id: who does it by mail; else `operator`, by command.
        operator: see `member_id`.

    Raises:
        NotFound: there is no such list.
        Conflict: it is stopped already.
    """
    if connection.execute(select(lists.c.name).where(lists.c.name == name)).first() is None:
        raise NotFound(f"there is no list “{name}”; see `wen-relay lists show`")
    if name in stopped(connection):
        raise Conflict(f"{name} is stopped already; see `wen-relay lists show`")
    row = {"list_name": name, "at": now, "member_id": member_id or None, "operator": operator or None}
    connection.execute(insert(list_stops).values(**row, reason=reason))
    its = and_(deliveries.c.list_name == name, IS_OF_LIST)
    by_other = update(deliveries).where(CLAIMABLE, its, GOING_LIST.is_not(None))
    again = _PARK | {"list_name": GOING_LIST, "next_attempt_at": now}  # composed anew, for the other list
    connection.execute(by_other.values(**again), {"today": now.date()})
    connection.execute(update(deliveries).where(CLAIMABLE, its).values(**_PARK))
    waiting = connection.execute(
        select(func.count()).select_from(deliveries).where(its, or_(CLAIMABLE, COLLECTED))
    ).scalar_one()
    facts: audit.Facts = {"list": name, "member": member_id or None, "operator": operator or None, "reason": reason}
    audit.append(connection, node, now, "list.stopped", {**facts, "waiting": waiting})
    return int(waiting)


def resume(
    connection: Connection, node: str, name: str, now: datetime, *, member_id: str = "", operator: str = ""
) -> int:
    """Let a stopped list go on; returns how many copies are due at once. Those for digests come in the next.

    Raises:
        NotFound: it isn't stopped.
    """
    if (found := stopped(connection).get(name)) is None:
        raise NotFound(f"{name} is not stopped; see `wen-relay lists show`")
    connection.execute(delete(list_stops).where(list_stops.c.list_name == name))
    # What stands still with other lists goes by this one where it can.
    stands = and_(CLAIMABLE, IS_OF_LIST, deliveries.c.next_attempt_at == PARKED, literal(name) == GOING_LIST)
    connection.execute(update(deliveries).where(stands).values(list_name=name), {"today": now.date()})
    stood = int((now - found.at).total_seconds() * 1_000_000)
    older = type_coerce(type_coerce(deliveries.c.created_at, BigInteger) + stood, Instant())
    created = case((deliveries.c.created_at <= found.at, older), else_=literal(now, Instant()))
    its = and_(deliveries.c.list_name == name, IS_OF_LIST)
    parked = and_(CLAIMABLE, deliveries.c.next_attempt_at == PARKED)
    going = connection.execute(update(deliveries).where(its, parked).values(next_attempt_at=now, created_at=created))
    acknowledgements.go_on(connection, name, found.at, now)
    # Who asked meanwhile to get posts one by one had theirs kept back from the last digest.
    at_once = (
        select(deliveries.c.member_id)
        .join(members, members.c.id == deliveries.c.member_id)
        .where(its, COLLECTED, deliveries.c.digest_id.is_(None), members.c.reading == Reading.INSTANT)
        .where(members.c.paused_at.is_(None))
        .distinct()
    )
    for reader in connection.execute(at_once).scalars().all():
        digests.gather(connection, reader, now)
    facts: audit.Facts = {"list": name, "member": member_id or None, "operator": operator or None}
    audit.append(connection, node, now, "list.resumed", {**facts, "going": going.rowcount})
    return going.rowcount


def stopped(connection: Connection) -> dict[str, Stop]:
    """The lists that are stopped, by name."""
    rows = _STOPPED.all(connection, {})
    return {
        row.list_name: Stop(
            list_name=row.list_name, at=row.at, member_id=row.member_id, operator=row.operator, reason=row.reason
        )
        for row in rows
    }
