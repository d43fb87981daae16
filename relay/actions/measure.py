"""Measure deliveries: what became of each attempt, and how long posts took to their last copy."""

from collections import Counter
from collections.abc import Collection, Sequence
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


def measure_attempts(
    measures: Measures, settled: Sequence[tuple[Delivery, Settlement]], took: Sequence[float], now: datetime
) -> None:
    """Count attempts that ended.

    Args:
        measures: where they are counted.
        settled: each delivery as it was claimed, and what became of it.
        took: the seconds of each since it was claimed.
        now: when they were settled.
    """
    attempts = Counter((delivery.kind, one.status, one.reply[:3]) for delivery, one in settled)
    for (kind, status, said), number in attempts.items():
        reply = f"{said[0]}yz" if said.isdecimal() else "none"
        measures.count("deliveries", _KINDS.get(kind, "letter"), _OUTCOMES[status], reply, by=number)
    if ambiguous := sum(one.ambiguous for _, one in settled):
        measures.count("possible_duplicates", by=ambiguous)
    sent = [
        (delivery, seconds)
        for (delivery, one), seconds in zip(settled, took, strict=True)
        if one.status is Status.DELIVERED
    ]
    measures.time_each("delivery_seconds", [seconds for _, seconds in sent])
    ages = [(now - delivery.created_at).total_seconds() for delivery, _ in sent if delivery.kind is Kind.COPY]
    measures.time_each("copy_seconds", ages)


def measure_ends(resources: Resources, posts: Collection[int]) -> None:
    """Note how long the slowest copy of each of these posts took, of those that have none left to send.

    Raises:
        Unavailable: the database can't be read.
    """
    with resources.database.read() as connection:
        took = standing.slowest_copies(connection, posts)
    for seconds in took:
        resources.measures.time("fanout_seconds", seconds)
