"""The line to the smarthost: octets out, whole replies in, each step within its time.

What goes wrong here is one kind of error with one sentence, because the caller asks only one more question:
what had been handed over by then.
"""

import asyncio
import contextlib
import os
from dataclasses import dataclass
from datetime import timedelta
from ssl import SSLCertVerificationError, SSLContext

from relay.errors import RelayError
from relay.transport.replies import ReplyError, ReplyParser, ServerReply, printable

BLOCK_OCTETS = 65536

_FIVE_MINUTES = timedelta(minutes=5)


def _in_words(error: OSError | UnicodeError) -> str:
    """Why no connection came about; asyncio's own sentence names the call, not the reason."""
    if isinstance(error, UnicodeError):
        return str(error)
    if isinstance(error, TimeoutError):
        return "no answer"
    number = error.errno or 0
    return os.strerror(number) if number > 0 else error.strerror or str(error)  # a resolver's own numbers are below 0


class SmarthostError(RelayError):
    """There is no session with the smarthost, or no longer; `said` when these are the server's own words."""

    def __init__(self, sentence: str, *, said: bool = False) -> None:
        """Keep the sentence printable, since a stranger may have written it."""
        super().__init__(printable(sentence))
        self.said = said


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long each step may take (RFC 5321 §4.5.3.2); `block` is for handing over 64 KiB of a message.

    `shared` is for the reply about one recipient among several, who would all wait for it: who is slower goes alone, with all the
    time that the standard gives.
    """

    connect: timedelta = timedelta(seconds=30)
    greeting: timedelta = _FIVE_MINUTES
    command: timedelta = _FIVE_MINUTES
    shared: timedelta = timedelta(seconds=10)
    data: timedelta = timedelta(minutes=2)
    block: timedelta = timedelta(minutes=3)
    dot: timedelta = timedelta(minutes=10)
    quit: timedelta = timedelta(seconds=2)


STANDARD_TIMEOUTS = Timeouts()


class Wire:
    """A connected socket, in clear or under TLS."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeouts: Timeouts) -> None:
        """Take over connected streams; `open` makes them."""
        self.timeouts = timeouts
        self._reader, self._writer = reader, writer
        self._parser = ReplyParser()
        self._closed = False
        self.replies = 0

    @classmethod
    async def open(cls, host: str, port: int, timeouts: Timeouts) -> "Wire":
        """Connect.

        Raises:
            SmarthostError: no such host, refused, or no answer in time.
        """
        try:
            async with asyncio.timeout(timeouts.connect.total_seconds()):
                reader, writer = await asyncio.open_connection(host, port, limit=BLOCK_OCTETS)
        except (OSError, UnicodeError) as error:  # UnicodeError: a host name that can't be looked up
            raise SmarthostError(f"can't connect to {host}:{port}: {_in_words(error)}") from None
        return cls(reader, writer, timeouts)

    @property
    def usable(self) -> bool:
        """Whether, as far as can be seen from here, the line stands and no unasked-for octets lie on it."""
        return not (self._closed or self._reader.at_eof() or self._parser.pending)

    @property
    def cut(self) -> bool:
        """Whether we have closed it."""
        return self._closed

    async def write(self, octets: bytes) -> None:
        """Hand octets over to the socket.

        Raises:
            SmarthostError: the line is lost, or the server reads no more.
        """
        self._writer.write(octets)
        if self._writer.transport.get_write_buffer_size() == 0 and not self._writer.transport.is_closing():
            return
        try:
            async with asyncio.timeout(self.timeouts.block.total_seconds()):
                await self._writer.drain()
        except TimeoutError:
            raise SmarthostError("the server stopped reading") from None
        except OSError:
            raise SmarthostError("the connection was lost") from None

    async def hear(self, patience: timedelta, *, goes_on: bool = False) -> ServerReply:
        """Read one reply, all of it within `patience`.

        Args:
            patience: the time for the whole reply, so that a server that drips octets gains nothing.
            goes_on: whether a 3yz is an answer here.

        Raises:
            SmarthostError: no reply, no SMTP, or a 421 or 530, which speak of the session and end it.
        """
        try:
            if (reply := self._parser.next()) is None:  # of a group that was answered together, the rest lies here
                async with asyncio.timeout(patience.total_seconds()):
                    reply = await self._read_on()
        except TimeoutError:
            raise SmarthostError(f"no reply within {patience.total_seconds():g} s") from None
        except OSError:
            raise SmarthostError("the connection was lost") from None
        except ReplyError as error:
            raise SmarthostError(f"the server's reply can't be understood: {error}") from None
        self.replies += 1
        if reply.code in {421, 530}:  # RFC 5321 §3.8: closing down; RFC 4954 §6: log in first
            raise SmarthostError(reply.line, said=True)
        if reply.code // 100 == 3 and not goes_on:
            raise SmarthostError(f"the server's reply doesn't fit the command: {reply.line}")
        return reply

    async def _read_on(self) -> ServerReply:
        while True:
            octets = await self._reader.read(BLOCK_OCTETS)
            if not octets:
                raise SmarthostError("the server closed the connection")
            self._parser.feed(octets)
            if reply := self._parser.next():
                return reply

    async def secure(self, context: SSLContext, host: str) -> None:
        """Go over to TLS after the server's 220; there is no way back to clear text.

        Raises:
            SmarthostError: no handshake, or a certificate that `context` refuses.
        """
        if self._parser.pending:  # sent in clear, these octets would be taken for a reply given under TLS
            raise SmarthostError("the server sent octets between STARTTLS and TLS")
        try:
            async with asyncio.timeout(self.timeouts.command.total_seconds()):
                await self._writer.start_tls(context, server_hostname=host)
        except SSLCertVerificationError as error:
            raise SmarthostError(f"the server's certificate is not valid: {error.verify_message}") from None
        except OSError as error:
            raise SmarthostError(f"TLS could not be set up: {error}") from None

    def close(self) -> None:
        """Drop the line at once; whoever reads or writes on it is told that it is lost."""
        self._closed = True
        self._writer.transport.abort()

    async def closed(self) -> None:
        """Wait until the socket is gone."""
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
