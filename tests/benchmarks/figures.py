"""The measurements. Each returns its figures by name; seconds and octets, as they are."""

import asyncio
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from threading import Event
from time import perf_counter, process_time

from relay.scan.pool import ScannerPool
from relay.transport.sink import Sink
from tests.benchmarks.load import Client
from tests.benchmarks.machine import (
    Peak,
    forget_peak,
    fsync_seconds,
    peak_octets,
    processor_seconds,
    proportional_octets,
    resident_octets,
)
from tests.builders import AUTHOR, DEFINITIONS, make_message
from tests.running import PATIENCE, WEN_RELAY, Served, Site
from tests.scanning import FACTS

Figures = dict[str, float]

CONNECTIONS = 10
COPIES = 20
_MIB = 1 << 20
_NUMBERS = count()
_SENTENCE = "Forty kilograms of pangolin scales were seized at Exampleville airport, hidden among cashew nuts.\r\n"


def message(author: str, octets: int = 4096) -> bytes:
    """A text mail of about so many octets that was never sent before."""
    number = f"Number {next(_NUMBERS)}.\r\n"
    head = make_message(number, sender=author)
    return head.replace(b"<1@", f"<{number[7:-3]}@".encode()) + _SENTENCE.encode() * (
        (octets - len(head)) // len(_SENTENCE)
    )


def percentile(values: list[float], percent: int) -> float:
    """The value that so many percent don't exceed."""
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


def disk(data: Path) -> Figures:
    """How long this machine's fsync takes, without which no rate says anything."""
    return {"fsync of 4 KiB, p50 [s]": fsync_seconds(data)}


def start_of_a_command() -> Figures:
    """How long `wen-relay --version` takes."""
    return {"wen-relay --version [s]": median(_timed(_run_version) for _ in range(5))}


def _run_version() -> None:
    subprocess.run([*WEN_RELAY, "--version"], check=True, capture_output=True)


def scanning() -> Figures:
    """One mail at a time, by a scanner that has just served and by a fresh one; the way to its process and back is in it."""
    parts = {"4 KB text": message(AUTHOR), "10 KB text and HTML": _text_and_html()}
    pool = ScannerPool(processes=1, memory=512 * _MIB, deadline=timedelta(seconds=20), definitions=DEFINITIONS)
    pool.start()
    figures: Figures = {}
    try:
        for name, octets in parts.items():
            fresh = [_timed_by_fresh_scanner(pool, octets) for _ in range(30)]
            used = [_timed(lambda octets=octets: pool.scan(octets, FACTS)) for _ in range(100)]  # type: ignore[misc]
            figures |= {
                f"scan of {name}, p50 [s]": median(used),
                f"scan of {name} by a fresh scanner, p50 [s]": median(fresh),
            }
    finally:
        pool.close()
    return figures


def _timed_by_fresh_scanner(pool: ScannerPool, octets: bytes) -> float:
    taken, served = _timed(lambda: pool.scan(octets, FACTS)), pool.pids()
    while pool.pids() in {(), served}:  # until the next one has taken its place
        Event().wait(0.01)
    return taken


def _text_and_html() -> bytes:
    more = "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n"
    plain = f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{_SENTENCE * 50}"
    marked = f"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{f'<p>{_SENTENCE}</p>' * 50}\r\n--b--\r\n"
    return make_message(plain + marked, more=more)


def _with_attachment(author: str, octets: int) -> bytes:
    """A short text, and so many octets in base64 that the relay removes."""
    more = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
    text = f"--b\r\nContent-Type: text/plain\r\n\r\n{_SENTENCE}"
    head = "--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    line = f"{'A' * 76}\r\n"
    return make_message(f"{text}{head}{line * (octets // len(line))}--b--\r\n", sender=author, more=more)


def _timed(job: Callable[[], object]) -> float:
    start = perf_counter()
    job()
    return perf_counter() - start


def idle_memory(relay: Served) -> Figures:
    """What a freshly started service uses, its scanners included."""
    return {"idle PSS of serve [octets]": proportional_octets(relay.process.pid)}


async def delivering(site: Site, relay: Served, sink: Sink, times: int = 20) -> Figures:
    """A post to 20 members on an idle relay: from the 250 until the last copy has been handed over."""
    client = await Client.open(site, relay.port)
    taken: list[float] = []
    for _ in range(times):
        sink.received.clear()
        await client.post(message(site.author))
        answered = datetime.now(UTC)
        await sink.wait_for(COPIES + 1, PATIENCE)  # the receipt as well, so that the relay is idle again
        last = max(mail.at for mail in sink.received if mail.mail_from)
        taken.append((last - answered).total_seconds())
    await client.close()
    return {
        "250 to last of 20 copies, p50 [s]": median(taken),
        "250 to last of 20 copies, p99 [s]": percentile(taken, 99),
    }


async def accepting(site: Site, relay: Served, seconds: float, where: str) -> Figures:
    """Posts of 4 KB over kept connections as fast as they are taken, each with its own fsynced commit (or a shared one)."""
    clients = [await Client.open(site, relay.port, number) for number in range(CONNECTIONS)]
    taken: list[float] = []
    for client in clients:
        await client.post(message(client.login))  # the first ones compile statements and start threads
    before, mine = processor_seconds(relay.process.pid), process_time()
    start = perf_counter()

    async def work(client: Client) -> None:
        while perf_counter() - start < seconds:
            taken.append(await client.post(message(client.login)))

    await asyncio.gather(*(work(client) for client in clients))
    rate = len(taken) / (perf_counter() - start)
    after, mine = processor_seconds(relay.process.pid), process_time() - mine
    await asyncio.gather(*(client.close() for client in clients))
    return {
        f"accepted, {where} [1/s]": rate,
        f"dot to 250, {where}, p50 [s]": median(taken),
        f"dot to 250, {where}, p99 [s]": percentile(taken, 99),
        f"processor time per message, {where}: main process [s]": (after[0] - before[0]) / len(taken),
        f"processor time per message, {where}: scanners [s]": (after[1] - before[1]) / len(taken),
        f"processor time per message, {where}: this client [s]": mine / len(taken),
    }


def medians(runs: list[Figures]) -> Figures:
    """Each figure's median over several runs."""
    return {name: median(run[name] for run in runs) for name in runs[0]}


async def big_message(site: Site, relay: Served) -> Figures:
    """How much memory one message of 20 MB takes (nearly all of it an attachment): the listener's and everybody's highest, and what stays."""
    client = await Client.open(site, relay.port)
    await client.post(message(site.author))
    pid, octets = relay.process.pid, _with_attachment(site.author, 20 * _MIB)
    before, all_before = resident_octets(pid), proportional_octets(pid)
    forget_peak(pid)
    with Peak(pid) as peak:
        await client.post(octets)
    figures = {
        "20 MB message: growth of the listener's RSS at its peak, times its size": (peak_octets(pid) - before)
        / len(octets),
        "20 MB message: growth of PSS over all processes at its peak, times its size": (peak.octets - all_before)
        / len(octets),
    }
    await client.close()
    return figures | {"20 MB message: growth of the listener's RSS afterwards [octets]": resident_octets(pid) - before}
