"""The queue's statements that the courier needs all the time, built once: to build one takes longer than to run it."""

from typing import Any

from sqlalchemy import Boolean, ColumnElement, ScalarSelect, Select, and_, bindparam, case, func, or_, select, update

from relay.delivery.delivery import Status
from relay.store.listed import listed, text_of
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
_IN_TURN = (deliveries.c.turn, deliveries.c.next_attempt_at, deliveries.c.id)


def _claim(which: ColumnElement[bool]) -> Prepared:
    due = (
        select(deliveries.c.id)
        .where(
            CLAIMABLE,
            which,
            deliveries.c.next_attempt_at <= _NOW,
            or_(deliveries.c.status == Status.QUEUED, deliveries.c.leased_until <= _NOW, deliveries.c.lease == _BY),
        )
        .order_by(*_IN_TURN)
        .limit(bindparam("limit", type_=deliveries.c.attempts.type))
        .with_for_update(
            skip_locked=True
        )  # SQLite has one writer at a time and needs no such clause; it isn't written there
        .cte("due")
        .prefix_with("MATERIALIZED")  # or PostgreSQL might run it anew for each row, with another result
    )
    return Prepared(
        update(deliveries)
        .where(deliveries.c.id.in_(select(due.c.id)))
        .values(status=Status.LEASED, lease=_BY, leased_until=bindparam("until"))
        .returning(deliveries.c.id)
    )


# Whatever has a turn is due: it has one until it is put off.
CLAIM_IN_TURN, CLAIM_OTHERS = _claim(deliveries.c.turn.is_not(None)), _claim(deliveries.c.turn.is_(None))
_CLAIMED = ("id", "post_id", "member_id", "list_name", "kind", "attempts", "created_at")
CLAIMED = Prepared(
    ROWS.with_only_columns(
        *(deliveries.c[name] for name in (*_CLAIMED, "lease", "facts")),
        _REFERENCE,
        members.c.address,
        members.c.language,
        maintain_column_froms=True,
    )
    .where(listed(deliveries.c.id, "ids"))
    .order_by(deliveries.c.turn.is_(None), *_IN_TURN)
)
GIVE_BACK = Prepared(
    update(deliveries)
    .where(deliveries.c.lease == _BY, deliveries.c.status == Status.LEASED, listed(deliveries.c.id, "ids"))
    .values(status=Status.QUEUED, lease=None, leased_until=None)
)
_MINE = and_(deliveries.c.lease == _BY, deliveries.c.status == Status.SENDING)
BEING_SENT = Prepared(select(deliveries.c.id).where(_MINE, listed(deliveries.c.id, "ids")).with_for_update())
SETTLE_DELIVERED = Prepared(
    update(deliveries)
    .where(_MINE, listed(deliveries.c.id, "ids"))
    .values(
        status=Status.DELIVERED,
        next_attempt_at=None,
        turn=None,
        last_reply=text_of(deliveries.c.id, "replies"),
        sent_at=bindparam("at"),
        lease=None,
        leased_until=None,
    )
    .returning(deliveries.c.id)
)
SETTLE = Prepared(
    update(deliveries)
    .where(_MINE, deliveries.c.id == bindparam("row"))
    .values(
        status=bindparam("status"),
        next_attempt_at=bindparam("next_attempt_at"),
        turn=case((bindparam("put_off", type_=Boolean()), None), else_=deliveries.c.turn),
        last_reply=bindparam("last_reply"),
        sent_at=bindparam("sent_at"),
        attempts=deliveries.c.attempts - bindparam("uncounted"),
        possible_duplicate=deliveries.c.possible_duplicate + bindparam("ambiguous"),
        lease=None,
        leased_until=None,
    )
)


# What is leased is due when its lease runs out, and not before its own time. All are the first entries of an index.
def _first(which: ColumnElement[bool]) -> ScalarSelect[Any]:
    waiting = select(deliveries.c.next_attempt_at).where(CLAIMABLE, which, deliveries.c.status == Status.QUEUED)
    return waiting.order_by(*_IN_TURN).limit(1).scalar_subquery()


DUE = Prepared(
    select(
        _first(deliveries.c.turn.is_not(None)),
        _first(deliveries.c.turn.is_(None)),
        select(func.min(deliveries.c.leased_until, type_=deliveries.c.created_at.type))
        .where(deliveries.c.lease.is_not(None), deliveries.c.status == Status.LEASED)
        .scalar_subquery(),
    )
)
