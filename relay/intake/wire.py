"""One connection's octets with deadlines: lines and messages in, replies out."""

import asyncio
from datetime import timedelta

from relay.intake import replies
from relay.intake.data import DataReader, Ending
from relay.intake.limits import IntakeLimits, Pace, Reservation
from relay.intake.lines import CommandLines, LineFault
from relay.intake.replies import Farewell, Greeting
from relay.mail.reply import Reply

CHUNK_OCTETS = 65_536

_LINE_FAULTS = {
    LineFault.TOO_LONG: replies.LINE_TOO_LONG,
    LineFault.BARE_LINE_END: replies.BARE_LINE_END,
    LineFault.TLS_HANDSHAKE: Farewell(),
}
_BROKEN_ENDINGS = {
    Ending.BROKEN: replies.BROKEN_LINES,
    Ending.ENDLESS: replies.ENDLESS,
}


class Wire:
    """Reads and writes for one session. A Farewell in place of input says that, and how, the connection ends."""

    __slots__ = ("_idle", "_lines", "_put_by", "_reader", "_writer")

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, idle: timedelta) -> None:
        self._reader = reader
        self._writer = writer
        self._idle = idle.total_seconds()
        self._lines = CommandLines()
        self._put_by = b""

    @property
    def sent_ahead(self) -> bool:
        """Whether the client sent more after the command that is being answered."""
        return bool(self._lines)

    @property
    def heard_end(self) -> bool:
        """Whether the client has closed its side, or all of the connection."""
        return self._reader.at_eof() or self._writer.is_closing()

    async def read_line(self, limit: int | None = None) -> bytes | Farewell:
        """Wait for one whole line. Its deadline runs from the first wait, so that single octets don't extend it."""
        line = self._lines.next(limit)
        if not isinstance(line, bytes) and self._put_by:
            await self._send(b"")
        if line is None:
            try:
                async with asyncio.timeout(self._idle):
                    while (line := self._lines.next(limit)) is None:
                        octets = await self._reader.read(CHUNK_OCTETS)
                        if not octets:
                            return Farewell()
                        self._lines.feed(octets)
            except TimeoutError:
                return replies.TIMED_OUT
        return _LINE_FAULTS[line] if isinstance(line, LineFault) else line

    async def read_message(
        self, message: DataReader, reservation: Reservation, limits: IntakeLimits
    ) -> Ending | Farewell:
        """Read to the message's end, at the pace that the limits ask for.

        When the octets in memory reach their bound, the message is read on without being kept.
        """
        clock = asyncio.get_running_loop().time
        pace = Pace(clock(), limits)
        octets = self._lines.take()
        while True:
            ending = message.feed(octets)
            if not message.kept or not reservation.grow_to(message.size):
                message.discard()
                reservation.release()
            if ending:
                self._lines.feed(message.rest)
                return _BROKEN_ENDINGS.get(ending, ending)
            try:
                async with asyncio.timeout_at(pace.due):
                    octets = await self._reader.read(CHUNK_OCTETS)
                if not octets:
                    return Farewell()
            except TimeoutError:
                octets = b""
            if not pace.keeps_up(clock(), len(octets)):
                return replies.TIMED_OUT

    def put_by(self, answer: Reply | Greeting) -> None:
        """Keep an answer until another is sent, or until the client must send more: a pipelined group is answered at once (RFC 2920 §3.2)."""
        self._put_by += _line(answer)

    def shout(self, answer: Reply) -> None:
        """Send an answer without waiting for anything."""
        self._write(_line(answer))

    async def say(self, answer: Reply | Greeting | str) -> None:
        """Send an answer and wait until the client takes it.

        Raises:
            TimeoutError: the client reads nothing.
            ConnectionError: it has gone.
        """
        await self._send(_line(answer))

    def _write(self, octets: bytes) -> None:
        """Send octets, and before them what was put by."""
        self._writer.write(self._put_by + octets)
        self._put_by = b""

    async def _send(self, octets: bytes) -> None:
        self._write(octets)
        transport = self._writer.transport
        if transport.get_write_buffer_size() == 0 and not transport.is_closing():
            return  # taken already: a deadline costs more than all of this
        async with asyncio.timeout(self._idle):
            await self._writer.drain()


def _line(answer: Reply | Greeting | str) -> bytes:
    return f"{answer}\r\n".encode("ascii")
