"""Memberships as they were at a moment, told from the audit log of every node."""

import json
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, select

from relay.roster.history import Entry, Past, in_one_order, replay
from relay.store.tables import audit

_IN_PARTS = {"yield_per": 1000}  # the whole log need not fit into memory


def at(connection: Connection, moment: datetime | None) -> dict[str, Past]:
    """Everybody who was a member at the moment, or had been or was to be, by id; None for now."""
    nodes = connection.execute(select(audit.c.node).distinct().order_by(audit.c.node)).scalars().all()
    return replay(in_one_order(_chain(connection, node) for node in nodes), moment)


def begins(connection: Connection) -> datetime | None:
    """When the log begins, before which nothing is known; None when it is empty."""
    first: datetime | None = connection.execute(select(audit.c.at).order_by(audit.c.at).limit(1)).scalar()
    return first


def _chain(connection: Connection, node: str) -> Iterator[Entry]:
    """What a node wrote about members, in its own order."""
    mine = (audit.c.node == node, audit.c.event.like("member%"))
    rows = connection.execute(
        select(audit.c.at, audit.c.event, audit.c.facts).where(*mine).order_by(audit.c.sequence),
        execution_options=_IN_PARTS,
    )
    for row in rows:
        yield Entry(at=row.at, event=row.event, facts=json.loads(row.facts))
