"""Keys for encryption and what waits for them, on both databases: nothing is lost, and each is told once."""

from datetime import timedelta

import pytest

from relay.delivery.delivery import Kind
from relay.mail.signature import RegisteredKey, SignatureMethod
from relay.policy.decision import Reason, Relay
from relay.roster.mailing_list import Tlp
from relay.roster.member import Role
from relay.store import encryption, key_warnings, last_look, members, posts, queue, retention, second_thoughts
from tests.integration.store.conftest import NODE, START

DAY = timedelta(days=1)
RELAYED = Relay(reasons=(Reason("P1", "nothing.found", "whole message"),), marking=Tlp.GREEN, removed=())


@pytest.fixture
def people(world):
    chief = world.join("chief", roles=(Role.MEMBER, Role.FOCAL_POINT))
    return chief, world.join("author", "central-africa"), world.join("reader", "central-africa")


def key(fingerprint="ab12", until=None):
    return RegisteredKey(fingerprint=fingerprint, method=SignatureMethod.OPENPGP, octets=b"key", expires_at=until)


def give(world, member, one, now=START):
    world.database.write(lambda c: encryption.add(c, NODE, member.address, one, operator="op", now=now))


def claim(world, now=START):
    return world.database.write(lambda c: queue.claim(c, f"node-1/a/{now}", now, now + timedelta(seconds=60), 100))


def put_by(world, now=START):
    """Every copy that is due waits for a key; the letters that say so, and the ids of their rows."""
    done = [one for one in claim(world, now) if one.kind in {Kind.COPY, Kind.WHOLE}]
    for one in done:
        world.database.write(
            lambda c, one=one: (
                key_warnings.tell_once(c, one.recipient_id, "missing", now),
                encryption.put_by(c, one, now),
            )
        )
    return done


def kinds(world, member):
    return sorted(
        kind
        for [kind] in world.rows(
            "SELECT kind FROM deliveries WHERE member_id = :id AND post_id IS NOT NULL", id=member.id
        )
    )


def release(world, member, now=START, **but):
    return world.database.write(lambda c: encryption.release(c, member.id, now, **but))


def test_a_copy_becomes_a_pointer_and_a_copy_again(world, people):
    _, author, reader = people
    post = world.post(author, ("central-africa", RELAYED))
    assert len(put_by(world)) == 1
    assert kinds(world, reader) == ["pointer"]
    with world.database.read() as connection:
        assert set(encryption.waiting_readers(connection)) == {reader.id}
        [row] = posts.show_post(connection, post.reference)
        assert row.deliveries == {"waiting_for_key": 1}
        assert encryption.posts_of(connection, [1, 2, 3], ["central-africa"]) == {1}
    assert release(world, reader, but=["central-africa"]) == 0
    world.database.write(lambda c: c.exec_driver_sql("UPDATE deliveries SET last_reply = '250 taken'"))
    assert release(world, reader) == 1
    assert kinds(world, reader) == ["copy"]
    assert world.rows("SELECT last_reply FROM deliveries WHERE kind = 'copy'") == [("",)]
    assert release(world, reader) == 0


def test_what_is_taken_back_meanwhile_never_comes(world, people):
    _, author, reader = people
    post = world.post(author, ("central-africa", RELAYED))
    put_by(world)
    assert world.database.write(lambda c: second_thoughts.withdraw(c, NODE, author, post.reference, START))
    assert release(world, reader) == 0


def test_focal_points_are_told_once_and_again_when_a_later_key_is_lost(world, people):
    chief, author, reader = people
    told = "SELECT count(*) FROM deliveries WHERE kind = 'encryption' AND member_id = :id"
    for _ in range(3):
        world.post(author, ("central-africa", RELAYED))
    put_by(world)
    assert world.rows(told, id=chief.id) == [(1,)]
    give(world, reader, key())
    world.database.write(lambda c: encryption.remove(c, NODE, reader.address, "ab", operator="op", now=START))
    world.post(author, ("central-africa", RELAYED))
    put_by(world)
    assert world.rows(told, id=chief.id) == [(2,)]


def test_the_newest_key_comes_first_and_a_newer_form_takes_the_olds_place(world, people):
    reader = people[2]
    give(world, reader, key("aa"))
    give(world, reader, key("bb"), START + DAY)
    give(world, reader, key("aa", START + 9 * DAY), START + 2 * DAY)
    with world.database.read() as connection:
        found = encryption.of_member(connection, reader.id)
    assert found.chosen
    assert [(one.fingerprint, one.expires_at) for one in found.keys] == [("aa", START + 9 * DAY), ("bb", None)]


def test_a_key_that_ends_is_told_twice_and_not_where_another_goes_on(world, people):
    chief, _, reader = people
    give(world, reader, key("aa", START + 40 * DAY))
    give(world, chief, key("cc", START + 40 * DAY))
    give(world, chief, key("dd"))
    days = [
        day for day in range(45) if world.database.write(lambda c, day=day: key_warnings.warn(c, START + day * DAY))
    ]
    assert days == [10, 33]
    with world.database.read() as connection:
        assert [address for address, _ in key_warnings.ending(connection, START + 41 * DAY)]
        assert key_warnings.without_key(connection, [], START + 41 * DAY) == (str(reader.address),)


def test_who_leaves_leaves_no_key_behind(world, people):
    reader = people[2]
    give(world, reader, key())
    world.database.write(lambda c: members.remove(c, NODE, reader.address, operator="op", now=START))
    assert (
        world.rows("SELECT count(*) FROM encryption_keys")
        == world.rows("SELECT count(*) FROM encrypted_members")
        == [(0,)]
    )


def test_what_is_in_clear_is_taken_back_until_it_is_sent(world, people):
    _, author, reader = people
    world.post(author, ("central-africa", RELAYED))
    [copy] = (one for one in claim(world) if one.kind is Kind.COPY)

    def begin():
        return world.database.write(lambda c: last_look.begin(c, copy.lease, [copy.id], START, clear=[copy.id]))

    assert begin() == begin() == {copy.id}  # whoever asks again doesn't know whether it was begun
    give(world, reader, key())
    assert begin() == frozenset()
    assert copy.id in {one.id for one in claim(world)}


def test_what_no_key_has_come_for_runs_out_of_time_with_its_post_and_its_author_is_told_once(world, people):
    _, author, reader = people
    post = world.post(author, ("central-africa", RELAYED))
    put_by(world)
    later = START + DAY
    for _ in range(2):
        world.database.write(lambda c: retention.destroy_posts(c, NODE, later, later))
    with world.database.read() as connection:
        [row] = posts.show_post(connection, post.reference)
    assert row.deliveries == {"expired": 1}
    assert kinds(world, author) == ["receipt", "undelivered"]
    assert release(world, reader, later) == 0
