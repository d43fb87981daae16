"""The listening side: sockets, caps on connections, implicit TLS, and an orderly end."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from relay.intake import replies
from relay.intake.handler import Doors, Reception
from relay.intake.limits import Connections, IntakeLimits
from relay.intake.session import Kind, SmtpSession

__all__ = ["Doors", "IntakeLimits", "Kind", "Listener", "SmtpServer"]

_BACKLOG = 512


@dataclass(frozen=True, slots=True)
class Listener:
    """One listening address: `smtp` for other servers, `submission` (STARTTLS) and `submissions` (TLS) for members.

    Port 0 is any free port.
    """

    kind: Kind
    host: str
    port: int


class SmtpServer:
    """Listens, and keeps account of every connection until it has ended.

    Args:
        listeners: at most one of a kind.
        limits: what it takes.
        doors: the way to the rest of the relay.
        tls: the context for STARTTLS and implicit TLS.
        hostname: the name in greetings.
    """

    def __init__(
        self, listeners: tuple[Listener, ...], limits: IntakeLimits, doors: Doors, tls: ssl.SSLContext, hostname: str
    ) -> None:
        self._listeners = listeners
        self._tls = tls
        self._reception = Reception(doors, limits, hostname)
        self._connections = Connections(limits)
        self._servers: list[asyncio.Server] = []
        self._sessions: set[SmtpSession] = set()
        self._handshakes: set[asyncio.Task[None]] = set()
        self._open = False

    async def start(self) -> dict[Kind, int]:
        """Open every listener; the port of each kind.

        Raises:
            OSError: an address can't be listened on; none is open then.
        """
        ports: dict[Kind, int] = {}
        loop = asyncio.get_running_loop()
        self._open = True
        for listener in self._listeners:
            try:
                server = await loop.create_server(
                    lambda kind=listener.kind: Entrance(self, kind),  # type: ignore[misc] # mypy can't infer defaults
                    listener.host,
                    listener.port,
                    backlog=_BACKLOG,
                )
            except OSError:
                self._stop_listening()
                raise
            self._servers.append(server)
            ports[listener.kind] = server.sockets[0].getsockname()[1]
        return ports

    async def drain(self, grace: timedelta) -> None:
        """Take no new connections, let open transactions finish for at most `grace`, then close."""
        self._stop_listening()
        for session in tuple(self._sessions):
            session.retire()
        if talks := self._conversations():
            await asyncio.wait(talks, timeout=grace.total_seconds())
        await self.close()

    async def close(self) -> None:
        """Cut every connection; what is already being judged is still finished."""
        self._stop_listening()
        for handshake in self._handshakes:
            handshake.cancel()
        for session in tuple(self._sessions):
            session.abort()
        while pending := self._conversations() | self._handshakes:
            await asyncio.wait(pending)
        await self._reception.finish()

    def _conversations(self) -> set[asyncio.Task[None]]:
        return {session.conversation for session in self._sessions if session.conversation}

    def _stop_listening(self) -> None:
        self._open = False
        while self._servers:
            self._servers.pop().close()

    def enter(self, kind: Kind, transport: asyncio.Transport) -> None:
        """Give a new connection its session, or turn it away. Counted before TLS, so that half-open ones count too."""
        peer = transport.get_extra_info("peername")
        if not peer or not self._open or not self._connections.admit(peer[0]):
            self._reception.note("session.refused", ip=peer[0] if peer else "", why="too many connections")
            if kind != "submissions":
                transport.write(f"{replies.TOO_MANY_CONNECTIONS.reply}\r\n".encode("ascii"))
            transport.close()
            return

        def leave() -> None:
            self._connections.leave(peer[0])
            self._sessions.discard(session)

        session = SmtpSession(self._reception, kind, self._tls, leave)
        self._sessions.add(session)
        if kind != "submissions":
            transport.set_protocol(session)
            session.connection_made(transport)
            return
        transport.pause_reading()  # the ClientHello must wait for TLS, in whatever order the loop runs
        handshake = asyncio.get_running_loop().create_task(self._secure(transport, session, leave))
        self._handshakes.add(handshake)
        handshake.add_done_callback(self._handshakes.discard)

    async def _secure(self, transport: asyncio.Transport, session: SmtpSession, leave: Callable[[], None]) -> None:
        """Implicit TLS (RFC 8314 §3.3): the session begins under it, and so knows that it is there."""
        secured = None
        seconds = self._reception.limits.handshake.total_seconds()
        try:
            secured = await asyncio.get_running_loop().start_tls(
                transport, session, self._tls, server_side=True, ssl_handshake_timeout=seconds
            )
        except OSError as error:
            self._reception.note("session.refused", why=type(error).__name__)
        finally:
            if secured and self._open and not secured.is_closing():
                session.connection_made(secured)
            else:
                transport.abort()
                leave()


class Entrance(asyncio.Protocol):
    """Stands in a new connection's place until it is known whether there is room for it."""

    def __init__(self, server: SmtpServer, kind: Kind) -> None:
        self._server = server
        self._kind = kind

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        if isinstance(transport, asyncio.Transport):
            self._server.enter(self._kind, transport)
