"""Connections that are lent for one transaction at a time."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, Engine, exc

PATIENCE = 25.0  # seconds that a transaction waits for others to end


class Connections:
    """An engine's connections, out of its pool.

    `most` are lent at once, which the pool must have: who comes then waits here, where those that are free stay, and not there.
    `stay` is how many that were used go to the next transactions as they are, the one used last first: to take one from the
    pool and to put it back costs more than a small read, and what a server has prepared for a connection is of use to the next.
    `begin` begins a transaction.
    """

    def __init__(self, engine: Engine, *, most: int, stay: int, begin: Callable[[Connection], object]) -> None:
        self._engine = engine
        self._places = threading.Semaphore(most)
        self._stay = stay
        self._begin = begin
        self._idle: deque[Connection] = deque()

    @contextmanager
    def lend(self) -> Iterator[Connection]:
        """A connection in a transaction that has begun: it is committed in the end, or undone by what is raised.

        Read every result to its end: one that is left half-read would keep its old state of an SQLite file for the next.

        Raises:
            TimeoutError: SQLAlchemy's; all that may be lent are, and none has come back in time.
        """
        if not self._places.acquire(timeout=PATIENCE):
            raise exc.TimeoutError("all connections are in use")
        try:
            yield from self._lend()
        finally:
            self._places.release()

    def _lend(self) -> Iterator[Connection]:
        connection = self._take()
        try:
            yield connection
            connection.commit()  # also what was only read: after a rollback psycopg forgets what it has prepared
        except BaseException:
            with suppress(
                exc.SQLAlchemyError
            ):  # what the pool gets isn't undone there when it was the commit that failed
                connection.rollback()
            connection.close()
            raise
        if len(self._idle) < self._stay:
            self._idle.append(connection)
        else:
            connection.close()

    def _take(self) -> Connection:
        """One that stayed; where the server was started anew since, a new one that nobody had yet."""
        try:
            return self._begun(self._idle.pop())
        except IndexError:
            pass
        except exc.DBAPIError as error:
            if not error.connection_invalidated:
                raise
            self._drop()  # the others are cut off as well
        return self._begun(self._engine.connect())

    def _begun(self, connection: Connection) -> Connection:
        try:
            connection.begin()
            self._begin(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Close every connection that isn't lent."""
        self._stay = 0
        self._drop()
        self._engine.dispose()

    def _drop(self) -> None:
        with suppress(IndexError):  # no more are left
            while True:
                connection = self._idle.pop()
                connection.detach()  # it isn't to come back to the pool, which may be another's as well
                connection.close()
