"""`make bench`: what the README's figures say, measured on this machine. Nothing is asserted.

Everything runs for real: `wen-relay serve` with its scanners, TLS, logins, the database with fsync, and a sink.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from relay.transport.sink import Sink
from tests.benchmarks import figures
from tests.benchmarks.fanout import fanout
from tests.benchmarks.machine import Peak, facts
from tests.benchmarks.nodes import two_nodes
from tests.benchmarks.stages import stages
from tests.benchmarks.swallow import Swallow
from tests.running import Served, Site, establish, without_detectors

_SECONDS = 5.0  # of load, in each run
_RUNS = 3  # whose median is told


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.run", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--data", type=Path, default=Path("var"), help="where to measure; not on a tmpfs (default: var)"
    )
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.data, prefix="benchmark-") as folder:
        machine = facts(Path(folder))
        measured = measure(Path(folder).absolute())
    if options.json:
        print(json.dumps({"machine": machine, "figures": measured}))
    else:
        _print(machine, measured)


def measure(folder: Path) -> figures.Figures:
    """All figures, one after the other, so that none disturbs another."""
    measured = figures.disk(folder) | figures.start_of_a_command() | figures.scanning()
    site = establish(folder / "relay", members=figures.COPIES + 1, authors=figures.CONNECTIONS)
    measured |= asyncio.run(_measure_with_smarthost(site.copy(folder / "delivering")))
    measured |= stages(site.copy(folder / "stages"))
    measured |= two_nodes(site.copy(folder / "nodes"))
    measured |= asyncio.run(_measure_alone(site.copy(folder / "accepting")))
    measured |= _measure_intake(establish(folder / "intake", members=2, authors=2))
    return measured | fanout(folder / "fanout")


async def _measure_with_smarthost(site: Site) -> figures.Figures:
    """Idle memory, the way of one post, and load while copies go out."""
    sink = Sink()
    port = await sink.start()
    relay = await asyncio.to_thread(Served, site, port)
    try:
        measured = figures.idle_memory(relay) | await figures.delivering(site, relay, sink)
        return measured | await _under_load(site, relay, "copies going out")
    finally:
        relay.process.kill()
        await asyncio.to_thread(relay.process.wait)
        await sink.stop()


async def _measure_alone(site: Site) -> figures.Figures:
    """Load and a big message while the smarthost is away, so that copies wait in the queue."""
    relay = await asyncio.to_thread(Served, site, 1)  # nobody listens on port 1
    try:
        measured = await _under_load(site, relay, "copies waiting")
        return measured | await figures.big_message(site, relay)
    finally:
        relay.process.kill()
        await asyncio.to_thread(relay.process.wait)


def _measure_intake(site: Site) -> figures.Figures:
    """Posts to one recipient each: with the whole judgement, and with detectors that hold nothing, in the same line."""
    bare = site.copy(site.data.with_name("bare"))
    without_detectors(bare.data)
    measured: figures.Figures = {}
    for one, where in ((site, "one copy each going out"), (bare, "one copy each going out, no detectors")):
        with Swallow() as smarthost, Served(one, smarthost.port) as relay, Peak(relay.process.pid, every=0.5) as peak:
            measured |= asyncio.run(_under_load(one, relay, where))
        measured[f"memory of all processes at its most, {where} [octets]"] = peak.octets
    return measured


async def _under_load(site: Site, relay: Served, where: str) -> figures.Figures:
    return figures.medians([await figures.accepting(site, relay, _SECONDS, where) for _ in range(_RUNS)])


def _print(machine: Mapping[str, str], measured: figures.Figures) -> None:
    table = Table(title="WEN Relay, measured here", title_justify="left")
    table.add_column("what")
    table.add_column("value", justify="right")
    for name, fact in machine.items():
        table.add_row(name, fact)
    table.add_section()
    for name, value in measured.items():
        what, _, unit = name.removesuffix("]").partition(" [")
        table.add_row(what, _readable(value, unit))
    Console().print(table)


def _readable(value: float, unit: str) -> str:
    match unit:
        case "s" if value < 0.001:
            return f"{value * 1_000_000:.0f} µs"
        case "s":
            return f"{value * 1000:.1f} ms"
        case "octets":
            return f"{value / (1 << 20):.0f} MiB"
        case "":
            return f"{value:.1f}"
        case _:
            return f"{value:.0f} {unit}"


if __name__ == "__main__":
    main()
