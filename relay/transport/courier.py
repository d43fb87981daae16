"""Carries what is due to the smarthost over a few kept-alive connections, and never polls.

    wake() or a due time ─ claim ─┬─ chunk: begin ─ send ─ settle ─┐
                                  ├─ chunk: …       (≤ connections) │
                                  └─ …            room, or news ◀──┘

The database is behind three plain callables, each called in a thread:
    claim(limit)     leases what is due now, and says when the next is
    begin(parcels)   marks a chunk as being sent just before it is; returns those that still may be
    settle(results)  records the outcomes
When one of them is Unavailable it is tried again, later and later: settle above all, because an outcome that is
forgotten is a copy that is sent twice. Any other exception is our bug: the courier finishes what runs and `run`
raises it, because to go on without a record of what was sent would be to send it again and again.
"""

import asyncio
import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from relay.delivery.delivery import Action
from relay.errors import Unavailable
from relay.transport.connections import Connections, Pace
from relay.transport.smtp import Parcel, Result, Smarthost

# One begin and one settle each; a kill in between makes this many possible duplicates at most. A chunk is as many as a connection
# has lately carried in the time of `CHUNK_SECONDS`, so that few are in the air where the server is slow.
CHUNK = 100
CHUNK_SECONDS = 0.25
FIRST_CHUNK = 20
SMALL_CHUNK = 5  # Fewer are not worth a connection of their own, nor is less than that many transactions.

_CLOCK_CHECK = timedelta(minutes=1)  # How soon a step of the wall clock is noticed while waiting for a due time.
_STALE = timedelta(seconds=1)  # When a due time has passed but nothing could be claimed, another holds it.

Argument = TypeVar("Argument")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What was claimed, and when the next of what was not claimed falls due (None: nothing waits)."""

    parcels: tuple[Parcel, ...]
    next_due: datetime | None


class Note(Protocol):
    """Where events go."""

    def __call__(self, event: str, /, **facts: object) -> None:
        """Log one event with its facts; must not block."""


STANDARD_PACE = Pace()


class Courier:
    """See the module. All but `wake` and `stop` belong to the event loop that `run` runs in."""

    def __init__(
        self,
        *,
        smarthost: Smarthost,
        connections: int,
        claim: Callable[[int], Work],
        begin: Callable[[tuple[Parcel, ...]], tuple[Parcel, ...]],
        settle: Callable[[list[Result]], None],
        note: Note,
        pace: Pace = STANDARD_PACE,
    ) -> None:
        """Set up; nothing is connected or claimed before `run`."""
        self._limit, self._pace = connections, pace
        self._connections = Connections(smarthost, pace)
        self._claim, self._begin, self._settle, self._note = claim, begin, settle, note
        self._threads = ThreadPoolExecutor(connections + 1, thread_name_prefix="courier")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._signal, self._stopped, self._cut, self._ended = (asyncio.Event() for _ in range(4))
        self._news = True  # something may be due that no claim has seen
        self._woken = False  # by somebody whom no claim has answered: another need not wake it again
        self._next_due: datetime | None = None
        self._failures, self._paused_until = 0, 0.0
        self._chunks: set[asyncio.Task[None]] = set()
        self._stuck: set[asyncio.Task[None]] = set()  # chunks of them whose server is silent: others take their place
        self._size = FIRST_CHUNK
        self._bug: BaseException | None = None

    @property
    def smarthost_is_away(self) -> bool:
        """Whether the last tries found no smarthost that answered. Thread-safe."""
        return self._failures > 0

    def wake(self) -> None:
        """Say that something new may be due: it is claimed at once. Thread-safe."""
        if not self._woken:
            self._from_any_thread(self._heard)

    def stop(self) -> None:
        """Claim nothing more; `run` returns when the running chunks are settled. Thread-safe."""
        self._from_any_thread(self._halt)

    async def drain(self, grace: timedelta) -> None:
        """Stop, give running chunks `grace` to finish, then cut the connections and settle what is known."""
        self._halt()
        if self._loop is None:
            return
        if self._chunks:
            await asyncio.wait(self._chunks, timeout=grace.total_seconds())
        self._cut_off()
        await self._ended.wait()

    async def run(self) -> None:
        """Carry until stopped or cancelled; either way what is running is settled before this ends."""
        self._loop = asyncio.get_running_loop()
        try:
            while not self._stopped.is_set():
                delay = self._seconds_to_claim()
                if delay is not None and delay <= 0:
                    await self._claim_and_start()
                    continue
                self._signal.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(delay):
                        await self._signal.wait()
        except BaseException:
            self._halt()
            self._cut_off()
            raise
        finally:
            await self._wind_up()
        if self._bug:
            raise self._bug

    def _seconds_to_claim(self) -> float | None:
        """How long until a claim makes sense; None when only a signal can change that."""
        # A smarthost that is down is probed with one chunk at a time.
        if self._room <= 0:
            return None
        pause = self._paused_until - self._time()
        if pause > 0:
            return pause
        if self._news:
            return 0
        if self._next_due is None:
            return None
        return min(self._next_due - self._pace.clock(), _CLOCK_CHECK).total_seconds()

    @property
    def _room(self) -> int:
        """How many chunks may be started; those that are stuck have others in their place, up to as many again."""
        running = len(self._chunks) - min(len(self._stuck), self._limit)
        return (1 if self._failures else self._limit) - running

    async def _claim_and_start(self) -> None:
        """Claim as much as there is room for and start a task for each chunk."""
        room, size = self._room, self._size
        self._news = self._woken = False
        work = await self._insist(self._claim, room * size, until=self._stopped)
        if work is None or self._stopped.is_set():
            return  # What was claimed but not begun is free again when its lease ends.
        now = self._pace.clock()
        held_elsewhere = not work.parcels and work.next_due is not None and work.next_due <= now
        self._next_due = now + _STALE if held_elsewhere else work.next_due
        self._news |= len(work.parcels) >= room * size
        for parcels in chunks(work.parcels, room, size, xverp=self._connections.gives_own_paths):
            task = asyncio.create_task(self._carry(parcels))
            self._chunks.add(task)
            task.add_done_callback(self._carried)

    async def _carry(self, parcels: tuple[Parcel, ...]) -> None:
        """One chunk from begin to settle."""
        failures = self._failures
        begun = await self._insist(self._begin, parcels, until=self._stopped)
        self._news |= begun is not None and len(begun) < len(parcels)  # what dropped out may be due in another form
        if not begun:
            return
        results, rest, since, seconds = [], len(begun), self._time(), 0.0
        async for results in self._connections.carry(begun):
            seconds = self._time() - since
            await self._insist(self._settle, results, until=self._cut)
            if rest := rest - len(results):
                self._go_round()
        outcomes = [outcome for _, outcome in results]
        # Only a claim can tell when a delayed one is due again, and whether word of a failed one waits for its author.
        self._news |= any(outcome.action is not Action.DELIVERED for outcome in outcomes)
        if any(outcome.answered for outcome in outcomes):
            self._failures = 0
            self._learn(seconds / len(begun))
        elif (
            outcomes and failures == self._failures and not self._stopped.is_set()
        ):  # else another chunk has told of this outage
            self._failures += 1
            seconds = self._pace.wait(self._failures)
            self._paused_until = self._time() + seconds
            self._note("delivery.smarthost_away", reason=outcomes[0].reply, retry_seconds=round(seconds, 2))

    def _go_round(self) -> None:
        """The server is silent over a part of this chunk: the others are due again, and there is room for them."""
        if task := asyncio.current_task():
            self._stuck.add(task)
        self._heard()

    def _learn(self, seconds: float) -> None:
        """Make chunks as big as fits the time that each of their copies took; at most twice as big as the last ones."""
        fit = CHUNK if seconds * CHUNK <= CHUNK_SECONDS else int(CHUNK_SECONDS / seconds)
        self._size = max(SMALL_CHUNK, min(fit, self._size * 2))

    async def _insist(
        self, call: Callable[[Argument], Answer], argument: Argument, *, until: asyncio.Event
    ) -> Answer | None:
        """Call it in a thread, again while it is Unavailable; None (noted without a retry) when `until` came first."""
        failures = 0
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(self._threads, call, argument)
            except Unavailable as error:
                failures += 1
                seconds = self._pace.wait(failures)
                retry_seconds = None if until.is_set() else round(seconds, 2)
                self._note("delivery.trouble", reason=str(error), retry_seconds=retry_seconds)
            if retry_seconds is None:
                return None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await until.wait()

    def _carried(self, task: asyncio.Task[None]) -> None:
        """A chunk is done: there is room again."""
        self._chunks.discard(task)
        self._stuck.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._bug = self._bug or error
            self._halt()
        self._signal.set()

    def _heard(self) -> None:
        self._news = self._woken = True
        self._signal.set()

    def _halt(self) -> None:
        self._stopped.set()
        self._signal.set()

    def _cut_off(self) -> None:
        """End all talk with the smarthost; chunks then know what was answered and what was not."""
        self._cut.set()
        self._connections.cut_off()

    async def _wind_up(self) -> None:
        """Wait for the chunks, take leave of the smarthost."""
        while self._chunks:
            await asyncio.wait(self._chunks)
        await self._connections.quit()
        self._threads.shutdown(wait=False)
        self._ended.set()

    def _from_any_thread(self, action: Callable[[], None]) -> None:
        """Do it in the loop; before `run` do it here, and after the loop's end there is nothing to tell."""
        if self._loop is None:
            action()
            return
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(action)

    def _time(self) -> float:
        return asyncio.get_running_loop().time()


def chunks(parcels: Sequence[Parcel], room: int, most: int, *, xverp: bool) -> Iterator[tuple[Parcel, ...]]:
    """Share the parcels out evenly over the free connections, `most` for each, but only over as many as have enough to do.

    Those that share a transaction are one thing to do.
    """
    transactions = len({parcel.bundle(xverp=xverp) for parcel in parcels})
    pieces = min(room, max(math.ceil(transactions / SMALL_CHUNK), math.ceil(len(parcels) / most)))
    size = math.ceil(len(parcels) / pieces) if pieces else 1
    for start in range(0, len(parcels), size):
        yield tuple(parcels[start : start + size])
