"""`wen-relay` commands as processes of their own, each forked from one that has imported every command already.

A fresh interpreter would spend most of the tests' time on imports.
"""

import json
import multiprocessing
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PATIENCE = 60.0  # seconds that one command may take on a busy machine

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.integration.preloaded"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What it printed with --json."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def sentence(self) -> str:
        """The one line of an error; fails when there is more, or a traceback."""
        assert "Traceback" not in self.err, self.err
        [line] = self.err.splitlines()
        return line


def command(*words: str, folder: Path, stdin: bytes = b"", environment: Mapping[str, str] | None = None) -> Done:
    """Run a command in a folder."""
    with TemporaryDirectory() as scratch:
        out, err, given = (Path(scratch, name) for name in ("out", "err", "in"))
        given.write_bytes(stdin)
        process = forked(_become, words, str(folder), (str(given), str(out), str(err)), dict(environment or {}))
        process.join(PATIENCE)
        if process.exitcode is None:
            process.kill()
            process.join()
        done = Done(code=process.exitcode or 0, out=out.read_text("utf-8"), err=err.read_text("utf-8"))
        process.close()
        return done


def forked(target: Callable[..., object], *arguments: object) -> BaseProcess:
    """A process that does this and ends, forked from the one that has imported every command."""
    process = _PROCESSES.Process(target=target, args=arguments)
    process.start()
    return process


class Forked:
    """A command that goes on by itself, its output and error in pipes; what `subprocess.Popen` is for a fresh interpreter."""

    def __init__(
        self,
        *words: str,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        prepare: Callable[[], object] | None = None,
    ) -> None:
        """Start it; its process is prepared before it is the command."""
        (out, told), (err, logged) = os.pipe(), os.pipe()
        with Connection(told, readable=False) as stdout, Connection(logged, readable=False) as stderr:
            files = (os.devnull, stdout, stderr)
            self._process = forked(_become, words, str(folder), files, dict(environment or {}), prepare)
        assert self._process.pid is not None
        self.pid = self._process.pid
        self.stdout, self.stderr = os.fdopen(out, "rb"), os.fdopen(err, "rb")

    @property
    def returncode(self) -> int | None:
        """Its exit status, negative for a signal's number; None while it lives."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """The same."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status, once it has ended.

        Raises:
            TimeoutExpired: it lives on.
        """
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired("wen-relay", timeout or 0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it still lives."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it, if it still lives."""
        self._process.kill()


@contextmanager
def program(folder: Path) -> Iterator[Path]:
    """Make a program `wen-relay` in a folder, for scripts: each call of it is forked like any other command, and is given what it was given."""
    path, place = folder / "wen-relay", folder / "desk"
    path.write_text(_PROGRAM.format(python=sys.executable, place=str(place)), "utf-8")
    path.chmod(0o755)
    with ThreadPoolExecutor() as threads, socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as desk:
        desk.bind(str(place))
        desk.listen()
        threads.submit(_serve, desk, threads)
        try:
            yield path
        finally:
            desk.shutdown(socket.SHUT_RDWR)


# Isolated and without site-packages: such an interpreter starts in no time.
_PROGRAM = """\
#!{python} -IS
import json, os, signal, socket, sys

with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as desk:
    desk.connect({place!r})
    given = [sys.argv[1:], os.getcwd(), dict(os.environ)]
    socket.send_fds(desk, [json.dumps(given).encode()], [0, 1, 2])
    pid = int(desk.recv(20))
    signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGTERM))
    code = int(desk.recv(20))
sys.exit(code)
"""


def _serve(desk: socket.socket, threads: ThreadPoolExecutor) -> None:
    with suppress(OSError):  # the end
        while True:
            threads.submit(_serve_one, desk.accept()[0])


def _serve_one(caller: socket.socket) -> None:
    with caller:
        given, descriptors, _, _ = socket.recv_fds(caller, 1 << 20, 3)
        words, folder, environment = json.loads(given)
        with ExitStack() as stack:
            streams = [stack.enter_context(Connection(one)) for one in descriptors]
            process = forked(_become, words, folder, streams, environment)
        caller.send(str(process.pid).encode())
        process.join()
        caller.send(str(process.exitcode).encode())


def _become(
    words: Sequence[str],
    folder: str,
    files: Sequence[str | Connection],
    environment: dict[str, str],
    prepare: Callable[[], object] | None = None,
) -> None:
    """In the new process: be the command."""
    from relay.cli.main import run

    for number, (file, flags) in enumerate(zip(files, (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY), strict=True)):
        if isinstance(file, Connection):
            os.dup2(file.fileno(), number)
            file.close()
            continue
        descriptor = os.open(file, flags | os.O_CREAT, 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  (it lives as long as the process)
    os.chdir(folder)
    os.environ.update(environment)
    sys.argv = ["wen-relay", *words]
    if prepare is not None:
        prepare()
    run()
