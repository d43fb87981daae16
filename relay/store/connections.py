"""Connections that are lent for one transaction at a time."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine


class Connections:
    """An engine's connections, out of its pool.

    `stay` is whether one that was used goes to the next transaction as it is, the one used last first: where nothing can
    come in between, as with a file. To take it from the pool and to put it back costs more than a small read.
    """

    def __init__(self, engine: Engine, *, stay: bool) -> None:
        self._engine = engine
        self._stay = stay
        self._idle: deque[Connection] = deque()

    @contextmanager
    def lend(self) -> Iterator[Connection]:
        """A connection without a transaction; one that is left in the end is undone."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._engine.connect()
        try:
            yield connection
            if self._stay:
                connection.rollback()
        except BaseException:
            connection.close()  # to the pool, which sees to it that nothing of this trouble is left
            raise
        if self._stay:
            self._idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Close every connection that isn't lent."""
        self._stay = False
        while self._idle:
            self._idle.pop().close()
        self._engine.dispose()
