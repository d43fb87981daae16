"""Challenges in the database: asked a few times a day, one at a time; closed once; gone with their content."""

import secrets
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from relay.store import challenges, posts
from tests.integration.store.conftest import NODE, START, open_database

SECOND = timedelta(seconds=1)


@pytest.fixture
def author(world):
    world.join("reader", "central-africa")
    return world.join("author", "central-africa")


@pytest.fixture
def message(world, author, relayed):
    """A way to make messages of the author's, each another."""
    return lambda *decisions, **changes: world.accepted(
        author, *(decisions or (("central-africa", relayed),)), proof="challenge", **changes
    )


def ask(world, accepted, now=START):
    return world.database.write(lambda c: challenges.ask(c, NODE, accepted, now))


def find(world, number=1, now=START):
    with world.database.read() as connection:
        return challenges.find_open(connection, number, now)


def confirm(world, challenge, accepted, now=START):
    return world.database.write(lambda c: challenges.confirm(c, NODE, challenge, accepted, now))


def expire(world, now):
    return world.database.write(lambda c: challenges.expire(c, NODE, now))


def states(world):
    return [state for (state,) in world.rows("SELECT state FROM challenges ORDER BY id")]


def kinds(world):
    return [kind for (kind,) in world.rows("SELECT kind FROM deliveries WHERE kind != 'nomination' ORDER BY id")]


def is_destroyed(world):
    columns = ("content_key", "key_id", "wrapped_key", "nonce", "content", "originals")
    return world.rows(f"SELECT {', '.join(columns)} FROM challenges WHERE state != 'open'") == [(None,) * 6]


def test_what_is_asked_about_is_no_post_and_comes_back_as_it_was_judged(world, author, message, held, relayed):
    accepted = message(("central-africa", relayed), ("savanna", held))
    assert ask(world, accepted) == "asked"
    found = find(world)
    assert found.decisions == accepted.decisions
    assert (found.author_id, found.uid, found.sealed) == (author.id, accepted.uid, accepted.sealed)
    assert (found.duplicate_key, found.size_octets) == (accepted.duplicate_keys[0], accepted.size_octets)
    assert world.rows("SELECT id FROM posts") == world.rows("SELECT post_id FROM decisions") == []
    assert kinds(world) == ["challenge"]


def test_a_number_opens_its_own_challenge_and_no_other(world, message, relayed):
    other = world.join("other", "central-africa")
    ask(world, message())
    ask(world, world.accepted(other, ("central-africa", relayed), proof="challenge"))
    assert [find(world, number).author_id for number in (1, 2)] == [message().author_id, other.id]
    assert find(world, 3) is None


def test_a_confirmed_one_becomes_a_post_once(world, message):
    accepted = message()
    ask(world, accepted)
    found = find(world)
    recorded = confirm(world, found, replace(accepted, received_at=START + SECOND), START + SECOND)
    assert recorded
    assert not recorded.repeated
    assert confirm(world, found, accepted, START + SECOND) is None
    assert not world.database.write(lambda c: challenges.deny(c, NODE, found, START + SECOND))
    assert kinds(world) == ["challenge", "copy", "receipt"]
    assert world.rows("SELECT status FROM deliveries WHERE kind = 'challenge'") == [("cancelled",)]
    assert is_destroyed(world)
    with world.database.read() as connection:
        assert posts.load_sealed(connection, 1) == (accepted.uid, accepted.sealed)


def test_a_denied_one_is_destroyed_and_can_not_be_confirmed(world, message):
    ask(world, message())
    found = find(world)
    assert world.database.write(lambda c: challenges.deny(c, NODE, found, START))
    assert is_destroyed(world)
    assert find(world) is None
    assert confirm(world, found, message()) is None
    assert states(world) == ["denied"]
    assert world.rows("SELECT id FROM posts") == []


def test_after_half_an_hour_it_is_over_by_the_clock_whether_or_not_the_job_has_run(world, message):
    accepted = message()
    ask(world, accepted)
    found, over = find(world), START + challenges.OPEN
    assert find(world, now=over - SECOND) == found
    assert find(world, now=over) is None
    assert confirm(world, found, accepted, over) is None
    assert expire(world, over - SECOND) == 0
    assert expire(world, over) == 1
    assert expire(world, over) == 0
    assert is_destroyed(world)
    assert kinds(world) == ["challenge", "challenge-ended"]


def test_one_is_open_at_a_time_and_the_others_are_counted(world, message):
    first, second = message(), message()
    assert [ask(world, one) for one in (first, second, first, message())] == ["asked", "waits", "repeated", "waits"]
    assert world.rows("SELECT dropped FROM challenges") == [(2,)]
    assert ask(world, second, START + challenges.OPEN) == "asked"  # the job need not have run
    assert states(world) == ["expired", "open"]
    confirm(world, find(world, 2, START + challenges.OPEN), second, START + challenges.OPEN)
    assert kinds(world).count("challenge-ended") == 1  # only of the first, with what was dropped


def test_who_owned_up_is_told_what_was_dropped_meanwhile(world, message):
    accepted = message()
    ask(world, accepted)
    ask(world, message())
    confirm(world, find(world), accepted)
    assert "challenge-ended" in kinds(world)


def test_a_few_a_day_and_no_more(world, message, withheld):
    now = START
    for _ in range(challenges.A_DAY - 1):
        assert ask(world, message(), now) == "asked"
        now += challenges.OPEN
        expire(world, now)
    assert ask(world, message(("central-africa", withheld)), now) == "withheld"
    assert ask(world, message(("central-africa", withheld)), now) == ask(world, message(), now) == "enough"
    assert kinds(world).count("notice") == 1
    assert ask(world, message(), START + challenges.DAY) == "asked"


def test_of_what_is_withheld_nothing_is_kept_and_no_question_asked(world, message, withheld):
    accepted = message(("central-africa", withheld))
    assert [ask(world, accepted), ask(world, accepted)] == ["withheld", "repeated"]
    assert kinds(world) == ["notice"]
    assert is_destroyed(world)
    assert find(world) is None


def test_what_was_denied_or_is_a_post_already_asks_nobody_again_and_what_expired_may(world, author, message, relayed):
    accepted = message()
    ask(world, accepted)
    world.database.write(lambda c: challenges.deny(c, NODE, find(world), START))
    assert ask(world, accepted) == "repeated"
    key = (secrets.token_bytes(32),)
    world.post(author, ("central-africa", relayed), duplicate_keys=key)
    assert ask(world, message(duplicate_keys=key)) == "repeated"
    late = message()
    ask(world, late)
    expire(world, START + challenges.OPEN)
    assert ask(world, late, START + challenges.OPEN) == "asked"


def test_closed_ones_are_forgotten_after_a_day_and_open_ones_never(world, message):
    ask(world, message())
    expire(world, START + challenges.OPEN)
    later = START + challenges.DAY
    ask(world, message(), later)
    assert world.database.write(lambda c: challenges.forget(c, later - SECOND)) == 0
    assert world.database.write(lambda c: challenges.forget(c, later + challenges.DAY)) == 1
    assert states(world) == ["open"]


def test_numbers_are_never_given_twice(world, message):
    ask(world, message())
    expire(world, START + challenges.OPEN)
    world.database.write(lambda c: challenges.forget(c, START + challenges.DAY))
    ask(world, message(), START + challenges.DAY)
    assert world.rows("SELECT id FROM challenges") == [(2,)]


def test_two_nodes_that_answer_and_expire_at_once_do_one_of_them(world, message):
    url = world.database._engine.url.render_as_string(hide_password=False)
    with open_database(url) as other:
        for number in range(1, challenges.A_DAY + 1):
            now = START + number * challenges.DAY
            accepted = message()
            ask(world, accepted, now)
            found, both = find(world, number, now), threading.Barrier(2)
            ways = [
                lambda c, now=now, found=found, accepted=accepted: challenges.confirm(c, NODE, found, accepted, now),
                lambda c, now=now: challenges.expire(c, "node-2", now + challenges.OPEN),
            ]

            def take(database, way, both=both):
                both.wait()
                database.write(way)

            threads = [
                threading.Thread(target=take, args=one) for one in zip((world.database, other), ways, strict=True)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert set(states(world)) <= {"confirmed", "expired"}
    [(recorded,)] = world.rows("SELECT count(*) FROM posts")
    assert recorded == states(world).count("confirmed")
    assert kinds(world).count("challenge-ended") == states(world).count("expired")
