"""The queue's statements that the courier needs all the time, built once: to build one takes longer than to run it."""

from typing import Any

from sqlalchemy import Select, and_, bindparam, func, or_, select, update

from relay.delivery.delivery import Status
from relay.store.prepared import Prepared
from relay.store.tables import CLAIMABLE, deliveries, members, posts

_REFERENCE = func.coalesce(posts.c.reference, deliveries.c.about_id, "").label("reference")
# Deliveries with what is joined to them; a nomination's notice has the nominee's id for a reference.
ROWS: Select[Any] = select(*deliveries.c, _REFERENCE, members.c.address, members.c.language).select_from(
    deliveries.outerjoin(members, members.c.id == deliveries.c.member_id).outerjoin(
        posts, posts.c.id == deliveries.c.post_id
    )
)
_BY, _NOW = bindparam("by", type_=deliveries.c.lease.type), bindparam("now", type_=deliveries.c.created_at.type)
_FIRST_DUE = (
    select(deliveries.c.id)
    .where(
        CLAIMABLE,
        deliveries.c.next_attempt_at <= _NOW,
        or_(deliveries.c.status == Status.QUEUED, deliveries.c.leased_until <= _NOW, deliveries.c.lease == _BY),
    )
    .order_by(deliveries.c.next_attempt_at, deliveries.c.id)
    .limit(bindparam("limit", type_=deliveries.c.attempts.type))
    .with_for_update(
        skip_locked=True
    )  # SQLite has one writer at a time and needs no such clause; it isn't written there
    .cte("due")
    .prefix_with("MATERIALIZED")  # or PostgreSQL might run it anew for each row, with another result
)
CLAIM = Prepared(
    update(deliveries)
    .where(deliveries.c.id.in_(select(_FIRST_DUE.c.id)))
    .values(status=Status.LEASED, lease=_BY, leased_until=bindparam("until"))
    .returning(deliveries.c.id)
)
CLAIMED = Prepared(
    ROWS.where(deliveries.c.id.in_(bindparam("ids", expanding=True))).order_by(
        deliveries.c.next_attempt_at, deliveries.c.id
    ),
    lists=("ids",),
)
_MINE = and_(deliveries.c.lease == _BY, deliveries.c.status == Status.SENDING)
BEING_SENT = Prepared(
    select(deliveries.c.id).where(_MINE, deliveries.c.id.in_(bindparam("ids", expanding=True))).with_for_update(),
    lists=("ids",),
)
SETTLE = Prepared(
    update(deliveries)
    .where(_MINE, deliveries.c.id == bindparam("row"))
    .values(
        status=bindparam("status"),
        next_attempt_at=bindparam("next_attempt_at"),
        last_reply=bindparam("last_reply"),
        sent_at=bindparam("sent_at"),
        attempts=deliveries.c.attempts - bindparam("uncounted"),
        possible_duplicate=deliveries.c.possible_duplicate + bindparam("ambiguous"),
        lease=None,
        leased_until=None,
    )
)
# What is leased is due when its lease runs out, and not before its own time. Both are the first entries of an index.
DUE = Prepared(
    select(
        select(deliveries.c.next_attempt_at)
        .where(CLAIMABLE, deliveries.c.status == Status.QUEUED)
        .order_by(deliveries.c.next_attempt_at, deliveries.c.id)
        .limit(1)
        .scalar_subquery(),
        select(func.min(deliveries.c.leased_until, type_=deliveries.c.created_at.type))
        .where(deliveries.c.lease.is_not(None), deliveries.c.status == Status.LEASED)
        .scalar_subquery(),
    )
)
