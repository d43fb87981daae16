"""Which schema a database has. Alembic, which brings it to another (`store.migrations`), is large, and few commands change it."""

from sqlalchemy import Connection, inspect, text

from relay.store.engine import Database

NEWEST = "0001"  # the last revision in migrations/versions


def is_current(database: Database) -> bool:
    """Whether the schema is at the newest revision."""
    with database.read() as connection:
        return _revision(connection) == NEWEST


def is_empty(database: Database) -> bool:
    """Whether no relay has ever made its schema there."""
    with database.read() as connection:
        return _revision(connection) is None


def _revision(connection: Connection) -> str | None:
    """What Alembic has written down; it keeps its table when it takes everything back."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found
