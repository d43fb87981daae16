"""The lists in the database, brought in line with their definitions."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from relay.roster.mailing_list import MailingList
from relay.store import audit
from relay.store.member_rows import list_row
from relay.store.tables import lists


def sync(connection: Connection, node: str, definitions: Iterable[MailingList], now: datetime) -> tuple[str, ...]:
    """Bring the table of lists in line with the definitions; a list without one becomes inactive. Returns the names that changed."""
    wanted = {definition.name: list_row(definition) for definition in definitions}
    present = {row.name: row._asdict() for row in connection.execute(select(lists))}
    changes = {name: row for name, row in wanted.items() if present.get(name) != row}
    changes |= {name: row | {"active": False} for name, row in present.items() if name not in wanted and row["active"]}
    for name, row in changes.items():
        if name in present:
            connection.execute(update(lists).where(lists.c.name == name).values(**row))
        else:
            connection.execute(insert(lists).values(**row))
    if changes:
        audit.append(
            connection,
            node,
            now,
            "lists.synced",
            {"lists": [[name, changes[name]["digest"]] for name in sorted(changes)]},
        )
    return tuple(sorted(changes))
