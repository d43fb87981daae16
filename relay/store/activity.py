"""What a member sent lately, read before each of their messages is taken."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, select

from relay.delivery.delivery import Kind
from relay.store.prepared import Prepared
from relay.store.tables import deliveries, posts

_MINE = posts.c.author_id == bindparam("author")
_TODAY = _MINE & (posts.c.received_at > bindparam("day"))
_ACTIVITY = Prepared(
    select(
        select(func.count()).where(_MINE, posts.c.received_at > bindparam("hour")).scalar_subquery(),
        select(func.coalesce(func.sum(posts.c.size_octets), 0)).where(_TODAY).scalar_subquery(),
        select(func.count())
        .select_from(deliveries.join(posts, posts.c.id == deliveries.c.post_id))
        .where(_TODAY, deliveries.c.kind == Kind.COPY)
        .scalar_subquery(),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What a member sent lately, to be compared with the limits."""

    posts_last_hour: int
    octets_last_day: int
    copies_last_day: int


def lately(connection: Connection, author_id: str, now: datetime) -> Activity:
    """How much a member has sent lately, repeats not counted."""
    since = {"author": author_id, "hour": now - timedelta(hours=1), "day": now - timedelta(days=1)}
    [(in_hour, octets, copies)] = _ACTIVITY.all(connection, since)
    return Activity(posts_last_hour=in_hour, octets_last_day=int(octets), copies_last_day=copies)
