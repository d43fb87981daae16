"""Leases of the queue whose holder ends, falls silent or starts anew; `store.queue` tells what a lease is."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, update

from relay.delivery.delivery import Status
from relay.store.tables import deliveries


def recover(connection: Connection, node: str, now: datetime) -> int:
    """Queue again what this node held when it stopped, at its start and under its lock.

    What was leased was never sent. What was being sent may have arrived: it is sent again, and counted as a possible duplicate.

    Returns:
        How many may arrive twice.
    """
    free_unsent(connection, f"{node}/", now)
    unknown = update(deliveries).where(_leased_by(f"{node}/"), deliveries.c.status == Status.SENDING)
    counted = {"possible_duplicate": deliveries.c.possible_duplicate + 1}
    return connection.execute(unknown.values(**_free(now), **counted)).rowcount


def free_unsent(connection: Connection, owner: str, now: datetime) -> int:
    """Queue again what was claimed and never begun under leases that begin so; how many."""
    unsent = update(deliveries).where(_leased_by(owner), deliveries.c.status == Status.LEASED)
    return connection.execute(unsent.values(**_free(now))).rowcount


def _free(now: datetime) -> dict[str, Any]:
    return {"status": Status.QUEUED, "next_attempt_at": now, "lease": None, "leased_until": None}


def prolong(connection: Connection, owner: str, until: datetime) -> None:
    """Say that what this run of a node is sending is still being sent.

    Args:
        connection: a writing transaction.
        owner: how its leases begin: the node's name, a slash, the run's word, a slash.
        until: so long it is believed.
    """
    mine = and_(_leased_by(owner), deliveries.c.status == Status.SENDING)
    connection.execute(update(deliveries).where(mine).values(leased_until=until))


def take_over(connection: Connection, node: str, now: datetime) -> int:
    """Queue again what other nodes were sending when they fell silent; it may have arrived, and is counted as a possible duplicate.

    A node's own is left alone: it takes that up itself when it starts, under its lock.

    Returns:
        How many may arrive twice.
    """
    lost = and_(~_leased_by(f"{node}/"), deliveries.c.status == Status.SENDING, deliveries.c.leased_until <= now)
    counted = {"possible_duplicate": deliveries.c.possible_duplicate + 1}
    return connection.execute(update(deliveries).where(lost).values(**_free(now), **counted)).rowcount


def _leased_by(owner: str) -> ColumnElement[bool]:
    """What is leased under a name that begins so; not by LIKE, which doesn't tell A from a in SQLite."""
    return and_(deliveries.c.lease.is_not(None), func.substr(deliveries.c.lease, 1, len(owner)) == owner)
