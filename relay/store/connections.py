"""Connections that are lent for one transaction at a time."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine


class Connections:
    """An engine's connections, out of its pool.

    `stay` is how many that were used go to the next transactions as they are, the one used last first: where nothing can
    come in between, as with a file. To take one from the pool and to put it back costs more than a small read.
    """

    def __init__(self, engine: Engine, *, stay: int) -> None:
        self._engine = engine
        self._stay = stay
        self._idle: deque[Connection] = deque()

    @contextmanager
    def lend(self) -> Iterator[Connection]:
        """A connection without a transaction; one that is left in the end is undone.

        Read every result to its end: one that is left half-read would keep its old state of an SQLite file for the next.
        """
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._engine.connect()
        try:
            yield connection
            if stays := len(self._idle) < self._stay:
                connection.rollback()
        except BaseException:
            connection.close()  # to the pool, which sees to it that nothing of this trouble is left
            raise
        if stays:
            self._idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Close every connection that isn't lent."""
        self._stay = 0
        while self._idle:
            self._idle.pop().close()
        self._engine.dispose()
