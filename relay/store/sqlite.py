"""SQLite: a file of this relay's own, one process that writes it."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc

from relay.errors import ConfigurationError, Unavailable
from relay.store.disk import create_private_file
from relay.store.prepared import run

CONNECTIONS_STAY = 8
READERS = 64
PROBE = "SELECT count(*) FROM sqlite_master"  # reads the file; a plain SELECT 1 would not
LATER = "try again later, and look at the disk's space and health"

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # NORMAL may lose the last commits at a power cut
    "foreign_keys=ON",
    "busy_timeout=5000",
    "temp_store=MEMORY",  # no query spills to a file
    "secure_delete=ON",  # what is destroyed is overwritten with zeros
    "trusted_schema=OFF",
)


def create(url: URL, *, new: bool) -> Engine:
    """Make the engine for a file, which must be there unless it is `new`.

    Raises:
        ConfigurationError: the URL names no file.
        Unavailable: the file is missing, can't be made or may not be written.
    """
    if url.database in {None, "", ":memory:"}:
        raise ConfigurationError(
            "[database] url must name an SQLite file, such as sqlite:////var/lib/wen-relay/relay.db"
        )
    file = Path(str(url.database))
    try:
        if new:
            create_private_file(file)
        elif not file.is_file():
            raise Unavailable(f"the database {file} is missing: restore it from a backup, or correct [database] url")
    except OSError as error:
        raise Unavailable(f"the database {file} can't be made: {error.strerror}") from None
    if not os.access(file, os.R_OK | os.W_OK):  # to open it here and close it would drop SQLite's own locks
        raise Unavailable(f"the database {file} may not be written by this user: check its owner and mode")
    engine = create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", _prepare)
    return engine


def readers(engine: Engine) -> Engine:
    """Connections of their own, so that the writer's one keeps the pages that it has read and written."""
    reading = create_engine(
        engine.url, hide_parameters=True, pool_size=CONNECTIONS_STAY, max_overflow=READERS - CONNECTIONS_STAY
    )
    event.listen(reading, "connect", _prepare)
    event.listen(reading, "connect", _forbid_writing)
    return reading


def writers(engine: Engine) -> Engine:
    """The engine itself."""
    return engine


def time(connection: Connection) -> None:
    """Nothing: a file has no clock but its machine's."""
    del connection


def begin(connection: Connection, *, writes: bool) -> None:
    """Begin a transaction: the writer's takes the write lock at once, so that it never fails half-way for another's write."""
    run(connection, "BEGIN IMMEDIATE" if writes else "BEGIN")


def announce(connection: Connection) -> None:
    """Do nothing: whoever delivers is this process, or is woken by a datagram."""


def listen(engine: Engine, heard: Callable[[], None]) -> Callable[[], None]:
    """Do nothing, and return a way to end that."""
    del engine, heard
    return lambda: None


def risk(connection: Connection) -> str:
    """Nothing: what a commit needs is set on each connection."""
    del connection
    return ""


def truncate_log(engine: Engine) -> bool:
    """Empty the write-ahead log, so that destroyed keys are gone from it too; False when a reader stood in the way.

    Raises:
        Unavailable: the disk or the database fails.
    """
    connection = engine.raw_connection()  # a checkpoint can't run inside a transaction
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (busy, _logged, _moved), *_ = cursor.fetchall()
    except sqlite3.Error as error:
        raise Unavailable(f"the database's log can't be emptied now ({cause(error)}); {LATER}") from None
    finally:
        connection.close()
    return not busy


def cause(error: BaseException) -> str:
    """SQLite's own word for a fault, such as SQLITE_FULL; never SQL or values."""
    original = _original(error)
    return str(getattr(original, "sqlite_errorname", type(original).__name__))


def advice(error: BaseException) -> str:
    """What to do about a fault: time doesn't mend a damaged file."""
    damaged = _code(error) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
    return "its file is damaged: restore it from a backup" if damaged else LATER


def is_lasting(error: BaseException) -> bool:
    """Whether the operating system reported a failed read, write or fsync (any of the SQLITE_IOERR codes)."""
    return _code(error) == sqlite3.SQLITE_IOERR


def _code(error: BaseException) -> int:
    return int(getattr(_original(error), "sqlite_errorcode", 0)) & 0xFF


def _original(error: BaseException) -> BaseException:
    return error.orig if isinstance(error, exc.DBAPIError) and error.orig is not None else error


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    """Set up a new connection. Transactions are begun by us: Python's driver would begin them late and without IMMEDIATE."""
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _forbid_writing(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA query_only=ON")
