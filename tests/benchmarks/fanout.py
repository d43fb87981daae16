"""Copies to many members, from the dot of a post to the last copy: the service, its scanners and database with fsync, and a smarthost in
a process of its own, which keeps nothing and answers at once.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import text

from relay.store.engine import Database
from relay.store.engine import Transaction as Connection
from tests.benchmarks.figures import CONNECTIONS, Figures, message
from tests.benchmarks.load import Client
from tests.benchmarks.machine import processor_seconds
from tests.benchmarks.swallow import Swallow
from tests.postgresql import Server, programs
from tests.running import Served, Site, establish

_MOST = 50_000
_RUNS = 3
_POSTS = 100
_MODES = {
    "a transaction each (VERP)": ("always", False),
    "shared transactions, paths by the smarthost (XVERP)": ("auto", True),
    "shared transactions and path (no VERP)": ("never", False),
}
_SIZES = {
    "a transaction each (VERP)": (100, 1_000, 5_000),
    "shared transactions and path (no VERP)": (100, 5_000, _MOST),
}


def fanout(folder: Path) -> Figures:
    """Medians of some runs of each; the processor time is the main process's."""
    folder.mkdir()
    site = establish(folder / "relay", members=CONNECTIONS, authors=CONNECTIONS)
    _enrol(site, _MOST)
    measured: Figures = {}
    for number, mode in enumerate(_MODES):
        measured |= asyncio.run(_measure(site.copy(folder / str(number)), mode, _SIZES.get(mode, (5_000,))))
    if programs():
        with Server(durable=True) as server:
            database = server.database()
            site = establish(folder / "postgresql", members=CONNECTIONS, authors=CONNECTIONS, database=database)
            _enrol(site, 5_000)
            mode = "a transaction each (VERP)"
            rows = asyncio.run(_measure(site, mode, (5_000,), sustained=False))
            measured |= {f"PostgreSQL: {name}": value for name, value in rows.items()}
    return measured


async def _measure(site: Site, mode: str, sizes: Iterable[int], *, sustained: bool = True) -> Figures:
    verp, xverp = _MODES[mode]
    measured: Figures = {}
    with ExitStack() as stack:
        smarthost = stack.enter_context(Swallow(xverp=xverp))
        settings = {"RELAY_DELIVERY__VERP": verp}
        relay = stack.enter_context(await asyncio.to_thread(Served, site, smarthost.port, settings=settings))
        clients = [await Client.open(site, relay.port, number) for number in range(CONNECTIONS)]
        for size in sizes:
            _resize(site, size + 1)
            times = _RUNS if size < _MOST else 1
            runs = [await _one_post(relay, smarthost, clients[0], site.author, size) for _ in range(times)]
            taken, spent = (median(values) for values in zip(*runs, strict=True))
            measured[f"{size:,} copies, {mode}: dot to the last one [s]"] = taken
            measured[f"{size:,} copies, {mode}: processor time of each [s]"] = spent / size
        if sustained:
            _resize(site, 101)
            rates = [await _many_posts(smarthost, clients) for _ in range(_RUNS)]
            measured[f"{_POSTS} posts to 100, {mode} [copies/s]"] = median(rates)
        for client in clients:
            await client.close()
    return measured


async def _one_post(relay: Served, smarthost: Swallow, client: Client, author: str, size: int) -> tuple[float, float]:
    """Seconds to the last copy, and processor seconds."""
    pid, octets = relay.process.pid, message(author)
    before, start = processor_seconds(pid)[0], perf_counter()
    last = asyncio.create_task(asyncio.to_thread(smarthost.wait, size + 1))  # the receipt too
    await client.post(octets)
    return await last - start, processor_seconds(pid)[0] - before


async def _many_posts(smarthost: Swallow, clients: list[Client]) -> float:
    """Copies in a second, from the first dot on, while posts come as fast as they are taken."""
    start = perf_counter()
    last = asyncio.create_task(asyncio.to_thread(smarthost.wait, _POSTS * 101))

    async def work(client: Client) -> None:
        for _ in range(_POSTS // len(clients)):
            await client.post(message(client.login))

    await asyncio.gather(*(work(client) for client in clients))
    return _POSTS * 100 / (await last - start)


def _enrol(site: Site, number: int) -> None:
    """Make members of the list, by what the database has of the first one."""

    def fill(connection: Connection) -> None:
        model = dict(connection.execute(text("SELECT * FROM members LIMIT 1")).mappings().one())
        names, marks = ", ".join(model), ", ".join(f":{name}" for name in model)
        rows = [
            model | {"id": f"m{one:05}", "address": f"m{one}@cm.example", "address_key": f"m{one}@cm.example"}
            for one in range(number)
        ]
        connection.execute(text(f"INSERT INTO members ({names}) VALUES ({marks})"), rows)

    _write(site, fill)


def _resize(site: Site, number: int) -> None:
    """Let so many be on the list, the authors among them."""
    strangers = "id LIKE 'm_____' ORDER BY id LIMIT :number"

    def change(connection: Connection) -> None:
        connection.execute(text("DELETE FROM memberships WHERE member_id LIKE 'm_____'"))
        chosen = f"INSERT INTO memberships SELECT id, 'central-africa' FROM members WHERE {strangers}"
        connection.execute(text(chosen), {"number": number - CONNECTIONS})

    _write(site, change)


def _write(site: Site, job: Callable[[Connection], None]) -> None:
    with closing(Database.open(site.url)) as database:
        database.write(job)
