"""Which post answers which, and what of them is hidden: what was reported as a spill, and all that answers or quotes it.

What is hidden comes out of no door: `posts.load_sealed` doesn't give it, and copies of it are not sent.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, exists, false, insert, or_, select, update

from relay.delivery.delivery import Kind, Status
from relay.errors import Unavailable
from relay.policy.answered import Answered, Same
from relay.store import fanout
from relay.store.prepared import Prepared
from relay.store.tables import answers, deliveries, hidden_posts, posts, spills, stopped_copies

Hidden = Literal["reported", "confirmed"]

_ANY_HIDDEN = Prepared(select(hidden_posts.c.post_id).limit(1))
# The spills for which another post is hidden that is the same message.
_HIDING_TWIN = Prepared(
    select(hidden_posts.c.spill_id)
    .join(posts, posts.c.id == hidden_posts.c.post_id)
    .where(
        or_(
            posts.c.message_id == bindparam("message_id", type_=posts.c.message_id.type),
            posts.c.content_key == bindparam("content_key", type_=posts.c.content_key.type),
        ),
        posts.c.id != bindparam("post", type_=posts.c.id.type),
    )
    .distinct()
)
_STOPPABLE = and_(deliveries.c.status != Status.CANCELLED, ~deliveries.c.called_off)


def join(connection: Connection, post_id: int, answered: Answered, twin: Mapping[str, Any], *, goes_out: bool) -> None:
    """Note what a new post answers or quotes; one that answers what is hidden, or is the same, is hidden with it, and can only wait.

    `twin` has the `message_id` and the `content_key` by which the same message is known, None where it has none.

    Raises:
        Unavailable: it would go out, because what it answers, or its twin, was reported while it was judged. Sent again it is
            judged anew.
    """
    twins = _HIDING_TWIN.all(connection, {"post": post_id, **twin})
    hiding = {*link(connection, post_id, answered), *(row.spill_id for row in twins)}
    if hiding and goes_out:
        raise Unavailable("what this message answers or repeats was reported meanwhile")
    for spill_id in hiding:
        hide(connection, spill_id, (post_id,))


def link(connection: Connection, post_id: int, answered: Answered) -> tuple[int, ...]:
    """Write down which posts a new one answers or quotes; returns the spills for which any of them is hidden."""
    if not answered:
        return ()
    found = connection.execute(select(posts.c.id).where(_named(answered), posts.c.id != post_id)).scalars().all()
    if not found:
        return ()
    connection.execute(insert(answers), [{"answered_id": one, "post_id": post_id} for one in found])
    return _hiding(connection, posts.c.id.in_(found))


def _hiding(connection: Connection, these: ColumnElement[bool]) -> tuple[int, ...]:
    """The spills for which any of these posts is hidden."""
    query = select(hidden_posts.c.spill_id).join(posts, posts.c.id == hidden_posts.c.post_id).where(these).distinct()
    return tuple(connection.execute(query).scalars())


def is_any_hidden(connection: Connection) -> bool:
    """Whether anything is hidden at all: mostly nothing is, and then there is nothing to ask."""
    return _ANY_HIDDEN.first(connection, {}) is not None


def hidden_among(connection: Connection, answered: Answered, same: Same) -> Hidden | None:
    """Whether a message answers or quotes a post that is hidden, or is that post sent again: one that was confirmed as a spill, or is only reported."""
    query = (
        select(spills.c.state)
        .join(hidden_posts, hidden_posts.c.spill_id == spills.c.id)
        .join(posts, posts.c.id == hidden_posts.c.post_id)
        .where(or_(_named(answered), _is(same)))
    )
    states = set(connection.execute(query).scalars())
    return "confirmed" if "confirmed" in states else "reported" if states else None


def thread_of(connection: Connection, post_id: int) -> tuple[int, ...]:
    """A post, the same message where it was sent again for another list, and everything that answers or quotes them at whatever remove."""
    found = new = {post_id: None}
    twin, own = posts.alias("twin"), posts.alias("own")
    while new:
        replies = select(answers.c.post_id).where(answers.c.answered_id.in_(new))
        same = select(twin.c.id).join(own, own.c.content_key == twin.c.content_key).where(own.c.id.in_(new))
        rows = {*connection.execute(replies).scalars(), *connection.execute(same).scalars()}
        new = {one: None for one in sorted(rows) if one not in found}
        found = found | new
    return tuple(found)


def hide(connection: Connection, spill_id: int, post_ids: Sequence[int]) -> int:
    """Hide posts for a spill and stop their copies, which are noted so that they can be sent after all; returns how many waited."""
    known = set(connection.execute(select(hidden_posts.c.post_id).where(hidden_posts.c.spill_id == spill_id)).scalars())
    if new := [one for one in post_ids if one not in known]:
        connection.execute(insert(hidden_posts), [{"post_id": one, "spill_id": spill_id} for one in new])
    copies = _copies_of(post_ids)
    noted = exists().where(stopped_copies.c.delivery_id == deliveries.c.id)
    stoppable = select(deliveries.c.id, deliveries.c.status).where(copies, _STOPPABLE, ~noted)
    stopped = [
        {"delivery_id": row.id, "spill_id": spill_id, "status": row.status} for row in connection.execute(stoppable)
    ]
    if stopped:
        connection.execute(insert(stopped_copies), stopped)
    return fanout.stop(connection, copies)


def unhide(connection: Connection, spill_id: int, now: datetime) -> int:
    """Take a spill's veil away and send on what it had stopped; returns how many copies.

    What another one hides as well stays hidden, and its stopped copies become that one's. Those for a digest wait for the reader's next.
    """
    connection.execute(delete(hidden_posts).where(hidden_posts.c.spill_id == spill_id))
    other = (
        select(hidden_posts.c.spill_id)
        .join(deliveries, deliveries.c.post_id == hidden_posts.c.post_id)
        .where(deliveries.c.id == stopped_copies.c.delivery_id)
        .limit(1)
        .correlate(stopped_copies)
        .scalar_subquery()
    )
    mine = stopped_copies.c.spill_id == spill_id
    connection.execute(update(stopped_copies).where(mine, other.is_not(None)).values(spill_id=other))
    waited = {row.delivery_id: row.status for row in connection.execute(select(stopped_copies).where(mine))}
    connection.execute(delete(stopped_copies).where(mine))
    these = deliveries.c.id.in_(waited)
    connection.execute(update(deliveries).where(these).values(called_off=False))
    cancelled = and_(these, deliveries.c.status == Status.CANCELLED)
    for_digest = [one for one, status in waited.items() if status == Status.DIGEST]
    put_by = {"status": Status.DIGEST, "digest_id": None, "created_at": now}
    anew = {"status": Status.QUEUED, "next_attempt_at": now, "created_at": now, "attempts": 0}
    count = connection.execute(
        update(deliveries).where(cancelled, deliveries.c.id.in_(for_digest)).values(**put_by)
    ).rowcount
    return count + connection.execute(update(deliveries).where(cancelled).values(**anew)).rowcount


def is_hidden(connection: Connection, post_id: int) -> bool:
    """Whether nobody may be given this post."""
    return (
        connection.execute(select(hidden_posts.c.spill_id).where(hidden_posts.c.post_id == post_id)).first() is not None
    )


def hidden_by(connection: Connection, spill_id: int) -> tuple[int, ...]:
    """The posts that a spill hides, the oldest first."""
    query = select(hidden_posts.c.post_id).where(hidden_posts.c.spill_id == spill_id)
    return tuple(connection.execute(query.order_by(hidden_posts.c.post_id)).scalars())


def _copies_of(post_ids: Iterable[int]) -> ColumnElement[bool]:
    return and_(deliveries.c.post_id.in_(post_ids), deliveries.c.kind.in_([Kind.COPY, Kind.WHOLE]))


def _named(answered: Answered) -> ColumnElement[bool]:
    return or_(posts.c.message_id.in_(answered.message_ids), posts.c.reference.in_(answered.references))


def _is(same: Same) -> ColumnElement[bool]:
    by_id = posts.c.message_id == same.message_id if same.message_id else false()
    return or_(by_id, posts.c.content_key.in_(same.content_keys))
