"""Mailman 3 core, as pip installs it: mail comes in by LMTP and goes to a smarthost; all runners, SQLite, no digests, no archive.

It has a venv of its own (`make bench-peers`) and is no dependency of ours.
"""

import smtplib
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event
from time import monotonic, perf_counter
from typing import Self

from tests.benchmarks.machine import proportional_octets
from tests.ports import free_port

PATIENCE = 120.0  # seconds for a start or a stop
DOMAIN = "lists.example"
AUTHOR = "author@peers.example"
_MAKER = Path(__file__).with_name("mailman_lists.py")
_SETTINGS = """
[mailman]
layout: here
site_owner: owner@lists.example
[paths.here]
var_dir: {folder}
bin_dir: {bin}
[mta]
incoming: mailman.mta.null.NullMTA
smtp_host: 127.0.0.1
smtp_port: {smarthost}
lmtp_host: 127.0.0.1
lmtp_port: {lmtp}
[webservice]
hostname: 127.0.0.1
port: {rest}
"""


class Mailman:
    """A running Mailman with a list for each number of members, `verp`: each copy by itself, with a return path of its own."""

    letters = 0

    def __init__(self, venv: Path, folder: Path, smarthost: int, members: Sequence[int], *, verp: bool) -> None:
        self.name = f"Mailman 3 core{', VERP' if verp else ''}"
        self._command = (str(venv / "bin" / "mailman"), "--run-as-root", "-C", str(folder / "mailman.cfg"))
        self._lmtp, self._folder = free_port(), folder
        folder.mkdir()
        settings = _SETTINGS.format(
            folder=folder, bin=venv / "bin", smarthost=smarthost, lmtp=self._lmtp, rest=free_port()
        )
        (folder / "mailman.cfg").write_text(settings, "utf-8")
        python, words = str(venv / "bin" / "python"), [*map(str, members), *(["verp"] if verp else [])]
        _run([python, "-P", str(_MAKER), str(folder / "mailman.cfg"), AUTHOR, *words])

    def __enter__(self) -> Self:
        _run([*self._command, "start"])
        end = monotonic() + PATIENCE
        while not self._greets():
            if monotonic() > end:
                raise TimeoutError("Mailman's LMTP door doesn't open")
            Event().wait(0.1)
        return self

    def __exit__(self, *_: object) -> None:
        _run([*self._command, "stop"])
        end = monotonic() + PATIENCE
        while self._pids() and monotonic() < end:
            Event().wait(0.1)

    def open(self) -> smtplib.SMTP:
        """A connection to post over."""
        return smtplib.LMTP("127.0.0.1", self._lmtp)

    def post(self, line: smtplib.SMTP, octets: bytes, members: int) -> float:
        """Post to the list of so many members; when the 250 came."""
        line.sendmail(AUTHOR, [f"of-{members}@{DOMAIN}"], octets)
        return perf_counter()

    def octets(self) -> int:
        """PSS of all its processes now."""
        return sum(map(proportional_octets, self._pids()))

    def _greets(self) -> bool:
        with suppress(OSError), smtplib.LMTP("127.0.0.1", self._lmtp):
            return True
        return False

    def _pids(self) -> list[int]:
        """Its master, whose descendants are the runners."""
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                words = (path / "cmdline").read_bytes().split(b"\0")
                if str(self._folder).encode() in b" ".join(words) and any(word.endswith(b"master") for word in words):
                    found.append(int(path.name))
        return found


def _run(command: Sequence[str]) -> None:
    """Run it; what it says goes to a file, since a daemon that it leaves behind would keep a pipe open."""
    with tempfile.TemporaryFile("w+") as said:
        if subprocess.run(command, check=False, stdout=said, stderr=said, cwd="/").returncode:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command)}: {said.read()}")
