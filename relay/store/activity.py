"""What a member, and a whole agency, sent lately: read before each of their messages is taken."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, select

from relay.store.prepared import Prepared
from relay.store.tables import decisions, members, posts

_AUTHOR = bindparam("author", type_=posts.c.author_id.type)
_IN_LAST_HOUR = posts.c.received_at > bindparam("hour", type_=posts.c.received_at.type)
_IN_LAST_DAY = posts.c.received_at > bindparam("day", type_=posts.c.received_at.type)
_COPIES = (
    select(func.coalesce(func.sum(decisions.c.copies), 0)).where(decisions.c.post_id == posts.c.id).scalar_subquery()
)


def _spent(by: ColumnElement[bool]) -> Select[tuple[int, int, int]]:
    """Sums over the day's posts of some authors, found by the index of authors and times."""
    return select(
        func.count().filter(_IN_LAST_HOUR),
        func.coalesce(func.sum(posts.c.size_octets), 0),
        func.coalesce(func.sum(_COPIES), 0),
    ).where(by, _IN_LAST_DAY)


_THEIR_AGENCY = select(members.c.agency_key).where(members.c.id == _AUTHOR).scalar_subquery()
_COLLEAGUES = select(members.c.id).where(members.c.agency_key == _THEIR_AGENCY)
_BY_MEMBER = Prepared(_spent(posts.c.author_id == _AUTHOR))
_BY_AGENCY = Prepared(_spent(posts.c.author_id.in_(_COLLEAGUES)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What was sent lately, to be compared with the limits."""

    posts_last_hour: int
    octets_last_day: int
    copies_last_day: int


def lately(connection: Connection, author_id: str, now: datetime) -> Activity:
    """How much a member has sent lately, repeats not counted."""
    return _ask(connection, _BY_MEMBER, author_id, now)


def lately_by_agency(connection: Connection, author_id: str, now: datetime) -> Activity:
    """How much all members of this member's agency have sent lately, in whatever state they are."""
    return _ask(connection, _BY_AGENCY, author_id, now)


def _ask(connection: Connection, statement: Prepared, author_id: str, now: datetime) -> Activity:
    since = {"author": author_id, "hour": now - timedelta(hours=1), "day": now - timedelta(days=1)}
    [(in_hour, octets, copies)] = statement.all(connection, since)
    return Activity(posts_last_hour=in_hour, octets_last_day=int(octets), copies_last_day=int(copies))
