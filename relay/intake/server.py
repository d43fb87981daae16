"""The listening side: sockets, caps on connections, implicit TLS, and an orderly end."""

import asyncio
import resource
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from relay.intake import replies
from relay.intake.handler import Doors, Reception
from relay.intake.limits import Connections, IntakeLimits
from relay.intake.proxy import ProxyFault, client_behind, read_proxy
from relay.intake.session import Kind, SmtpSession
from relay.settings import Port, SmtpSection

__all__ = ["Doors", "IntakeLimits", "Kind", "Listener", "SmtpServer", "configured"]

_BACKLOG = 512
FILES_IN_RESERVE = 256  # for the database's connections, scanners, copies on their way and the log
FEWEST_CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Listener:
    """One listening address: `smtp` for other servers, `submission` (STARTTLS) and `submissions` (TLS) for members.

    Port 0 is any free port.
    """

    kind: Kind
    host: str
    port: int


def configured(smtp: SmtpSection) -> tuple[tuple[Listener, ...], IntakeLimits]:
    """The doors and limits that the settings ask for."""
    wished: tuple[tuple[Kind, Port], ...] = (
        ("smtp", smtp.port),
        ("submission", smtp.submission_port),
        ("submissions", smtp.submissions_port),
    )
    limits = IntakeLimits(
        max_message_octets=smtp.max_message_octets,
        max_in_flight_octets=smtp.max_in_flight_octets,
        max_recipients=smtp.max_recipients,
        max_connections=smtp.max_connections,
        max_connections_per_ip=smtp.max_connections_per_ip,
    )
    return tuple(
        Listener(kind=kind, host=smtp.host, port=0 if port == "auto" else port) for kind, port in wished if port != 0
    ), limits


class SmtpServer:
    """Listens, and keeps account of every connection until it has ended.

    Args:
        listeners: at most one of a kind.
        limits: what it takes.
        doors: the way to the rest of the relay.
        tls: each door's context for STARTTLS or implicit TLS.
        hostname: the name in greetings.
    """

    def __init__(
        self,
        listeners: tuple[Listener, ...],
        limits: IntakeLimits,
        doors: Doors,
        tls: Mapping[Kind, ssl.SSLContext],
        hostname: str,
    ) -> None:
        self._listeners = listeners
        self._tls = tls
        wished, limits = limits.max_connections, within_open_files(limits)
        if limits.max_connections < wished:
            doors.note("service.few_open_files", connections=limits.max_connections)
        self._reception = Reception(doors, limits, hostname)
        self._connections = Connections(limits)
        self._servers: list[asyncio.Server] = []
        self._sessions: set[SmtpSession] = set()
        self._handshakes: set[asyncio.Task[None]] = set()
        self._vestibules: set[Vestibule] = set()
        self._open = False

    @property
    def connections_open(self) -> int:
        """How many connections have a session now."""
        return len(self._sessions)

    def use(self, tls: Mapping[Kind, ssl.SSLContext]) -> None:
        """Take other contexts for connections that are still to come; those that are open keep theirs. Thread-safe."""
        self._tls = tls

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
        for vestibule in tuple(self._vestibules):
            vestibule.transport.abort()
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
        """Take a new connection, or turn it away. Counted before TLS, so that half-open ones count too."""
        peer = transport.get_extra_info("peername")
        ip = str(peer[0]) if peer else ""
        proxied = kind == "smtp" and bool(ip) and self._reception.is_proxy(ip)
        if not ip or not self._open or not self._connections.admit(ip, proxy=proxied):
            self._turn_away(kind, ip, transport)
        elif proxied:
            self._vestibules.add(Vestibule(self, ip, transport))
        else:
            self._begin(kind, ip, transport, proxy=False)

    def leave_vestibule(self, vestibule: "Vestibule", client: str | None) -> SmtpSession | None:
        """A proxied connection has named its client (None: the proxy itself, or nobody any more) and is counted as theirs from now on."""
        if vestibule not in self._vestibules:
            return None
        self._vestibules.discard(vestibule)
        gone = vestibule.transport.is_closing()
        if client is None and self._open and not gone:
            return self._begin("smtp", vestibule.ip, vestibule.transport, proxy=True)
        self._connections.leave(vestibule.ip, proxy=True)
        if gone:
            return None
        if client is None or not self._open or not self._connections.admit(client):
            self._turn_away("smtp", client or vestibule.ip, vestibule.transport)
            return None
        return self._begin("smtp", client, vestibule.transport, proxy=False)

    def drop(self, vestibule: "Vestibule", why: str) -> None:
        """A proxied connection that does not begin as it must is cut, without a word."""
        self._reception.note("session.refused", ip=vestibule.ip, why=why)
        vestibule.transport.abort()

    @property
    def proxy_header_seconds(self) -> float:
        """How long a listed proxy may take for its header."""
        return self._reception.limits.proxy_header.total_seconds()

    def _turn_away(self, kind: Kind, ip: str, transport: asyncio.Transport) -> None:
        self._reception.note("session.refused", ip=ip, why="too many connections")
        if kind != "submissions":
            transport.write(f"{replies.TOO_MANY_CONNECTIONS.reply}\r\n".encode("ascii"))
        transport.close()

    def _begin(self, kind: Kind, ip: str, transport: asyncio.Transport, *, proxy: bool) -> SmtpSession:
        """Give a connection that was counted its session."""

        def leave() -> None:
            self._connections.leave(ip, proxy=proxy)
            self._sessions.discard(session)

        session = SmtpSession(self._reception, kind, ip, self._tls[kind], leave)
        self._sessions.add(session)
        if kind != "submissions":
            transport.set_protocol(session)
            session.connection_made(transport)
            return session
        transport.pause_reading()  # the ClientHello must wait for TLS, in whatever order the loop runs
        handshake = asyncio.get_running_loop().create_task(self._secure(kind, transport, session, leave))
        self._handshakes.add(handshake)
        handshake.add_done_callback(self._handshakes.discard)
        return session

    async def _secure(
        self, kind: Kind, transport: asyncio.Transport, session: SmtpSession, leave: Callable[[], None]
    ) -> None:
        """Implicit TLS (RFC 8314 §3.3): the session begins under it, and so knows that it is there."""
        secured = None
        seconds = self._reception.limits.handshake.total_seconds()
        try:
            secured = await asyncio.get_running_loop().start_tls(
                transport, session, self._tls[kind], server_side=True, ssl_handshake_timeout=seconds
            )
        except OSError as error:
            self._reception.note("session.refused", why=type(error).__name__)
        finally:
            if secured and self._open and not secured.is_closing():
                session.connection_made(secured)
            else:
                transport.abort()
                leave()


def within_open_files(limits: IntakeLimits) -> IntakeLimits:
    """Raise the process's limit of open files as far as it may be, and take only so many connections as it then allows.

    Else a flood of clients would take the descriptors that the database needs, and posts that were taken would fail.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wished = limits.max_connections + FILES_IN_RESERVE
    if soft < wished:
        soft = wished if hard == resource.RLIM_INFINITY else min(wished, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    most = max(FEWEST_CONNECTIONS, soft - FILES_IN_RESERVE)
    return replace(limits, max_connections=min(limits.max_connections, most))


class Entrance(asyncio.Protocol):
    """Stands in a new connection's place until it is known whether there is room for it."""

    def __init__(self, server: SmtpServer, kind: Kind) -> None:
        self._server = server
        self._kind = kind

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        if isinstance(transport, asyncio.Transport):
            self._server.enter(self._kind, transport)


class Vestibule(asyncio.Protocol):
    """Where a listed proxy's connection waits until its PROXY header has come whole; it may take 5 seconds and no longer."""

    def __init__(self, server: SmtpServer, ip: str, transport: asyncio.Transport) -> None:
        self.ip = ip
        self.transport = transport
        self._server = server
        self._octets = b""
        self._in_time = asyncio.get_running_loop().call_later(
            server.proxy_header_seconds, server.drop, self, "no PROXY header in time"
        )
        transport.set_protocol(self)

    def data_received(self, data: bytes) -> None:
        """Read on; what follows the header is the client's, who should have waited for the greeting."""
        self._octets += data
        header = read_proxy(self._octets)
        if header is None:
            return
        self._in_time.cancel()
        if isinstance(header, ProxyFault):
            self._server.drop(self, "no PROXY header")
        else:
            session = self._server.leave_vestibule(self, client_behind(self.ip, header.ip))
            if session and (rest := self._octets[header.octets :]):
                session.data_received(rest)

    def eof_received(self) -> bool:
        """The proxy sends no more, and so no header."""
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """It ended before its header came."""
        del error
        self._in_time.cancel()
        self._server.leave_vestibule(self, None)
