"""The demo's stage: a relay of its own, a sink as its smarthost, and real SMTP clients."""

import asyncio
import contextlib
import errno
import io
import json
import os
import shutil
import smtplib
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Self, TypeVar

from relay.actions.enrol import add_member
from relay.actions.establish import establish
from relay.actions.open import opened
from relay.cli.demo_cast import DOMAIN, GATEWAY, LISTS, Mail, cast
from relay.errors import Conflict, Unavailable
from relay.transport.sink import Received, Sink

Answer = TypeVar("Answer")
PATIENCE = 30.0  # seconds that anything in the tour may take on a slow machine


class Stage:
    """Everything that runs during the demo. A context manager: nothing is left running behind it."""

    def __init__(self, data: Path, call: Callable[[Sequence[str]], object]) -> None:
        """Take the demo's data directory, which is made anew, and what does a `wen-relay` command."""
        self.data = data
        self._call = call
        self.passwords: dict[str, str] = {}
        self.ports: dict[str, int] = {}
        self.sink = Sink()
        self._sink_port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sink", daemon=True)
        self._service: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        """Make the relay, its members and the sink, and start serving."""
        self._thread.start()
        # Not a port of the kernel's choice: a connection might take it while the sink is down.
        self._sink_port = on_free_port(2526, lambda port: self._on_loop(self.sink.start(port=port)))
        self._establish()
        self._serve()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the relay and the sink."""
        if self._service is not None:
            self._service.terminate()
            try:
                self._service.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._service.kill()
                self._service.wait()
        with contextlib.suppress(OSError):
            self._on_loop(self.sink.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def site_file(self) -> Path:
        """The demo relay's settings."""
        return self.data / "relay.toml"

    @property
    def certificate(self) -> Path:
        """The certificate that clients trust."""
        return self.data / "keys" / "localhost.crt"

    def _establish(self) -> None:
        marker = self.data / ".wen-relay-demo"
        if self.data.exists() and any(self.data.iterdir()) and not marker.exists():
            raise Conflict(f"{self.data} holds something that is not the demo's: move it away")
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(parents=True, mode=0o700)
        marker.touch()
        establish(self.data, DOMAIN, LISTS, "", None, datetime.now(UTC))
        text = self.site_file.read_text("utf-8").replace("port = 25\n", f"port = {self._sink_port}\n")
        for key, usual in (("port", 2525), ("submission_port", 2587), ("submissions_port", 2465)):
            if not _is_free(usual):
                text = text.replace(f"\n{key} = {usual} ", f'\n{key} = "auto" ')
        text = text.replace("port = 8080 ", "port = 0 ")
        gateway = f'trusted_gateways = ["127.0.0.1"]\nauthserv_id = "{GATEWAY}"\n'
        text = text.replace("[smtp]\n", f"[smtp]\n{gateway}")
        self.site_file.write_text(text, "utf-8")
        with opened(str(self.site_file)) as resources:
            for row in cast():
                enrolled = add_member(resources, row, with_password=True, now=datetime.now(UTC))
                self.passwords[row["address"]] = enrolled.password

    def _serve(self) -> None:
        log = (self.data / "service.log").open("w")
        # Its temporary files, if it made any, would be where the demo looks for traces at the end.
        (self.data / "tmp").mkdir()
        environment = os.environ | {"TMPDIR": str(self.data / "tmp")}
        command = [sys.executable, "-m", "relay", "serve", "--config", str(self.site_file)]
        with log:
            self._service = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)  # noqa: S603  (our own program)
        line = self._service.stdout.readline() if self._service.stdout else ""
        if not line:
            raise Unavailable(f"the demo's relay did not start: see {self.data / 'service.log'}")
        self.ports = json.loads(line)["ports"]

    def send(self, mail: Mail, finding: str = "") -> str:
        """Send a mail with a real SMTP client over STARTTLS; returns the server's last reply.

        Logged in as the mail says; or as a gateway hands it over, with its own finding or another one.
        """
        context = ssl.create_default_context(cafile=str(self.certificate))
        port = self.ports["smtp" if mail.finding else "submission"]
        with smtplib.SMTP("localhost", port, timeout=PATIENCE) as client:
            client.starttls(context=context)
            client.ehlo()
            try:
                if mail.login:
                    client.login(mail.login, self.passwords[mail.login])
                code, reply = client.mail(mail.login or mail.author)
                if code >= 400:
                    return f"{code} {reply.decode()}"
                for recipient in mail.to:
                    code, reply = client.rcpt(recipient)
                    if code >= 400:
                        return f"{code} {reply.decode()}"
                code, reply = client.data(mail.octets(datetime.now(UTC), finding))
            except smtplib.SMTPResponseException as error:
                code, reply = (
                    error.smtp_code,
                    error.smtp_error if isinstance(error.smtp_error, bytes) else error.smtp_error.encode(),
                )
        return f"{code} {reply.decode()}"

    def command(self, *words: str) -> list[dict[str, Any]]:
        """Run a `wen-relay` command with --json and return its rows."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            self._call([*words, "--json", "--config", str(self.site_file)])
        return [json.loads(line) for line in printed.getvalue().splitlines()]

    def wait_for(self, wanted: Callable[[list[Received]], bool]) -> None:
        """Wait until the sink has received what is wanted."""
        try:
            self._on_loop(self.sink.wait_for(wanted, PATIENCE))
        except TimeoutError:
            raise Unavailable(f"a mail did not arrive in time: see {self.data / 'service.log'}") from None

    def stop_smarthost(self) -> None:
        """Kill the sink, connections and all."""
        self._on_loop(self.sink.stop())

    def start_smarthost(self) -> None:
        """Start the sink again on its port."""
        self._on_loop(self.sink.start(port=self._sink_port))

    def _on_loop(self, job: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(job, self._loop).result()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def on_free_port(usual: int, listen: Callable[[int], Answer]) -> Answer:
    """Listen on the usual port, or on the next above it that nothing uses."""
    for port in count(usual):
        try:
            return listen(port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    raise AssertionError("unreachable: beyond the last port is another error")
