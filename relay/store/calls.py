"""Calls to moderators: a mail without content, for each post that waits for one of them."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, exists, func, insert, literal, select

from relay.delivery.delivery import Kind, Status
from relay.roster.mailing_list import OWNER
from relay.store import fanout
from relay.store.fanout import QUEUED_COLUMNS, may_receive, moderates
from relay.store.prepared import Prepared
from relay.store.tables import HELD, decisions, deliveries, members, memberships, posts

OTHERS_AFTER = timedelta(hours=2)  # POLICY "Who reads held posts": the author's own country first

_POST = bindparam("post", type_=posts.c.id.type)
_LIST = bindparam("list", type_=deliveries.c.list_name.type)
_NOW = bindparam("now", type_=deliveries.c.created_at.type)
_AUTHOR = select(posts.c.author_id).where(posts.c.id == _POST).scalar_subquery()
_MODERATORS = (
    select(_POST, members.c.id, _LIST, literal(Kind.CALL.value), literal(Status.QUEUED.value), _NOW, _NOW)
    .join(memberships, memberships.c.member_id == members.c.id)
    .where(
        memberships.c.list_name == bindparam("base", type_=memberships.c.list_name.type),
        may_receive(bindparam("today", type_=members.c.valid_until.type)),
        moderates(),
        members.c.id != _AUTHOR,
        ~exists().where(
            deliveries.c.post_id == _POST, deliveries.c.member_id == members.c.id, deliveries.c.kind == Kind.CALL
        ),
    )
)
_OWN_COUNTRY = members.alias("author")
_CALL_ALL = Prepared(insert(deliveries).from_select(QUEUED_COLUMNS, _MODERATORS))
_CALL_COMPATRIOTS = Prepared(
    insert(deliveries).from_select(
        QUEUED_COLUMNS,
        _MODERATORS.where(
            members.c.country == select(_OWN_COUNTRY.c.country).where(_OWN_COUNTRY.c.id == _AUTHOR).scalar_subquery()
        ),
    )
)


def call_first(connection: Connection, post_id: int, list_name: str, now: datetime, *, offer: bool) -> None:
    """Call those who should decide first: official moderators of the author's own country; all of them where there are none.

    An offer from another region is for all moderators of its list: the author has no compatriots there.
    """
    if offer or _call(connection, post_id, list_name, now, only_compatriots=True) == 0:
        _call(connection, post_id, list_name, now, only_compatriots=False)


def call_others(connection: Connection, now: datetime) -> int:
    """Call every other moderator about what has waited for two hours; returns how many were called. Nobody is called twice."""
    waiting = (
        select(decisions.c.post_id, decisions.c.list_name)
        .join(posts, posts.c.id == decisions.c.post_id)
        .where(HELD, posts.c.received_at <= now - OTHERS_AFTER)
    )
    return sum(
        _call(connection, row.post_id, row.list_name, now, only_compatriots=False)
        for row in connection.execute(waiting).all()
    )


def call_off(connection: Connection, post_id: int) -> None:
    """Cancel the calls that weren't sent before a post was decided; not while a list still holds it."""
    if not connection.execute(
        select(func.count()).select_from(decisions).where(HELD, decisions.c.post_id == post_id)
    ).scalar_one():
        fanout.cancel(connection, and_(deliveries.c.post_id == post_id, deliveries.c.kind == Kind.CALL))


def _call(connection: Connection, post_id: int, list_name: str, now: datetime, *, only_compatriots: bool) -> int:
    values = {
        "post": post_id,
        "list": list_name,
        "base": list_name.removesuffix(OWNER),
        "now": now,
        "today": now.date(),
    }
    return (_CALL_COMPATRIOTS if only_compatriots else _CALL_ALL).count(connection, values)
