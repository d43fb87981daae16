"""PostgreSQL, 15 or newer: one database for processes and nodes that work together.

One writer at a time in all of them, as with SQLite: a writing transaction first takes one advisory lock. So what a job has read stays
true until its commit (the end of an audit chain, who has released, what is queued), whoever else writes.

Nobody waits for a server that has stopped answering: it limits statements and locks itself, and this side limits every wait.
"""

import select
import socket
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event, exc
from sqlalchemy.engine.interfaces import Dialect

from relay.errors import ConfigurationError
from relay.settings import is_loopback
from relay.store.prepared import look_up, run
from relay.store.tables import metadata

Answer = TypeVar("Answer")

_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
# A transaction that waited for the lock must see what was committed while it waited: so each statement looks anew.
_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
CONNECTIONS_STAY = 8
READERS = 15  # and one writer: a server takes a hundred from all its clients, if nobody changed that
PROBE = "SELECT 1"

ANSWER_SECONDS = 25.0  # for any one answer; the server gives up before, if it still can
CONNECT_SECONDS = 5
OLDEST = 150000
CHANNEL = "wen_relay"
_WRITERS = 0x77656E2D72656C61  # the lock's number, the octets of "wen-rela"; locks are the database's own

# Given to the server at each connection, behind what the URL asks for, so that they win.
_SESSION = {
    "synchronous_commit": "on",  # 250 means that the commit is on the disk
    "statement_timeout": "20s",
    "lock_timeout": "10s",
    "TimeZone": "UTC",  # whatever the server's is, Python may not know it
    # A statement that comes often keeps the plan it was given, maybe when its table had a handful of rows: never to read the whole one.
    "enable_seqscan": "off",
    "jit": "off",  # where there is no other way than that, its price would seem worth a compilation
}
WRITER_IDLE = (
    "5s"  # who freezes with the writers' lock in its hands loses it, before the others' patience ends (lock_timeout)
)
_NETWORK: Mapping[str, Any] = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "application_name": "wen-relay",
}

for _index in (one for table in metadata.tables.values() for one in table.indexes):
    _index.dialect_options["postgresql"]["where"] = _index.dialect_options["sqlite"]["where"]


class _Patient(psycopg.Connection[Any]):
    """A connection that waits for an answer so long and no longer; then it is closed, and what became of the question unknown."""

    def wait(self, gen: PQGen[Answer], interval: float = 0.1, timeout: float | None = None) -> Answer:
        """Wait as psycopg does, with our limit where it has none."""
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, ANSWER_SECONDS)
        except psycopg.errors._WaitTimeout:  # noqa: SLF001  (psycopg's documented way to say so has no public name)
            self.pgconn.finish()
            raise psycopg.OperationalError("the database server does not answer") from None


def create(url: URL, *, new: bool) -> Engine:
    """Make the engine for a server's database, which must be there already.

    Raises:
        ConfigurationError: the URL names another driver, or no database.
    """
    del new  # its owner makes a database; we make what is in it
    if url.drivername not in {"postgresql", "postgresql+psycopg"} or not url.database:
        raise ConfigurationError(
            "[database] url must name a database and psycopg, such as postgresql+psycopg://relay@localhost/wen_relay"
        )
    engine = create_engine(
        _with_tls(url.set(drivername="postgresql+psycopg")),
        hide_parameters=True,
        pool_size=CONNECTIONS_STAY,
        max_overflow=READERS + 1 - CONNECTIONS_STAY,
        pool_timeout=ANSWER_SECONDS,
        pool_pre_ping=True,  # a server that was restarted costs nobody a refusal
    )
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "connect", _check)
    event.listen(engine, "handle_error", _without_values, retval=True)
    return engine


def readers(engine: Engine) -> Engine:
    """The engine itself."""
    return engine


def writers(engine: Engine) -> Engine:
    """The same connections."""
    # SQLAlchemy forgets how many rows an INSERT … SELECT made unless it is told to remember.
    return engine.execution_options(preserve_rowcount=True)


def time(connection: Connection) -> datetime:
    """The server's clock."""
    told: datetime = look_up(connection, "SELECT clock_timestamp()")[0]
    return told


def begin(connection: Connection, *, writes: bool) -> datetime | None:
    """Begin a transaction, in one breath: the writer's waits until no other process writes, and is then told the server's time."""
    if not writes:
        run(connection, _READ)
        return None
    limit = f"set_config('idle_in_transaction_session_timeout', '{WRITER_IDLE}', true)"
    locked = f"SELECT {limit}, pg_advisory_xact_lock({_WRITERS}), clock_timestamp()"
    told: datetime = look_up(connection, f"{_WRITE}; {locked}")[2]
    return told


def announce(connection: Connection) -> None:
    """Wake whoever delivers, once this transaction is committed."""
    run(connection, f"NOTIFY {CHANNEL}")


def listen(engine: Engine, heard: Callable[[], None]) -> Callable[[], None]:
    """Call `heard`, from a thread, for what is announced, and when something may have been missed; the returned function ends it."""
    near, far = socket.socketpair()
    thread = threading.Thread(target=_listen, args=(engine, heard, far), name="database-ear", daemon=True)
    thread.start()

    def end() -> None:
        near.close()
        thread.join()
        far.close()

    return end


def risk(connection: Connection) -> str:
    """What the server's own settings risk; a session can't change them."""
    query = "SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off' ORDER BY name"
    off = " and ".join(connection.exec_driver_sql(query).scalars())
    return f"the server runs with {off} off: a power cut may lose posts that were answered with 250" if off else ""


def truncate_log(engine: Engine) -> bool:
    """Do nothing: the server recycles its log by itself, and lets nobody empty it."""
    del engine
    return True


def cause(error: BaseException) -> str:
    """The server's code for a fault (SQLSTATE); where it gave none, the driver's words about the connection."""
    original = error.orig if isinstance(error, exc.DBAPIError) and error.orig is not None else error
    if isinstance(original, psycopg.Error):
        return original.sqlstate or str(original).partition("\n")[0]
    return type(original).__name__


def advice(error: BaseException) -> str:
    """What to do about a fault."""
    del error
    return "try again later, and look at the database server"


def is_lasting(error: BaseException) -> bool:
    """Whether only a new start can help: never, for a server whose disk fails starts anew by itself."""
    del error
    return False


def _with_tls(url: URL) -> URL:
    """The URL of a server on another machine with verified TLS, unless it says otherwise: names and addresses travel there."""
    host = url.query.get("host", url.host or "")
    near = all(not one or one.startswith(("/", "@")) or is_loopback(one) for one in _words(host))
    return url if near or "sslmode" in url.query else _with(url, sslmode="verify-full", sslrootcert="system")


def _words(host: str | tuple[str, ...]) -> list[str]:
    return host.split(",") if isinstance(host, str) else list(host)


def _with(url: URL, **defaults: str) -> URL:
    return url.set(query=defaults | dict(url.query))


def _connect(dialect: Dialect, record: object, cargs: tuple[Any, ...], cparams: dict[str, Any]) -> _Patient:
    """Connect with our limits. What the URL says of the network stands, and of the session what we don't say.

    Transactions are begun by us (`begin`): the driver would ask the server twice.
    """
    del dialect, record
    wished = [cparams.pop("options", ""), *(f"-c {name}={value}" for name, value in _SESSION.items())]
    return _Patient.connect(*cargs, **{**_NETWORK, **cparams}, options=" ".join(wished).strip(), autocommit=True)


def _check(connection: _Patient, record: object) -> None:
    """Refuse a server that can't keep what we promise.

    Raises:
        ConfigurationError: it is too old, keeps texts in another encoding than UTF-8, or something between us and it (a
            connection pooler) keeps our session's settings from it.
    """
    del record
    if connection.info.server_version < OLDEST:
        raise ConfigurationError(f"the database server is too old: PostgreSQL {OLDEST // 10000} or newer is needed")
    if (encoding := connection.info.parameter_status("server_encoding")) != "UTF8":
        raise ConfigurationError(f"the database's encoding is {encoding}: make it with `createdb --encoding UTF8`")
    row = connection.execute("SELECT current_setting('synchronous_commit')").fetchone()
    if row is None or row[0] != _SESSION["synchronous_commit"]:
        raise ConfigurationError(
            "the database server doesn't take our session's settings: connect to it without a pooler in between"
        )


def _without_values(context: ExceptionContext) -> BaseException | None:
    """Take the server's sentence out of an error: it quotes the row that it refused."""
    wrapped, original = context.sqlalchemy_exception, context.original_exception
    if not isinstance(wrapped, exc.DBAPIError) or not isinstance(original, psycopg.Error) or not original.sqlstate:
        return None
    original.args = (f"SQLSTATE {original.sqlstate}",)
    return type(wrapped)(
        wrapped.statement,
        None,
        original,
        hide_parameters=True,
        connection_invalidated=context.is_disconnect,
    )


def _listen(engine: Engine, heard: Callable[[], None], ending: socket.socket) -> None:
    """Listen, and connect again when the connection is lost, until something comes from the other end of `ending`."""
    over = False
    while not over:
        try:
            with _ear(engine) as connection:
                heard()  # whatever was announced while nobody listened
                while not (over := _is_over(ending, connection)):
                    for _ in connection.notifies(timeout=0):
                        heard()
        except (psycopg.Error, exc.SQLAlchemyError, ConfigurationError):
            over = _is_over(ending, None, seconds=1.0)


def _ear(engine: Engine) -> psycopg.Connection[Any]:
    """A connection outside the pool that listens."""
    pooled = engine.raw_connection()
    connection = pooled.driver_connection
    pooled.detach()
    assert isinstance(connection, psycopg.Connection)
    connection.autocommit = True
    connection.execute(f"LISTEN {CHANNEL}")
    return connection


def _is_over(ending: socket.socket, connection: psycopg.Connection[Any] | None, seconds: float = 30.0) -> bool:
    """Wait until the connection has something to tell or it is time to end; after so many seconds ask whether it still lives."""
    waiting = [ending.fileno()] if connection is None else [ending.fileno(), connection.fileno()]
    ready, _, _ = select.select(waiting, (), (), seconds)
    if not ready and connection is not None:
        connection.execute("SELECT 1")
    return ending.fileno() in ready
