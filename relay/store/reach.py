"""How far a post went: members and countries that its copies are for, and those whom it never reached."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from relay.delivery.delivery import Delivery, Kind, Status
from relay.store import fanout
from relay.store.tables import deliveries, members

_LOST = (Status.EXPIRED, Status.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Counts of a post's copies: members and their countries, and how many copies failed or ran out of time."""

    members: int
    countries: int
    lost: int


def of_post(connection: Connection, post_id: int) -> Reach:
    """Count whom a post's copies are for; what was cancelled, failed or ran out of time doesn't count as a member reached."""
    copies = deliveries.join(members, members.c.id == deliveries.c.member_id)
    mine = (deliveries.c.post_id == post_id, deliveries.c.kind == Kind.COPY)
    query = (
        select(func.count(), func.count(members.c.country.distinct()))
        .select_from(copies)
        .where(*mine, deliveries.c.status.not_in([Status.CANCELLED, *_LOST]))
    )
    number, countries = connection.execute(query).one()
    lost = connection.execute(
        select(func.count()).select_from(deliveries).where(*mine, deliveries.c.status.in_(_LOST))
    ).scalar_one()
    return Reach(members=number, countries=countries, lost=lost)


def tell_of_lost(connection: Connection, lost: Iterable[Delivery], now: datetime) -> int:
    """Queue word to the authors of copies that failed or ran out of time, once for each post; returns how many posts."""
    concerned = {one.post_id: one.list_name for one in lost if one.kind is Kind.COPY and one.post_id is not None}
    for post_id, list_name in concerned.items():
        fanout.tell_author(connection, post_id, list_name, Kind.UNDELIVERED, now)
    return len(concerned)
