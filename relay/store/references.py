"""References such as CAFR-2026-000123: counted within a prefix and a year."""

from sqlalchemy import Connection, text

from relay.store.prepared import Prepared

_COUNT_UP = Prepared(
    text(
        "INSERT INTO counters (prefix, year, last) VALUES (:prefix, :year, 1)"
        " ON CONFLICT (prefix, year) DO UPDATE SET last = counters.last + 1 RETURNING last"
    )
)


def next_reference(connection: Connection, prefix: str, year: int) -> str:
    """Count up within prefix and year; the row's lock keeps two writers from the same number."""
    [(number,)] = _COUNT_UP.all(connection, {"prefix": prefix, "year": year})
    return f"{prefix}-{year:04}-{number:06}"
