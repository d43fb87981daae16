"""Held posts: released by one or two people, refused, expired; content is gone when nobody needs it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from relay.errors import Conflict, NotFound
from relay.policy.decision import Reason, Relay, Withhold
from relay.store import held as held_posts
from relay.store import last_look, posts, queue
from tests.integration.store.conftest import NODE, START

LATER = START + timedelta(hours=1)
TOO_LATE = START + timedelta(hours=72)


@pytest.fixture
def scene(world, held):
    """A post held for one list, its author, a reader and two moderators."""
    people = {name: world.join(name, "central-africa") for name in ("author", "reader", "first", "second")}
    people["reference"] = world.post(people["author"], ("central-africa", held)).reference
    return people


def release(world, reference, moderator, *, list_name=None, two_person=False, now=LATER):
    return world.database.write(
        lambda c: held_posts.release(c, NODE, reference, list_name, moderator, now, two_person=two_person)
    )


def refuse(world, reference, moderator, *, list_name=None, now=LATER):
    return world.database.write(
        lambda c: held_posts.refuse(c, NODE, reference, list_name, moderator, now, code="N1", channels=("ncb",))
    )


def deliveries(world) -> list[tuple]:
    return world.rows(
        "SELECT m.name, kind, status FROM deliveries d JOIN members m ON m.id = d.member_id ORDER BY kind, m.name"
    )


def decisions(world, post_id=1):
    with world.database.read() as connection:
        return dict(posts.load_decisions(connection, post_id))


def has_content(world, post_id=1) -> bool:
    with world.database.read() as connection:
        return posts.load_sealed(connection, post_id) is not None


def test_what_is_held_is_listed_with_its_reasons(world, scene):
    with world.database.read() as connection:
        (row,) = held_posts.list_held(connection)
        assert held_posts.list_held(connection, scene["reference"]) == (row,)
        assert held_posts.list_held(connection, "CAFR-2026-000099") == ()
    assert (row.reference, row.list_name, row.author, row.held_until) == (
        scene["reference"],
        "central-africa",
        scene["author"].address,
        TOO_LATE,
    )
    assert row.reasons == (Reason("H3", "company", "text, line 2"),)
    assert row.released_by == ()


def test_a_released_post_goes_out_with_a_receipt(world, scene, held):
    assert release(world, scene["reference"], scene["first"]) == "released"
    assert decisions(world) == {"central-africa": Relay(reasons=held.reasons, marking=held.marking)}
    queued = [row[:2] for row in deliveries(world)]
    assert queued == [
        ("First", "copy"),
        ("Reader", "copy"),
        ("Second", "copy"),
        ("Author", "notice"),
        ("Author", "receipt"),
    ]
    assert has_content(world)
    with world.database.read() as connection:
        assert held_posts.list_held(connection) == ()


def test_a_two_person_list_waits_for_a_second_different_person(world, scene):
    assert release(world, scene["reference"], scene["first"], two_person=True) == "waiting"
    assert [kind for _, kind, _ in deliveries(world)] == ["notice"]
    with world.database.read() as connection:
        assert held_posts.list_held(connection)[0].released_by == (scene["first"].id,)
    with pytest.raises(Conflict, match="second, different"):
        release(world, scene["reference"], scene["first"], two_person=True)
    assert release(world, scene["reference"], scene["second"], two_person=True) == "released"
    assert world.rows("SELECT event FROM audit WHERE event LIKE 'post.release%' ORDER BY sequence") == [
        ("post.release_waiting",),
        ("post.released",),
    ]


def test_nobody_releases_their_own_post(world, scene):
    with pytest.raises(Conflict, match="your own"):
        release(world, scene["reference"], scene["author"])


def test_a_refused_post_is_destroyed_and_its_author_told_again(world, scene):
    with world.database.read() as connection:
        (sent,) = (row for row in queue.list_deliveries(connection) if row.kind == "notice")
    world.database.write(lambda c: queue.claim(c, "node-1/1", LATER, TOO_LATE, 9))
    world.database.write(lambda c: last_look.begin(c, "node-1/1", [sent.id], LATER))
    done = queue.Settlement(id=sent.id, status=queue.Status.DELIVERED, reply="250 ok")
    assert world.database.write(lambda c: queue.settle(c, "node-1/1", [done], LATER)) == frozenset()
    refuse(world, scene["reference"], scene["first"])
    verdict = Withhold(reasons=(Reason("N1", "moderator.refused", "whole message"),), marking=None, channels=("ncb",))
    assert decisions(world)["central-africa"].reasons == verdict.reasons
    assert decisions(world)["central-africa"].channels == ("ncb",)
    assert deliveries(world) == [("Author", "notice", "queued")]
    assert not has_content(world)
    assert world.rows("SELECT message_id, wrapped_key, content FROM posts") == [(None, None, None)]


def test_a_refusal_for_one_list_leaves_the_content_another_needs(world, held, relayed):
    author = world.join("author", "central-africa", "savanna", "species-id")
    moderator = world.join("first", "savanna")
    reference = world.post(author, ("central-africa", relayed), ("savanna", held), ("species-id", held)).reference
    refuse(world, reference, moderator, list_name="savanna")
    assert {name: decision.word for name, decision in decisions(world).items()} == {
        "central-africa": "relay",
        "savanna": "withhold",
        "species-id": "hold",
    }
    assert has_content(world)
    assert world.rows("SELECT message_id FROM posts") == [(None,)]
    assert release(world, reference, moderator) == "released"


def test_an_expired_post_is_destroyed_with_word_to_its_author(world, scene):
    assert world.database.write(lambda c: held_posts.expire(c, NODE, TOO_LATE - timedelta(seconds=1))) == ()
    assert world.database.write(lambda c: held_posts.expire(c, NODE, TOO_LATE)) == (scene["reference"],)
    assert world.database.write(lambda c: held_posts.expire(c, NODE, TOO_LATE)) == ()
    assert decisions(world)["central-africa"].reasons == (
        Reason("H3", "company", "text, line 2"),
        Reason("H3", "hold.expired", "whole message"),
    )
    assert [row[1] for row in deliveries(world)] == ["expiry", "notice"]
    assert not has_content(world)


def test_the_clock_ends_the_time_to_decide_even_before_the_job_runs(world, scene):
    for decide in (release, refuse):
        with pytest.raises(Conflict, match="ran out"):
            decide(world, scene["reference"], scene["first"], now=TOO_LATE)


def test_what_is_not_held_can_not_be_decided(world, scene):
    release(world, scene["reference"], scene["first"])
    for decide in (release, refuse):
        with pytest.raises(Conflict, match="not held"):
            decide(world, scene["reference"], scene["second"])
        with pytest.raises(NotFound, match="CAFR-2026-000077"):
            decide(world, "CAFR-2026-000077", scene["second"])
        with pytest.raises(NotFound, match="savanna"):
            decide(world, scene["reference"], scene["second"], list_name="savanna")


def test_a_release_of_one_of_two_lists_gives_nobody_a_second_copy(world, held, relayed):
    author = world.join("author", "central-africa", "savanna")
    world.join("both", "central-africa", "savanna")
    moderator = world.join("first", "savanna")
    reference = world.post(author, ("central-africa", relayed), ("savanna", held)).reference
    release(world, reference, moderator, list_name="savanna")
    copies = world.rows(
        "SELECT m.name, list_name FROM deliveries d JOIN members m ON m.id = d.member_id WHERE kind = 'copy' ORDER BY 1"
    )
    assert copies == [("Both", "central-africa"), ("First", "savanna")]


def offer(held):
    return replace(held, reasons=(Reason("F1", "routing.named_by_tag", "subject"), *held.reasons))


def test_an_offer_that_ends_while_the_post_waits_at_home_is_told_later(world, held):
    author = world.join("author", "central-africa")
    abroad = world.join("first", "savanna")
    reference = world.post(author, ("central-africa", held), ("savanna", offer(held))).reference
    world.database.write(lambda c: held_posts.decline(c, NODE, reference, ["savanna"], abroad, LATER))
    assert [row[1] for row in deliveries(world)] == ["notice"]
    assert decisions(world)["central-africa"].word == "hold"


def test_a_post_that_expires_at_home_is_offered_no_longer(world, held):
    author = world.join("author", "central-africa")
    world.join("first", "savanna")
    later = {"central-africa": TOO_LATE, "savanna": TOO_LATE + timedelta(days=2)}
    world.post(author, ("central-africa", held), ("savanna", offer(held)), held_until=later)
    world.database.write(lambda c: held_posts.expire(c, NODE, TOO_LATE))
    assert [one.word for one in decisions(world).values()] == ["withhold", "refuse"]
    assert sorted(row[1] for row in deliveries(world)) == ["expiry", "notice"]
    assert not has_content(world)


def test_an_offer_waits_on_when_another_one_ends(world, held, relayed):
    author = world.join("author", "central-africa")
    later = {"savanna": TOO_LATE, "species-id": TOO_LATE + timedelta(days=2)}
    three = (("central-africa", relayed), ("savanna", offer(held)), ("species-id", offer(held)))
    world.post(author, *three, held_until=later)
    world.database.write(lambda c: held_posts.expire(c, NODE, TOO_LATE))
    assert [one.word for one in decisions(world).values()] == ["relay", "refuse", "hold"]
