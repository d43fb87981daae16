"""Digests: copies put by for one are gathered when it is due, looked at again when it is sent, and end as it ends.

    copy: digest ─gather→ digest (digest_id) ─settle→ delivered · failed · expired          the digest itself is a delivery like any other

A copy that is put by has the status `digest`; nothing else remembers what a reader has had. So a digest that is gathered twice,
by two nodes or after a crash, finds nothing more to gather.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, insert, literal, not_, or_, select, update

from relay.delivery.delivery import Delivery, Kind, Status
from relay.roster.member import Member
from relay.roster.reading import Reading
from relay.store import audit
from relay.store.column_types import Instant
from relay.store.fanout import is_paused
from relay.store.last_look import GOING_LIST, IS_STOPPED, Part, look_at_parts
from relay.store.references import next_reference
from relay.store.tables import COLLECTED, IN_DIGEST, deliveries, members, posts

_ENDED = (Status.DELIVERED, Status.FAILED, Status.EXPIRED, Status.CANCELLED)
_WHOLE = deliveries.alias("whole")
_PUT_BY = and_(  # what a stopped list has put by waits until it goes on, or goes by another list of its reader
    COLLECTED, deliveries.c.digest_id.is_(None), not_(IS_STOPPED)
)


def gather_due(connection: Connection, due_before: Mapping[Reading, datetime], now: datetime) -> int:
    """Queue a digest for each reader for whom something was put by when theirs was due; returns how many.

    Whoever has paused gets theirs when the pause is over.

    Args:
        connection: the transaction.
        due_before: the latest moment at which each kind of digest was due.
        now: the time, UTC.
    """
    by_other = update(deliveries).where(
        COLLECTED, deliveries.c.digest_id.is_(None), IS_STOPPED, GOING_LIST.is_not(None)
    )
    connection.execute(by_other.values(list_name=GOING_LIST), {"today": now.date()})
    is_due = or_(*(and_(members.c.reading == one, deliveries.c.created_at <= at) for one, at in due_before.items()))
    readers = (
        select(deliveries.c.member_id)
        .join(members, members.c.id == deliveries.c.member_id)
        .where(_PUT_BY, is_due, not_(is_paused(now.date())))
        .distinct()
    )
    found = connection.execute(readers).scalars().all()
    return sum(gather(connection, member_id, now) for member_id in found)


def gather(connection: Connection, member_id: str, now: datetime) -> bool:
    """Queue one digest with everything that is put by for this reader; False when nothing is."""
    mine = and_(_PUT_BY, deliveries.c.member_id == member_id)
    list_name = connection.execute(select(func.min(deliveries.c.list_name)).where(mine)).scalar_one()
    if list_name is None:
        return False
    row = {
        "member_id": member_id,
        "kind": Kind.DIGEST,
        "list_name": list_name,
        "facts": {"reference": next_reference(connection, "DIGEST", now.year)},
        "status": Status.QUEUED,
        "created_at": now,
        "next_attempt_at": now,
    }
    digest_id = connection.execute(insert(deliveries).values(**row).returning(deliveries.c.id)).scalar_one()
    connection.execute(update(deliveries).where(mine).values(digest_id=digest_id))
    return True


def open_parts(connection: Connection, digest: Delivery, now: datetime) -> tuple[Part, ...]:
    """What of a claimed digest may go now; () when nothing is left of it: then it is cancelled."""
    if not _is_leased(connection, digest):
        return ()
    parts = look_at_parts(connection, digest.id, now)
    if not parts:
        _put_back(connection, digest, Status.CANCELLED, None)
    return parts


def confirm(connection: Connection, digest: Delivery, composed: Collection[Part], now: datetime) -> None:
    """Look at a digest right before it is begun: one that was composed of more than may go now waits to be composed anew."""
    if not _is_leased(connection, digest):
        return
    parts = look_at_parts(connection, digest.id, now)
    if not parts:
        _put_back(connection, digest, Status.CANCELLED, None)
    elif set(parts) != set(composed):
        _put_back(connection, digest, Status.QUEUED, now)


def settle(connection: Connection, digests: Iterable[Delivery]) -> int:
    """Let the copies in these digests end as the digests did, and say how many; those of one that is tried again wait with it."""
    ids = [one.id for one in digests if one.kind is Kind.DIGEST]
    if not ids:
        return 0
    ended = select(deliveries.c.id, deliveries.c.status, deliveries.c.sent_at).where(
        deliveries.c.id.in_(ids), deliveries.c.status.in_(_ENDED)
    )
    return sum(
        connection.execute(
            update(deliveries)
            .where(deliveries.c.digest_id == row.id, COLLECTED)
            .values(status=row.status, sent_at=row.sent_at)
        ).rowcount
        for row in connection.execute(ended).all()
    )


def lost_with(connection: Connection, digests: Iterable[Delivery]) -> tuple[tuple[int, str], ...]:
    """The posts that were lost with these digests, each with the list by which the reader should have got it."""
    ids = [one.id for one in digests if one.kind is Kind.DIGEST]
    if not ids:
        return ()
    lost = deliveries.c.status.in_([Status.FAILED, Status.EXPIRED])
    query = select(deliveries.c.post_id, deliveries.c.list_name).where(deliveries.c.digest_id.in_(ids), lost)
    return tuple((row.post_id, row.list_name) for row in connection.execute(query))


def lose(connection: Connection, digest_id: int, now: datetime) -> tuple[tuple[int, str], ...]:
    """Let the copies in a digest fail that was sent and came back; which posts, each with its list."""
    gone = or_(COLLECTED, deliveries.c.status == Status.DELIVERED)
    failed = {"status": Status.FAILED, "sent_at": func.coalesce(deliveries.c.sent_at, literal(now, Instant()))}
    lost = update(deliveries).where(deliveries.c.digest_id == digest_id, gone).values(**failed)
    returned = connection.execute(lost.returning(deliveries.c.post_id, deliveries.c.list_name))
    return tuple((row.post_id, row.list_name) for row in returned)


def retry(connection: Connection, post_id: int | None) -> int:
    """Put copies that failed in a digest by again: in that digest, which is tried again, or one post's for the reader's next; how many."""
    lost = (IN_DIGEST, deliveries.c.status.in_([Status.FAILED, Status.EXPIRED]))
    if post_id is not None:
        again = update(deliveries).where(*lost, deliveries.c.post_id == post_id)
        return connection.execute(again.values(status=Status.DIGEST, digest_id=None)).rowcount
    queued = select(_WHOLE.c.id).where(_WHOLE.c.kind == Kind.DIGEST, _WHOLE.c.status == Status.QUEUED)
    connection.execute(update(deliveries).where(*lost, deliveries.c.digest_id.in_(queued)).values(status=Status.DIGEST))
    return 0


def send_whole(connection: Connection, node: str, member: Member, reference: str, now: datetime) -> bool:
    """Queue the whole of a post, with its photos and documents, for a member who was to get it; False when it isn't theirs any more.

    Whoever has a copy's row belonged to its list when it went out; whether they still do is looked at when it is sent.
    """
    copy = and_(deliveries.c.kind == Kind.COPY, deliveries.c.status != Status.CANCELLED)
    may_have = or_(copy, deliveries.c.kind == Kind.POINTER)  # which stands for a copy that waits for a key
    found = connection.execute(
        select(deliveries.c.post_id, deliveries.c.list_name)
        .join(posts, posts.c.id == deliveries.c.post_id)
        .where(posts.c.reference == reference, deliveries.c.member_id == member.id)
        .where(may_have, not_(deliveries.c.called_off), posts.c.wrapped_key.is_not(None))
    ).first()
    if found is None:
        return False
    this = {"post_id": found.post_id, "member_id": member.id, "kind": Kind.WHOLE}
    fresh = {"list_name": found.list_name, "status": Status.QUEUED, "created_at": now, "next_attempt_at": now}
    fresh |= {"attempts": 0, "sent_at": None}
    again = update(deliveries).where(*(deliveries.c[name] == value for name, value in this.items()))
    ended = deliveries.c.status.in_(_ENDED)
    if connection.execute(again.where(ended).values(**fresh)).rowcount == 0 and not _is_queued(connection, this):
        connection.execute(insert(deliveries).values(**this, **fresh))
    audit.append(connection, node, now, "post.asked_whole", {"reference": reference, "member": member.id})
    return True


def _is_queued(connection: Connection, row: Mapping[str, Any]) -> bool:
    same = (deliveries.c[name] == value for name, value in row.items())
    return connection.execute(select(deliveries.c.id).where(*same)).first() is not None


def _is_leased(connection: Connection, digest: Delivery) -> bool:
    mine = (deliveries.c.id == digest.id, deliveries.c.lease == digest.lease, deliveries.c.status == Status.LEASED)
    return connection.execute(select(deliveries.c.id).where(*mine).with_for_update()).first() is not None


def _put_back(connection: Connection, digest: Delivery, status: Status, next_attempt_at: datetime | None) -> None:
    free = {"lease": None, "leased_until": None}
    connection.execute(
        update(deliveries)
        .where(deliveries.c.id == digest.id)
        .values(status=status, next_attempt_at=next_attempt_at, **free)
    )
