"""The connections that are kept alive to the smarthost, and sending over whichever of them answers."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from relay.delivery.delivery import Action, Outcome
from relay.transport.smtp import Connection, Parcel, Result, Smarthost
from relay.transport.wire import STANDARD_TIMEOUTS, SmarthostError, Timeouts


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long things may take and last; `jitter` returns numbers from 0 to 1, `clock` the time that due times are in.

    `patience` is how long a server may say nothing before what isn't on its way to it goes elsewhere.
    """

    timeouts: Timeouts = STANDARD_TIMEOUTS
    idle: timedelta = timedelta(seconds=30)
    patience: timedelta = timedelta(seconds=5)
    messages: int = 500
    first_wait: timedelta = timedelta(seconds=0.5)
    longest_wait: timedelta = timedelta(seconds=30)
    jitter: Callable[[], float] = random.random
    clock: Callable[[], datetime] = _now

    def wait(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row: doubling, a quarter more or less."""
        seconds = self.first_wait.total_seconds() * float(2 ** min(failures - 1, 30))
        return min(seconds, self.longest_wait.total_seconds()) * (0.75 + self.jitter() / 2)


@dataclass(slots=True)
class _Way:
    """By which connection a `send` goes at present; none while it has yet to be opened."""

    connection: Connection | None = None

    @property
    def heard(self) -> tuple[Connection | None, int]:
        """What changes with every reply."""
        return self.connection, self.connection.replies if self.connection else 0


class Connections:
    """Opens connections on demand and keeps each until it was idle for `pace.idle` or carried `pace.messages`."""

    def __init__(self, smarthost: Smarthost, pace: Pace) -> None:
        """Set up; nothing is opened before the first `send`."""
        self._smarthost, self._pace = smarthost, pace
        self._open: set[Connection] = set()
        self._idle: dict[Connection, asyncio.TimerHandle] = {}
        self._opening: set[asyncio.Task[Connection]] = set()
        self._leaving: set[asyncio.Task[None]] = set()
        self._cut = False
        self.gives_own_paths = False  # whether the server did so when it was last seen (XVERP)

    async def carry(self, parcels: Sequence[Parcel]) -> AsyncIterator[list[Result]]:
        """Send these, and tell what became of them: all at once, unless the server falls silent over one of them.

        Then what isn't on its way is told of first, to go by another connection; what the server is silent about comes last.
        """
        way = _Way()
        sending = asyncio.create_task(self.send(parcels, way))
        heard, patience = None, self._pace.patience.total_seconds()
        while not (await asyncio.wait({sending}, timeout=patience))[0]:
            stands, heard = heard == way.heard, way.heard
            if stands and way.connection and (results := way.connection.leave()):
                yield results
        yield sending.result()

    async def send(self, parcels: Sequence[Parcel], way: _Way | None = None) -> list[Result]:
        """Send over as many connections as it takes, one after the other, while they answer.

        A server may end any session at any time: a kept one has often been dropped unseen, and some take only so many
        messages. So what was not reached goes on over a fresh one, until two fresh ones in a row carried nothing.
        The parcel at which such a one broke is left out then, because it may be what breaks it, and the rest is tried from
        its other end, which tells a server in trouble from one that trips over its first parcels.
        """
        done: list[Result] = []
        unreached: list[Result] = []
        rest, failed_in_a_row = list(parcels), 0
        while rest and failed_in_a_row < 2:
            try:
                connection, fresh = await self._take()
            except SmarthostError as error:
                lost = Outcome(action=Action.DELAYED, reply=str(error), reached=False)
                unreached = [(parcel, lost) for parcel in rest]
                break
            answered = connection.answered
            if way:
                way.connection = connection
            results = await connection.send(rest)
            if way:
                way.connection = None  # it is done with these, and may soon carry another's
            self.gives_own_paths = connection.gives_own_paths  # it may have offered more than it does
            self._put_back(connection)
            done += [result for result in results if result[1].reached]
            unreached = [result for result in results if not result[1].reached]
            if connection.answered > answered:
                failed_in_a_row = 0
            elif fresh and not self._cut:
                failed_in_a_row += 1
                if len(unreached) == len(results):
                    (parcel, outcome), *unreached = unreached
                    done.append((parcel, replace(outcome, blamed=True)))
                unreached.reverse()
            rest = [parcel for parcel, _ in unreached]
        return done + unreached

    def cut_off(self) -> None:
        """End all talk at once; every `send` then returns what was answered and what was not."""
        self._cut = True
        for task in self._opening:
            task.cancel()
        for connection in self._open:
            connection.close()

    async def quit(self) -> None:
        """Take leave on every idle connection and wait until their sockets are gone."""
        for connection, timer in tuple(self._idle.items()):
            timer.cancel()
            self._part_with(connection)
        await asyncio.gather(*self._leaving)

    async def _take(self) -> tuple[Connection, bool]:
        """The connection that was used last, since it is the likeliest to stand, or a fresh one (True).

        Raises:
            SmarthostError: none can be opened, or all has been cut off.
        """
        while self._idle:
            connection, timer = self._idle.popitem()
            timer.cancel()
            if connection.usable:
                return connection, False
            self._part_with(connection)
        if self._cut:
            raise SmarthostError("the relay is stopping")
        opening = asyncio.create_task(Connection.open(self._smarthost, self._pace.timeouts))
        self._opening.add(opening)
        opening.add_done_callback(self._opening.discard)
        try:
            connection = await opening
        except asyncio.CancelledError:
            if self._cut:
                raise SmarthostError("the relay is stopping") from None
            raise
        if self._cut:
            connection.close()
            raise SmarthostError("the relay is stopping")
        self._open.add(connection)
        self.gives_own_paths = connection.gives_own_paths
        return connection, True

    def _put_back(self, connection: Connection) -> None:
        """Keep the connection for the next chunk, unless it is dead or has served long enough."""
        if connection.usable and connection.answered < self._pace.messages:
            seconds = self._pace.idle.total_seconds()
            self._idle[connection] = asyncio.get_running_loop().call_later(seconds, self._part_with, connection)
        else:
            self._part_with(connection)

    def _part_with(self, connection: Connection) -> None:
        self._idle.pop(connection, None)
        self._open.discard(connection)
        leaving = asyncio.create_task(connection.quit())
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)
