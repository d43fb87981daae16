"""Debian's Postfix as a mailing list by itself, for root: an `:include:` alias for each size, or all recipients given with XVERP.

Its queue brings every message to the disk; DNS is off; all that leaves goes to one smarthost.
"""

import grp
import os
import shutil
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

PATIENCE = 60.0
_DOMAIN = "lists.example"
_AUTHOR = f"author@{_DOMAIN}"
_SERVICES = """
pickup    unix       n - n 60 1 pickup
cleanup   unix       n - n -  0 cleanup
qmgr      unix       n - n 300 1 qmgr
rewrite   unix       - - n -  - trivial-rewrite
bounce    unix       - - n -  0 bounce
defer     unix       - - n -  0 bounce
trace     unix       - - n -  0 bounce
smtp      unix       - - n -  - smtp
local     unix       - n n -  - local
error     unix       - - n -  - error
retry     unix       - - n -  - error
scache    unix       - - n -  1 scache
postlog   unix-dgram n - n -  1 postlogd
"""


class Postfix:
    """A running Postfix; `verp`: the client gives all recipients, and each copy gets a return path of its own."""

    letters = 0

    def __init__(self, smarthost: int, sizes: Sequence[int], *, verp: bool) -> None:
        self.name = f"Postfix{', XVERP' if verp else ''}"
        self._verp, self._port = verp, free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="postfix-"))
        self._etc = self._folder / "etc"
        self._folder.chmod(0o755)  # Postfix's own users must get through
        for name in ("etc", "spool", "lib", "lists"):
            (self._folder / name).mkdir(mode=0o755)
        shutil.chown(self._folder / "lib", "postfix")
        self._write(smarthost, sizes)

    def __enter__(self) -> Self:
        self._run("postfix", "start")
        end = monotonic() + PATIENCE
        while not self._greets():
            if monotonic() > end:
                raise TimeoutError("Postfix doesn't answer")
            Event().wait(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._run("postfix", "stop")
        shutil.rmtree(self._folder)

    def open(self) -> smtplib.SMTP:
        """A connection to post over."""
        line = smtplib.SMTP("127.0.0.1", self._port)
        line.ehlo("client.example")
        return line

    def post(self, line: smtplib.SMTP, octets: bytes, size: int) -> float:
        """Post to so many members; when the 250 came."""
        to = _members(size) if self._verp else [f"of-{size}@{_DOMAIN}"]
        line.send(f"MAIL FROM:<{_AUTHOR}>{' XVERP' if self._verp else ''}\r\n".encode())
        line.send("".join(f"RCPT TO:<{one}>\r\n" for one in to).encode() + b"DATA\r\n")
        if any(line.getreply()[0] >= 400 for _ in range(len(to) + 2)):
            raise RuntimeError("Postfix refuses")
        line.send(octets + b".\r\n")
        code, words = line.getreply()
        if code != 250:
            raise RuntimeError(words.decode())
        return perf_counter()

    def octets(self) -> int:
        """PSS of all its processes now."""
        return proportional_octets(int((self._folder / "spool" / "pid" / "master.pid").read_text("ascii")))

    def _greets(self) -> bool:
        with suppress(OSError), smtplib.SMTP("127.0.0.1", self._port):
            return True
        return False

    def _write(self, smarthost: int, sizes: Sequence[int]) -> None:
        aliases = []
        for size in sizes:
            members = self._folder / "lists" / str(size)
            members.write_text("".join(f"{one}\n" for one in _members(size)), "ascii")
            aliases.append(f"of-{size} :include:{members}\n")
        (self._etc / "aliases").write_text("".join(aliases), "ascii")
        (self._etc / "main.cf").touch()
        door = f"127.0.0.1:{self._port} inet n - n - - smtpd"
        (self._etc / "master.cf").write_text(door + _SERVICES, "ascii")
        settings = {
            "compatibility_level": "3.6",
            "myhostname": _DOMAIN,
            "mydestination": _DOMAIN,
            "queue_directory": self._folder / "spool",
            "data_directory": self._folder / "lib",
            "inet_interfaces": "loopback-only",
            "mynetworks": "127.0.0.0/8",
            "alias_maps": f"texthash:{self._etc / 'aliases'}",
            "local_recipient_maps": "",
            "relayhost": f"[127.0.0.1]:{smarthost}",
            "smtp_dns_support_level": "disabled",
            "smtpd_authorized_verp_clients": "127.0.0.1",
            "smtpd_recipient_limit": "100000",
            "maillog_file": self._folder / "mail.log",
            "maillog_file_prefixes": self._folder,
        }
        self._run("postconf", "-e", *(f"{name}={value}" for name, value in settings.items()))

    def _run(self, program: str, *words: str) -> None:
        with tempfile.TemporaryFile("w+") as said:
            command = [f"/usr/sbin/{program}", "-c", str(self._etc), *words]
            if subprocess.run(command, check=False, stdout=said, stderr=said).returncode:
                said.seek(0)
                raise RuntimeError(f"{' '.join(command)}: {said.read()}")


def can_run() -> bool:
    """Whether it is installed, and we may start it."""
    return (
        bool(shutil.which("postfix", path=f"{os.environ.get('PATH', '')}:/usr/sbin"))
        and os.geteuid() == 0
        and bool(grp.getgrnam("postdrop"))
    )


def _members(size: int) -> list[str]:
    return [f"m{number:05}@peers.example" for number in range(1, size + 1)]
