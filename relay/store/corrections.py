"""Corrections: a post that takes the place of an earlier one, as soon as it goes out.

Whoever gets the new one is sent nothing more of the old: what waits of it for them is cancelled, for a digest as well, and what waits
for a moderator of a list that the new one goes to ends. Who is on none of its lists keeps what they have or are about to get: nothing
would come in its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, delete, exists, or_, select

from relay.delivery.delivery import Kind
from relay.roster.mailing_list import reads
from relay.roster.member import Member
from relay.store import audit, fanout, second_thoughts
from relay.store.prepared import Prepared
from relay.store.tables import HELD, RELAYED, decisions, deliveries, posts, stopped_copies

RULE = "author.corrected"

_OLD = posts.alias("old")
_CORRECTED = Prepared(
    select(_OLD.c.reference).join(posts, posts.c.corrects_id == _OLD.c.id).where(posts.c.id == bindparam("post"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """The post that another one corrects. `lists` are those that it went out to, whose members are told which one is meant."""

    post_id: int
    reference: str
    message_id: str | None
    lists: tuple[str, ...]


def find(connection: Connection, reference: str, by: Member, *, in_person: bool) -> Corrected | None:
    """The post of this reference, if this member may correct it: its author, or in person an official who moderates a list that it went to.

    None as well for one that was withheld: nobody has got it, and there is nothing to correct.
    """
    row = connection.execute(select(posts).where(posts.c.reference == reference)).first()
    if row is None:
        return None
    kept = select(decisions.c.list_name, decisions.c.decision).where(decisions.c.post_id == row.id, or_(RELAYED, HELD))
    found = {one.list_name: one.decision == "relay" for one in connection.execute(kept)}
    out = tuple(sorted(name for name, gone_out in found.items() if gone_out))
    moderates = in_person and by.may_moderate and any(reads(by, name) for name in out)
    if not found or not (row.author_id == by.id or moderates):
        return None
    return Corrected(post_id=row.id, reference=reference, message_id=row.message_id, lists=out)


def take_place(connection: Connection, node: str, post_id: int, now: datetime) -> int:
    """Let a post that goes out take the place of what it corrects, and of all that corrected that before; returns how many copies were cancelled."""
    new = connection.execute(select(posts).where(posts.c.id == post_id)).one()
    if new.corrects_id is None:
        return 0
    older = [one for one in _chain(connection, new.corrects_id) if one != post_id]
    its = deliveries.alias("its")
    gets_it = exists().where(
        its.c.post_id == post_id, its.c.kind.in_([Kind.COPY, Kind.POINTER]), its.c.member_id == deliveries.c.member_id
    )
    copies = and_(
        deliveries.c.post_id.in_(older),
        deliveries.c.kind.in_([Kind.COPY, Kind.WHOLE, Kind.POINTER]),
        or_(gets_it, deliveries.c.member_id == new.author_id),
    )
    ids = select(deliveries.c.id).where(copies)
    connection.execute(delete(stopped_copies).where(stopped_copies.c.delivery_id.in_(ids)))
    cancelled = fanout.stop(connection, copies)
    names = fanout.relayed_to(connection, post_id)
    for one in older:
        second_thoughts.end_waiting(connection, one, RULE, names)
    facts: audit.Facts = {"reference": new.reference, "corrects": list(_references(connection, older))}
    audit.append(connection, node, now, "post.corrected", {**facts, "cancelled": cancelled})
    return cancelled


def who_got_newer(connection: Connection, post_id: int) -> frozenset[str]:
    """The members who were given, or are about to be, a post that corrects this one and came after it."""
    newer = [one for one in _chain(connection, post_id) if one > post_id]
    gets_it = (deliveries.c.post_id.in_(newer), deliveries.c.kind.in_([Kind.COPY, Kind.WHOLE, Kind.POINTER]))
    return frozenset(connection.execute(select(deliveries.c.member_id).where(*gets_it)).scalars())


def links(connection: Connection, post_id: int) -> tuple[str | None, tuple[str, ...]]:
    """The reference that a post corrects, and those that correct it, in their order."""
    by = select(posts.c.reference).where(posts.c.corrects_id == post_id).order_by(posts.c.id)
    return corrected_by(connection, post_id), tuple(connection.execute(by).scalars())


def corrected_by(connection: Connection, post_id: int) -> str | None:
    """The reference of the post that this one corrects; every letter about a post asks."""
    row = _CORRECTED.first(connection, {"post": post_id})
    return str(row.reference) if row else None


def _chain(connection: Connection, post_id: int) -> tuple[int, ...]:
    """A post with all that it corrects and all that corrects any of these."""
    found: set[int] = set()
    new = {post_id}
    while new:
        found |= new
        earlier = select(posts.c.corrects_id).where(posts.c.id.in_(new), posts.c.corrects_id.is_not(None))
        later = select(posts.c.id).where(posts.c.corrects_id.in_(new))
        new = {*connection.execute(earlier).scalars(), *connection.execute(later).scalars()} - found
    return tuple(sorted(found))


def _references(connection: Connection, post_ids: Sequence[int]) -> tuple[str, ...]:
    found = select(posts.c.reference).where(posts.c.id.in_(post_ids)).order_by(posts.c.id)
    return tuple(connection.execute(found).scalars())
