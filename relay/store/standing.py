"""How everything stands in the database at this moment: what waits, and for how long. For the page of metrics, `queue status`, the doctor and alarms.

All of it is read from partial indexes of what waits, so that it costs the same however much was delivered.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Connection, func, select, type_coerce, union_all

from relay.delivery.delivery import Kind, Status
from relay.store import queue
from relay.store.last_look import PARKED
from relay.store.tables import CLAIMABLE, COLLECTED, HELD, audit_heads, decisions, deliveries, posts

_WAITS = deliveries.c.status.in_([Status.QUEUED, Status.LEASED, Status.SENDING])


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many deliveries have one status, and since when the oldest of them is in the queue."""

    number: int
    oldest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What waits, as of `at`.

    `open` holds the deliveries that have not come to an end, by status, and `lists` their numbers by list ("" for letters about no
    list) and status; what is put by for a digest among them. `due` is since when the delivery that is due longest has been due.
    `waits_since` is since when the oldest is in the queue that should have left: not put by for a digest, nor of a list that is stopped.
    `held` posts wait for moderators, the oldest since `held_since`. `signed_at` is when any node last signed its audit chain.
    """

    at: datetime
    open: Mapping[str, Waiting] = field(default_factory=dict)
    lists: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    due: datetime | None = None
    waits_since: datetime | None = None
    held: int = 0
    held_since: datetime | None = None
    signed_at: datetime | None = None

    def due_for(self) -> timedelta:
        """How long the delivery that is due longest has been due; zero when none is."""
        return max(self.at - self.due, timedelta(0)) if self.due else timedelta(0)

    def undelivered_for(self) -> timedelta:
        """How long the oldest delivery that should have left is in the queue; zero when there is none."""
        return max(self.at - self.waits_since, timedelta(0)) if self.waits_since else timedelta(0)


def look(connection: Connection, now: datetime) -> Standing:
    """Read how everything stands."""
    parts = (CLAIMABLE, deliveries.c.lease.is_not(None) & (deliveries.c.status == Status.SENDING), COLLECTED)
    columns = deliveries.c.status, deliveries.c.list_name
    oldest = func.min(deliveries.c.created_at, type_=deliveries.c.created_at.type).label("oldest")
    may_leave = func.min(deliveries.c.created_at, type_=deliveries.c.created_at.type).filter(
        deliveries.c.next_attempt_at < PARKED
    )
    of_each = select(*columns, func.count().label("number"), oldest, may_leave.label("waits_since")).group_by(*columns)
    rows = connection.execute(union_all(*(of_each.where(one) for one in parts))).all()
    waiting: dict[str, Waiting] = {}
    lists: dict[str, dict[str, int]] = {}
    for row in rows:
        before = waiting.get(row.status)
        waiting[row.status] = Waiting(
            number=row.number + (before.number if before else 0),
            oldest=min(row.oldest, before.oldest) if before else row.oldest,
        )
        lists.setdefault(row.list_name, {})[row.status] = row.number
    held = connection.execute(
        select(
            func.count(decisions.c.post_id.distinct()).label("number"),
            func.min(posts.c.received_at, type_=posts.c.received_at.type).label("since"),
        )
        .join(posts, posts.c.id == decisions.c.post_id)
        .where(HELD)
    ).one()
    signed_at = connection.execute(
        select(func.max(audit_heads.c.signed_at, type_=audit_heads.c.signed_at.type))
    ).scalar_one()
    return Standing(
        at=now,
        open=waiting,
        lists=lists,
        due=due if (due := queue.next_due(connection)) and due < PARKED else None,
        waits_since=min((row.waits_since for row in rows if row.waits_since), default=None),
        held=held.number,
        held_since=held.since,
        signed_at=signed_at,
    )


def slowest_copies(connection: Connection, post_ids: Iterable[int]) -> tuple[float, ...]:
    """How long the slowest copy of each of these posts took from being queued, in seconds, where none waits any more and one was sent."""
    copy = (deliveries.c.kind == Kind.COPY, deliveries.c.post_id.in_(post_ids))
    took = func.max(
        type_coerce(deliveries.c.sent_at, BigInteger) - type_coerce(deliveries.c.created_at, BigInteger)
    ).label("took")
    ended = func.count().filter(_WAITS) == 0
    rows = connection.execute(select(took).where(*copy).group_by(deliveries.c.post_id).having(ended))
    return tuple(row.took / 1_000_000 for row in rows if row.took is not None)
