"""How far a post went: members and countries that its copies are for, and those whom it never reached."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from relay.delivery.delivery import Delivery, Kind, Status
from relay.store import fanout
from relay.store.tables import deliveries, members


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Counts of a post's copies: members and their countries, and how many copies ran out of time."""

    members: int
    countries: int
    expired: int


def of_post(connection: Connection, post_id: int) -> Reach:
    """Count whom a post's copies are for; cancelled ones don't count."""
    copies = deliveries.join(members, members.c.id == deliveries.c.member_id)
    mine = (deliveries.c.post_id == post_id, deliveries.c.kind == Kind.COPY)
    query = (
        select(func.count(), func.count(members.c.country.distinct()))
        .select_from(copies)
        .where(*mine, deliveries.c.status != Status.CANCELLED)
    )
    number, countries = connection.execute(query).one()
    expired = connection.execute(
        select(func.count()).select_from(deliveries).where(*mine, deliveries.c.status == Status.EXPIRED)
    ).scalar_one()
    return Reach(members=number, countries=countries, expired=expired)


def tell_of_expired(connection: Connection, expired: Iterable[Delivery], now: datetime) -> int:
    """Queue word to the authors of copies that could not be delivered in time, once for each post; returns how many posts."""
    concerned = {one.post_id: one.list_name for one in expired if one.kind is Kind.COPY and one.post_id is not None}
    for post_id, list_name in concerned.items():
        fanout.tell_author(connection, post_id, list_name, Kind.UNDELIVERED, now)
    return len(concerned)
