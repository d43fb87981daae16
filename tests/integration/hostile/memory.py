"""A real session on a transport in memory: every chunk arrives exactly as a test cut it, which no socket promises."""

import asyncio
import ssl
from collections.abc import Coroutine, Iterable
from typing import Any

from relay.intake.handler import Doors, Reception
from relay.intake.limits import IntakeLimits
from relay.intake.session import SmtpSession
from tests.listening import LIMITS, House


class MemoryTransport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.1", 4321)})
        self.said = b""
        self.closed = False

    def write(self, data: Any) -> None:
        self.said += bytes(data)

    def close(self) -> None:
        self.closed = True

    abort = close

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        """Nothing is buffered here."""

    def resume_reading(self) -> None:
        """Nothing is buffered here."""

    def get_write_buffer_size(self) -> int:
        """Nothing is buffered here."""
        return 0

    def set_write_buffer_limits(self, *_: Any) -> None:
        """Nothing is buffered here."""


class MemorySession:
    """Feed it chunks; each is handled to the last before the next one comes."""

    def __init__(self, house: House, limits: IntakeLimits = LIMITS) -> None:
        house.anyone = True
        doors = Doors(
            authenticate=house.authenticate,
            find_account=house.find_account,
            enter=house.enter,
            admit=house.admit,
            receive=house.receive,
            note=house.note,
        )
        self.reception = Reception(doors, limits, "relay.example")
        self.transport = MemoryTransport()
        self.session = SmtpSession(
            self.reception, "smtp", "192.0.2.1", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), on_end=lambda: None
        )
        self.session.connection_made(self.transport)

    async def settle(self) -> None:
        """Until the session waits for the client again, or has closed; nothing tells when, so each turn of the loop looks."""
        while not (self.transport.closed or (self.session._reader._waiter and not self.session._reader._buffer)):  # noqa: ASYNC110
            await asyncio.sleep(0)

    async def feed(self, chunks: Iterable[bytes]) -> None:
        await self.settle()
        for chunk in chunks:
            if self.transport.closed:
                return
            self.session.data_received(chunk)
            await self.settle()

    async def end(self) -> None:
        """The client has gone; what was begun is finished."""
        self.session.eof_received()
        self.session.connection_lost(None)
        await asyncio.gather(self.session.conversation, return_exceptions=True)
        self.transport.close()
        await self.reception.finish()


def run(talk: Coroutine[Any, Any, Any]) -> Any:
    """Run such talks on a loop of their own."""
    return asyncio.run(asyncio.wait_for(talk, 120))
