"""A small SMTP server that takes everything and delivers nothing: for the demo and for tests.

Messages stay in memory. `behave` may answer in its place at any stage, drop the connection, or fall silent,
which is how tests play a smarthost in trouble.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ssl import SSLContext

MESSAGE_OCTETS = 67108864

DROP = "drop"
STALL = "stall"  # no answer, and the connection stays

Behaviour = Callable[[str, str], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One message that was taken: its envelope, its octets without dot-stuffing, and when; `asked` are MAIL's parameters, `asked_of` each recipient's."""

    mail_from: str
    rcpt_to: tuple[str, ...]
    octets: bytes = field(repr=False)
    at: datetime
    asked: tuple[str, ...] = ()
    asked_of: tuple[tuple[str, ...], ...] = ()


class Sink:
    """See the module.

    `behave(stage, argument)` returns a whole reply such as "451 4.3.0 later", DROP, STALL or None (the usual answer).
    Stages are "connect", each command in lower case (the argument is the address, or what follows the verb), "dot"
    (before the message counts as taken) and "after-dot" (it is taken, the reply not yet given).
    """

    def __init__(
        self,
        *,
        behave: Behaviour | None = None,
        tls: SSLContext | None = None,
        extensions: tuple[str, ...] = ("PIPELINING", "8BITMIME", f"SIZE {MESSAGE_OCTETS}"),
    ) -> None:
        """Set up; STARTTLS is offered when `tls` is given, and AUTH PLAIN once it is used."""
        self.received: list[Received] = []
        self.connections = 0  # how many have been accepted since the sink was made
        self.behave = behave
        self._tls, self._extensions = tls, extensions
        self._server: asyncio.Server | None = None
        self._sessions: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._changed = asyncio.Event()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen; returns the port, a free one for 0. May be called again after `stop`."""
        self._server = await asyncio.start_server(self._accept, host, port, limit=MESSAGE_OCTETS)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def stop(self) -> None:
        """Stop listening and drop every connection, as a killed server does. What was received is kept."""
        if self._server:
            self._server.close()
        for session, writer in self._sessions.items():
            session.cancel()
            writer.transport.abort()
        await asyncio.gather(*self._sessions, return_exceptions=True)
        if self._server:
            await self._server.wait_closed()
        self._server = None

    async def wait_for(self, wanted: int | Callable[[list[Received]], bool], seconds: float) -> None:
        """Wait until so many messages have been received, or until `wanted` says yes of them.

        Raises:
            TimeoutError: it did not come to that in time.
        """
        async with asyncio.timeout(seconds):
            while not (wanted(self.received) if callable(wanted) else len(self.received) >= wanted):
                self._changed.clear()
                await self._changed.wait()

    def take(self, message: Received) -> None:
        """Keep a message and tell those who wait for it."""
        self.received.append(message)
        self._changed.set()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        session = asyncio.create_task(_Session(self, reader, writer, self._tls, self._extensions).serve())
        self._sessions[session] = writer
        session.add_done_callback(self._sessions.pop)


class _HangUpError(Exception):
    """The session is over."""


class _Session:
    """One client's connection."""

    def __init__(
        self,
        sink: Sink,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        tls: SSLContext | None,
        extensions: tuple[str, ...],
    ) -> None:
        self._sink, self._reader, self._writer = sink, reader, writer
        self._tls, self._extensions = tls, extensions
        self._secured = False
        self._mail_from: str | None = None
        self._asked: tuple[str, ...] = ()
        self._rcpt_to: list[str] = []
        self._asked_of: list[tuple[str, ...]] = []

    async def serve(self) -> None:
        """Greet and answer until one side has enough."""
        try:
            with contextlib.suppress(_HangUpError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                await self._reply("connect", "", "220 sink.example ESMTP")
                while True:
                    await self._command((await self._reader.readuntil(b"\r\n"))[:-2].decode("utf-8", "replace"))
        finally:
            self._writer.close()

    async def _command(self, line: str) -> None:
        verb, _, argument = line.partition(" ")
        match verb.upper():
            case "EHLO" | "HELO":
                self._forget()
                await self._reply("ehlo", argument, self._greeting())
            case "MAIL":
                path, self._asked = _path(argument), _parameters(argument)
                self._mail_from = path if await self._reply("mail", path, "250 2.1.0 sender taken") else None
            case "RCPT":
                usual = "503 5.5.1 MAIL first" if self._mail_from is None else "250 2.1.5 recipient taken"
                if await self._reply("rcpt", _path(argument), usual):
                    self._rcpt_to.append(_path(argument))
                    self._asked_of.append(_parameters(argument))
            case "DATA":
                usual = "354 go ahead" if self._rcpt_to else "554 5.5.1 no valid recipients"
                if await self._reply("data", "", usual):
                    await self._message()
            case other:
                await self._command_outside_mail(other, argument)

    async def _command_outside_mail(self, verb: str, argument: str) -> None:
        match verb:
            case "RSET":
                self._forget()
                await self._reply("rset", "", "250 2.0.0 forgotten")
            case "AUTH" if self._secured:
                await self._reply("auth", argument, "235 2.7.0 welcome")
            case "STARTTLS" if self._tls and not self._secured:
                if await self._reply("starttls", "", "220 2.0.0 ready"):
                    await self._writer.start_tls(self._tls)
                    self._secured = True
            case "QUIT":
                await self._reply("quit", "", "221 2.0.0 bye")
                raise _HangUpError
            case _:
                await self._reply(verb.lower(), argument, "502 5.5.2 not here")

    async def _message(self) -> None:
        """Read up to the final dot; bare CR and LF stay in the octets as they came."""
        octets = bytearray()
        while (line := await self._reader.readuntil(b"\r\n")) != b".\r\n":
            octets += line.removeprefix(b".")
        rcpt_to, mail_from, asked = tuple(self._rcpt_to), self._mail_from or "", self._asked
        asked_of = tuple(self._asked_of)
        self._forget()
        refusal = None if rcpt_to else "554 5.5.1 no valid recipients"
        if self._sink.behave:
            refusal = self._sink.behave("dot", ",".join(rcpt_to)) or refusal
        if refusal:
            await self._say(refusal)
            return
        message = Received(
            mail_from=mail_from,
            rcpt_to=rcpt_to,
            octets=bytes(octets),
            at=datetime.now(UTC),
            asked=asked,
            asked_of=asked_of,
        )
        self._sink.take(message)
        await self._reply("after-dot", ",".join(rcpt_to), "250 2.0.0 taken")

    async def _reply(self, stage: str, argument: str, usual: str) -> bool:
        """Say what `behave` wants here, or the usual; whether that was a yes."""
        wanted = self._sink.behave(stage, argument) if self._sink.behave else None
        return await self._say(wanted or usual)

    async def _say(self, reply: str) -> bool:
        if reply == DROP:
            raise _HangUpError
        if reply == STALL:
            await asyncio.Event().wait()
        self._writer.write(f"{reply}\r\n".encode())
        await self._writer.drain()
        if reply.startswith("421"):
            raise _HangUpError
        return reply[0] in "23"

    def _greeting(self) -> str:
        lines = ["sink.example", *self._extensions]
        if self._tls:
            lines.append("AUTH PLAIN" if self._secured else "STARTTLS")
        return "\r\n".join([f"250-{line}" for line in lines[:-1]] + [f"250 {lines[-1]}"])

    def _forget(self) -> None:
        self._mail_from, self._rcpt_to, self._asked_of = None, [], []


def _path(argument: str) -> str:
    """The address in `FROM:<…>` or `TO:<…>`; a sink judges no addresses."""
    return argument.partition("<")[2].partition(">")[0]


def _parameters(argument: str) -> tuple[str, ...]:
    """What stands behind the address."""
    return tuple(argument.partition(">")[2].split())
