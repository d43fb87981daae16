"""Two nodes on one PostgreSQL beside one: posts taken with the whole judgement and fsync, while their copies go out."""

import asyncio
import subprocess
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter

from relay.transport.sink import Sink
from tests.benchmarks import figures
from tests.benchmarks.load import Client
from tests.postgresql import Server, programs
from tests.running import WEN_RELAY, Served, Site

_SECONDS = 3.0  # of load, in each run
_RUNS = 2  # of one node and of two, in turn


def two_nodes(site: Site) -> figures.Figures:
    """Both rates; nothing where there is no PostgreSQL.

    Args:
        site: a relay that was never started; it moves to the server.
    """
    if programs() is None:
        return {}
    with Server(durable=True) as server:
        url = server.database()
        config = ("--config", str(site.data / "relay.toml"))
        subprocess.run(
            [*WEN_RELAY, "migrate", "--to", url, *config], env=site.environment, check=True, capture_output=True
        )
        return asyncio.run(_measure(replace(site, database=url)))


async def _measure(site: Site) -> figures.Figures:
    sink = Sink()
    port = await sink.start()
    other = _second(site)
    first = await asyncio.to_thread(Served, site, port)
    rates: dict[int, list[float]] = {1: [], 2: []}
    try:
        for _ in range(_RUNS):
            rates[1].append(await _rate(site, [first]))
            second = await asyncio.to_thread(Served, other, port, settings={"RELAY_RELAY__NODE": "node-2"})
            try:
                rates[2].append(await _rate(site, [first, second]))
            finally:
                await asyncio.to_thread(second.stop)
    finally:
        await asyncio.to_thread(first.stop)
        await sink.stop()
    return {
        "accepted by one node on PostgreSQL, copies going out [1/s]": median(rates[1]),
        "accepted by two nodes together, on the same processors [1/s]": median(rates[2]),
    }


def _second(site: Site) -> Site:
    """Another data directory for the same relay."""
    data = site.data.with_name(f"{site.data.name}-2")
    (data / "run").mkdir(parents=True)
    (data / "tmp").mkdir()
    for shared in ("keys", "lists"):
        (data / shared).symlink_to(site.data / shared)
    Path(data / "relay.toml").write_bytes((site.data / "relay.toml").read_bytes())
    return replace(site, data=data)


async def _rate(site: Site, nodes: list[Served]) -> float:
    """Posts that these nodes took in a second, each from its share of the connections."""
    ports = [nodes[number % len(nodes)].port for number in range(figures.CONNECTIONS)]
    clients = [await Client.open(site, port, number) for number, port in enumerate(ports)]
    for client in clients:
        await client.post(figures.message(client.login))
    start, taken = perf_counter(), 0

    async def work(client: Client) -> None:
        nonlocal taken
        while perf_counter() - start < _SECONDS:
            await client.post(figures.message(client.login))
            taken += 1

    await asyncio.gather(*(work(client) for client in clients))
    rate = taken / (perf_counter() - start)
    await asyncio.gather(*(client.close() for client in clients))
    return rate
