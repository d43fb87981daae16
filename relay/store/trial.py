"""A trial run: a job does all that it would do, and nothing of it stays."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

T = TypeVar("T")


def undone(job: Callable[[Connection], T]) -> Callable[[Connection], T]:
    """The job in a savepoint of its own to which the database returns afterwards; its answer, or what it raised, stays the same."""

    def run(connection: Connection) -> T:
        savepoint = connection.begin_nested()
        try:
            return job(connection)
        finally:
            savepoint.rollback()

    return run
