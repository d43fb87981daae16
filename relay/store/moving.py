"""A relay's whole database, copied from a file to an empty database on a server: all of it or nothing.

    BEGIN the file's ─ BEGIN the server's ─ schema ─ rows ─ numbers ─ compare ─ COMMIT the server's ─ mark the file ─ COMMIT

The file's write lock is held all the time, so nothing changes meanwhile. It is marked last: whatever breaks before, the relay lives
where it did, and what is on the server counts for nothing. Once it is marked, nothing starts on it any more.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, Table, func, insert, inspect, select, text

from relay.errors import Conflict, Invalid
from relay.store import audit, schema
from relay.store.engine import Database
from relay.store.migrations import make_schema
from relay.store.tables import metadata

_ROWS, _OCTETS = 500, 4 << 20  # of one batch
_AT_ONCE = {"yield_per": 4}  # rows read at once: some hold a whole message


def move(source: Database, target: Database, key: Ed25519PublicKey) -> dict[str, int]:
    """Copy everything, compare, and mark the source as left.

    Args:
        source: an SQLite database with this version's schema, which no service uses.
        target: a PostgreSQL one with nothing in it.
        key: with which the audit log is checked on both sides.

    Returns:
        How many rows each table has.

    Raises:
        Conflict: there is something in the target.
        Invalid: the copy is not what it was made from; the target was left empty.
        Unavailable: a database can't serve.
    """
    with target.read() as connection:
        if present := set(inspect(connection).get_table_names()):
            raise Conflict(f"the database holds something already ({min(present)}): name an empty one")

    def leave(connection: Connection) -> dict[str, int]:
        # Told before the other transaction begins: the server ends one in which nobody asks anything for seconds.
        known = audit.verify(connection, key)
        counts = {table.name: _count(connection, table) for table in metadata.sorted_tables}

        def arrive(there: Connection) -> None:
            _copy(connection, there)
            wrong = [table.name for table in metadata.sorted_tables if _count(there, table) != counts[table.name]]
            if wrong or audit.verify(there, key) != known:
                raise Invalid(f"the copy is not whole ({', '.join(wrong) or 'audit'}): nothing was moved")
            there.execute(text("ANALYZE"))  # or its first questions would be answered as if it were empty

        target.write(arrive)
        schema.mark_moved(connection)
        return counts

    return source.write(leave)


def _copy(source: Connection, target: Connection) -> None:
    make_schema(target)
    for table in metadata.sorted_tables:
        for batch in _batches(source, table):
            target.execute(insert(table), batch)
        _go_on_counting(source, target, table)


def _batches(source: Connection, table: Table) -> Iterator[Sequence[dict[str, Any]]]:
    """A table's rows, so many at a time that they fit into memory, whatever is in them."""
    batch: list[dict[str, Any]] = []
    octets = 0
    for row in source.execute(select(table), execution_options=_AT_ONCE):
        batch.append(row._asdict())
        octets += sum(len(value) for value in row if isinstance(value, bytes))
        if len(batch) >= _ROWS or octets >= _OCTETS:
            yield batch
            batch, octets = [], 0
    if batch:
        yield batch


def _go_on_counting(source: Connection, target: Connection, table: Table) -> None:
    """Let the server's numbers begin where the file's ended: one that was given once is never given again, even if its row is gone."""
    column = table.autoincrement_column
    if column is None or not table.dialect_options["sqlite"]["autoincrement"]:
        return
    last = source.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :table"), {"table": table.name})
    if last:
        sequence = func.pg_get_serial_sequence(table.name, column.name)
        target.execute(select(func.setval(sequence, last)))


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())
