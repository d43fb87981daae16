"""A small HTTP server for a few fixed answers. Nothing that a client sends is looked at but its method, path and length.

The one exception is a click on a list's one-click address, whose one word is read (`web.leave`).

It speaks no TLS: the internet reaches it through the site's web server (deploy/README.md).
"""

import json
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import Any

from relay.errors import RelayError
from relay.maillog import bug
from relay.roster.login import SubmissionDoors
from relay.web.autoconfig import autoconfig, autodiscover
from relay.web.health import Health
from relay.web.leave import HTML, LEAVING, PRIVATE, LeaveDesk, is_click
from relay.web.metrics import CONTENT_TYPE, PATH, MetricsDesk

MOST_CONNECTIONS = 64
LONGEST_SECONDS = 15.0  # from the first octet of a connection to its end; it serves one request
BODY_OCTETS = 16_384  # of a request; Autodiscover's are below one kilobyte

_AUTOCONFIG = ("/.well-known/autoconfig/mail/config-v1.1.xml", "/mail/config-v1.1.xml")
_AUTODISCOVER = "/autodiscover/autodiscover.xml"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered; further header fields beside type and length."""

    status: int
    content_type: str
    body: bytes
    fields: Mapping[str, str] = field(default_factory=dict)


def _plainly(status: int, word: str, **fields: str) -> Answer:
    return Answer(status, "application/json", json.dumps({"error": word}).encode(), fields)


class WebServer:
    """Serves on threads of its own until closed.

    Args:
        host: where to listen.
        port: 0 means any free one.
        health: asked at every request for /health; must not raise.
        doors: asked for where mail programs connect.
        desk: what is said, and done, at a list's one-click address; None where there is no such address.
        metrics: the page of metrics and who may read it; to all others it is an unknown page.
    """

    def __init__(
        self,
        host: str,
        port: int,
        health: Callable[[], Health],
        doors: Callable[[], SubmissionDoors],
        desk: LeaveDesk | None = None,
        metrics: MetricsDesk | None = None,
    ) -> None:
        self._server = _Bounded((host, port), partial(_answer, health, doors), desk, metrics)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, name="web", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        with suppress(OSError):
            self._server.socket.shutdown(socket.SHUT_RDWR)  # which wakes the loop: by itself it looks twice a second
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: "_Bounded"
    timeout = 10  # seconds that a client may say nothing

    def do_GET(self) -> None:
        self._reply(self._shown())

    def do_HEAD(self) -> None:
        self._reply(self._shown(), with_body=False)

    def _shown(self) -> Answer:
        if self.server.desk and self.path.startswith(LEAVING):
            return Answer(200, HTML, self.server.desk.explained, PRIVATE)
        metrics = self.server.metrics
        if metrics and self.path == PATH and metrics.may_read(str(self.client_address[0]), self.headers):
            return Answer(200, CONTENT_TYPE, metrics.page())
        return self.server.answer("GET", self.path, None)

    def do_POST(self) -> None:
        length = None if "Transfer-Encoding" in self.headers else self.headers.get("Content-Length")
        if self.server.desk and self.path.startswith(LEAVING):
            self._reply(self._clicked(self.server.desk, length))
            return
        reply = self.server.answer("POST", self.path, length)
        if reply.status == 200 and length:
            self.rfile.read(int(length))  # and forget: what is asked makes no difference
        self._reply(reply)

    def _clicked(self, desk: LeaveDesk, length: str | None) -> Answer:
        if length is None or not (length.isascii() and length.isdigit() and len(length) <= 4):
            return _plainly(411, "length required, four digits at most")
        if not is_click(self.headers.get("Content-Type", ""), self.rfile.read(int(length))):
            return _plainly(400, "post List-Unsubscribe=One-Click as a form (RFC 8058)")
        try:
            outcome = desk.leave(self.path)
        except RelayError:
            return _plainly(503, "try again later")
        return _plainly(429, "try again later") if outcome == "too many" else Answer(200, HTML, desk.done, PRIVATE)

    def _reply(self, reply: Answer, *, with_body: bool = True) -> None:
        self.send_response(reply.status)
        own = {"Content-Type": reply.content_type, "Content-Length": str(len(reply.body))}
        own |= {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'"}
        for name, value in {"Cache-Control": "no-store", **own, **reply.fields}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(reply.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """What the base class refuses by itself; its own page would repeat what the client sent."""
        self.close_connection = True
        self._reply(_plainly(int(code), "bad request"))

    def version_string(self) -> str:
        return "wen-relay"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class names it so)
        """Requests of strangers are not logged."""


class _Bounded(ThreadingHTTPServer):
    """So many connections at once, and none for long, however slowly its client speaks."""

    daemon_threads = True

    def __init__(
        self,
        address: tuple[str, int],
        answer: Callable[[str, str, str | None], Answer],
        desk: LeaveDesk | None,
        metrics: MetricsDesk | None,
    ) -> None:
        self.answer, self.desk, self.metrics = answer, desk, metrics
        self._open: dict[socket.socket, float] = {}
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if len(self._open) >= MOST_CONNECTIONS:
            self.shutdown_request(request)
            return
        self._open[request] = monotonic()
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """Twice a second: cut what is too old, which its thread then sees as the end."""
        oldest = monotonic() - LONGEST_SECONDS
        for request, began in tuple(self._open.items()):
            if began < oldest:
                with suppress(OSError):
                    request.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  (its signature)
        """A client that has gone is no news, a fault of ours is; the base class would print both, with what the client sent."""
        error = sys.exception()
        if error and not isinstance(error, OSError):
            bug(error, "web")


def _answer(
    health: Callable[[], Health], doors: Callable[[], SubmissionDoors], method: str, target: str, length: str | None
) -> Answer:
    path = target.partition("?")[0].lower()
    if path == "/health" and method == "GET":
        said = health().to_json()
        return Answer(200 if said["status"] == "ok" else 503, "application/json", json.dumps(said).encode())
    if path not in {*_AUTOCONFIG, _AUTODISCOVER} or not any(doors().each()):
        return _plainly(404, "not found")
    wanted = "POST" if path == _AUTODISCOVER else "GET"
    if method != wanted:
        return _plainly(405, "method not allowed", Allow=wanted)
    if method == "POST":
        if length is None or not (length.isascii() and length.isdigit()):
            return _plainly(411, "length required")
        if len(length) > 9 or int(length) > BODY_OCTETS:
            return _plainly(413, "too large")
    make = autodiscover if path == _AUTODISCOVER else autoconfig
    return Answer(200, "text/xml; charset=utf-8", make(doors()), {"Cache-Control": "max-age=3600"})
