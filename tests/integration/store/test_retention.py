"""What goes with age, and what stays of it."""

import json
from datetime import timedelta

import pytest

from relay.delivery.delivery import Status
from relay.mail.address import Address
from relay.roster.member import MemberState
from relay.store import members, posts, queue, retention
from tests.integration.store.conftest import NODE, START

YEAR = timedelta(days=365)
OLD = START - timedelta(days=400)


def take(world, part, *arguments, **named) -> int:
    return world.database.write(lambda connection: part(connection, *arguments, **named))


def deliver_all(world, status=Status.DELIVERED) -> None:
    """Everything that waits is sent, and ends so."""
    lease, until = f"{NODE}/x", START + timedelta(minutes=1)
    claimed = take(world, queue.claim, lease, START, until, 1000)
    world.database.write(
        lambda c: c.exec_driver_sql("UPDATE deliveries SET status = 'sending' WHERE lease IS NOT NULL") and None
    )
    done = [queue.Settlement(id=one.id, status=status, reply="250 2.0.0 Ok to bela") for one in claimed]
    assert take(world, queue.settle, lease, done, START) == frozenset()


def counts_of(world, reference: str) -> dict[str, int]:
    with world.database.read() as connection:
        return dict(posts.show_post(connection, reference)[0].deliveries)


def test_old_posts_are_destroyed_and_their_record_stays(world, relayed):
    author = world.join("ama", "central-africa")
    world.join("bela", "central-africa")
    old = world.post(author, ("central-africa", relayed), received_at=OLD)
    new = world.post(author, ("central-africa", relayed))
    assert [take(world, retention.destroy_posts, NODE, START - YEAR, START) for _ in range(2)] == [1, 0]
    with world.database.read() as connection:
        assert posts.load_sealed(connection, 1) is None
        assert posts.load_sealed(connection, 2) is not None
    assert counts_of(world, old.reference) == {"cancelled": 1}
    assert counts_of(world, new.reference) == {"queued": 1}
    [(facts,)] = world.rows("SELECT facts FROM audit WHERE event = 'posts.destroyed'")
    assert json.loads(facts) == {"references": [old.reference]}


def test_more_posts_than_fit_into_one_transaction_are_destroyed_in_rounds(world, relayed, monkeypatch):
    monkeypatch.setattr(retention, "POSTS", 2)
    author = world.join("ama", "central-africa")
    for _ in range(5):
        world.post(author, ("central-africa", relayed), received_at=OLD)
    part = lambda c: retention.destroy_posts(c, NODE, START - YEAR, START)  # noqa: E731
    assert retention.in_rounds(world.database, part) == 5
    assert world.rows("SELECT count(*) FROM audit WHERE event = 'posts.destroyed'") == [(3,)]


def test_old_deliveries_go_and_their_numbers_stay(world, relayed):
    author = world.join("ama", "central-africa")
    for name in ("bela", "chi", "dan"):
        world.join(name, "central-africa")
    old = world.post(author, ("central-africa", relayed), received_at=OLD)
    deliver_all(world)
    new = world.post(author, ("central-africa", relayed))
    deliver_all(world, Status.FAILED)
    assert take(world, retention.delete_deliveries, START - YEAR) == 4  # three copies and the receipt
    assert take(world, retention.delete_deliveries, START - YEAR) == 0
    assert counts_of(world, old.reference) == {"delivered": 3}
    assert counts_of(world, new.reference) == {"failed": 3}
    assert world.rows("SELECT count(*) FROM deliveries WHERE last_reply != ''") == [(4,)]


def test_numbers_add_up_while_a_post_loses_its_deliveries_bit_by_bit(world, relayed, monkeypatch):
    monkeypatch.setattr(retention, "ROWS", 2)
    author = world.join("ama", "central-africa")
    for name in ("bela", "chi", "dan"):
        world.join(name, "central-africa")
    reference = world.post(author, ("central-africa", relayed), received_at=OLD).reference
    deliver_all(world)
    assert take(world, retention.delete_deliveries, START - YEAR) == 2
    assert counts_of(world, reference) == {"delivered": 3}
    assert take(world, retention.delete_deliveries, START - YEAR) == 2
    assert counts_of(world, reference) == {"delivered": 3}
    assert world.rows("SELECT count(*) FROM deliveries") == [(0,)]


def test_what_still_waits_is_never_deleted(world, relayed):
    author = world.join("ama", "central-africa")
    world.join("bela", "central-africa")
    world.post(author, ("central-africa", relayed), received_at=OLD)
    assert take(world, retention.delete_deliveries, START - YEAR) == 0
    assert world.rows("SELECT count(*) FROM deliveries WHERE status = 'queued'") == [(2,)]


def test_hashes_whose_key_is_gone_are_forgotten_and_the_others_still_recognise(world, relayed, withheld):
    author = world.join("ama", "central-africa")
    world.post(author, ("central-africa", withheld), received_at=OLD, duplicate_keys=(b"one",))
    world.post(author, ("central-africa", relayed), received_at=OLD, duplicate_keys=(b"two",), content_key=b"content")
    kept = world.post(author, ("central-africa", withheld), duplicate_keys=(b"three",))
    assert [take(world, retention.forget_hashes, START) for _ in range(2)] == [2, 0]
    assert world.rows("SELECT duplicate_key, content_key FROM posts ORDER BY id") == [(None, None)] * 2 + [
        (b"three", None)
    ]
    assert world.post(author, ("central-africa", withheld), duplicate_keys=(b"three",)).reference == kept.reference


def test_who_left_long_ago_gets_a_pseudonym_and_keeps_the_id(world, relayed):
    gone, stays = world.join("ama", "central-africa"), world.join("bela", "central-africa")
    reference = world.post(gone, ("central-africa", relayed)).reference
    take(world, members.remove, NODE, gone.address, operator="root", now=START)
    assert take(world, retention.replace_names, NODE, START, START + timedelta(days=1)) == 0  # not yet
    later = START + timedelta(seconds=1)
    assert [take(world, retention.replace_names, NODE, later, later) for _ in range(2)] == [1, 0]
    with world.database.read() as connection:
        former = members.get(connection, gone.id)
        assert members.find(connection, gone.address) is None
        assert members.get(connection, stays.id) == stays
        assert posts.show_post(connection, reference)[0].author == former.address
    assert (former.name, former.agency, former.state) == ("", "", MemberState.LEFT)
    assert former.address == Address(local=f"former-{gone.id}", domain="members.invalid")
    [(facts,)] = world.rows("SELECT facts FROM audit WHERE event = 'members.names_replaced'")
    assert json.loads(facts) == {"members": [gone.id]}
    for (row,) in world.rows("SELECT id || address || address_key || name || agency || nominated_by FROM members"):
        assert "ama@" not in row.casefold()


def test_somebody_who_comes_back_after_that_is_a_new_member_and_before_it_the_same(world):
    first = world.join("ama")
    take(world, members.remove, NODE, first.address, operator="root", now=START)
    assert world.join("ama").id == first.id
    late = START + timedelta(days=1)
    assert take(world, retention.replace_names, NODE, late, late) == 0  # back again, whatever was before
    take(world, members.remove, NODE, first.address, operator="root", now=START)
    take(world, retention.replace_names, NODE, late, late)
    assert world.join("ama").id != first.id


@pytest.mark.parametrize("column", ["nominated_by", "confirmed_by"])
def test_who_vouched_and_left_is_a_pseudonym_there_too(world, column):
    voucher, other = world.join("ama"), world.join("bela")
    world.database.write(
        lambda c: (
            c.exec_driver_sql(f"UPDATE members SET {column} = 'Ama@Customs.example' WHERE id = '{other.id}'") and None
        )
    )
    take(world, members.remove, NODE, voucher.address, operator="root", now=START)
    take(world, retention.replace_names, NODE, START + timedelta(days=1), START)
    [(named,)] = world.rows(f"SELECT {column} FROM members WHERE id = :id", id=other.id)
    assert named == f"former-{voucher.id}@members.invalid"
