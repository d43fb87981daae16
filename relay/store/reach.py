"""How far a post went: members and countries that its copies are for, and those whom it never reached."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, exists, func, literal, or_, select, update

from relay.delivery.delivery import BOUNCING, Delivery, Kind, Status
from relay.mail.address import Address
from relay.store import audit, digests, fanout
from relay.store.column_types import Instant
from relay.store.member_rows import address_of
from relay.store.prepared import Prepared
from relay.store.tables import deliveries, members, posts

_LOST = (Status.EXPIRED, Status.FAILED)
_IS_LOST = deliveries.c.status.in_(_LOST)
_MAY_COME_BACK = and_(deliveries.c.kind.in_(BOUNCING), deliveries.c.status.in_([Status.DELIVERED, Status.SENDING]))
_COUNTS = deliveries.c.status.not_in([Status.CANCELLED, *_LOST])
_COPY_OF = Prepared(
    select(deliveries.c.id)
    .join(members, members.c.id == deliveries.c.member_id)
    .where(
        members.c.address_key == bindparam("key"),
        deliveries.c.post_id == bindparam("post"),
        deliveries.c.kind == Kind.COPY,
        deliveries.c.digest_id.is_(None),
    )
)
_REACH = Prepared(
    select(
        func.count().filter(_COUNTS),
        func.count(members.c.country.distinct()).filter(_COUNTS),
        func.count().filter(_IS_LOST),
    )
    .select_from(deliveries.join(members, members.c.id == deliveries.c.member_id))
    .where(deliveries.c.post_id == bindparam("post"), deliveries.c.kind == Kind.COPY)
)


_WHOLE = deliveries.alias("digest")
# What a server took counts for good: a later report that it failed may be forged, and nobody is to be forgotten by it.
_GOT = and_(
    deliveries.c.kind.in_([Kind.COPY, Kind.WHOLE]),
    or_(
        deliveries.c.status.in_([Status.SENDING, Status.DELIVERED]),
        deliveries.c.sent_at.is_not(None),
        fanout.IN_DIGEST_BEING_SENT,
    ),
)
_MAY_BE_HAD = or_(
    _GOT,
    and_(
        deliveries.c.kind.in_([Kind.COPY, Kind.WHOLE]),
        or_(
            deliveries.c.possible_duplicate > 0,
            exists().where(_WHOLE.c.id == deliveries.c.digest_id, _WHOLE.c.possible_duplicate > 0),
        ),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Counts of a post's copies: members and their countries, and how many copies failed or ran out of time."""

    members: int
    countries: int
    lost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LostCopy:
    """A copy that a server took and could not deliver after all: its post ("" for a probe), and the member's id."""

    reference: str
    recipient_id: str


def of_post(connection: Connection, post_id: int) -> Reach:
    """Count whom a post's copies are for; what was cancelled, failed or ran out of time doesn't count as a member reached."""
    [(number, countries, lost)] = _REACH.all(connection, {"post": post_id})
    return Reach(members=number, countries=countries, lost=lost)


def who_got(connection: Connection, post_id: int) -> frozenset[str]:
    """The members, by id, who have a post or may have it: by a copy or in a digest that was sent or is being sent, whatever came back of it."""
    got = select(deliveries.c.member_id).where(deliveries.c.post_id == post_id, _GOT)
    return frozenset(connection.execute(got).scalars())


def who_may_have(connection: Connection, post_ids: Sequence[int]) -> frozenset[str]:
    """The members, by id, who have one of these posts or may have it without anybody knowing: who got it, and to whom it was once handed over without an answer."""
    had = select(deliveries.c.member_id).where(deliveries.c.post_id.in_(post_ids), _MAY_BE_HAD)
    return frozenset(connection.execute(had).scalars())


def may_have(connection: Connection, post_id: int, member_id: str) -> bool:
    """Whether this member is one of `who_may_have`."""
    had = select(deliveries.c.id).where(
        deliveries.c.post_id == post_id, deliveries.c.member_id == member_id, _MAY_BE_HAD
    )
    return connection.execute(had.limit(1)).first() is not None


def tell_of_lost(connection: Connection, lost: Iterable[Delivery], now: datetime) -> int:
    """Queue word to the authors of copies that failed or ran out of time, also in a digest, once for each post; returns how many posts."""
    lost = tuple(lost)
    concerned = {one.post_id: one.list_name for one in lost if one.kind is Kind.COPY and one.post_id is not None}
    concerned |= dict(digests.lost_with(connection, lost))
    for post_id, list_name in concerned.items():
        fanout.tell_author(connection, post_id, list_name, Kind.UNDELIVERED, now)
    return len(concerned)


def copy_of(connection: Connection, post_id: int, recipient: Address) -> int | None:
    """The copy of a post that went to this address by itself, and is a member's of that address still; None where none did."""
    found = _COPY_OF.first(connection, {"post": post_id, "key": recipient.key})
    return found.id if found else None


def taken_copy_of(connection: Connection, delivery_id: int) -> Address | None:
    """Whose copy, digest or probe this is, if `lose` would note its loss; else None."""
    address = (
        select(members.c.address)
        .select_from(deliveries.join(members, members.c.id == deliveries.c.member_id))
        .where(deliveries.c.id == delivery_id, _MAY_COME_BACK)
    )
    found = connection.execute(address).scalar_one_or_none()
    return address_of(found) if found else None


def lose(
    connection: Connection, node: str, delivery_id: int, status: str, reply: str, now: datetime
) -> LostCopy | None:
    """Note that a copy, a digest or a probe which the next server took has failed after all, and queue word to the authors of its posts.

    One that is being sent may be meant as well: a report can be faster than we are with the smarthost's reply. Its lease is taken away, so
    that it can't be settled as delivered any more.

    Args:
        connection: the transaction.
        node: whose audit chain records it.
        delivery_id: which copy.
        status: the enhanced status code that was reported.
        reply: what its row says from now on.
        now: the time, UTC.

    Returns:
        None when there is no such copy, or it has failed or was cancelled before: nothing is changed then.
    """
    failed = {
        "status": Status.FAILED,
        "last_reply": reply,
        "next_attempt_at": None,
        "lease": None,
        "leased_until": None,
        "sent_at": func.coalesce(deliveries.c.sent_at, literal(now, Instant())),
    }
    found = connection.execute(
        update(deliveries)
        .where(deliveries.c.id == delivery_id, _MAY_COME_BACK)
        .values(**failed)
        .returning(deliveries.c.post_id, deliveries.c.list_name, deliveries.c.member_id, deliveries.c.facts)
    ).first()
    if found is None:
        return None
    if found.post_id is None:
        lost = digests.lose(connection, delivery_id, now)
        reference = found.facts.get("reference", "")  # a probe has none
    else:
        lost = ((found.post_id, found.list_name),)
        reference = connection.execute(select(posts.c.reference).where(posts.c.id == found.post_id)).scalar_one()
    facts: audit.Facts = {"reference": reference, "list": found.list_name, "member": found.member_id, "status": status}
    audit.append(connection, node, now, "delivery.bounced", facts)
    for post_id, list_name in lost:
        fanout.tell_author(connection, post_id, list_name, Kind.UNDELIVERED, now)
    return LostCopy(reference=reference, recipient_id=found.member_id)
