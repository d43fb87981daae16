"""The clock that a whole relay goes by: the database's, so that nodes whose own clocks differ, or are set anew, agree about every time.

A server tells its time with each writing transaction, once that has the writers' lock. In between this machine's own count of seconds
goes on from there: it knows no summer time, and nobody sets it. A file's clock is its machine's.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def seconds() -> float:
    """Seconds since some moment in the past, those in which the machine slept included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Clock:
    """The database's time. Thread-safe: what was told is one reference."""

    def __init__(self, count: Callable[[], float] = seconds) -> None:
        """Take what counts seconds; the machine's clock is believed until a database tells its own."""
        self._count = count
        self._told: tuple[datetime, float] | None = None

    def set(self, told: datetime) -> None:
        """Take the time that the database has told just now."""
        self._told = told, self._count()

    def now(self) -> datetime:
        """The time, UTC."""
        if self._told is None:
            return datetime.now(UTC)
        told, at = self._told
        return told + timedelta(seconds=self._count() - at)
