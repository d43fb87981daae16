"""Calls to those who may decide: a mail without content, for each post that waits for one of them; and word to authors that it still waits.

Whom and when says `roster.moderation`; who was called already is on record, so that nobody is called twice by whichever node ticks.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, exists, func, insert, select, update

from relay.delivery.delivery import Kind, Status
from relay.mail.address import Address
from relay.policy.decision import is_offer
from relay.roster.mailing_list import OWNER
from relay.roster.member import Role
from relay.roster.moderation import DEPUTIES_AFTER, OTHERS_AFTER, SECRETARIAT_AFTER, Decider, whom_to_call
from relay.store import fanout
from relay.store.decision_rows import read_reasons
from relay.store.fanout import decides, may_act, may_write
from relay.store.member_rows import address_of
from relay.store.prepared import Prepared
from relay.store.tables import CLAIMABLE, HELD, decisions, deliveries, members, memberships, posts

AUTHOR_TOLD_AFTER = (
    timedelta(hours=4),
    timedelta(hours=24),
)  # by the clock, as the calls are: the letter names the days off's end

_AUTHOR = (
    select(posts.c.author_id, members.c.country)
    .join(members, members.c.id == posts.c.author_id)
    .where(posts.c.id == bindparam("post"))
)
_DECIDERS = (
    select(members.c.id, members.c.country, members.c.roles)
    .join(memberships, memberships.c.member_id == members.c.id)
    .where(
        memberships.c.list_name == bindparam("base", type_=memberships.c.list_name.type),
        may_act(bindparam("today", type_=members.c.valid_until.type)),
        decides(),
        members.c.id != bindparam("author", type_=members.c.id.type),
    )
)
_CALLED = select(deliveries.c.member_id).where(
    deliveries.c.post_id == bindparam("post"), deliveries.c.kind == Kind.CALL
)
_READ_AUTHOR, _READ_DECIDERS, _READ_CALLED = Prepared(_AUTHOR), Prepared(_DECIDERS), Prepared(_CALLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Who was called about a post and when; `sent` is False while the call waits, and when it could not be sent."""

    moderator: Address
    at: datetime
    sent: bool


def call_first(connection: Connection, post_id: int, list_name: str, now: datetime, *, offer: bool) -> None:
    """Call those who should decide first about a post that was just written down."""
    _call(connection, post_id, list_name, now, waited=timedelta(0), offer=offer)


def call_others(connection: Connection, now: datetime) -> int:
    """Call whoever's turn has come about what still waits; returns how many were called. Nobody is called twice."""
    return sum(
        _call(
            connection,
            row.post_id,
            row.list_name,
            now,
            waited=now - row.received_at,
            offer=is_offer(read_reasons(row.reasons)),
        )
        for row in _waiting_since(connection, now, DEPUTIES_AFTER)
    )


def call_second(connection: Connection, post_id: int, first_id: str, now: datetime) -> int:
    """One of two who must agree has agreed: call everybody else again who was called; where there is nobody, the next circle at once.

    Returns:
        How many are called.
    """
    calls = and_(deliveries.c.post_id == post_id, deliveries.c.kind == Kind.CALL)
    fanout.cancel(connection, and_(calls, deliveries.c.member_id == first_id))
    others = and_(calls, deliveries.c.member_id != first_id)
    waiting = connection.execute(select(func.count()).select_from(deliveries).where(others, CLAIMABLE)).scalar_one()
    fresh = {"status": Status.QUEUED, "next_attempt_at": now, "created_at": now, "attempts": 0, "sent_at": None}
    fresh |= {"lease": None, "leased_until": None, "called_off": False}
    tried = [Status.SENDING, Status.DELIVERED, Status.FAILED, Status.EXPIRED]
    again = update(deliveries).where(others, deliveries.c.status.in_(tried)).values(**fresh)
    if called := int(waiting) + connection.execute(again).rowcount:
        return called
    rows = connection.execute(
        select(decisions.c.list_name, decisions.c.reasons).where(HELD, decisions.c.post_id == post_id)
    ).all()
    for waited in (DEPUTIES_AFTER, OTHERS_AFTER, SECRETARIAT_AFTER):
        for row in rows:
            offer = is_offer(read_reasons(row.reasons))
            called += _call(connection, post_id, row.list_name, now, waited=waited, offer=offer)
        if called:
            break
    return called


def call_off(connection: Connection, post_id: int) -> None:
    """Cancel the calls that weren't sent before a post was decided; not while a list still holds it."""
    if not connection.execute(
        select(func.count()).select_from(decisions).where(HELD, decisions.c.post_id == post_id)
    ).scalar_one():
        fanout.cancel(connection, and_(deliveries.c.post_id == post_id, deliveries.c.kind == Kind.CALL))


def list_calls(connection: Connection, post_ids: Iterable[int]) -> dict[int, tuple[Call, ...]]:
    """Who was called about these posts, in the order of the calls; calls that were taken back are left out."""
    query = (
        select(deliveries.c.post_id, members.c.address, deliveries.c.created_at, deliveries.c.status)
        .join(members, members.c.id == deliveries.c.member_id)
        .where(
            deliveries.c.post_id.in_(list(post_ids)),
            deliveries.c.kind == Kind.CALL,
            deliveries.c.status != Status.CANCELLED,
        )
        .order_by(deliveries.c.created_at, members.c.address)
    )
    found: dict[int, tuple[Call, ...]] = {}
    for row in connection.execute(query):
        sent = row.status == Status.DELIVERED
        call = Call(moderator=address_of(row.address), at=row.created_at, sent=sent)
        found[row.post_id] = (*found.get(row.post_id, ()), call)
    return found


def tell_authors(connection: Connection, now: datetime) -> int:
    """Queue word to authors whose posts have waited for 4 or 24 hours and still wait, once for each; returns how many.

    Not for offers, which are not what the author waits for. If nobody ticked for a day, one letter stands for both.
    """
    rows = {
        row.post_id: row
        for row in reversed(_waiting_since(connection, now, AUTHOR_TOLD_AFTER[0]))
        if not is_offer(read_reasons(row.reasons))
    }
    told = 0
    for row in rows.values():
        due = max(row.received_at + after for after in AUTHOR_TOLD_AFTER if row.received_at + after <= now)
        word = exists().where(
            deliveries.c.post_id == row.post_id, deliveries.c.kind == Kind.WAITING, deliveries.c.created_at >= due
        )
        author = select(members.c.id).where(members.c.id == row.author_id, may_write(now.date()), ~word)
        if connection.execute(author).first():
            fanout.tell_author(connection, row.post_id, row.list_name, Kind.WAITING, now)
            told += 1
    return told


def _waiting_since(connection: Connection, now: datetime, waited: timedelta) -> list[Any]:
    """What is held for so long, and whose time hasn't run out: the job that ends it may not have run yet."""
    return list(
        connection.execute(
            select(
                decisions.c.post_id,
                decisions.c.list_name,
                decisions.c.reasons,
                posts.c.received_at,
                posts.c.author_id,
            )
            .join(posts, posts.c.id == decisions.c.post_id)
            .where(HELD, posts.c.received_at <= now - waited, decisions.c.held_until > now)
            .order_by(decisions.c.post_id, decisions.c.position)
        )
    )


def _call(
    connection: Connection, post_id: int, list_name: str, now: datetime, *, waited: timedelta, offer: bool
) -> int:
    author = _READ_AUTHOR.first(connection, {"post": post_id})
    if author is None:
        return 0
    today = {"base": list_name.removesuffix(OWNER), "today": now.date(), "author": author.author_id}
    deciders = [
        Decider(id=row.id, country=row.country, roles=frozenset(map(Role, row.roles)))
        for row in _READ_DECIDERS.all(connection, today)
    ]
    wanted = whom_to_call(deciders, author_country=author.country, waited=waited, offer=offer)
    called = {row.member_id for row in _READ_CALLED.all(connection, {"post": post_id})}
    row = {"post_id": post_id, "list_name": list_name, "kind": Kind.CALL, "status": Status.QUEUED}
    fresh = [row | {"member_id": id_, "created_at": now, "next_attempt_at": now} for id_ in sorted(wanted - called)]
    if fresh:
        connection.execute(insert(deliveries), fresh)
    return len(fresh)
