"""How everything stands: what waits, since when, and how long posts took."""

from datetime import timedelta

from sqlalchemy import update

from relay.delivery.delivery import Kind, Status
from relay.store import audit, last_look, letters, queue
from relay.store.last_look import PARKED
from relay.store.standing import Standing, Waiting, look, slowest_copies
from relay.store.tables import deliveries
from tests.integration.store.conftest import NODE, START

SOON = START + timedelta(minutes=3)


def stands(world, now=SOON) -> Standing:
    with world.database.read() as connection:
        return look(connection, now)


def slowest(world, *posts):
    with world.database.read() as connection:
        return slowest_copies(connection, posts)


def deliver(world, now, limit=100):
    """Claim and deliver what is due; how many that were."""
    lease = f"node-1/a/{now.timestamp()}"
    ids = [row.id for row in world.database.write(lambda c: queue.claim(c, lease, now, now + timedelta(1), limit))]
    world.database.write(lambda c: last_look.begin(c, lease, ids, now))
    done = [queue.Settlement(id=one, status=Status.DELIVERED, reply="250 ok", sent_at=now) for one in ids]
    world.database.write(lambda c: queue.settle(c, lease, done, now))
    return len(ids)


def test_where_nothing_waits_nothing_is_told(world):
    assert stands(world) == Standing(at=SOON)
    assert stands(world).due_for() == stands(world).undelivered_for() == timedelta(0)


def test_what_waits_is_told_by_state_and_list_until_it_is_delivered(world, relayed):
    author, reader = world.join("author", "central-africa"), world.join("reader", "central-africa")
    world.post(author, ("central-africa", relayed))
    world.database.write(lambda c: letters.write(c, reader.id, Kind.ANSWER, "", {}, START + timedelta(minutes=1)))
    found = stands(world)
    assert found.open == {"queued": Waiting(number=3, oldest=START)}
    assert found.lists == {"central-africa": {"queued": 2}, "": {"queued": 1}}
    assert found.due_for() == found.undelivered_for() == timedelta(minutes=3)
    assert deliver(world, SOON) == 3
    assert stands(world) == Standing(at=SOON)


def test_copies_of_a_stopped_list_wait_as_they_should(world, relayed):
    author = world.join("author", "central-africa")
    world.join("reader", "central-africa")
    world.post(author, ("central-africa", relayed))
    world.database.write(lambda c: c.execute(update(deliveries).values(next_attempt_at=PARKED)) and None)
    found = stands(world)
    assert found.open["queued"].number == 2
    assert found.due_for() == found.undelivered_for() == timedelta(0)


def test_held_posts_and_the_audit_chain_s_signature_are_told(world, held):
    author = world.join("author", "central-africa")
    world.post(author, ("central-africa", held))
    world.database.write(lambda c: audit.sign_head(c, NODE, world.keys.audit, SOON))
    found = stands(world)
    assert (found.held, found.held_since, found.signed_at) == (1, START, SOON)


def test_a_post_took_as_long_as_its_slowest_copy_once_none_waits(world, relayed):
    author = world.join("author", "central-africa")
    for name in ("one", "two"):
        world.join(name, "central-africa")
    world.post(author, ("central-africa", relayed))
    assert slowest(world, 1, 99) == ()
    deliver(world, START + timedelta(seconds=2), limit=1)
    assert slowest(world, 1) == ()
    deliver(world, START + timedelta(seconds=5))
    assert slowest(world, 1) == (5.0,)
