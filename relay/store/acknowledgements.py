"""Acknowledgements: who has said that they have read a post which asks for it; when its time is over the others are reminded, once.

All is read from our tables, so that a reminder comes once, whichever node ticks and however often one was restarted.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    exists,
    insert,
    not_,
    or_,
    select,
    true,
    update,
)

from relay.delivery.delivery import Kind
from relay.policy.answered import Answered
from relay.roster.mailing_list import OWNER, reads
from relay.roster.member import Member
from relay.store import audit, corrections, fanout, reach
from relay.store.fanout import decides, may_act, may_receive
from relay.store.prepared import Prepared
from relay.store.tables import (
    ACK_WANTED,
    RELAYED,
    acknowledgements,
    decisions,
    deliveries,
    list_stops,
    members,
    memberships,
    posts,
)

Outcome = Literal["done", "already", "unknown", "rejected"]

_DUE = Prepared(select(posts.c.ack_due).where(posts.c.id == bindparam("post")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody who has a post; `at` is when they acknowledged it, None when they haven't."""

    name: str
    agency: str
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a post that asks to be acknowledged stands: by when (None while it waits for a moderator), who has, and who has it and hasn't."""

    reference: str
    due: datetime | None
    acknowledged: tuple[Reader, ...]
    missing: tuple[Reader, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What of a post's acknowledgements somebody may see: of their `own` post who has; as a moderator of `lists` also who hasn't there."""

    own: bool
    lists: frozenset[str]


def begin(connection: Connection, post_id: int, now: datetime) -> None:
    """Let the time run of a post that goes out now, if it asks to be acknowledged and its time doesn't run yet."""
    wanted = and_(posts.c.id == post_id, posts.c.ack_hours.is_not(None), posts.c.ack_due.is_(None))
    if hours := connection.execute(select(posts.c.ack_hours).where(wanted)).scalar():
        connection.execute(update(posts).where(wanted).values(ack_due=now + timedelta(hours=hours)))


def due(connection: Connection, post_id: int) -> datetime | None:
    """Until when a post asks to be acknowledged; None when it doesn't, or has not gone out."""
    row = _DUE.first(connection, {"post": post_id})
    return row.ack_due if row else None


def acknowledge(connection: Connection, node: str, member: Member, reference: str, now: datetime) -> Outcome:
    """Note that a member has read a post; late is as good as in time.

    Returns:
        "already" when they said so before; "unknown" when they haven't got such a post; "rejected" when it doesn't ask for it.
    """
    row = _post(connection, reference)
    if row is None or row.author_id == member.id or not reach.may_have(connection, row.id, member.id):
        return "unknown"
    if row.ack_due is None:
        return "rejected"
    this = and_(acknowledgements.c.post_id == row.id, acknowledgements.c.member_id == member.id)
    if connection.execute(select(acknowledgements.c.at).where(this)).first():
        return "already"
    connection.execute(insert(acknowledgements).values(post_id=row.id, member_id=member.id, at=now))
    audit.append(connection, node, now, "post.acknowledged", {"reference": reference, "member": member.id})
    return "done"


def asked_by(connection: Connection, answered: Answered) -> str | None:
    """The reference of the latest post that asks to be acknowledged among those that a message answers or quotes."""
    named = or_(posts.c.message_id.in_(answered.message_ids), posts.c.reference.in_(answered.references))
    query = select(posts.c.reference).where(named, posts.c.ack_due.is_not(None)).order_by(posts.c.id.desc()).limit(1)
    return connection.execute(query).scalar()


def may_see(connection: Connection, member: Member, reference: str, now: datetime) -> Sight | None:
    """What of a post's acknowledgements a member may see; None when nothing.

    Who has acknowledged did it to be known to the author; who is on the list besides is not told to members (POLICY), and to
    moderators only of the lists that are theirs.
    """
    row = _post(connection, reference)
    if row is None or row.ack_hours is None:
        return None
    moderates = member.may_moderate and member.may_act(now.date())
    names = fanout.relayed_to(connection, row.id) if moderates else ()
    own, lists = row.author_id == member.id, frozenset(name for name in names if reads(member, name))
    return Sight(own=own, lists=lists) if own or lists else None


def standing(connection: Connection, reference: str, lists: Collection[str] | None = None) -> Standing | None:
    """How a post stands, with all readers or those alone who are on these lists or got it by them; None when there is none that asks to be acknowledged."""
    row = _post(connection, reference)
    if row is None or row.ack_hours is None:
        return None
    has = reach.who_may_have(connection, [row.id]) - {row.author_id}
    said = select(acknowledgements.c.at).where(
        acknowledgements.c.post_id == row.id, acknowledgements.c.member_id == members.c.id
    )
    query = select(members.c.name, members.c.agency, said.scalar_subquery().label("at")).where(
        or_(members.c.id.in_(has), said.exists()), true() if lists is None else _reads(row.id, lists)
    )
    readers = [
        Reader(name=one.name, agency=one.agency, at=one.at)
        for one in connection.execute(query.order_by(members.c.address_key))
    ]
    return Standing(
        reference=reference,
        due=row.ack_due,
        acknowledged=tuple(one for one in readers if one.at is not None),
        missing=tuple(one for one in readers if one.at is None),
    )


def _reads(post_id: int, lists: Collection[str]) -> ColumnElement[bool]:
    """The members who are on one of these lists, or got the post by one and have left it since."""
    its = deliveries.c.kind.in_([Kind.COPY, Kind.WHOLE])
    by_list = (deliveries.c.post_id == post_id, its, deliveries.c.list_name.in_(lists))
    return or_(_on(lists), exists().where(deliveries.c.member_id == members.c.id, *by_list))


def _on(lists: Collection[str]) -> ColumnElement[bool]:
    """The members who are on one of these lists."""
    names = [name.removesuffix(OWNER) for name in lists]
    return exists().where(memberships.c.member_id == members.c.id, memberships.c.list_name.in_(names))


def counts(connection: Connection, post_id: int) -> tuple[int, int]:
    """How many have acknowledged a post, and how many have it and haven't."""
    reference = connection.execute(select(posts.c.reference).where(posts.c.id == post_id)).scalar_one()
    found = standing(connection, reference)
    return (len(found.acknowledged), len(found.missing)) if found else (0, 0)


def remind(connection: Connection, node: str, now: datetime) -> tuple[int, int]:
    """Remind, of each post whose time is over, who has it and hasn't acknowledged it, and tell its author and moderators; once.

    Of one that was recalled nobody is reminded, nor who was given a corrected version: they are asked to delete it. One to a list that is
    stopped isn't looked at until that goes on (`go_on`).

    Returns:
        How many posts, and how many members were reminded.
    """
    stands_still = _went_to(select(list_stops.c.list_name))
    wanted = (ACK_WANTED, posts.c.ack_due <= now, not_(stands_still))
    due = connection.execute(select(posts).where(*wanted).with_for_update()).all()
    reminded = sum(_remind(connection, node, row, now) for row in due)
    return len(due), reminded


def go_on(connection: Connection, list_name: str, since: datetime, now: datetime) -> None:
    """Give the readers of a list that stood still `since` then the time that it stood: all of it where their time ran, or what is left."""
    wanted = select(posts.c.id, posts.c.ack_due, posts.c.ack_hours).where(ACK_WANTED, _went_to([list_name]))
    for row in connection.execute(wanted.with_for_update()).all():
        hours = timedelta(hours=row.ack_hours)
        due = row.ack_due + (now - since) if row.ack_due - hours <= since else now + hours
        connection.execute(update(posts).where(posts.c.id == row.id).values(ack_due=due))


def _went_to(names: Any) -> ColumnElement[bool]:
    """The posts that went to one of these lists."""
    return exists().where(decisions.c.post_id == posts.c.id, RELAYED, decisions.c.list_name.in_(names))


def _remind(connection: Connection, node: str, row: Any, now: datetime) -> int:
    connection.execute(update(posts).where(posts.c.id == row.id).values(ack_told_at=now))
    if row.recalled_at is not None:
        return 0
    newer = corrections.who_got_newer(connection, row.id)
    has = reach.who_may_have(connection, [row.id]) - {row.author_id} - newer
    said = exists().where(acknowledgements.c.post_id == row.id, acknowledgements.c.member_id == members.c.id)
    whom = and_(members.c.id.in_(has), ~said, may_receive(now.date()))
    count = fanout.write_to(connection, row.id, Kind.REMINDER, whom, now, again=False)
    if newer and not count:
        return 0
    told = or_(members.c.id == row.author_id, and_(decides(), _on(fanout.relayed_to(connection, row.id))))
    fanout.write_to(connection, row.id, Kind.ACKNOWLEDGED, and_(told, may_act(now.date())), now, again=False)
    audit.append(connection, node, now, "post.acknowledgements_due", {"reference": row.reference, "reminded": count})
    return count


def _post(connection: Connection, reference: str) -> Any:
    return connection.execute(select(posts).where(posts.c.reference == reference)).first()
