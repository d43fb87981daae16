"""A whole relay as a process of its own, made and started by the real command line, with a sink in this process.

site = establish(directory, members=6)      wen-relay init, members import, members password
with Smarthost() as smarthost, Served(site, smarthost.port) as relay: relay.send(octets)
"""

import asyncio
import contextlib
import csv
import io
import json
import os
import shutil
import smtplib
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self, TypeVar

from relay.settings import shipped
from relay.transport.sink import Received, Sink
from tests.integration.command import command
from tests.ports import free_port

Answer = TypeVar("Answer")

# -P: the installed package, not the checkout that a test run happens to stand in.
WEN_RELAY = (sys.executable, "-P", "-m", "relay")
LIST = "central-africa@relay.example"
PATIENCE = 60.0  # seconds that anything may take on a busy machine; nothing is expected to take them

# Ports are the kernel's choice, there is no web page, and nobody is held back by a limit of their own or of their agency.
USUAL: Mapping[str, str] = {
    "RELAY_SMTP__PORT": "0",
    "RELAY_SMTP__SUBMISSION_PORT": "auto",
    "RELAY_SMTP__SUBMISSIONS_PORT": "0",
    "RELAY_WEB__PORT": "0",
    "RELAY_LIMITS__POSTS_PER_HOUR": "0",
    "RELAY_LIMITS__OCTETS_PER_DAY": "0",
    "RELAY_LIMITS__FAN_OUT_PER_DAY": "0",
    "RELAY_LIMITS__AGENCY_POSTS_PER_HOUR": "0",
    "RELAY_LIMITS__AGENCY_OCTETS_PER_DAY": "0",
    "RELAY_LIMITS__AGENCY_FAN_OUT_PER_DAY": "0",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A data directory; `members` are all on one list, and the first of them have a password each."""

    data: Path
    members: tuple[str, ...]
    passwords: tuple[str, ...] = ()
    database: str = ""  # a URL; none: SQLite in the data directory

    @property
    def author(self) -> str:
        """Who writes the posts, where one does."""
        return self.members[0]

    @property
    def certificate(self) -> Path:
        """What clients must trust; made at the first start."""
        return self.data / "keys" / "localhost.crt"

    @property
    def url(self) -> str:
        """Its database."""
        return self.database or f"sqlite:///{self.data / 'relay.db'}"

    @property
    def environment(self) -> dict[str, str]:
        """What its commands run with: settings by variables, so that a copied directory needs no edit."""
        own = {"RELAY_RELAY__DATA": str(self.data), "RELAY_DATABASE__URL": self.url}
        return {**os.environ, **USUAL, **own, "TMPDIR": str(self.data / "tmp")}

    def command(self, *words: str) -> list[dict[str, Any]]:
        """Run a command with --json; the objects that it printed."""
        config = ("--json", "--config", str(self.data / "relay.toml"))
        done = command(*words, *config, folder=self.data, environment=self.environment)
        assert done.code == 0, (words, done)
        return done.rows

    def copy(self, to: Path) -> "Site":
        """The same relay in another directory, without the sockets of what runs. With SQLite it must not be running."""
        shutil.copytree(self.data, to, ignore=shutil.ignore_patterns("run"))
        return replace(self, data=to)


def without_detectors(data: Path) -> None:
    """Put empty files of a site's own in the place of the shipped detectors.

    Reading them and trying their examples takes seconds of each start. What they find is tested by itself, and through the
    service where it is the point.
    """
    own = data / "config" / "policy" / "detectors"
    own.mkdir(parents=True)
    for path in shipped("config", "policy", "detectors").glob("*.toml"):
        (own / path.name).write_text("# none here\n", "utf-8")


def establish(data: Path, members: int, authors: int = 1, *, moderators: int = 0, database: str = "") -> Site:
    """Make a relay with so many members on one list, passwords for so many of them, and the last so many its moderators."""
    init = [
        "init",
        "--data",
        str(data),
        "--domain",
        "relay.example",
        "--lists",
        "central-africa",
        "--database",
        database,
    ]
    done = command(*init, folder=data.parent)
    assert done.code == 0, done
    (data / "tmp").mkdir()
    addresses = tuple(f"officer.{number}@customs-cm.example" for number in range(members))
    fixed = {
        "agency": "Customs",
        "agency_type": "customs",
        "country": "CM",
        "language": "en",
        "lists": "central-africa",
    }
    vouched = {"nominated_by": "focal.point@network.example", "confirmed_by": "secretariat@network.example"}
    text = io.StringIO()
    writer = csv.DictWriter(text, ["address", "name", "role", *fixed, *vouched])
    writer.writeheader()
    for number, address in enumerate(addresses):
        role = "member;moderator" if number >= members - moderators else "member"
        writer.writerow({"address": address, "name": f"Officer {number}", "role": role, **fixed, **vouched})
    (data / "tmp" / "members.csv").write_text(text.getvalue(), "utf-8")
    site = Site(data=data, members=addresses, database=database)
    site.command("members", "import", str(data / "tmp" / "members.csv"), "--no-welcome")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        issued = pool.map(lambda address: site.command("members", "password", address), addresses[:authors])
        return replace(site, passwords=tuple(row["password"] for rows in issued for row in rows))


class Smarthost:
    """A sink on an event loop of its own, so that it takes mail while the test does something else."""

    def __init__(self) -> None:
        self.sink = Sink()
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sink", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.port = self.run(self.sink.start(port=free_port()))
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self.sink.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def wait_for(self, wanted: int | Callable[[list[Received]], bool]) -> None:
        """Wait until so many mails, or what is wanted of them, have come."""
        self.run(self.sink.wait_for(wanted, PATIENCE))

    def run(self, job: Coroutine[Any, Any, Answer]) -> Answer:
        """Do something on the sink's event loop, such as stopping it for a while or starting a proxy in front of it."""
        return asyncio.run_coroutine_threadsafe(job, self._loop).result()


class Served:
    """A running `wen-relay serve`.

    Args:
        site: which relay.
        smarthost: the port of its sink.
        under: a command that runs the service, such as strace with its options; it must become the service.
        settings: more settings as environment variables.
    """

    def __init__(
        self, site: Site, smarthost: int, *, under: Sequence[str] = (), settings: Mapping[str, str] | None = None
    ) -> None:
        self.site = site
        environment = {**site.environment, "RELAY_DELIVERY__PORT": str(smarthost), **(settings or {})}
        command = [*under, *WEN_RELAY, "serve", "--config", str(site.data / "relay.toml")]
        with (site.data / "service.log").open("a") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environment)
        assert self.process.stdout is not None
        with self.process.stdout as output:
            line = output.readline()
        self.port: int = json.loads(line)["ports"]["submission"] if line else 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def ready(self) -> bool:
        """Whether it ever came up."""
        return self.port != 0

    def stop(self) -> int:
        """End it, politely if it still lives; its exit status."""
        self.process.terminate()
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self.process.wait()

    def send(self, octets: bytes) -> str | None:
        """Send a post as a mail program does; the last reply, or None when the relay was gone before it came."""
        return send_post(self.site, self.port, octets)


def send_post(site: Site, port: int, octets: bytes, to: str = LIST) -> str | None:
    """Send a message of the site's author as a mail program does; the last reply, or None when the relay was gone before it came."""
    context = ssl.create_default_context(cafile=str(site.certificate))
    try:
        with contextlib.closing(smtplib.SMTP("localhost", port, timeout=PATIENCE)) as client:
            client.starttls(context=context)
            client.login(site.author, site.passwords[0])
            client.mail(site.author)
            client.rcpt(to)
            code, reply = client.data(octets)
    except smtplib.SMTPResponseException as refused:
        return f"{refused.smtp_code} {refused.smtp_error!r}"
    except (OSError, smtplib.SMTPException):
        return None
    return f"{code} {reply.decode()}"
