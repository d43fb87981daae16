"""Several processes write one database: each has a Database of its own, as here, and what they do is as if one did it all."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta

import pytest

from relay.delivery.delivery import Kind
from relay.store import audit, leases, queue
from relay.store import held as held_posts
from tests.integration.store.conftest import NODE, START, World, open_database

UNTIL = START + timedelta(seconds=60)
EVERYBODY = 4  # processes


@pytest.fixture
def worlds(world):
    """The same database, open in several places."""
    url = world.database._engine.url.render_as_string(hide_password=False)
    with ExitStack() as stack:
        others = [stack.enter_context(open_database(url)) for _ in range(EVERYBODY - 1)]
        yield [world, *(World(database, world.keys) for database in others)]


def all_at_once(worlds, job):
    """Let each process do the same at the same time; what each got."""
    with ThreadPoolExecutor(len(worlds)) as threads:
        return list(threads.map(job, worlds))


def test_the_audit_chain_of_a_node_stays_whole_when_its_processes_all_write_to_it(worlds, relayed):
    author = worlds[0].join("author", "central-africa")
    all_at_once(worlds, lambda one: [one.post(author, ("central-africa", relayed)) for _ in range(10)])
    all_at_once(
        worlds, lambda one: one.database.write(lambda c: audit.sign_head(c, NODE, one.keys.audit, START)) and None
    )
    assert worlds[0].rows("SELECT count(*) FROM audit WHERE event = 'post.decided'") == [(10 * EVERYBODY,)]
    with worlds[0].database.read() as connection:
        assert audit.verify(connection, worlds[0].keys.audit.public_key()) == ()


def test_references_are_counted_without_a_gap_or_a_double(worlds, relayed):
    author = worlds[0].join("author", "central-africa")
    given = all_at_once(worlds, lambda one: [one.post(author, ("central-africa", relayed)) for _ in range(10)])
    references = sorted(recorded.reference for each in given for recorded in each)
    assert references == [f"CAFR-2026-{number:06}" for number in range(1, 10 * EVERYBODY + 1)]


def test_one_message_that_reaches_several_processes_at_once_is_one_post(worlds, relayed):
    author = worlds[0].join("author", "central-africa")
    for turn in range(5):
        key = (bytes([turn]) * 32,)

        def send(one, key=key):
            return one.post(author, ("central-africa", relayed), duplicate_keys=key)

        given = all_at_once(worlds, send)
        assert {one.reference for one in given} == {f"CAFR-2026-{turn + 1:06}"}
        assert sorted(one.repeated for one in given) == [False] + [True] * (EVERYBODY - 1)


def test_each_copy_is_claimed_by_one_process(worlds, relayed):
    author = worlds[0].join("author", "central-africa")
    for number in range(30):
        worlds[0].join(f"reader{number}", "central-africa")
    worlds[0].post(author, ("central-africa", relayed))

    def work(one):
        mine = []
        for turn in range(100):
            lease = f"{NODE}/{id(one)}/{turn}"
            batch = one.database.write(lambda c, lease=lease: queue.claim(c, lease, START, UNTIL, 3))
            if not batch:
                return mine
            mine += [row.id for row in batch if row.kind is Kind.COPY]
        return mine

    claimed = [row for each in all_at_once(worlds, work) for row in each]
    assert len(claimed) == len(set(claimed)) == 30


def test_a_held_post_whose_time_is_over_expires_once(worlds, held):
    author = worlds[0].join("author", "central-africa")
    reference = worlds[0].post(author, ("central-africa", held)).reference
    late = START + timedelta(days=9)
    expired = all_at_once(worlds, lambda one: one.database.write(lambda c: held_posts.expire(c, NODE, late)))
    assert sorted(expired) == [(), (), (), (reference,)]
    assert worlds[0].rows("SELECT count(*) FROM audit WHERE event = 'post.expired'") == [(1,)]
    assert worlds[0].rows("SELECT count(*) FROM deliveries WHERE kind = 'expiry'") == [(1,)]


def test_a_start_frees_what_its_own_node_held_and_nothing_of_another(worlds, relayed):
    author = worlds[0].join("author", "central-africa")
    for number in range(4):
        worlds[0].join(f"reader{number}", "central-africa")
    worlds[0].post(author, ("central-africa", relayed))
    here, there = (
        one.database.write(lambda c, node=node: queue.claim(c, f"{node}/a/1", START, UNTIL, 2))
        for one, node in zip(worlds, (NODE, "node-2"), strict=False)
    )
    worlds[2].database.write(lambda c: leases.recover(c, NODE, START))
    again = worlds[3].database.write(lambda c: queue.claim(c, "node-3/a/1", START, UNTIL, 99))
    assert {row.id for row in here} <= {row.id for row in again}
    assert not {row.id for row in there} & {row.id for row in again}
