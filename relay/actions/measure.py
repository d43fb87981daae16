"""Measure deliveries: what became of each attempt, and how long posts took to their last copy."""

from collections.abc import Collection
from datetime import datetime

from relay.delivery.delivery import Delivery, Kind, Status
from relay.measures import Measures
from relay.resources import Resources
from relay.store import standing
from relay.store.queue import Settlement

_OUTCOMES = {
    Status.DELIVERED: "delivered",
    Status.QUEUED: "delayed",
    Status.FAILED: "failed",
    Status.EXPIRED: "expired",
}
_KINDS = {Kind.COPY: "copy", Kind.DIGEST: "digest"}


def measure_attempt(
    measures: Measures, delivery: Delivery, settlement: Settlement, seconds: float, now: datetime
) -> None:
    """Count one attempt that ended.

    Args:
        measures: where it is counted.
        delivery: as it was claimed.
        settlement: what became of it.
        seconds: since it was claimed.
        now: when it was settled.
    """
    reply = f"{settlement.reply[0]}yz" if settlement.reply[:3].isdecimal() else "none"
    measures.count("deliveries", _KINDS.get(delivery.kind, "letter"), _OUTCOMES[settlement.status], reply)
    if settlement.ambiguous:
        measures.count("possible_duplicates")
    if settlement.status is Status.DELIVERED:
        measures.time("delivery_seconds", seconds)
        if delivery.kind is Kind.COPY:
            measures.time("copy_seconds", (now - delivery.created_at).total_seconds())


def measure_ends(resources: Resources, posts: Collection[int]) -> None:
    """Note how long the slowest copy of each of these posts took, of those that have none left to send.

    Raises:
        Unavailable: the database can't be read.
    """
    with resources.database.read() as connection:
        took = standing.slowest_copies(connection, posts)
    for seconds in took:
        resources.measures.time("fanout_seconds", seconds)
