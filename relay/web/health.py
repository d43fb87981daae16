"""A minimal HTTP server for `/health`: is the relay up, and can it write things down?"""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class HealthServer:
    """Serves /health on its own thread until closed. `healthy` is asked at every request and must not raise."""

    def __init__(self, host: str, port: int, healthy: Callable[[], bool]) -> None:
        """Listen; port 0 means any free one."""

        class Handler(BaseHTTPRequestHandler):
            timeout = 10  # seconds for a request to arrive; a stranger can't keep a thread

            def do_GET(self) -> None:
                found = self.path == "/health"
                well = found and healthy()
                body = json.dumps(
                    {"status": "ok" if well else "unavailable"} if found else {"error": "not found"}
                ).encode()
                self.send_response((200 if well else 503) if found else 404)
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
