"""A client that says exactly what a test tells it to, sound or not."""

import base64
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Self

from tests.listening import CHIEF, PASSWORD, RunningServer

PLAIN = base64.b64encode(f"\0{CHIEF}\0{PASSWORD}".encode()).decode()


class RawClient:
    """Bytes out, lines in. With `bytewise` every octet is a packet of its own."""

    def __init__(
        self, server: RunningServer, door: str = "submission", *, bytewise: bool = False, ip: str = "127.0.0.1"
    ) -> None:
        self._server = server
        self._bytewise = bytewise
        self.socket = socket.create_connection(("127.0.0.1", server.ports[door]), timeout=20, source_address=(ip, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._pending = b""
        if door == "submissions":
            self.start_tls()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def start_tls(self) -> None:
        """Shake hands."""
        self.socket = self._server.context.wrap_socket(self.socket, server_hostname="localhost")

    def send(self, octets: bytes) -> None:
        """Send; a server that has closed already is for `closed` to see."""
        try:
            for part in [octets[i : i + 1] for i in range(len(octets))] if self._bytewise else [octets]:
                self.socket.sendall(part)
        except (ConnectionError, ssl.SSLError):
            return

    def line(self) -> str:
        """The next line, "" when the server has closed."""
        while b"\r\n" not in self._pending:
            try:
                octets = self.socket.recv(4096)
            except (ConnectionError, ssl.SSLError):
                octets = b""
            if not octets:
                return ""
            self._pending += octets
        line, _, self._pending = self._pending.partition(b"\r\n")
        return line.decode("ascii")

    def reply(self) -> str:
        """The last line of the next reply."""
        while (line := self.line())[3:4] == "-":
            pass
        return line

    def ask(self, command: str) -> str:
        """One command and the last line of its reply."""
        self.send(command.encode() + b"\r\n")
        return self.reply()

    def login(self) -> None:
        """Come as far as a member's mail program comes before MAIL."""
        assert self.reply().startswith("220 ")
        self.ask("EHLO client.example")
        if not isinstance(self.socket, ssl.SSLSocket):
            assert self.ask("STARTTLS").startswith("220 ")
            self.start_tls()
            self.ask("EHLO client.example")
        assert self.ask(f"AUTH PLAIN {PLAIN}").startswith("235 2.7.0 ")

    def begin_data(self) -> None:
        """MAIL, RCPT and DATA."""
        assert self.ask(f"MAIL FROM:<{CHIEF}>").startswith("250 2.1.0 ")
        assert self.ask("RCPT TO:<central-africa@relay.example>").startswith("250 2.1.5 ")
        assert self.ask("DATA").startswith("354 ")


def eventually(condition: Callable[[], object]) -> None:
    """Wait until the condition holds."""
    pause, end = threading.Event(), time.monotonic() + 15
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        pause.wait(0.005)
