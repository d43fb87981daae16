"""The database: consistent reads for anyone, and one writer thread that commits waiting jobs together.

Each of several jobs runs in its own SAVEPOINT; one COMMIT, and so one fsync, serves all that waited. `write` returns when that commit is on
the disk: a reply given after it is never taken back by a crash. What differs from database to database stands in a module for
each: `sqlite` and `postgresql`.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, Engine, exc, make_url, text

from relay.errors import ConfigurationError, RelayError, Unavailable
from relay.store import sqlite
from relay.store.clock import Clock
from relay.store.connections import Connections
from relay.store.dialect import Dialect
from relay.store.prepared import run

T = TypeVar("T")
Transaction: TypeAlias = Connection  # what a job is given; only the store knows what to do with it


_EXAMPLES = "sqlite:////var/lib/wen-relay/relay.db or postgresql+psycopg://relay@localhost/wen_relay"


@dataclass(frozen=True, slots=True)
class _Waiting:
    """One job and where its caller waits for the answer."""

    run: Callable[[Connection], Any]
    answer: Future[Any]


class Database:
    """An open database. Made by `open`; `close` when done.

    `announces` is whether other processes are woken by what is written here: not by the one that delivers, or two of them would
    wake each other for ever.
    """

    def __init__(self, engine: Engine, dialect: Dialect) -> None:
        self.announces = True
        self._clock = Clock()
        self._engine = engine
        self._dialect = dialect
        reads, stay = partial(dialect.begin, writes=False), dialect.CONNECTIONS_STAY
        self._reading = Connections(dialect.readers(engine), most=dialect.READERS, stay=stay, begin=reads)
        self._writing = Connections(dialect.writers(engine), most=1, stay=1, begin=self._begin)
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
                place would say that there are no members and that the audit log is whole. A server's is never made.

        Raises:
            ConfigurationError: the URL or the server is not one that this relay can use.
            Unavailable: the file can't be made or opened, or the server doesn't let us in.
        """
        try:
            parts = make_url(url)
        except exc.ArgumentError:
            raise ConfigurationError(f"[database] url is not a database URL such as {_EXAMPLES}") from None
        if (dialect := _dialect(parts.get_backend_name())) is None:
            raise ConfigurationError(f"[database] url must be an SQLite or PostgreSQL one, such as {_EXAMPLES}")
        database = cls(dialect.create(parts, new=new), dialect)
        try:
            with database.read() as connection:
                connection.execute(text(dialect.PROBE))
                if told := dialect.time(connection):
                    database._clock.set(told)
        except RelayError:
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
            with self._reading.lend() as connection:
                yield connection
        except exc.SQLAlchemyError as error:
            if not _is_trouble(error):
                raise
            raise Unavailable(f"the database can't be read now ({self._why(error)}") from None

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

    def guarded(self, guard: Callable[[Connection], None]) -> "Database":
        """The same database, each of whose writes begins with `guard`, in the same transaction: what it raises, the write raises."""
        return _Guarded(self, guard)

    def announce(self, connection: Connection) -> None:
        """Wake the processes that deliver, this one too, once this transaction is committed."""
        self._dialect.announce(connection)

    def now(self) -> datetime:
        """The time by which the relay goes, UTC; within a job of `write` it is the database's own of this very transaction."""
        return self._clock.now()

    @property
    def can_write(self) -> bool:
        """Whether writing is still tried; False after the disk failed, until the relay is started anew."""
        return not self._broken

    def truncate_log(self) -> bool:
        """Empty the write-ahead log, so that destroyed keys are gone from it too; False when a reader stood in the way.

        Raises:
            Unavailable: the disk or the database fails.
        """
        return self._dialect.truncate_log(self._engine)

    def risk(self) -> str:
        """What about the database may lose a commit at a power cut, in a sentence; "" for nothing.

        Raises:
            Unavailable: the database can't be read.
        """
        with self.read() as connection:
            return self._dialect.risk(connection)

    def listen(self, heard: Callable[[], None]) -> Callable[[], None]:
        """Call `heard`, from a thread, for what other processes write here, until the returned function is called.

        It is a wake-up and no more: one may be missed, or come for nothing.
        """
        return self._dialect.listen(self._engine, heard)

    def close(self) -> None:
        """Finish the jobs that wait, take no more, and close every connection."""
        with self._arrived:
            self._closing = True
            self._arrived.notify_all()
        self._writer.join()
        self._reading.close()
        self._writing.close()

    def _work(self) -> None:
        """The writer thread: take all that waits, commit it together, answer each."""
        while self._is_wanted():
            if self._broken:
                _refuse(self._take(), self._broken)
                continue
            self._commit()

    def _is_wanted(self) -> bool:
        """Wait for jobs; False means the end."""
        with self._arrived:
            while not self._jobs and not self._closing:
                self._arrived.wait()
            return bool(self._jobs)

    def _take(self, number: int | None = None) -> list[_Waiting]:
        """So many of the jobs that wait, or all."""
        with self._arrived:
            return [self._jobs.popleft() for _ in range(len(self._jobs) if number is None else number)]

    def _commit(self) -> None:
        """Run all that waits in one transaction and answer every caller, whatever happens."""
        waited, batch = len(self._jobs), list[_Waiting]()
        results: list[tuple[_Waiting, Any, BaseException | None]] = []
        try:
            with self._writing.lend() as connection:
                batch = self._take()  # only now: who came while another process wrote is in the same commit
                for waiting in batch:
                    results.append((waiting, *_run(waiting.run, connection, alone=len(batch) == 1)))  # noqa: PERF401 - a batch is run step by step, on purpose
                if self.announces and connection.in_transaction():  # one that was undone has nothing to tell
                    self._dialect.announce(connection)
        except BaseException as error:  # noqa: BLE001 - this thread must outlive every fault, or all writing would stop
            self._fail(batch or self._take(waited), error)  # who came meanwhile has a try of their own
            return
        for waiting, result, failure in results:
            if failure is None:
                waiting.answer.set_result(result)
            else:
                waiting.answer.set_exception(failure)

    def _begin(self, connection: Connection) -> None:
        if told := self._dialect.begin(connection, writes=True):
            self._clock.set(told)

    def _fail(self, batch: list[_Waiting], error: BaseException) -> None:
        """Answer a whole batch whose transaction failed, and stop writing after an I/O error.

        After a failed fsync the kernel may call the next one a success although the pages are lost. Only a fresh start, which
        reads the log from the disk again, tells what is there.
        """
        if self._dialect.is_lasting(error):
            self._broken = "the disk failed while the database was written; check the disk, then restart the relay"
        _refuse(batch, self._broken or f"the database can't be written now ({self._why(error)}")

    def _why(self, error: BaseException) -> str:
        return f"{self._dialect.cause(error)}); {self._dialect.advice(error)}"


class _Guarded(Database):
    """See `Database.guarded`."""

    def __init__(self, whole: Database, guard: Callable[[Connection], None]) -> None:
        self._whole, self._guard = whole, guard

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)

    def write(self, job: Callable[[Connection], T]) -> T:
        def run_guarded(connection: Connection) -> T:
            self._guard(connection)
            return job(connection)

        return self._whole.write(run_guarded)


def _dialect(name: str) -> Dialect | None:
    """What differs in this database; None for one that is not ours."""
    if name == "postgresql":
        from relay.store import postgresql  # noqa: PLC0415 - psycopg is large, and who has SQLite needs none of it

        return postgresql
    return sqlite if name == "sqlite" else None


def _run(job: Callable[[Connection], Any], connection: Connection, *, alone: bool) -> tuple[Any, BaseException | None]:
    """Run one job; its own exception undoes only its own writes, the database's trouble ends the batch.

    A job that is not alone has a savepoint of its own; for one that is, the whole transaction is undone.
    After a full disk or an I/O error SQLite has rolled back everything by itself, the savepoint too: rolling back to it would
    only hide the cause behind "no such savepoint". None is released: the next one has the same name, and the commit ends all.
    """
    if not alone:
        run(connection, "SAVEPOINT job")
    try:
        result = job(connection)
    except BaseException as error:
        if _is_trouble(error):
            raise
        if alone:
            connection.rollback()
        else:
            run(connection, "ROLLBACK TO SAVEPOINT job")
        return None, error
    return result, None


def _refuse(batch: list[_Waiting], sentence: str) -> None:
    """Tell every caller of a batch, each with an exception of its own, that nothing can be promised."""
    for waiting in batch:
        waiting.answer.set_exception(Unavailable(sentence))


def _is_trouble(error: BaseException) -> bool:
    """Whether the database, the network or the disk is at fault, and not what we asked for."""
    if isinstance(error, exc.IntegrityError | exc.ProgrammingError | exc.DataError | exc.NotSupportedError):
        return False
    return isinstance(error, exc.DBAPIError | exc.TimeoutError)
