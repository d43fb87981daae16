"""The posts' statements, built once: to build one takes longer than to run it."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, bindparam, case, exists, func, insert, select, text, union_all

from relay.delivery.delivery import Kind
from relay.store.prepared import Prepared
from relay.store.tables import decisions, deliveries, hidden_posts, members, posts

REPEATED = Prepared(  # two searches, for which SQLite makes no table of keys
    union_all(
        *(
            select(posts.c.id, posts.c.reference).where(posts.c.duplicate_key == bindparam(key))
            for key in ("now", "old")
        )
    )
)
INSERT = Prepared(insert(posts).returning(posts.c.id))
_THIS = posts.c.id == bindparam("post")
_SEALED = select(posts.c.uid, posts.c.key_id, posts.c.wrapped_key, posts.c.nonce, posts.c.content).where(_THIS)
_HIDDEN = exists().where(hidden_posts.c.post_id == posts.c.id)
SEALED = Prepared(_SEALED.where(~_HIDDEN))
SEALED_THOUGH_HIDDEN = Prepared(_SEALED)
FOR_COPY = Prepared(_SEALED.add_columns(posts.c.received_at, posts.c.ack_due).where(~_HIDDEN))
RECEIVED_AT = Prepared(select(posts.c.received_at).where(_THIS))
REFERENCE_AND_TIME = Prepared(select(posts.c.reference, posts.c.received_at).where(_THIS))
DECISIONS = Prepared(select(decisions).where(decisions.c.post_id == bindparam("post")).order_by(decisions.c.position))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What is shown of some posts: a row for each list, and how many copies each list has by status."""

    rows: Prepared
    counts: Prepared


def _rows(condition: ColumnElement[bool]) -> Rows:
    joined = decisions.join(posts, posts.c.id == decisions.c.post_id).join(members, members.c.id == posts.c.author_id)
    columns = (
        *decisions.c,
        posts.c.reference,
        posts.c.received_at,
        posts.c.size_octets,
        posts.c.message_id,
        posts.c.proof,
        posts.c.author_id,
        members.c.address,
    )
    found = select(*columns).select_from(joined).where(condition).order_by(posts.c.id.desc(), decisions.c.position)
    # A pointer stands for a copy that waits for its reader's key.
    became = case((deliveries.c.kind == Kind.POINTER, "waiting_for_key"), else_=deliveries.c.status).label("became")
    counted = (
        select(deliveries.c.post_id, deliveries.c.list_name, became, func.count().label("number"))
        .join(posts, posts.c.id == deliveries.c.post_id)
        .where(deliveries.c.kind.in_([Kind.COPY, Kind.POINTER]), condition)
        .group_by(deliveries.c.post_id, deliveries.c.list_name, text("became"))
    )
    return Rows(rows=Prepared(found), counts=Prepared(counted))


OF_REFERENCE = _rows(posts.c.reference == bindparam("reference"))
LATEST = _rows(
    posts.c.id.in_(select(posts.c.id).order_by(posts.c.id.desc()).limit(bindparam("limit")).scalar_subquery())
)
