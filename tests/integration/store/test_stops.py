"""Stopped lists in the database: nothing of theirs leaves by any way, nothing is lost, and all of it goes out when they go on."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from relay.delivery.delivery import Status
from relay.errors import Conflict, NotFound
from relay.roster.reading import Reading
from relay.store import digests, encryption, last_look, queue, stops, wishes
from tests.integration.store.conftest import NODE, START
from tests.integration.store.test_spills import Scene

HOUR = timedelta(hours=1)


class Stopped(Scene):
    def stop(self, now=START, name="savanna"):
        return self.write(lambda c: stops.stop(c, NODE, name, now, reason="leak", operator="root"))

    def resume(self, now=START, name="savanna"):
        return self.write(lambda c: stops.resume(c, NODE, name, now, member_id=self.moderator.id))

    def copies_begun(self, claimed):
        """What another node that claimed these begins."""
        ids = [row.id for row in claimed if row.kind == "copy"]
        return self.write(lambda c: last_look.begin(c, "node-2/1", ids, START))

    def copies(self, *columns):
        names = ", ".join(f"d.{one}" for one in columns)
        return self.world.rows(f"SELECT {names} FROM deliveries d WHERE kind = 'copy' ORDER BY id")


@pytest.fixture
def scene(world, relayed):
    return Stopped(world, relayed)


def test_what_waits_stays_what_comes_waits_too_and_all_goes_when_the_list_goes_on(scene):
    first, _ = scene.post()
    assert scene.stop() == 3
    second, _ = scene.post()
    assert scene.send() == scene.send(START + 9 * HOUR) == []
    assert scene.statuses(first) == scene.statuses(second) == {"queued": 3}
    assert scene.resume(START + 10 * HOUR) == 6
    assert scene.send(START + 10 * HOUR) == sorted(2 * ["moderator", "other", "reader"])
    assert scene.statuses(first) == scene.statuses(second) == {"delivered": 3}


def test_the_author_and_other_lists_notice_nothing(scene, relayed):
    scene.world.join("elsewhere", "species-id")
    scene.stop()
    scene.world.post(scene.author, ("species-id", relayed))
    assert scene.send() == ["elsewhere"]
    assert "receipt" in {row[0] for row in scene.world.rows("SELECT kind FROM deliveries WHERE status = 'delivered'")}


def on_two(scene, relayed):
    """A post to two lists, with a member who is on both and gets it by the first."""
    scene.world.join("both", "savanna", "species-id")
    return scene.world.post(scene.author, ("savanna", relayed), ("species-id", relayed)).reference


def test_who_is_on_another_list_that_goes_on_gets_it_by_that(scene, relayed):
    on_two(scene, relayed)
    assert scene.stop() == 3
    assert scene.send() == ["both"]
    assert scene.resume(START + HOUR) == 3
    assert scene.send(START + HOUR) == ["moderator", "other", "reader"]
    assert {status for (status,) in scene.copies("status")} == {"delivered"}


def test_what_was_claimed_or_comes_later_goes_by_the_other_list_too(scene, relayed):
    on_two(scene, relayed)
    claimed = scene.write(lambda c: queue.claim(c, "node-2/1", START, START + HOUR, 9))
    scene.stop()
    assert not scene.copies_begun(claimed)
    assert scene.send() == ["both"]
    scene.world.post(scene.author, ("savanna", relayed), ("species-id", relayed))
    assert scene.send() == []  # claimed and moved: composed anew for the other list
    assert scene.send() == ["both"]


def test_of_two_that_are_stopped_the_one_that_goes_on_first_lets_it_go(scene, relayed):
    on_two(scene, relayed)
    scene.stop()
    scene.stop(name="species-id")
    assert scene.send() == []
    assert scene.resume(START + HOUR, "species-id") == 1
    assert scene.send(START + HOUR) == ["both"]


def test_who_leaves_a_list_that_goes_on_for_one_that_is_stopped_waits(scene, relayed):
    on_two(scene, relayed)
    scene.stop(name="species-id")
    scene.write(lambda c: c.execute(text("DELETE FROM memberships WHERE list_name = 'savanna'")))
    assert scene.send() == scene.send() == []
    assert scene.resume(START + HOUR, "species-id") == 1
    assert scene.send(START + HOUR) == ["both"]


def test_a_digest_has_it_by_the_other_list(scene, relayed):
    scene.write(lambda c: wishes.set_reading(c, NODE, scene.reader, Reading.DAILY, START))
    scene.write(
        lambda c: c.execute(
            text(
                "INSERT INTO memberships (member_id, list_name) SELECT member_id, 'species-id' FROM memberships WHERE member_id = :m"
            ),
            {"m": scene.reader.id},
        )
    )
    scene.world.post(scene.author, ("savanna", relayed), ("species-id", relayed))
    scene.write(lambda c: digests.gather(c, scene.reader.id, START))
    scene.stop()
    [(digest,)] = scene.world.rows("SELECT id FROM deliveries WHERE kind = 'digest'")
    parts = scene.write(lambda c: last_look.look_at_parts(c, digest, START))
    assert [one.list_name for one in parts] == ["species-id"]
    scene.world.post(scene.author, ("savanna", relayed), ("species-id", relayed))
    assert scene.write(lambda c: digests.gather_due(c, {Reading.DAILY: START}, START)) == 1


def test_what_another_node_has_claimed_is_not_begun_and_what_is_being_sent_ends(scene):
    reference, _ = scene.post()
    claimed = scene.write(lambda c: queue.claim(c, "node-2/1", START, START + HOUR, 9))
    [one, *others] = [row for row in claimed if row.kind == "copy"]
    scene.write(lambda c: last_look.begin(c, "node-2/1", [one.id], START))
    scene.stop()
    assert not scene.write(lambda c: last_look.begin(c, "node-2/1", [row.id for row in others], START))
    done = queue.Settlement(id=one.id, status=Status.DELIVERED, reply="250 ok")
    assert not scene.write(lambda c: queue.settle(c, "node-2/1", [done], START))
    assert scene.statuses(reference) == {"delivered": 1, "queued": 2}
    scene.resume()
    assert len(scene.send()) == 2


def test_what_fell_due_by_another_way_is_parked_by_the_last_look(scene):
    reference, _ = scene.post()
    scene.stop()
    scene.write(lambda c: queue.retry(c, NODE, reference, operator="root", now=START))
    assert scene.send() == []
    assert {row[0] for row in scene.copies("next_attempt_at")} == {_microseconds(last_look.PARKED)}
    scene.resume()
    assert len(scene.send()) == 3


def test_word_that_a_post_waits_for_a_key_waits_with_its_list(scene):
    scene.post()
    claimed = scene.write(lambda c: queue.claim(c, "node-2/1", START, START + HOUR, 9))
    [first, *others] = [one for one in claimed if one.kind == "copy"]
    for one in (first, *others):
        scene.write(lambda c, one=one: encryption.put_by(c, one, START))
    scene.write(lambda c: queue.give_back(c, "node-2/1", [one.id for one in others]))
    assert scene.stop() == 3
    assert not scene.write(lambda c: last_look.begin(c, "node-2/1", [first.id], START))
    assert scene.world.rows("SELECT DISTINCT status, next_attempt_at FROM deliveries WHERE kind = 'pointer'") == [
        ("queued", _microseconds(last_look.PARKED))
    ]
    assert scene.resume() == 3


def test_the_time_that_a_list_stands_still_is_not_counted_as_age(scene):
    scene.post()
    scene.stop(START + HOUR)
    scene.resume(START + 240 * HOUR)
    assert [row[0] for row in scene.copies("created_at")] == [_microseconds(START + 239 * HOUR)] * 3


def _microseconds(at):
    return round(at.timestamp() * 1_000_000)


def test_copies_of_a_stopped_list_can_still_be_cancelled(scene):
    reference, _ = scene.post()
    scene.stop()
    assert scene.write(lambda c: queue.cancel(c, NODE, reference, operator="root", now=START)) == 3
    assert scene.resume() == 0
    assert scene.send() == []


def test_a_digest_leaves_a_stopped_list_out_and_brings_it_later(scene, relayed):
    reader = scene.world.join("both", "savanna", "species-id")
    scene.write(lambda c: wishes.set_reading(c, NODE, reader, Reading.DAILY, START))
    scene.post()
    other = scene.world.post(scene.author, ("species-id", relayed)).reference
    scene.write(lambda c: digests.gather(c, reader.id, START))
    scene.stop()
    [(digest,)] = scene.world.rows("SELECT id FROM deliveries WHERE kind = 'digest'")
    parts = scene.write(lambda c: last_look.look_at_parts(c, digest, START))
    assert [part.list_name for part in parts] == ["species-id"]
    assert not scene.write(lambda c: digests.gather(c, reader.id, START))
    assert scene.statuses(other) == {"digest": 1}
    scene.resume()
    assert scene.write(lambda c: digests.gather(c, reader.id, START))


def test_who_wants_posts_one_by_one_meanwhile_gets_them_when_the_list_goes_on(scene):
    scene.write(lambda c: wishes.set_reading(c, NODE, scene.reader, Reading.DAILY, START))
    scene.post()
    scene.stop()
    scene.write(lambda c: wishes.set_reading(c, NODE, scene.reader, Reading.INSTANT, START))
    assert scene.world.rows("SELECT count(*) FROM deliveries WHERE kind = 'digest'") == [(0,)]
    scene.resume()
    assert scene.world.rows("SELECT count(*) FROM deliveries WHERE kind = 'digest'") == [(1,)]


def test_it_is_stopped_once_by_whom_the_log_says(scene):
    scene.stop()
    with pytest.raises(Conflict, match="stopped already"):
        scene.stop()
    with pytest.raises(NotFound):
        scene.stop(name="nowhere")
    with scene.world.database.read() as connection:
        [one] = stops.stopped(connection).values()
    assert (one.list_name, one.operator, one.member_id, one.reason) == ("savanna", "root", None, "leak")
    scene.resume()
    with pytest.raises(NotFound):
        scene.resume()
    facts = [json.loads(row[0]) for row in scene.world.rows("SELECT facts FROM audit WHERE event LIKE 'list.%'")]
    assert [(one["operator"], one["member"]) for one in facts] == [("root", None), (None, scene.moderator.id)]
