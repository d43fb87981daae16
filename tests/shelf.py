"""A queue in memory for the courier's tests, and a courier at work on it."""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from relay.delivery.delivery import Action
from relay.transport.connections import Pace
from relay.transport.courier import Courier, Work
from relay.transport.sink import Sink
from relay.transport.smtp import Content, Parcel, Result, Smarthost

AGES = timedelta(hours=1)
CONTENT = Content(b"Subject: cheetah cubs\r\n\r\n")  # the same for all: what shares a return path shares a transaction
BRISK = Pace(first_wait=timedelta(milliseconds=10), longest_wait=timedelta(milliseconds=80), jitter=lambda: 0.5)


class Shelf:
    """A queue in memory that keeps the database's rules; called from the courier's threads."""

    def __init__(self, number: int = 0, *, retry: timedelta = timedelta(milliseconds=5)) -> None:
        self.lock, self.retry = threading.RLock(), retry
        self.parcels: dict[int, Parcel] = {}
        self.states: dict[int, str] = {}
        self.due: dict[int, datetime] = {}
        self.attempts: Counter[int] = Counter()
        self.doubtful: Counter[str] = Counter()
        self.limits: list[int] = []  # of each claim
        self.begun: list[int] = []  # the size of each chunk
        self.notes: list[tuple[str, dict[str, object]]] = []
        self.faults: dict[str, list[Exception]] = {"claim": [], "begin": [], "settle": []}
        for _ in range(number):
            self.put()

    def put(self, name: str = "", delay: timedelta = timedelta(), mail_from: str = "") -> None:
        with self.lock:
            key = len(self.parcels)
            self.parcels[key] = Parcel(
                key=key,
                mail_from=mail_from or f"list-bounces+{key}@relay.example",
                recipient=f"{name or f'm{key}'}@parks.example",
                content=CONTENT,
            )
            self.states[key], self.due[key] = "queued", datetime.now(UTC) + delay

    def claim(self, limit: int) -> Work:
        with self.lock:
            self.limits.append(limit)
            self.fail("claim")
            queued = [key for key, state in self.states.items() if state == "queued"]
            now = datetime.now(UTC)
            claimed = [key for key in queued if self.due[key] <= now][:limit]
            self.states |= dict.fromkeys(claimed, "leased")
            later = [self.due[key] for key in queued if key not in claimed]
            return Work(parcels=tuple(self.parcels[key] for key in claimed), next_due=min(later, default=None))

    def begin(self, parcels: tuple[Parcel, ...]) -> tuple[Parcel, ...]:
        with self.lock:
            self.fail("begin")
            self.begun.append(len(parcels))
            still = tuple(parcel for parcel in parcels if self.states[parcel.key] == "leased")
            self.states |= {parcel.key: "sending" for parcel in still}
            return still

    def settle(self, results: Sequence[Result]) -> None:
        with self.lock:
            self.fail("settle")
            for parcel, outcome in results:
                assert self.states[parcel.key] == "sending"
                self.attempts[parcel.key] += outcome.reached
                self.states[parcel.key] = "queued" if outcome.action is Action.DELAYED else str(outcome.action)
                self.due[parcel.key] = datetime.now(UTC) + (self.retry if outcome.waits else timedelta())
                if outcome.ambiguous:
                    self.doubtful[parcel.recipient] += 1

    def note(self, event: str, /, **facts: object) -> None:
        self.notes.append((event, facts))

    def fail(self, call: str) -> None:
        if self.faults[call]:
            raise self.faults[call].pop(0)

    def all(self, *states: str) -> bool:
        with self.lock:
            return set(self.states.values()) <= set(states)


def courier(shelf: Shelf, port: int, *, connections: int = 3, pace: Pace = BRISK) -> Courier:
    return Courier(
        smarthost=Smarthost(host="127.0.0.1", port=port, tls="none", helo_name="relay.example"),
        connections=connections,
        claim=shelf.claim,
        begin=shelf.begin,
        settle=shelf.settle,
        note=shelf.note,
        pace=pace,
    )


@asynccontextmanager
async def working(carrier: Courier) -> AsyncIterator[None]:
    """The courier at work, ended in the way that the service ends it."""
    task = asyncio.create_task(carrier.run())
    try:
        yield
    finally:
        await carrier.drain(timedelta(seconds=5))
        await task


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, not for a time."""
    while not condition():  # noqa: ASYNC110 - threads change what is waited for
        await asyncio.sleep(0.001)


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 60))


def recipients(sink: Sink) -> Counter[str]:
    return Counter(recipient for got in sink.received for recipient in got.rcpt_to)
