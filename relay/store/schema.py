"""Which schema a database has. Alembic, which brings it to another (`store.migrations`), is large, and few commands change it."""

from sqlalchemy import Connection, inspect, text

from relay.errors import ConfigurationError
from relay.store.engine import Database

NEWEST = "0001"  # the last revision in migrations/versions; they are numbered in their order
MOVED = "moved"  # stands in a revision's place once the relay has moved to another database (`store.moving`)


def is_current(database: Database) -> bool:
    """Whether the schema is at the newest revision."""
    with database.read() as connection:
        return _revision(connection) == NEWEST


def is_empty(database: Database) -> bool:
    """Whether no relay has ever made its schema there."""
    with database.read() as connection:
        return _revision(connection) is None


def check(database: Database) -> None:
    """Make sure that this version can work with the schema.

    Raises:
        ConfigurationError: it must be brought to this version's, or belongs to a later one, or the relay has moved away.
        Unavailable: the database can't be read.
    """
    check_known(database)
    if not is_current(database):
        raise ConfigurationError("the database doesn't have this version's schema: run `wen-relay migrate`")


def check_known(database: Database) -> None:
    """Make sure that this version knows how to bring the schema to its own.

    Raises:
        ConfigurationError: the relay has moved away from here, or a later version was here.
        Unavailable: the database can't be read.
    """
    with database.read() as connection:
        found = _revision(connection) or ""
    if found == MOVED:
        raise ConfigurationError(
            "this relay has moved to another database, and this one is only kept: name the other in [database] url"
        )
    if found > NEWEST:
        raise ConfigurationError(
            "the database has a later version's schema: install that version on this node too before it starts again"
        )


def mark_moved(connection: Connection) -> None:
    """Write down that the relay lives elsewhere from now on: no version starts on this database any more."""
    connection.execute(text("UPDATE alembic_version SET version_num = :moved"), {"moved": MOVED})


def _revision(connection: Connection) -> str | None:
    """What Alembic has written down; it keeps its table when it takes everything back."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found
