"""On which days a member's server said for good that their address doesn't work; one row a day, however many copies failed on it."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from relay.delivery.delivery import Kind
from relay.roster.reachability import Failing
from relay.store.tables import LETTER, deliveries, failures


def note(connection: Connection, member_ids: Iterable[str], now: datetime) -> int:
    """Write down that these members' addresses failed today; returns how many members they are."""
    concerned = dict.fromkeys(member_ids)
    for member_id in concerned:
        today = (failures.c.member_id == member_id) & (failures.c.day == now.date())
        if connection.execute(update(failures).where(today).values(last_at=now)).rowcount == 0:
            row = {"member_id": member_id, "day": now.date(), "first_at": now, "last_at": now}
            connection.execute(insert(failures).values(**row))
    return len(concerned)


def list_failing(connection: Connection) -> dict[str, Failing]:
    """Every address that fails, by its member's id."""
    columns = (
        failures.c.member_id,
        func.min(failures.c.first_at, type_=failures.c.first_at.type).label("since"),
        func.count().label("days"),
        func.max(failures.c.last_at, type_=failures.c.last_at.type).label("last"),
    )
    rows = connection.execute(select(*columns).group_by(failures.c.member_id).order_by(failures.c.member_id))
    return {
        row.member_id: Failing(member_id=row.member_id, since=row.since, days=row.days, last=row.last) for row in rows
    }


def is_warned(connection: Connection, member_id: str) -> bool:
    """Whether the member was warned since their address fails (`store.failing`)."""
    since = select(func.min(failures.c.first_at)).where(failures.c.member_id == member_id).scalar_subquery()
    probe = (LETTER, deliveries.c.member_id == member_id, deliveries.c.kind == Kind.PROBE)
    return (
        connection.execute(select(deliveries.c.id).where(*probe, deliveries.c.created_at >= since).limit(1)).first()
        is not None
    )


def forget(connection: Connection, member_id: str, before: datetime | None = None) -> None:
    """Forget that a member's address failed: what is older than `before`, which a copy has since proved wrong, or all of it."""
    old = [] if before is None else [failures.c.last_at < before]
    connection.execute(delete(failures).where(failures.c.member_id == member_id, *old))
