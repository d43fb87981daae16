"""The whole relay from outside: a data directory by `wen-relay init`, `wen-relay serve` as a process, a sink behind it."""

import asyncio
import atexit
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Self, TypeVar

from sqlalchemy import text

from relay.settings import load_settings
from relay.store.engine import Database
from relay.transport.sink import Received, Sink
from tests.benchmarks.machine import family
from tests.integration.command import Done, Forked, command
from tests.ports import free_port
from tests.running import without_detectors

Answer = TypeVar("Answer")
PATIENCE = 45.0  # seconds that anything may take on a busy machine
DOMAIN = "relay.example"
CENTRAL, EASTERN, SPECIES = (f"{name}@{DOMAIN}" for name in ("central-africa", "eastern-africa", "species-id"))

# Customs officers, a ranger and two moderators; MARIA reads Spanish, EVA belongs to one list only.
ANA, PAUL, JEAN = "ana@douanes.example", "paul@police.example", "jean@parcs.example"
MARIA, CLAIRE, EVA = "maria@aduanas.example", "claire@police.example", "eva@wildlife.example"
MEMBERS = f"""\
address,name,agency,agency_type,country,language,lists,nominated_by,confirmed_by,role
{ANA},Ana Example,Douanes,customs,CM,fr,central-africa;species-id,one@network.example,two@network.example,member
{PAUL},Paul Example,Police,police,CM,fr,central-africa;species-id,one@network.example,two@network.example,member;moderator
{JEAN},Jean Example,Parcs,ranger,GA,fr,central-africa,one@network.example,two@network.example,member
{MARIA},María Example,Aduanas,customs,GQ,es,central-africa;species-id,one@network.example,two@network.example,member
{CLAIRE},Claire Example,Police,police,GA,en,central-africa;species-id,one@network.example,two@network.example,member;moderator
{EVA},Eva Example,Wildlife,ranger,KE,en,eastern-africa,one@network.example,two@network.example,member
"""


def eventually(condition: Callable[[], Answer]) -> Answer:
    """Wait until the condition holds, and return what it gave."""
    pause, end = threading.Event(), time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < end, "it never came to be"
        pause.wait(0.02)
    return found


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail that left the relay: its envelope, and the message read by Python's own parser."""

    received: Received
    message: EmailMessage

    @property
    def recipient(self) -> str:
        """The one address it went to."""
        [address] = self.received.rcpt_to
        return address

    @property
    def reference(self) -> str:
        """The post it is about."""
        return str(self.message["X-WEN-Reference"])

    @property
    def is_copy(self) -> bool:
        """A copy of a post; else it is a notice or receipt."""
        return self.received.mail_from != ""

    def text(self, kind: str = "plain") -> str:
        """The decoded text of one kind; "" when there is none."""
        body = self.message.get_body((kind,))
        return str(body.get_content()).replace("\r\n", "\n") if body else ""


class Smarthost:
    """A sink on a thread of its own."""

    def __init__(self, sink: Sink | None = None) -> None:
        self.sink = sink or Sink()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sink", daemon=True)
        self._thread.start()
        self.port = self._run(self.sink.start(port=free_port()))

    @property
    def mails(self) -> list[Mail]:
        """All that has come."""
        return [Mail(one, message_from_bytes(one.octets, policy=policy.default)) for one in tuple(self.sink.received)]

    def about(self, reference: str) -> list[Mail]:
        """All that has come about one post."""
        return [mail for mail in self.mails if mail.reference == reference]

    def copies(self, reference: str) -> list[str]:
        """Who has got a copy of a post, as often as they have."""
        return sorted(mail.recipient for mail in self.about(reference) if mail.is_copy)

    def notice(self, reference: str, decision: str) -> Mail:
        """Wait for the notice or receipt about a post."""

        def find() -> list[Mail]:
            return [mail for mail in self.about(reference) if mail.message["X-WEN-Decision"] == decision]

        return eventually(find)[0]

    def stop(self) -> None:
        """Stop listening and cut every connection."""
        self._run(self.sink.stop())

    def start(self) -> None:
        """Listen again, on the same port."""
        self._run(self.sink.start(port=self.port))

    def close(self) -> None:
        """End for good."""
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, job: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(job, self._loop).result(PATIENCE)


def _found(data: Path, lists: str, database: str = "") -> None:
    """Make a new relay."""
    words = ["--data", str(data), "--domain", DOMAIN, "--lists", lists, "--database", database]
    done = command("init", *words, folder=data.parent)
    assert done.code == 0, done.err


@cache
def _founded(lists: str) -> Path:
    """A new relay's data directory, of which sites are copies: they need no keys of their own, which take longest to make."""
    folder = Path(mkdtemp())
    atexit.register(shutil.rmtree, folder)
    _found(folder / "data", lists)
    return folder / "data"


class Site:
    """A data directory that `wen-relay init` made, its ports free ones."""

    def __init__(
        self,
        folder: Path,
        smarthost_port: int,
        lists: str = "central-africa,eastern-africa,species-id",
        database: str = "",
        *,
        detectors: bool = False,
    ) -> None:
        self.folder, self.data = folder, folder / "data"
        self.file = self.data / "relay.toml"
        self.passwords: dict[str, str] = {}
        if database:
            _found(self.data, lists, database)
        else:
            self._become(_founded(lists))
        if not detectors:
            without_detectors(self.data)
        for key in ("port", "submission_port", "submissions_port"):
            self.configure("smtp", key, "auto")
        self.configure("web", "port", "auto")
        self.configure("delivery", "port", smarthost_port)

    def _become(self, data: Path) -> None:
        """Be a copy of this data directory."""
        shutil.copytree(data, self.data)
        self.file.write_text(self.file.read_text("utf-8").replace(str(data), str(self.data)), "utf-8")

    def copy(self, to: Path) -> "Site":
        """The same relay in another folder. It must not be running."""
        copy = object.__new__(Site)
        copy.folder, copy.data, copy.file = to, to / "data", to / "data" / "relay.toml"
        copy.passwords = dict(self.passwords)
        copy._become(self.data)
        return copy

    def configure(self, section: str, key: str, value: object) -> None:
        """Set one setting in the site's file."""
        settings = self.file.read_text("utf-8")
        line = f"{key} = {json.dumps(value)}"
        if f"\n[{section}]\n" not in settings:
            settings += f"\n[{section}]\n"
        before, header, rest = settings.partition(f"[{section}]\n")
        own, other, others = rest.partition("\n[")
        changed = re.sub(rf"(?m)^{key} = .*$", line, own) if re.search(rf"(?m)^{key} = ", own) else f"{line}\n{own}"
        self.file.write_text(before + header + changed + other + others, "utf-8")

    def edit_list(self, name: str, old: str, new: str) -> None:
        """Change a list's definition."""
        path = self.data / "lists" / f"{name}.toml"
        definition = path.read_text("utf-8")
        assert old in definition
        path.write_text(definition.replace(old, new), "utf-8")

    def try_run(self, *words: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None) -> Done:
        """Run a command on this site, whatever comes of it."""
        return command(*words, "--config", str(self.file), folder=self.folder, stdin=stdin, environment=environment)

    def run(self, *words: str, stdin: bytes = b"") -> Done:
        """Run a command that must succeed."""
        done = self.try_run(*words, stdin=stdin)
        assert done.code == 0, (words, done)
        return done

    def rows(self, *words: str, stdin: bytes = b"") -> list[dict[str, Any]]:
        """What a command prints with --json."""
        return self.run(*words, "--json", stdin=stdin).rows

    def ask(self, query: str, **values: object) -> list[dict[str, Any]]:
        """What the database answers, for what is asked until it is so: a command would take many times as long."""
        database = Database.open(load_settings(self.file).database_url)
        try:
            with database.read() as connection:
                return [dict(row) for row in connection.execute(text(query), values).mappings()]
        finally:
            database.close()

    def enrol(self, *authors: str) -> None:
        """Add MEMBERS, and a password for each of these authors."""
        file = self.folder / "members.csv"
        file.write_text(MEMBERS, "utf-8")
        self.run("members", "import", str(file), "--no-welcome")
        for author in authors:
            [issued] = self.rows("members", "password", author)
            self.passwords[author] = issued["password"]


class Service:
    """A running `wen-relay serve`. A context manager: it must stop in good order, unless it was killed."""

    def __init__(
        self,
        site: Site,
        *before: str,
        environment: Mapping[str, str] | None = None,
        only: str = "",
        prepare: Callable[[], object] | None = None,
    ) -> None:
        """Start it, behind another program such as strace if one is named, and wait until every door is open.

        It has an interpreter of its own where another program starts it, or the environment tells the interpreter what to do; else
        a process is forked, and prepared, for it.
        """
        self.site = site
        words = ("serve", "--only", only, "--config", str(site.file))
        if before or any(name.startswith("PYTHON") for name in environment or ()):
            self.process: subprocess.Popen[bytes] | Forked = subprocess.Popen(
                [*before, sys.executable, "-m", "relay", *words],
                cwd=site.folder,
                env={**os.environ, **(environment or {})},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        else:
            surroundings = {**os.environ, **(environment or {})}
            self.process = Forked(*words, folder=site.folder, environment=surroundings, prepare=prepare)
        assert self.process.stderr
        os.set_blocking(self.process.stderr.fileno(), False)
        self._log = bytearray()
        self._log_lock = threading.Lock()
        self._reader = threading.Thread(target=self._keep_reading, name="log", daemon=True)
        self._reader.start()
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            self._end()
            raise AssertionError(self.log.decode())
        self.ports: dict[str, int] = json.loads(line)["ports"]

    @property
    def certificate(self) -> Path:
        """What clients must trust."""
        return self.site.data / "keys" / "localhost.crt"

    @property
    def log(self) -> bytes:
        """All it has written to stderr until now: what it wrote before it sent a reply is there with the reply."""
        self._read()
        return bytes(self._log)

    def events(self, name: str) -> list[dict[str, Any]]:
        """The log's entries of one event."""
        rows = [json.loads(line) for line in self.log.split(b"\n")[:-1] if line.startswith(b"{")]
        return [row for row in rows if row["event"] == name]

    def children(self) -> list[int]:
        """The processes that the service started, the scanners before the one that they were forked from."""
        return list(family(self.process.pid))[:0:-1]

    def signal(self, number: int) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def reload(self, outcome: str = "service.reloaded") -> dict[str, Any]:
        """Make it read its settings and lists again; its log's word on that."""
        before = len(self.events(outcome))
        self.signal(signal.SIGHUP)
        return eventually(lambda: self.events(outcome)[before:])[0]

    def kill(self) -> None:
        """Kill it as a power cut would."""
        self.signal(signal.SIGKILL)
        self._end()

    def stop(self) -> None:
        """Stop it in good order."""
        self.signal(signal.SIGTERM)
        code = self._end()
        assert code == 0, (code, self.log.decode())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.returncode is None:
            self.stop()

    def _keep_reading(self) -> None:
        """Make room in the pipe whenever something is in it, or the service would stand still."""
        assert self.process.stderr
        while select.select([self.process.stderr], [], []) and self._read():
            pass

    def _read(self) -> bool:
        """Read what the pipe holds; false at its end."""
        assert self.process.stderr
        with self._log_lock:
            while not self.process.stderr.closed:
                octets = self.process.stderr.read(65536)
                if not octets:
                    return octets is None
                self._log += octets
        return False

    def _end(self) -> int:
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self._reader.join(PATIENCE)
        with self._log_lock:
            for pipe in (self.process.stdout, self.process.stderr):
                assert pipe
                pipe.close()
        return code


@dataclass(frozen=True, slots=True)
class House:
    """A relay with its members, its smarthost, and the service running."""

    site: Site
    smarthost: Smarthost
    service: Service


@contextmanager
def open_house(
    folder: Path,
    *authors: str,
    settings: Mapping[tuple[str, str], object] | None = None,
    environment: Mapping[str, str] | None = None,
    detectors: bool = False,
    prepare: Callable[[Site], None] = lambda _: None,
) -> Iterator[House]:
    """Everything up, in a folder of its own; these members have passwords. Settings by (section, key); `prepare` does what else is wanted."""
    smarthost = Smarthost()
    try:
        site = Site(folder, smarthost.port, detectors=detectors)
        site.enrol(*authors)
        for (section, key), value in (settings or {}).items():
            site.configure(section, key, value)
        prepare(site)
        with Service(site, environment=environment) as service:
            yield House(site, smarthost, service)
    finally:
        smarthost.close()
