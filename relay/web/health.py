"""A minimal HTTP server for `/health`: is the relay up, can it write things down, and does what is due leave?"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from relay.delivery.retry import LONG


@dataclass(frozen=True, slots=True)
class Health:
    """How this process is: "ok" or what is wrong.

    Where it delivers: how long the oldest delivery has been due, and whether the smarthost is away.
    """

    status: str
    due_seconds: int | None = None
    smarthost_away: bool | None = None

    def to_json(self) -> dict[str, object]:
        """What is known of it."""
        facts = {"due_seconds": self.due_seconds, "smarthost_away": self.smarthost_away}
        return {"status": self.status} | {name: fact for name, fact in facts.items() if fact is not None}


def judge_delivery(waiting: timedelta, *, away: bool) -> Health:
    """Judge by how long the oldest delivery has been due. Behind a smarthost that is away deliveries wait as they should."""
    status = "delivery stuck" if waiting > LONG and not away else "ok"
    return Health(status, due_seconds=int(waiting.total_seconds()), smarthost_away=away)


class HealthServer:
    """Serves /health on its own thread until closed. `health` is asked at every request and must not raise."""

    def __init__(self, host: str, port: int, health: Callable[[], Health]) -> None:
        """Listen; port 0 means any free one."""

        class Handler(BaseHTTPRequestHandler):
            timeout = 10  # seconds for a request to arrive; a stranger can't keep a thread

            def do_GET(self) -> None:
                found = self.path == "/health"
                answer = health().to_json() if found else {"error": "not found"}
                body = json.dumps(answer).encode()
                self.send_response((200 if answer["status"] == "ok" else 503) if found else 404)
                for name, value in (
                    ("Content-Type", "application/json"),
                    ("Content-Length", str(len(body))),
                    ("Cache-Control", "no-store"),
                ):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def version_string(self) -> str:
                return "wen-relay"

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class names it so)
                """Requests of strangers are not logged."""

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
