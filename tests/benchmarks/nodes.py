"""Two nodes on one PostgreSQL beside one: posts with the whole judgement and fsync, until their last copy has gone out."""

import asyncio
import subprocess
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter

from tests.benchmarks import figures
from tests.benchmarks.load import Client
from tests.benchmarks.swallow import Swallow
from tests.postgresql import Server, programs
from tests.running import WEN_RELAY, Served, Site

_POSTS = 40  # over each connection, in each run
_RUNS = 2  # of one node and of two, in turn


def two_nodes(site: Site) -> figures.Figures:
    """Their rates, and that of one with SQLite; nothing where there is no PostgreSQL.

    Args:
        site: a relay that was never started; it moves to the server.
    """
    if programs() is None:
        return {}
    on_sqlite = asyncio.run(_measure_one(site.copy(site.data.with_name("sqlite"))))
    with Server(durable=True) as server:
        url = server.database()
        config = ("--config", str(site.data / "relay.toml"))
        subprocess.run(
            [*WEN_RELAY, "migrate", "--to", url, *config], env=site.environment, check=True, capture_output=True
        )
        return on_sqlite | asyncio.run(_measure(replace(site, database=url)))


async def _measure_one(site: Site) -> figures.Figures:
    with Swallow() as smarthost:
        relay = await asyncio.to_thread(Served, site, smarthost.port)
        try:
            rates = [await _rate(site, [relay], smarthost) for _ in range(_RUNS)]
        finally:
            await asyncio.to_thread(relay.stop)
    return {"posts to 20 through one node on SQLite, to the last copy [1/s]": median(rates)}


async def _measure(site: Site) -> figures.Figures:
    rates: dict[int, list[float]] = {1: [], 2: []}
    other = _second(site)
    with Swallow() as smarthost:
        first = await asyncio.to_thread(Served, site, smarthost.port)
        try:
            for _ in range(_RUNS):
                rates[1].append(await _rate(site, [first], smarthost))
                node = {"RELAY_RELAY__NODE": "node-2"}
                second = await asyncio.to_thread(Served, other, smarthost.port, settings=node)
                try:
                    rates[2].append(await _rate(site, [first, second], smarthost))
                finally:
                    await asyncio.to_thread(second.stop)
        finally:
            await asyncio.to_thread(first.stop)
    return {
        "posts to 20 through one node on PostgreSQL, to the last copy [1/s]": median(rates[1]),
        "posts to 20 through two nodes, on the same processors, to the last copy [1/s]": median(rates[2]),
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


async def _rate(site: Site, nodes: list[Served], smarthost: Swallow) -> float:
    """Posts in a second through these nodes, each of which has its share of the connections, until the last copy has been handed over.

    What is taken counts only once it is delivered: one node alone takes posts at the expense of its copies.
    """
    ports = [nodes[number % len(nodes)].port for number in range(figures.CONNECTIONS)]
    clients = [await Client.open(site, port, number) for number, port in enumerate(ports)]
    mails = figures.COPIES + 1  # the receipt
    for client in clients:
        await client.post(figures.message(client.login))
    await asyncio.to_thread(smarthost.wait, mails * len(clients))
    start = perf_counter()
    last = asyncio.create_task(asyncio.to_thread(smarthost.wait, mails * _POSTS * len(clients)))

    async def work(client: Client) -> None:
        for _ in range(_POSTS):
            await client.post(figures.message(client.login))

    await asyncio.gather(*(work(client) for client in clients))
    rate = _POSTS * len(clients) / (await last - start)
    await asyncio.gather(*(client.close() for client in clients))
    return rate
