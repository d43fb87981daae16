"""`make bench-peers`: Mailman 3 core, Postfix by itself, and this relay, with the same messages, one after the other on this machine.

Everybody hands over to the same smarthost, which counts. Ratios say more than figures: all depend on the machine. Peers judge nothing
of what they carry, and Postfix isn't a mailing list.
"""

import argparse
import smtplib
import ssl
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Protocol, Self

from rich.console import Console
from rich.table import Table

from tests.benchmarks import postfix_alone
from tests.benchmarks.figures import message
from tests.benchmarks.machine import facts, proportional_octets
from tests.benchmarks.mailman import AUTHOR, Mailman
from tests.benchmarks.postfix_alone import Postfix
from tests.benchmarks.swallow import Swallow
from tests.running import LIST, PATIENCE, Served, Site, establish

_POSTS, _LINES = 100, 10  # of the sustained run: posts, and connections that they come by
_IDLE, _RUNS = 20, 3
_SMALL, _LOADED, _BIG, _BIGGEST = 20, 100, 1000, 5000
_SLOWEST = "Mailman 3 core, VERP"  # more than a minute for 5,000
Figures = dict[str, float]


class Peer(Protocol):
    """A running list server. `post` sends to the list of so many other members, and says when its 250 came."""

    name: str
    letters: int  # that a post brings beside its copies

    def open(self) -> smtplib.SMTP:
        """A connection to post over."""

    def post(self, line: smtplib.SMTP, octets: bytes, size: int) -> float:
        """Post one message."""

    def octets(self) -> int:
        """PSS of all processes now."""


class Relay:
    """This relay with one list of so many others; two are never up at once. Its author gets a receipt, which counts as a copy here."""

    letters = 1

    def __init__(self, site: Site, smarthost: int, verp: str) -> None:
        self.name = {"always": "WEN Relay, VERP", "auto": "WEN Relay, XVERP", "never": "WEN Relay"}[verp]
        self._site, self._relay = site, Served(site, smarthost, settings={"RELAY_DELIVERY__VERP": verp})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._relay.stop()

    def open(self) -> smtplib.SMTP:
        """Connect, secure and log in."""
        line = smtplib.SMTP("localhost", self._relay.port, timeout=PATIENCE)
        line.starttls(context=ssl.create_default_context(cafile=str(self._site.certificate)))
        line.login(self._site.author, self._site.passwords[0])
        return line

    def post(self, line: smtplib.SMTP, octets: bytes, _size: int) -> float:
        """Post one message."""
        line.sendmail(self._site.author, [LIST], octets)
        return perf_counter()

    def octets(self) -> int:
        """PSS of the service and its scanners now."""
        return proportional_octets(self._relay.process.pid)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bench:
    """Where it is measured: the counting smarthosts (which Postfix and Mailman know as their own, too), and a folder."""

    smarthost: Swallow
    folder: Path
    author: str


def idle_latency(peer: Peer, bench: _Bench) -> Figures:
    """From a post's 250 to the last of 20 copies, nothing else to do."""
    taken = []
    with peer.open() as line:
        for _ in range(_IDLE):
            answered = peer.post(line, message(bench.author), _SMALL)
            taken.append(bench.smarthost.wait(_SMALL + peer.letters) - answered)
    return {f"250 to the last of {_SMALL} copies, idle, p50 [s]": median(taken)}


def fan_out(peer: Peer, bench: _Bench, size: int, runs: int = _RUNS) -> Figures:
    """From handing the post in to the last copy."""
    taken = []
    for _ in range(runs):
        with peer.open() as line:
            began = perf_counter()
            peer.post(line, message(bench.author), size)
            taken.append(bench.smarthost.wait(size + peer.letters) - began)
    return {f"one post to {size:,}, handed in to last copy [s]": median(taken)}


def sustained(peer: Peer, bench: _Bench) -> Figures:
    """A hundred posts to a hundred members each over ten connections: deliveries a second, and the most memory meanwhile."""
    lines = [peer.open() for _ in range(_LINES)]
    try:
        with _peak_of(peer) as peak, ThreadPoolExecutor(_LINES) as pool:
            began = perf_counter()
            list(pool.map(lambda line: _post_some(peer, line, bench), lines))
            ended = bench.smarthost.wait(_POSTS * (_LOADED + peer.letters))
    finally:
        for line in lines:
            line.close()
    return {
        f"{_POSTS} posts × {_LOADED} members, deliveries [1/s]": _POSTS * _LOADED / (ended - began),
        "… memory (PSS) at its most [octets]": peak[0],
    }


def _post_some(peer: Peer, line: smtplib.SMTP, bench: _Bench) -> None:
    for _ in range(_POSTS // _LINES):
        peer.post(line, message(bench.author), _LOADED)


@contextmanager
def _peak_of(peer: Peer) -> Iterator[list[float]]:
    """The highest that `octets` tells meanwhile."""
    peak, end = [0.0], threading.Event()

    def look() -> None:
        while not end.wait(0.1):
            peak[0] = max(peak[0], peer.octets())

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield peak
    finally:
        end.set()
        looking.join()


def measure(venv: Path, folder: Path) -> dict[str, Figures]:
    """Each competitor's figures by its name."""
    found: dict[str, Figures] = {}
    for xverp in (False, True):
        with Swallow(xverp=xverp) as smarthost:
            bench = _Bench(smarthost=smarthost, folder=folder, author=AUTHOR)
            found |= _ours(bench, ("auto",) if xverp else ("never", "always"))
            if not xverp:
                found |= _theirs(venv, bench)
    return found


def _ours(bench: _Bench, kinds: Sequence[str]) -> dict[str, Figures]:
    found: dict[str, Figures] = {}
    for size in (_SMALL, _LOADED, _BIG, _BIGGEST):
        site = establish(bench.folder / f"{kinds[0]}-{size}", members=size + 1)
        own = _Bench(smarthost=bench.smarthost, folder=bench.folder, author=site.author)
        for kind in kinds:
            with Relay(site, bench.smarthost.port, kind) as relay:
                measured = found.setdefault(relay.name, {})
                measured |= _of_size(relay, own, size)
    return found


def _theirs(venv: Path, bench: _Bench) -> dict[str, Figures]:
    sizes = (_SMALL, _LOADED, _BIG, _BIGGEST)
    found: dict[str, Figures] = {}
    starts: list[Callable[[], Mailman | Postfix]] = []
    for verp in (False, True):
        starts.append(
            lambda verp=verp: Mailman(venv, bench.folder / f"mailman-{verp}", bench.smarthost.port, sizes, verp=verp)
        )  # type: ignore[misc]
        if postfix_alone.can_run():
            starts.append(lambda verp=verp: Postfix(bench.smarthost.port, sizes, verp=verp))  # type: ignore[misc]
    for start in starts:
        with start() as peer:
            found[peer.name] = {}
            for size in sizes:
                if (peer.name, size) != (_SLOWEST, _BIGGEST):
                    found[peer.name] |= _of_size(peer, bench, size)
    return found


def _of_size(peer: Peer, bench: _Bench, size: int) -> Figures:
    """What is measured with a list of this size; the first post of each warms up."""
    print(f"{peer.name}: a list of {size:,} …", file=sys.stderr, flush=True)
    with peer.open() as line:
        peer.post(line, message(bench.author), size)
        bench.smarthost.wait(size + peer.letters)
    if size == _SMALL:
        return idle_latency(peer, bench)
    if size == _LOADED:
        return {} if peer.name == _SLOWEST else sustained(peer, bench)
    return fan_out(peer, bench, size, 1 if peer.name == _SLOWEST else _RUNS)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.peers", description=__doc__)
    parser.add_argument("--mailman", type=Path, required=True, help="the venv that has Mailman")
    parser.add_argument(
        "--data", type=Path, default=Path("var"), help="where to measure; not on a tmpfs (default: var)"
    )
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.data, prefix="peers-") as folder:
        machine = facts(Path(folder))
        found = measure(options.mailman.absolute(), Path(folder).absolute())
    table = Table(title="Side by side, on " + ", ".join(machine.values()), title_justify="left")
    names = sorted(found)
    for name in ("what", *names):
        table.add_column(name, justify="right" if name != "what" else "left")
    for what in dict.fromkeys(what for one in found.values() for what in one):
        name, _, unit = what.removesuffix("]").partition(" [")
        table.add_row(name, *(_readable(found[one].get(what), unit) for one in names))
    Console(width=200).print(table)


def _readable(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    return {"s": f"{value * 1000:,.0f} ms", "1/s": f"{value:,.0f}/s", "octets": f"{value / (1 << 20):,.0f} MiB"}[unit]


if __name__ == "__main__":
    main()
