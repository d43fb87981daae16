"""What differs from database to database: a module for each has these, `sqlite` and `postgresql`."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from sqlalchemy import URL, Connection, Engine


class Dialect(Protocol):
    """What differs. `CONNECTIONS_STAY` is how many are kept from transaction to transaction, without asking whether they still live.

    `READERS` is how many may read at once.
    """

    CONNECTIONS_STAY: int
    READERS: int
    PROBE: str

    def create(self, url: URL, *, new: bool) -> Engine:
        """Make the engine; ConfigurationError for a URL of no use, Unavailable for a file that can't be opened."""

    def readers(self, engine: Engine) -> Engine:
        """The engine of the same database for transactions that only read: they can't write."""

    def writers(self, engine: Engine) -> Engine:
        """The engine of the same database for transactions that write."""

    def begin(self, connection: Connection, *, writes: bool) -> datetime | None:
        """Begin a transaction for the database; SQLAlchemy has begun its own. Its events would do, but make every statement dearer.

        Returns:
            The database's time, where a writing one is told it.
        """

    def time(self, connection: Connection) -> datetime | None:
        """The time by the database's clock; None where it has none of its own."""

    def announce(self, connection: Connection) -> None:
        """Wake the processes that deliver, once this transaction is committed."""

    def listen(self, engine: Engine, heard: Callable[[], None]) -> Callable[[], None]:
        """Call `heard` for what other processes announce, until the returned function is called."""

    def truncate_log(self, engine: Engine) -> bool:
        """Empty the write-ahead log where that is possible; False when it must be tried again."""

    def risk(self, connection: Connection) -> str:
        """What about the database may lose a commit at a power cut, in a sentence; "" for nothing."""

    def cause(self, error: BaseException) -> str:
        """A word for a fault; never SQL or values."""

    def advice(self, error: BaseException) -> str:
        """What to do about it."""

    def is_lasting(self, error: BaseException) -> bool:
        """Whether nothing may be written any more until the relay is started anew."""
