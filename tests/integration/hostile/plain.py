"""A plain aiosmtpd server, as its documentation starts one: what a test of a pitfall is compared with."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Self

from aiosmtpd.smtp import SMTP


class Recorder:
    """A handler that keeps the envelopes; `come` is awaited when one has come."""

    def __init__(self, result: str = "250 OK", come: Callable[[], Awaitable[None]] | None = None) -> None:
        self.envelopes: list[Any] = []
        self.sessions: list[Any] = []
        self.result = result
        self.come = come

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 — aiosmtpd's name
        self.envelopes.append(envelope)
        self.sessions.append(session)
        if self.come:
            await self.come()
        return self.result

    async def handle_PROXY(self, *_: Any) -> bool:  # noqa: N802 — the same
        return True


class PlainServer:
    """`with PlainServer() as plain:` on a free port, in a thread of its own; `options` are those of aiosmtpd's SMTP."""

    def __init__(self, handler: Any = None, *, implicit_tls: ssl.SSLContext | None = None, **options: Any) -> None:
        self.handler = handler or Recorder()
        self._implicit_tls = implicit_tls
        self._options = options
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="plain", daemon=True)
        self.sessions: list[SMTP] = []

    def _make(self) -> SMTP:
        session = SMTP(self.handler, hostname="plain.example", loop=self._loop, **self._options)
        self.sessions.append(session)
        return session

    async def _start(self) -> asyncio.Server:
        return await self._loop.create_server(self._make, "127.0.0.1", 0, ssl=self._implicit_tls)

    async def _stop(self) -> None:
        self._server.close()
        for session in self.sessions:
            if session.transport is not None:
                session.transport.abort()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


class Talk:
    """Bytes out, lines in, to either server; greeted, and past EHLO when asked."""

    def __init__(self, port: int, *, ehlo: bool = True, tls: ssl.SSLContext | None = None) -> None:
        self.socket: socket.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        if tls:
            self.start_tls(tls)
        self.file = self.socket.makefile("rb")
        self.greeting = self.reply()
        if ehlo:
            self.offers = self.replies("EHLO client.example")

    def start_tls(self, context: ssl.SSLContext) -> None:
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self.file = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()
        self.socket.close()

    def line(self) -> str:
        """The next line; "" when the server has closed."""
        try:
            return self.file.readline().decode("utf-8", "replace").rstrip("\r\n")
        except (ConnectionError, ssl.SSLError):
            return ""

    def reply(self) -> str:
        """The last line of the next reply."""
        while (line := self.line())[3:4] == "-":
            pass
        return line

    def replies(self, command: str) -> list[str]:
        """One command and all lines of its reply."""
        self.send(command.encode() + b"\r\n")
        lines = [self.line()]
        while lines[-1][3:4] == "-":
            lines.append(self.line())
        return lines

    def send(self, octets: bytes) -> None:
        """Send; a server that has closed already is for `line` to tell."""
        try:
            self.socket.sendall(octets)
        except (ConnectionError, ssl.SSLError):
            return

    def ask(self, command: str | bytes) -> str:
        """One command and the last line of its reply."""
        self.send((command.encode() if isinstance(command, str) else command) + b"\r\n")
        return self.reply()

    def is_silent(self, seconds: float = 0.3) -> bool:
        """Whether nothing comes for so long."""
        self.socket.settimeout(seconds)
        try:
            return not self.socket.recv(1, socket.MSG_PEEK) and False
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(20)

    def begin_data(self, mail_from: str = "a@other.example", to: str = "central-africa@relay.example") -> None:
        """MAIL, RCPT and DATA."""
        assert self.ask(f"MAIL FROM:<{mail_from}>").startswith("250")
        assert self.ask(f"RCPT TO:<{to}>").startswith("250")
        assert self.ask("DATA").startswith("354")
