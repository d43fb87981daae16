"""`wen-relay` commands as processes of their own, each forked from one that has imported every command already.

A fresh interpreter would spend most of the tests' time on imports.
"""

import json
import multiprocessing
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from relay.cli.main import COMMANDS

PATIENCE = 60.0  # seconds that one command may take on a busy machine

_PROCESSES = multiprocessing.get_context("forkserver")
_MODULES = sorted({place.partition(":")[0] for place, _ in COMMANDS.values()})
_LATER = ("relay.store.postgresql", "email_validator")  # what some of them load when they come to it
_PROCESSES.set_forkserver_preload([*(f"relay.cli.{module}" for module in _MODULES), *_LATER])


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
        arguments = (words, str(folder), (str(given), str(out), str(err)), dict(environment or {}))
        process = forked(_become, *arguments)
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


def _become(words: tuple[str, ...], folder: str, files: tuple[str, str, str], environment: dict[str, str]) -> None:
    """In the new process: be the command."""
    from relay.cli.main import run

    for number, (name, flags) in enumerate(zip(files, (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY), strict=True)):
        descriptor = os.open(name, flags | os.O_CREAT, 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  (it lives as long as the process)
    os.chdir(folder)
    os.environ.update(environment)
    sys.argv = ["wen-relay", *words]
    run()
