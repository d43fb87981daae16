"""The database: consistent reads for anyone, and one writer thread that commits waiting jobs together.

Each job runs in its own SAVEPOINT; one COMMIT, and so one fsync, serves all that waited. `write` returns when that commit is on
the disk: a reply given after it is never taken back by a crash.
"""

import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, exc, make_url, text

from relay.errors import ConfigurationError, Unavailable
from relay.store.disk import create_private_file

T = TypeVar("T")

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # NORMAL may lose the last commits at a power cut
    "foreign_keys=ON",
    "busy_timeout=5000",
    "temp_store=MEMORY",  # no query spills to a file
    "secure_delete=ON",  # what is destroyed is overwritten with zeros
    "trusted_schema=OFF",
)
_WRITES = "relay_writes"
_TRY_LATER = "try again later, and look at the disk's space and health"


@dataclass(frozen=True, slots=True)
class _Waiting:
    """One job and where its caller waits for the answer."""

    run: Callable[[Connection], Any]
    answer: Future[Any]


class Database:
    """An open database. Made by `open`; `close` when done."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: deque[_Waiting] = deque()
        self._arrived = threading.Condition()
        self._closing = False
        self._broken = ""
        self._writer = threading.Thread(target=self._work, name="database-writer", daemon=True)
        self._writer.start()

    @classmethod
    def open(cls, url: str, *, new: bool = False) -> "Database":
        """Open the database at a URL such as `sqlite:////var/lib/wen-relay/relay.db`.

        Args:
            url: which database.
            new: make its file and directory when missing. Otherwise a missing file is trouble: an empty database in its
                place would say that there are no members and that the audit log is whole.

        Raises:
            ConfigurationError: the URL is not one of a database this relay can use.
            Unavailable: the file can't be made or opened.
        """
        try:
            parts = make_url(url)
        except exc.ArgumentError:
            raise ConfigurationError(
                "[database] url is not a database URL such as sqlite:////var/lib/wen-relay/relay.db"
            ) from None
        if parts.get_backend_name() != "sqlite" or parts.database in {None, "", ":memory:"}:
            raise ConfigurationError(
                "[database] url must name an SQLite file, such as sqlite:////var/lib/wen-relay/relay.db"
            )
        file = Path(str(parts.database))
        try:
            if new:
                create_private_file(file)
            elif not file.is_file():
                raise Unavailable(
                    f"the database {file} is missing: restore it from a backup, or correct [database] url"
                )
        except OSError as error:
            raise Unavailable(f"the database {file} can't be made: {error.strerror}") from None
        if not os.access(file, os.R_OK | os.W_OK):  # to open it here and close it would drop SQLite's own locks
            raise Unavailable(f"the database {file} may not be written by this user: check its owner and mode")
        engine = create_engine(parts, hide_parameters=True, pool_size=16, max_overflow=48)
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        database = cls(engine)
        try:
            with database.read() as connection:
                connection.execute(text("SELECT count(*) FROM sqlite_master"))
        except Unavailable:
            database.close()
            raise
        return database

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one unchanging state of the database, and can't write.

        Raises:
            Unavailable: the database can't be read now.
        """
        try:
            with self._engine.connect() as connection:
                yield connection
        except exc.SQLAlchemyError as error:
            if not _is_trouble(error):
                raise
            raise Unavailable(f"the database can't be read now ({_cause(error)}); {_advice(error)}") from None

    def write(self, job: Callable[[Connection], T]) -> T:
        """Run a job in the writer thread and return its result once it is committed to the disk.

        Raises:
            Unavailable: nothing is known to have been written; the commit may have reached the disk all the same.
            Exception: what the job itself raised; nothing of it was written.
        """
        if threading.current_thread() is self._writer:
            raise RuntimeError(
                "a job must use the connection it was given: waiting for the writer would stop the writer"
            )
        answer: Future[T] = Future()
        with self._arrived:
            if self._closing:
                raise Unavailable("the relay is stopping; try again later")
            self._jobs.append(_Waiting(job, answer))
            self._arrived.notify_all()
        return answer.result()

    @property
    def can_write(self) -> bool:
        """Whether writing is still tried; False after the disk failed, until the relay is started anew."""
        return not self._broken

    def truncate_log(self) -> bool:
        """Empty the write-ahead log, so that destroyed keys are gone from it too; False when a reader stood in the way.

        Raises:
            Unavailable: the disk or the database fails.
        """
        connection = self._engine.raw_connection()  # a checkpoint can't run inside a transaction
        try:
            cursor = connection.cursor()
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            (busy, _logged, _moved), *_ = cursor.fetchall()
        except sqlite3.Error as error:
            raise Unavailable(f"the database's log can't be emptied now ({_cause(error)}); {_TRY_LATER}") from None
        finally:
            connection.close()
        return not busy

    def close(self) -> None:
        """Finish the jobs that wait, take no more, and close every connection."""
        with self._arrived:
            self._closing = True
            self._arrived.notify_all()
        self._writer.join()
        self._engine.dispose()

    def _work(self) -> None:
        """The writer thread: take all that waits, commit it together, answer each."""
        while batch := self._take():
            if self._broken:
                _refuse(batch, self._broken)
                continue
            self._commit(batch)

    def _take(self) -> list[_Waiting]:
        """Wait for jobs; an empty list means the end."""
        with self._arrived:
            while not self._jobs and not self._closing:
                self._arrived.wait()
            batch = list(self._jobs)
            self._jobs.clear()
        return batch

    def _commit(self, batch: list[_Waiting]) -> None:
        """Run a batch in one transaction and answer every caller, whatever happens."""
        results: list[tuple[_Waiting, Any, BaseException | None]] = []
        try:
            with self._engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
                for waiting in batch:
                    results.append((waiting, *_run(waiting.run, connection)))  # noqa: PERF401 - a batch is run step by step, on purpose
        except BaseException as error:  # noqa: BLE001 - this thread must outlive every fault, or all writing would stop
            self._fail(batch, error)
            return
        for waiting, result, failure in results:
            if failure is None:
                waiting.answer.set_result(result)
            else:
                waiting.answer.set_exception(failure)

    def _fail(self, batch: list[_Waiting], error: BaseException) -> None:
        """Answer a whole batch whose transaction failed, and stop writing after an I/O error.

        After a failed fsync the kernel may call the next one a success although the pages are lost. Only a fresh start, which
        reads the log from the disk again, tells what is there.
        """
        if _is_io_error(error):
            self._broken = "the disk failed while the database was written; check the disk, then restart the relay"
        _refuse(batch, self._broken or f"the database can't be written now ({_cause(error)}); {_advice(error)}")


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    """Set up a new SQLite connection. Transactions are begun by us: Python's driver would begin them late and without IMMEDIATE."""
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """Begin a transaction: the writer's takes the write lock at once, so that it never fails half-way for another's write."""
    writes = bool(connection.get_execution_options().get(_WRITES))
    if connection.info.get(_WRITES) is not writes:  # a connection remembers it from one transaction to the next
        connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
        connection.info[_WRITES] = writes
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _run(job: Callable[[Connection], Any], connection: Connection) -> tuple[Any, BaseException | None]:
    """Run one job in its own savepoint; its own exception undoes only its own writes, the database's trouble ends the batch.

    After a full disk or an I/O error SQLite has rolled back everything by itself, the savepoint too: rolling back to it would
    only hide the cause behind "no such savepoint".
    """
    savepoint = connection.begin_nested()
    try:
        result = job(connection)
    except BaseException as error:
        if _is_trouble(error):
            raise
        savepoint.rollback()
        return None, error
    savepoint.commit()
    return result, None


def _refuse(batch: list[_Waiting], sentence: str) -> None:
    """Tell every caller of a batch, each with an exception of its own, that nothing can be promised."""
    for waiting in batch:
        waiting.answer.set_exception(Unavailable(sentence))


def _is_trouble(error: BaseException) -> bool:
    """Whether the database or the disk is at fault, and not what we asked for."""
    if isinstance(error, exc.IntegrityError | exc.ProgrammingError | exc.DataError | exc.NotSupportedError):
        return False
    return isinstance(error, exc.DBAPIError | exc.TimeoutError)


def _original(error: BaseException) -> BaseException:
    return error.orig if isinstance(error, exc.DBAPIError) and error.orig is not None else error


def _cause(error: BaseException) -> str:
    """The driver's own word for a fault, such as SQLITE_FULL; never SQL or values."""
    original = _original(error)
    for attribute in ("sqlite_errorname", "sqlstate"):
        with suppress(AttributeError):
            return str(getattr(original, attribute))
    return type(original).__name__


def _advice(error: BaseException) -> str:
    """What to do about a fault: time doesn't mend a damaged file."""
    code = getattr(_original(error), "sqlite_errorcode", 0) & 0xFF
    damaged = code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
    return "its file is damaged: restore it from a backup" if damaged else _TRY_LATER


def _is_io_error(error: BaseException) -> bool:
    """Whether the operating system reported a failed read, write or fsync (any of the SQLITE_IOERR codes)."""
    original = _original(error)
    return (
        isinstance(original, sqlite3.Error) and getattr(original, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_IOERR
    )
