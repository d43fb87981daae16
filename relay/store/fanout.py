"""From one decision to the rows of the queue, and away again: who receives is read inside the transaction that decides."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Text,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    not_,
    null,
    or_,
    select,
    text,
    type_coerce,
    update,
)

from relay.delivery.delivery import Kind, Status
from relay.roster.mailing_list import OWNER
from relay.roster.member import DECIDING, AgencyType, MemberState, Role
from relay.roster.reading import Reading
from relay.store.column_types import Instant
from relay.store.prepared import Prepared
from relay.store.tables import (
    CLAIMABLE,
    COLLECTED,
    HELD,
    RELAYED,
    decisions,
    deliveries,
    hidden_posts,
    members,
    memberships,
    posts,
    stopped_copies,
)

_OFFICIAL = members.c.agency_type.in_([one.value for one in AgencyType if one.is_official])

# Letters that name others to those who vouch for them or look after them.
NAMING = (
    Kind.NOMINATION,
    Kind.CONFIRMATION,
    Kind.ENDED,
    Kind.ATTESTATION,
    Kind.FAILING,
    Kind.COMPLAINT,
    Kind.ENCRYPTION,
)


def may_act(on: date | BindParameter[date]) -> ColumnElement[bool]:
    """The members who are active and whose vetting has not run out on that day (UTC); as `Member.may_act` says it."""
    return and_(members.c.state == MemberState.ACTIVE, _is_valid(on))


def may_receive(on: date | BindParameter[date]) -> ColumnElement[bool]:
    """Those who may act, and dormant members who still get copies for a while; as `Member.may_receive` says it."""
    dormant = and_(members.c.state == MemberState.DORMANT, members.c.receives_until >= on)
    return and_(or_(members.c.state == MemberState.ACTIVE, dormant), _is_valid(on))


def may_write(on: date | BindParameter[date]) -> ColumnElement[bool]:
    """Those from whom mail is taken on that day, and who are told what becomes of it; as `Member.may_write` says it."""
    return and_(members.c.state.in_([MemberState.ACTIVE, MemberState.DORMANT]), _is_valid(on))


def may_vouch(country: str, on: date) -> ColumnElement[bool]:
    """The focal points of a country and the administrators; as `Member.may_vouch_for` says it."""
    return and_(may_act(on), or_(speaks_for(country), has_role(Role.ADMIN)))


def speaks_for(country: str) -> ColumnElement[bool]:
    """A country's focal points who serve in an official agency; who has the role elsewhere is told nothing about people."""
    return and_(has_role(Role.FOCAL_POINT), _OFFICIAL, members.c.country == country)


def _is_valid(on: date | BindParameter[date]) -> ColumnElement[bool]:
    return or_(members.c.valid_until.is_(None), members.c.valid_until >= on)


def is_paused(on: date | BindParameter[date]) -> ColumnElement[bool]:
    """The members who want no posts on that day (UTC); as `Wishes.is_paused` says it."""
    return and_(members.c.paused_at.is_not(None), or_(members.c.paused_until.is_(None), members.c.paused_until > on))


def has_role(role: Role) -> ColumnElement[bool]:
    """The members with this role."""
    return type_coerce(members.c.roles, Text).contains(f'"{role}"')


def moderates() -> ColumnElement[bool]:
    """The officials who moderate their lists, and so are whom `LIST-owner@` reaches; deputies only stand in for them."""
    return and_(has_role(Role.MODERATOR), _OFFICIAL)


def decides() -> ColumnElement[bool]:
    """The members who may decide about what their lists hold: as `Member.may_moderate` says it."""
    return and_(or_(*map(has_role, sorted(DECIDING))), _OFFICIAL)


_DIGEST = deliveries.alias("whole")
# A copy that is a part of a digest which is being sent at this moment.
IN_DIGEST_BEING_SENT = and_(
    COLLECTED,
    exists().where(
        _DIGEST.c.id == deliveries.c.digest_id, _DIGEST.c.lease.is_not(None), _DIGEST.c.status == Status.SENDING
    ),
)

# What a row of the queue needs when it is made, in the order in which every `INSERT … SELECT` gives it.
QUEUED_COLUMNS = ["post_id", "member_id", "list_name", "kind", "status", "created_at", "next_attempt_at"]
_POST = bindparam("post", type_=deliveries.c.post_id.type)
_LIST = bindparam("list", type_=deliveries.c.list_name.type)
_BASE = bindparam(
    "base", type_=deliveries.c.list_name.type
)  # whose members these are; another than _LIST for a list's moderators
_KIND = bindparam("kind", type_=deliveries.c.kind.type)
_NOW = bindparam("now", type_=deliveries.c.created_at.type)
_TODAY = bindparam("today", type_=members.c.valid_until.type)
# What is written to a list's moderators comes at once, whatever they wish.
_AT_ONCE = or_(_BASE != _LIST, members.c.reading == Reading.INSTANT)
# The first copies of a post have its own time as their turn, each further hundred a second more. So a small post overtakes all
# but the beginning of a big one that came before it, big ones take turns, and none waits for ever: every later post has a later turn.
ABREAST = 100
_STEP = 1_000_000  # microseconds
_BY_LANGUAGE = (members.c.language, members.c.id)  # who reads the same stands together, and shares a transaction
_PLACE = type_coerce(func.row_number().over(order_by=_BY_LANGUAGE), BigInteger) - 1
_TURN = _NOW.op("+", return_type=Instant())(_PLACE // ABREAST * _STEP)
_RECIPIENTS = (
    select(
        _POST,
        members.c.id,
        _LIST,
        _KIND,
        case((_AT_ONCE, Status.QUEUED.value), else_=Status.DIGEST.value),
        _NOW,
        case((_AT_ONCE, _NOW), else_=null()),
        case((_AT_ONCE, _TURN), else_=null()),
    )
    .join(memberships, memberships.c.member_id == members.c.id)
    .where(
        memberships.c.list_name == _BASE,
        or_(_BASE == _LIST, moderates()),
        may_receive(_TODAY),
        or_(_BASE != _LIST, not_(is_paused(_TODAY))),
        members.c.id != bindparam("author", type_=members.c.id.type),
    )
    .order_by(*_BY_LANGUAGE)
    .suffix_with(text("ON CONFLICT (post_id, member_id, kind) DO NOTHING"))  # who is on two lists has a copy already
)
_QUEUE_COPIES = Prepared(insert(deliveries).from_select([*QUEUED_COLUMNS, "turn"], _RECIPIENTS))
_QUEUE_ONE = Prepared(insert(deliveries))


def queue_copies(connection: Connection, post_id: int, list_name: str, author_id: str, now: datetime) -> int:
    """Queue a copy for each member of the list who hasn't one of this post yet, or put it by for their digest; returns how many.

    The author gets none, nor does a member who has paused.
    """
    base = list_name.removesuffix(OWNER)
    values = {"post": post_id, "list": list_name, "base": base, "author": author_id, "now": now, "today": now.date()}
    return _QUEUE_COPIES.count(connection, values | {"kind": Kind.COPY})


def tell_first(
    connection: Connection, post_id: int, list_name: str, kind: Kind, *, author_id: str, now: datetime
) -> None:
    """Queue the first word to the author of a post that was just written down: there is none yet that it could replace."""
    values = {"post_id": post_id, "member_id": author_id, "list_name": list_name, "kind": kind}
    _QUEUE_ONE.count(
        connection, values | {"status": Status.QUEUED, "next_attempt_at": now, "created_at": now, "attempts": 0}
    )


def tell_author(connection: Connection, post_id: int, list_name: str, kind: Kind, now: datetime) -> None:
    """Queue a receipt or notice to the post's author; one that was queued or sent before is sent once more, as things now stand."""
    author_id, receipts = connection.execute(
        select(posts.c.author_id, members.c.receipts)
        .join(members, members.c.id == posts.c.author_id)
        .where(posts.c.id == post_id)
    ).one()
    if kind is Kind.RECEIPT and not receipts:
        return
    fresh = {"list_name": list_name, "status": Status.QUEUED, "next_attempt_at": now, "created_at": now, "attempts": 0}
    fresh |= {"lease": None, "leased_until": None, "sent_at": None, "called_off": False}
    # Without its lease a copy that is being sent at this moment can't be settled any more, so the new word isn't taken for sent.
    again = update(deliveries).where(
        deliveries.c.post_id == post_id, deliveries.c.member_id == author_id, deliveries.c.kind == kind
    )
    if connection.execute(again.values(**fresh)).rowcount == 0:
        connection.execute(insert(deliveries).values(post_id=post_id, member_id=author_id, kind=kind, **fresh))


def write_to(
    connection: Connection, post_id: int, kind: Kind, whom: ColumnElement[bool], now: datetime, *, again: bool = True
) -> int:
    """Queue a letter about a post to everybody whom the condition means; returns to how many.

    Who had one of this kind before gets it once more, as things now stand, or not `again`.
    """
    fresh = {"status": Status.QUEUED, "next_attempt_at": now, "created_at": now, "attempts": 0}
    fresh |= {"lease": None, "leased_until": None, "sent_at": None, "called_off": False}
    these = (deliveries.c.post_id == post_id, deliveries.c.kind == kind)
    anew = update(deliveries).where(*these, deliveries.c.member_id.in_(select(members.c.id).where(whom)))
    count = connection.execute(anew.values(**fresh)).rowcount if again else 0
    told = exists().where(*these, deliveries.c.member_id == members.c.id)
    rows = select(
        literal(post_id, deliveries.c.post_id.type),
        members.c.id,
        literal(""),
        literal(kind.value),
        literal(Status.QUEUED.value),
        literal(now, Instant()),
        literal(now, Instant()),
    ).where(whom, ~told)
    return count + connection.execute(insert(deliveries).from_select(QUEUED_COLUMNS, rows)).rowcount


def cancel(connection: Connection, condition: ColumnElement[bool]) -> int:
    """Cancel what waits and meets the condition, also for a digest; returns how many.

    What is being sent at this moment, by itself or in a digest, can't be called back; should that attempt fail, the last look
    prevents another.
    """
    cancelled = {"status": Status.CANCELLED, "next_attempt_at": None, "lease": None, "leased_until": None}
    on_its_way = and_(deliveries.c.lease.is_not(None), deliveries.c.status == Status.SENDING)
    connection.execute(update(deliveries).where(on_its_way, condition).values(called_off=True))
    connection.execute(update(deliveries).where(IN_DIGEST_BEING_SENT, condition).values(called_off=True))
    stopped = (
        update(deliveries).where(waits, condition) for waits in (CLAIMABLE, and_(COLLECTED, ~deliveries.c.called_off))
    )
    return sum(connection.execute(one.values(**cancelled)).rowcount for one in stopped)


def cancel_of_suspended(connection: Connection, member_id: str) -> int:
    """Cancel the copies of somebody who is suspended, and the letters that name others; returns how many.

    Answers are among those: any may list people. Word of what became of their own posts still reaches them.
    """
    kinds = [Kind.COPY, Kind.WHOLE, Kind.ANSWER, *NAMING]
    return cancel(connection, and_(deliveries.c.member_id == member_id, deliveries.c.kind.in_(kinds)))


def stop(connection: Connection, copies: ColumnElement[bool]) -> int:
    """Cancel what waits of these copies; returns how many. None is sent again either, whatever became of it."""
    count = cancel(connection, copies)
    connection.execute(update(deliveries).where(copies).values(called_off=True))
    return count


def cancel_copies(connection: Connection, post_id: int) -> int:
    """Cancel a post's copies for good, also those that a report had only stopped; returns how many waited."""
    of_post = and_(deliveries.c.post_id == post_id, deliveries.c.kind.in_([Kind.COPY, Kind.WHOLE, Kind.POINTER]))
    ids = select(deliveries.c.id).where(of_post)
    connection.execute(delete(stopped_copies).where(stopped_copies.c.delivery_id.in_(ids)))
    return stop(connection, of_post)


def forget_withheld(connection: Connection, post_id: int) -> None:
    """Forget the Message-ID of a post that was withheld for some list, and all of it unless another still needs it."""
    connection.execute(update(posts).where(posts.c.id == post_id).values(message_id=None))
    destroy_unneeded(connection, post_id)


def relayed_to(connection: Connection, post_id: int) -> frozenset[str]:
    """The names of the lists that a post goes out to: none that declined, withheld or still holds it."""
    relayed = select(decisions.c.list_name).where(decisions.c.post_id == post_id, RELAYED)
    return frozenset(connection.execute(relayed).scalars())


def destroy_unneeded(connection: Connection, post_id: int) -> None:
    """Destroy a post's content unless some list still relays or holds it."""
    needed = select(decisions.c.list_name).where(decisions.c.post_id == post_id, or_(RELAYED, HELD)).limit(1)
    if connection.execute(needed).first() is None:
        destroy(connection, post_id)


def destroy(connection: Connection, post_id: int) -> None:
    """Destroy a post's content and the key it is sealed under; what remains is the record of what happened.

    Of one that is hidden the keyed hash stays by which it is known when its author's program sends it again.
    """
    hidden = exists().where(hidden_posts.c.post_id == posts.c.id)
    content_key = case((hidden, posts.c.content_key), else_=null())
    connection.execute(
        update(posts)
        .where(posts.c.id == post_id)
        .values(message_id=None, content_key=content_key, wrapped_key=None, nonce=None, content=None, originals=None)
    )
