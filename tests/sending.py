"""Ways to send parcels through a sink or a raw server, for the tests of the SMTP client."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from typing import Any, TypeVar

from relay.delivery.delivery import Outcome
from relay.transport.sink import Sink
from relay.transport.smtp import Connection, Content, Parcel, Smarthost
from relay.transport.wire import STANDARD_TIMEOUTS, Timeouts
from tests.faults import Talk, raw_server

Answer = TypeVar("Answer")

MESSAGE = b"Subject: pangolin scales\r\n\r\n..\r\n.hidden\r\nTwo sacks.\r\n"
SOON = timedelta(seconds=1)
OK = b"250 ok\r\n"
KEYS = count(1)


def run(test: Coroutine[Any, Any, Answer]) -> Answer:
    return asyncio.run(asyncio.wait_for(test, 30))


def smarthost(port: int) -> Smarthost:
    return Smarthost(host="127.0.0.1", port=port, tls="none", helo_name="relay.example")


def parcel(recipient: str = "ama", octets: bytes = MESSAGE, mail_from: str = "list@relay.example") -> Parcel:
    return Parcel(key=next(KEYS), mail_from=mail_from, recipient=f"{recipient}@parks.example", content=Content(octets))


def verp(number: int) -> list[Parcel]:
    return [parcel(f"m{n}", mail_from=f"list-bounces+{n}@relay.example") for n in range(number)]


@asynccontextmanager
async def connected(port: int, timeouts: Timeouts = STANDARD_TIMEOUTS) -> AsyncIterator[Connection]:
    connection = await Connection.open(smarthost(port), timeouts)
    try:
        yield connection
    finally:
        await connection.quit()


async def send(port: int, parcels: list[Parcel], timeouts: Timeouts = STANDARD_TIMEOUTS) -> list[Outcome]:
    async with connected(port, timeouts) as connection:
        results = await connection.send(parcels)
    assert [sent for sent, _ in results] == parcels
    return [outcome for _, outcome in results]


def through_sink(sink: Sink, parcels: list[Parcel]) -> list[Outcome]:
    async def test() -> list[Outcome]:
        port = await sink.start()
        try:
            return await send(port, parcels)
        finally:
            await sink.stop()

    return run(test())


def through_raw(talk: Talk, parcels: list[Parcel], timeouts: Timeouts = STANDARD_TIMEOUTS) -> list[Outcome]:
    async def test() -> list[Outcome]:
        async with raw_server(talk) as port:
            return await send(port, parcels, timeouts)

    return run(test())


def at(stage: str, reply: str, *, times: int = 1, argument: str | None = None) -> Callable[[str, str], str | None]:
    """Behave so at one stage the first few times (for one argument only, if given)."""
    left = iter(range(times))

    def behave(now: str, what: str) -> str | None:
        return reply if now == stage and argument in {None, what} and next(left, None) is not None else None

    return behave
