"""The last look at copies right before they are sent: who may still receive, from which list, and who has the message already.

Its statements are built once: to build them anew for every handful of copies took longer than to run them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, exists, not_, or_, select, update

from relay.delivery.delivery import Kind, Status
from relay.roster.mailing_list import OWNER
from relay.store.fanout import NAMING, decides, may_act, may_receive, moderates
from relay.store.listed import among, listed
from relay.store.prepared import Prepared
from relay.store.tables import (
    COLLECTED,
    HELD,
    RELAYED,
    decisions,
    deliveries,
    encrypted_members,
    hidden_posts,
    list_stops,
    members,
    memberships,
    posts,
)

PARKED = datetime(9999, 1, 1, tzinfo=UTC)  # when a stopped list's copies are due (`store.stops`)
SENDING = timedelta(seconds=45)  # so long a node is believed to be sending without a sign of life

_MINE = and_(
    deliveries.c.lease == bindparam("mine"), deliveries.c.status == Status.LEASED, listed(deliveries.c.id, "ids")
)
_IS_COPY = or_(deliveries.c.kind == Kind.COPY, deliveries.c.kind == Kind.WHOLE)
_STANDS_FOR_COPY = and_(deliveries.c.kind == Kind.POINTER, deliveries.c.post_id.is_not(None))
IS_OF_LIST = or_(_IS_COPY, _STANDS_FOR_COPY)  # what waits when its list is stopped: word of a post as well as the post
_MAY_RECEIVE = may_receive(bindparam("today", type_=members.c.valid_until.type))
_ON_LIST = exists().where(
    members.c.id == deliveries.c.member_id,
    memberships.c.member_id == deliveries.c.member_id,
    or_(
        memberships.c.list_name == deliveries.c.list_name,
        and_(memberships.c.list_name + OWNER == deliveries.c.list_name, moderates()),
    ),
    _MAY_RECEIVE,
)
_STOPPED_LISTS = select(list_stops.c.list_name)
IS_STOPPED = deliveries.c.list_name.in_(_STOPPED_LISTS)
_OTHER_LISTS = (
    select(decisions.c.list_name)
    .join(memberships, memberships.c.list_name == decisions.c.list_name)
    .join(members, members.c.id == memberships.c.member_id)
    .where(
        decisions.c.post_id == deliveries.c.post_id,
        RELAYED,
        decisions.c.list_name != deliveries.c.list_name,
        memberships.c.member_id == deliveries.c.member_id,
        _MAY_RECEIVE,
    )
    .order_by(decisions.c.list_name.in_(_STOPPED_LISTS), decisions.c.position)
    .limit(1)
    .correlate(deliveries)
)
_OTHER_LIST = _OTHER_LISTS.scalar_subquery()  # by which a copy's member gets the post too
GOING_LIST = _OTHER_LISTS.where(
    decisions.c.list_name.not_in(_STOPPED_LISTS)
).scalar_subquery()  # and which isn't stopped
_GIVEN = and_(  # a post that members are given: its content is there, nobody hides it, and nobody has recalled it
    posts.c.content.is_not(None),
    posts.c.wrapped_key.is_not(None),
    posts.c.recalled_at.is_(None),
    ~exists().where(hidden_posts.c.post_id == posts.c.id),
)
_HAS_CONTENT = exists().where(posts.c.id == deliveries.c.post_id, _GIVEN)
_TWIN, _SAME, _OWN = deliveries.alias("twin"), posts.alias("same"), posts.alias("own")
_CONTENT_KEY = (
    select(_OWN.c.content_key).where(_OWN.c.id == deliveries.c.post_id).correlate(deliveries).scalar_subquery()
)
_HAS_TWIN = exists().where(
    _TWIN.c.post_id.in_(select(_SAME.c.id).where(_SAME.c.content_key == _CONTENT_KEY)),
    _TWIN.c.post_id != deliveries.c.post_id,
    _TWIN.c.member_id == deliveries.c.member_id,
    _TWIN.c.kind == Kind.COPY,
    or_(
        _TWIN.c.status.in_([Status.SENDING, Status.DELIVERED]),
        and_(_TWIN.c.lease == deliveries.c.lease, _TWIN.c.id < deliveries.c.id),  # of two in one batch the first goes
        and_(
            _TWIN.c.digest_id == deliveries.c.digest_id, _TWIN.c.status == Status.DIGEST, _TWIN.c.id < deliveries.c.id
        ),
    ),
)
_WAITS_FOR_THEM = exists().where(
    decisions.c.post_id == deliveries.c.post_id,
    HELD,
    members.c.id == deliveries.c.member_id,
    memberships.c.member_id == deliveries.c.member_id,
    or_(memberships.c.list_name == decisions.c.list_name, memberships.c.list_name + OWNER == decisions.c.list_name),
    decides(),
    may_act(bindparam("today", type_=members.c.valid_until.type)),
)
_ACTS = exists().where(
    members.c.id == deliveries.c.member_id, may_act(bindparam("today", type_=members.c.valid_until.type))
)
_WAITS = exists().where(decisions.c.post_id == deliveries.c.post_id, HELD)
_PARTS = and_(deliveries.c.digest_id == bindparam("digest"), COLLECTED)
_MOVE_PARTS = Prepared(
    update(deliveries)
    .where(_PARTS, not_(deliveries.c.called_off), not_(_ON_LIST), _OTHER_LIST.is_not(None))
    .values(list_name=_OTHER_LIST)
)
_MOVE_STOPPED_PARTS = Prepared(
    update(deliveries)
    .where(_PARTS, not_(deliveries.c.called_off), IS_STOPPED, GOING_LIST.is_not(None))
    .values(list_name=GOING_LIST)
)
_DROP_PARTS = update(deliveries).values(status=Status.CANCELLED)
# One after the other: within one statement PostgreSQL takes for a twin what the same statement cancels, and both would be lost.
_CANCEL_LOST_PARTS = Prepared(
    _DROP_PARTS.where(_PARTS, or_(deliveries.c.called_off, not_(_ON_LIST), not_(_HAS_CONTENT)))
)
_CANCEL_TWIN_PARTS = Prepared(_DROP_PARTS.where(_PARTS, _HAS_TWIN))
_PARTS_LEFT = Prepared(
    select(deliveries.c.id, deliveries.c.post_id, deliveries.c.list_name).where(_PARTS).order_by(deliveries.c.post_id)
)
_FREE = {"lease": None, "leased_until": None}
_MOVE = Prepared(
    update(deliveries)
    .where(_MINE, _IS_COPY, not_(deliveries.c.called_off), not_(_ON_LIST), _OTHER_LIST.is_not(None))
    .values(list_name=_OTHER_LIST, status=Status.QUEUED, next_attempt_at=bindparam("at"), **_FREE)
)
_MOVE_STOPPED = Prepared(
    update(deliveries)
    .where(_MINE, IS_OF_LIST, not_(deliveries.c.called_off), IS_STOPPED, GOING_LIST.is_not(None))
    .values(list_name=GOING_LIST, status=Status.QUEUED, next_attempt_at=bindparam("at"), **_FREE)
)
_ANY_STOPPED = Prepared(_STOPPED_LISTS.limit(1))
_PARK = Prepared(
    update(deliveries)
    .where(_MINE, IS_OF_LIST, IS_STOPPED)
    .values(
        status=Status.QUEUED,
        next_attempt_at=bindparam("parked", type_=deliveries.c.created_at.type),
        turn=None,
        **_FREE,
    )
)
_CHOSEN = encrypted_members.c.chosen
_ANY_CHOSEN = Prepared(select(encrypted_members.c.member_id).where(_CHOSEN).limit(1))
_TAKE_BACK = Prepared(
    update(deliveries)
    .where(
        deliveries.c.lease == bindparam("mine"),
        deliveries.c.status.in_([Status.LEASED, Status.SENDING]),
        listed(deliveries.c.id, "ids"),
        exists().where(encrypted_members.c.member_id == deliveries.c.member_id, _CHOSEN),
    )
    .values(status=Status.QUEUED, next_attempt_at=bindparam("at"), **_FREE)
)
_LEAVE_FOR_LATER = Prepared(update(deliveries).where(_PARTS, IS_STOPPED).values(digest_id=None))
_CANCEL = update(deliveries).values(status=Status.CANCELLED, next_attempt_at=None, **_FREE)
_CANCEL_LOST = Prepared(
    _CANCEL.where(
        _MINE,
        or_(
            deliveries.c.called_off,
            and_(IS_OF_LIST, or_(not_(_ON_LIST), not_(_HAS_CONTENT))),
            and_(deliveries.c.kind == Kind.CALL, not_(_WAITS_FOR_THEM)),
            and_(deliveries.c.kind.in_(NAMING), not_(_ACTS)),
            and_(deliveries.c.kind == Kind.WAITING, not_(_WAITS)),
        ),
    )
)
_CANCEL_TWINS = Prepared(_CANCEL.where(_MINE, deliveries.c.kind == Kind.COPY, _HAS_TWIN))
_BEGIN_ANY = (
    update(deliveries)
    .where(_MINE)
    .values(status=Status.SENDING, attempts=deliveries.c.attempts + 1, leased_until=bindparam("until"))
    .returning(deliveries.c.id)
)
_BEGIN = Prepared(_BEGIN_ANY)
# Posts of which no copy can have a twin, and whose content is there: what is left to ask of a copy is its member.
_PLAIN_POSTS = Prepared(
    select(posts.c.id).where(
        among(posts.c.id, select(deliveries.c.post_id).where(_MINE, _IS_COPY).distinct()),
        _GIVEN,
        ~exists().where(_SAME.c.content_key == posts.c.content_key, _SAME.c.id != posts.c.id),
    )
)
_BEGIN_PLAIN = Prepared(
    _BEGIN_ANY.where(
        _IS_COPY,
        not_(deliveries.c.called_off),
        listed(deliveries.c.post_id, "plain"),
        members.c.id == deliveries.c.member_id,
        memberships.c.member_id == deliveries.c.member_id,
        memberships.c.list_name == deliveries.c.list_name,
        _MAY_RECEIVE,
    )
)
# Letters of which nothing is to be asked: they say what became of a post, whatever becomes of it.
_BEGIN_WORD = Prepared(
    _BEGIN_ANY.where(
        or_(deliveries.c.kind == Kind.RECEIPT, deliveries.c.kind == Kind.NOTICE), not_(deliveries.c.called_off)
    )
)
_BEGUN = Prepared(
    select(deliveries.c.id).where(
        deliveries.c.lease == bindparam("mine"),
        deliveries.c.status == Status.SENDING,
        listed(deliveries.c.id, "ids"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A post as a part of a digest: its copy's row, and the list by which the reader gets it."""

    delivery_id: int
    post_id: int
    list_name: str


def look_at_parts(connection: Connection, digest_id: int, now: datetime) -> tuple[Part, ...]:
    """What of a digest may still go, in the order of the posts' arrival; the rest is cancelled, by the rules that copies obey (`begin`).

    To be asked for when it is composed and once more right before it is sent, and never while it is being sent.
    """
    this = {"digest": digest_id, "today": now.date()}
    _MOVE_PARTS.count(connection, this)
    _MOVE_STOPPED_PARTS.count(connection, this)
    _LEAVE_FOR_LATER.count(connection, {"digest": digest_id})
    _CANCEL_LOST_PARTS.count(connection, this)
    _CANCEL_TWIN_PARTS.count(connection, {"digest": digest_id})
    return tuple(
        Part(delivery_id=row.id, post_id=row.post_id, list_name=row.list_name)
        for row in _PARTS_LEFT.all(connection, {"digest": digest_id})
    )


def begin(
    connection: Connection, lease: str, ids: Collection[int], now: datetime, *, clear: Collection[int] = ()
) -> frozenset[int]:
    """Mark leased rows as being sent, right before they are; only those returned may be sent.

    A copy is cancelled instead when its member no longer is active, valid or on that list, or when its post's content is gone or
    hidden, or the post recalled: membership is judged at the last moment. So is a call to who can't decide any more, or about what has been decided, word to an author that
    their post still waits when it doesn't, a letter that names others to who isn't active and valid any more, and
    whatever was called off while an earlier attempt went on. Whoever left that list but is on another one that the post
    goes to gets that list's copy: it waits in the queue, to be composed anew. A copy is cancelled, too, whose member has the same message, or
    is about to get it, by another post; one of a list that is stopped is parked until it goes on, unless the
    member is on another one that the post goes to: a client whose recipient for one list was put off sends it again for that list alone.

    Those of `clear` were composed for everybody to read: where the member has chosen encryption since, they wait in the queue, too.

    What was begun under the same lease stays begun: the caller doesn't know, when the connection was lost while it was committed.
    """
    mine: dict[str, Any] = {"mine": lease, "ids": list(ids)}
    if clear and _ANY_CHOSEN.first(connection, {}) is not None:
        _TAKE_BACK.count(connection, {"mine": lease, "ids": list(clear), "at": now})
    until = {"until": now + SENDING}
    if _ANY_STOPPED.first(connection, {}) is not None:
        _MOVE_STOPPED.count(connection, mine | {"today": now.date(), "at": now})
        _PARK.count(connection, mine | {"parked": PARKED})
    # Nearly all are copies to which none of this happens: one statement tells them, and only the rest is looked at more closely.
    plain = _PLAIN_POSTS.column(connection, mine)
    begun = set(_BEGIN_PLAIN.column(connection, mine | until | {"plain": plain, "today": now.date()}))
    if rest := [one for one in mine["ids"] if one not in begun]:
        begun.update(_BEGIN_WORD.column(connection, mine | until | {"ids": rest}))
    if rest := [one for one in rest if one not in begun]:
        begun |= _begin_others(connection, mine | {"ids": rest}, now)
    return frozenset(begun)


def _begin_others(connection: Connection, mine: dict[str, Any], now: datetime) -> frozenset[int]:
    _MOVE.count(connection, mine | {"today": now.date(), "at": now})
    _CANCEL_LOST.count(connection, mine | {"today": now.date()})
    _CANCEL_TWINS.count(connection, mine)
    begun = frozenset(_BEGIN.column(connection, mine | {"until": now + SENDING}))
    return begun if len(begun) == len(mine["ids"]) else frozenset(_BEGUN.column(connection, mine))
