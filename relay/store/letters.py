"""Letters that are about no post: the verdict on a practice message, the answer to a command. Their facts are all that is kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select

from relay.delivery.delivery import Kind, Status
from relay.store.posts import next_reference
from relay.store.tables import deliveries

PER_HOUR = 30  # so that nobody makes us write mail without end
_ABOUT_NO_POST = (Kind.PRACTICE, Kind.ANSWER)


def write(
    connection: Connection, member_id: str, kind: Kind, list_name: str, facts: Mapping[str, Any], now: datetime
) -> None:
    """Queue a letter; it is composed from its facts when it is sent.

    Args:
        connection: the transaction.
        member_id: who gets it.
        kind: practice or answer.
        list_name: in whose name it is written; "" for the relay's own.
        facts: small JSON values; never a word of a message.
        now: the time, UTC.
    """
    row = {"member_id": member_id, "kind": kind, "list_name": list_name, "facts": dict(facts)}
    connection.execute(insert(deliveries).values(**row, status=Status.QUEUED, created_at=now, next_attempt_at=now))


def write_verdict(connection: Connection, member_id: str, verdict: Sequence[Mapping[str, Any]], now: datetime) -> str:
    """Queue the verdict on a practice message under a reference of its own, which is returned."""
    reference = next_reference(connection, "PRACTICE", now.year)
    write(connection, member_id, Kind.PRACTICE, "", {"reference": reference, "verdict": list(verdict)}, now)
    return reference


def written_lately(connection: Connection, member_id: str, now: datetime) -> int:
    """How many letters a member got within the last hour."""
    mine = (
        deliveries.c.member_id == member_id,
        deliveries.c.kind.in_(_ABOUT_NO_POST),
        deliveries.c.created_at > now - timedelta(hours=1),
    )
    return int(connection.execute(select(func.count()).select_from(deliveries).where(*mine)).scalar_one())
