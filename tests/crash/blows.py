"""Blows to a running relay, dealt by strace at an exact system call, and what must hold after each.

One trial: a fresh relay takes one post while the blow falls; it is started again; a client that got no answer sends the
same octets again; the queue empties. Then everybody has what is theirs, whatever the moment was.
"""

import os
import re
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from time import monotonic

from relay.store import audit, queue
from relay.store.engine import Database
from relay.store.keys import load_keys
from relay.transport.sink import Received
from tests.running import PATIENCE, Served, Site, Smarthost

MEMBERS = 6  # the author and five who get a copy
CALLS = ("fsync", "fdatasync", "pwrite64", "sendto")  # all that the relay uses to reach the disk and its peers
BROKEN = b"restart the relay"  # the log's sentence after the disk failed
SENT = b'"delivery.sent"'  # the log's event after one delivery is settled
WORDS = (b"quittenbaum", b"xylophonberg")

_LINE = re.compile(r"^(\d+) +(\w+)\(", re.MULTILINE)
_MESSAGE_ID = re.compile(rb"^Message-ID: *(\S+)", re.MULTILINE | re.IGNORECASE)
# -D makes strace the grandchild, so that our child is the service itself; -s 0 keeps a post out of strace's output.
# Counts are per thread.
_STRACE = ("strace", "-D", "-f", "-qq", "-s", "0")
_FASTER = "--seccomp-bpf"  # stops for the traced calls alone; but it injects no signals


@dataclass(frozen=True, slots=True)
class Blow:
    """What strace does at which occurrence of a system call, in its own words: `signal=KILL`, `error=EIO`."""

    call: str
    what: str
    when: str

    @property
    def command(self) -> tuple[str, ...]:
        """The program under which the service is run."""
        inject = f"inject={self.call}:{self.what}:when={self.when}"
        faster = () if self.what.startswith("signal=") else (_FASTER,)
        return (*_STRACE, *faster, "-o", "/dev/null", "-e", f"trace={self.call}", "-e", inject)


@dataclass(frozen=True, slots=True)
class Post:
    """A message, and how many mails come of it: copies, and word to its author."""

    octets: bytes
    mails: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What one trial left: the first answer (None: no answer), whether the service was killed, and all that the sink got."""

    site: Site
    reply: str | None
    killed: bool
    mails: tuple[Received, ...] = field(repr=False)


@cache
def no_strace() -> str:
    """Why strace can't be used here; "" when it can."""
    if not shutil.which("strace"):
        return "strace is not installed: apt-get install strace"
    run = subprocess.run(
        [*_STRACE, "-o", "/dev/null", "-e", "trace=fsync", "true"], capture_output=True, text=True, check=False
    )
    return "" if run.returncode == 0 else f"strace may not trace here: {run.stderr.strip()}"


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, not for a time."""
    pause, end = threading.Event(), monotonic() + PATIENCE
    while not condition():
        assert monotonic() < end, "it never came to be"
        pause.wait(0.01)


@contextmanager
def database(site: Site) -> Iterator[Database]:
    """The relay's database, beside the service."""
    opened = Database.open(f"sqlite:///{site.data / 'relay.db'}")
    try:
        yield opened
    finally:
        opened.close()


def log_of(site: Site) -> bytes:
    """All that the service has logged. Before a kill only this is watched: the next start must find the database alone."""
    return (site.data / "service.log").read_bytes()


def has_begun(site: Site) -> bool:
    """Whether the start's own writing is over: it ends with the first signature under the audit log."""
    return b'"audit.head_signed"' in log_of(site)


def counts(site: Site) -> dict[str, int]:
    """What `queue status` says."""
    with database(site) as relay, relay.read() as connection:
        return queue.counts(connection)


def wait_for_empty_queue(site: Site) -> None:
    """Wait until nothing is queued or under way any more."""

    def is_empty() -> bool:
        with relay.read() as connection:
            now = queue.counts(connection)
        return now["delivered"] > 0 and not any(now[state] for state in ("queued", "leased", "sending"))

    with database(site) as relay:
        until(is_empty)


@cache
def census(template: Site, post: Post) -> dict[str, range]:
    """For each system call, the occurrences (as strace counts them) that belong to one post, from login to settling.

    Those of fsync are the start's own: only there the relay writes files of its own. A thread that has made more calls
    by the start than another hides the other's first ones, since it gets to those numbers earlier.
    """
    folder = template.data.with_name(f"census-{post.mails}")
    site, trace = template.copy(folder), folder.with_suffix(".trace")
    under = (*_STRACE, _FASTER, "-o", str(trace), "-e", f"trace={','.join(CALLS)}")
    with Smarthost() as smarthost, Served(site, smarthost.port, under=under) as relay:
        until(lambda: has_begun(site))
        before = _counted(trace) | {"fsync": 0}
        reply = relay.send(post.octets)
        assert reply is not None
        assert reply.startswith("250 "), reply
        until(lambda: log_of(site).count(SENT) >= post.mails)
        after = _counted(trace)
    return {call: range(before[call] + 1, after[call] + 1) for call in CALLS}


def _counted(trace: Path) -> dict[str, int]:
    """How often the busiest thread has made each call."""
    by_thread = Counter(_LINE.findall(trace.read_text("ascii")))
    return {call: max((n for (_, made), n in by_thread.items() if made == call), default=0) for call in CALLS}


def spread(numbers: range, most: int) -> list[int]:
    """The first, the last and evenly between (the middle for one alone); all of them for RELAY_CRASH_SWEEP=full."""
    if os.environ.get("RELAY_CRASH_SWEEP") == "full" or len(numbers) <= most:
        return list(numbers)
    if most == 1:
        return [numbers[len(numbers) // 2]]
    return sorted({numbers[round(step * (len(numbers) - 1) / (most - 1))] for step in range(most)})


def sweep(run: Callable[[Blow], Trial], blows: Iterable[Blow]) -> list[Trial]:
    """Run the trials, as many at once as there are processors."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(run, blows))


def try_blow(template: Site, folder: Path, blow: Blow, post: Post) -> Trial:
    """One trial; its failures name the blow."""
    site = template.copy(folder / f"{blow.call}-{blow.what}-{blow.when}")
    try:
        with Smarthost() as smarthost:
            reply, killed = _take_blow(site, smarthost, blow, post)
            answer = reply if reply and reply.startswith("250 ") else None
            with Served(site, smarthost.port) as relay:
                answer = answer or relay.send(post.octets)
                wait_for_empty_queue(site)
                assert relay.stop() == 0
            assert answer is not None
            assert answer.startswith("250 2.0.0 CAFR-"), answer
            trial = Trial(site=site, reply=reply, killed=killed, mails=tuple(smarthost.sink.received))
        _check_always(trial)
    except AssertionError as error:
        error.add_note(f"after {blow}")
        raise
    return trial


def _take_blow(site: Site, smarthost: Smarthost, blow: Blow, post: Post) -> tuple[str | None, bool]:
    """The first start, under the blow: the answer to the post, and whether the blow killed the service."""
    relay = Served(site, smarthost.port, under=blow.command)

    def over() -> bool:
        log = log_of(site)
        return relay.process.poll() is not None or BROKEN in log or log.count(SENT) >= post.mails

    try:
        until(lambda: relay.process.poll() is not None or has_begun(site))
        reply = relay.send(post.octets) if relay.ready else None
        if reply and reply.startswith("451 "):
            again = relay.send(post.octets)
            assert again is not None
            assert again.startswith("451 "), f"after a failed fsync nothing may be promised: {again}"
        elif reply:
            until(over)
        else:
            relay.process.wait(PATIENCE)
        killed = relay.process.poll() is not None
    finally:
        relay.process.kill()
        relay.process.wait()
    return reply, killed


def _check_always(trial: Trial) -> None:
    """The audit log is whole, no mail came twice uncounted, and a second one is the first one's twin."""
    with database(trial.site) as relay, relay.read() as connection:
        assert audit.verify(connection, load_keys(trial.site.data / "keys").audit.public_key()) == ()
    by_recipient: dict[str, list[str]] = {}
    for mail in trial.mails:
        found = _MESSAGE_ID.search(mail.octets)
        assert found is not None
        by_recipient.setdefault(",".join(mail.rcpt_to), []).append(found.group(1).decode())
    assert all(len(set(identities)) == 1 for identities in by_recipient.values()), by_recipient
    twice = len(trial.mails) - len(by_recipient)
    assert twice <= counts(trial.site)["possible_duplicates"], "a mail came twice, and nobody can know"


def copies(trial: Trial) -> set[str]:
    """Who got a copy; notices and receipts have no return path."""
    return {recipient for mail in trial.mails if mail.mail_from for recipient in mail.rcpt_to}


def traces(site: Site) -> list[str]:
    """Files under the relay's directory, its log and temporary files included, in which a withheld word stands."""
    files = [path for path in site.data.rglob("*") if path.is_file()]
    return [str(path) for path in files if any(word in path.read_bytes().lower() for word in WORDS)]
