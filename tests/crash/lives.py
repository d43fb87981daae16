"""Lives of a relay: processes of its own commands, forked from one that has imported them, so that many lives cost little.

A life may begin stopped, for a tracer to take hold of it before its first instruction.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import IO

from tests.integration.command import forked
from tests.running import PATIENCE, Site, send_post


def until(condition: Callable[[], object]) -> None:
    """Wait for a condition, not for a time."""
    assert comes_to_be(condition, PATIENCE), "it never came to be"


def comes_to_be(condition: Callable[[], object], seconds: float) -> bool:
    """Whether a condition comes to hold in so much time."""
    pause, end = threading.Event(), monotonic() + seconds
    while not condition():
        if monotonic() >= end:
            return False
        pause.wait(0.01)
    return True


def children(pid: int) -> list[int]:
    """The processes that a process has started, and that live."""
    threads = Path(f"/proc/{pid}/task")
    started = [int(child) for one in threads.iterdir() for child in (one / "children").read_text("ascii").split()]
    return [child for child in started if Path(f"/proc/{child}/cmdline").read_bytes()]  # one that has ended has none


class Command:
    """One command of the relay as a process: its output goes to a file, what it logs to the relay's log."""

    def __init__(
        self,
        site: Site,
        *words: str,
        settings: Mapping[str, str] | None = None,
        stopped: bool = False,
        prepare: Callable[[], None] | None = None,
    ) -> None:
        self.site = site
        self._output = site.data / "tmp" / f"output-{monotonic()}"
        environment = {**site.environment, **(settings or {})}
        arguments = (*words, "--config", str(site.data / "relay.toml"))
        files = (str(self._output), str(site.data / "service.log"))
        self._process = forked(_become, arguments, files, environment, stopped, prepare)
        assert self._process.pid is not None
        self.pid = self._process.pid
        if stopped:
            until(lambda: self._state() in "TZ")

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return not self._process.is_alive()

    @property
    def output(self) -> str:
        """What it has printed until now."""
        return self._output.read_text("utf-8") if self._output.exists() else ""

    def go_on(self) -> None:
        """Let a stopped one go on."""
        os.kill(self.pid, signal.SIGCONT)

    def signal(self, number: int) -> None:
        """Send it a signal, if it still lives."""
        if not self.over:
            os.kill(self.pid, number)

    def end(self, number: int | None = None) -> int:
        """Wait for its end, after a signal if one is given; its exit status, negative for a signal's number."""
        if number is not None:
            self.signal(number)
        self._process.join(PATIENCE)
        if not self.over:
            self._process.kill()
            self._process.join()
            raise AssertionError(f"it did not end: {self.output}")
        return int(self._process.exitcode or 0)

    def _state(self) -> str:
        return Path(f"/proc/{self.pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]


class Life(Command):
    """One life of `wen-relay serve`, or of one of its roles."""

    def __init__(
        self,
        site: Site,
        smarthost: int,
        *,
        only: str = "",
        settings: Mapping[str, str] | None = None,
        stopped: bool = False,
        prepare: Callable[[], None] | None = None,
    ) -> None:
        ports = {"RELAY_DELIVERY__PORT": str(smarthost), "RELAY_SMTP__PORT": "auto"}
        words = ("serve", "--only", only) if only else ("serve",)
        super().__init__(site, *words, settings={**ports, **(settings or {})}, stopped=stopped, prepare=prepare)
        self.ports: dict[str, int] = {}
        if not stopped:
            self.await_doors()

    def await_doors(self) -> bool:
        """Wait until every door is open; False when it ended before."""
        until(lambda: self.output.endswith("\n") or self.over)
        if self.output.endswith("\n"):
            self.ports = json.loads(self.output)["ports"]
        return bool(self.output)

    @property
    def children(self) -> list[int]:
        """The scanners' parent."""
        return children(self.pid)

    def send(self, octets: bytes) -> str | None:
        """Send a post; the last reply, None when it was not heard."""
        return send_post(self.site, self.ports["submission"], octets)


def beat_each_second() -> None:
    """Have this process, which is to be a service, give its signs of life, and take over what others left, so often: for tests that wait for that."""
    from relay import app

    app.BEAT = timedelta(seconds=1)


def _become(
    words: tuple[str, ...],
    files: tuple[str, str],
    environment: Mapping[str, str],
    stopped: bool,
    prepare: Callable[[], None] | None,
) -> None:
    """In the new process: be the command."""
    from relay.cli.main import run

    for number, name in enumerate(files, start=1):
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    _streams()
    os.environ.clear()
    os.environ.update(environment)
    if prepare is not None:
        prepare()
    if stopped:
        os.kill(os.getpid(), signal.SIGSTOP)
    sys.argv = ["wen-relay", *words]
    run()


def _streams() -> None:
    """Standard output and error as a fresh interpreter has them."""
    sys.stdout, sys.stderr = _text(1), _text(2)


def _text(descriptor: int) -> IO[str]:
    return open(descriptor, "w", encoding="utf-8", buffering=1, closefd=False)
