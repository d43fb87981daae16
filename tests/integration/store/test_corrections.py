"""Corrections in the database: the new post takes the old one's place for whoever gets it, when it goes out and not before."""

import json

import pytest

from relay.roster.member import AgencyType, Role
from relay.roster.reading import Reading
from relay.store import corrections, digests, held, recalls, wishes
from tests.integration.store.conftest import NODE, START
from tests.integration.store.test_spills import Scene


class Corrected(Scene):
    def correct(self, reference, *decisions, by=None):
        """A post that corrects another; its reference."""
        by = by or self.author
        found = self.find(reference, by)
        accepted = self.world.accepted(by, *(decisions or (("savanna", self.relayed),)), corrects=found.post_id)
        return self.world.record(accepted).reference

    def find(self, reference, by, *, in_person=True):
        return self.write(lambda c: corrections.find(c, reference, by, in_person=in_person))

    def links(self, reference):
        return self.write(lambda c: corrections.links(c, self.id_of(reference)))

    def id_of(self, reference):
        [(post_id,)] = self.world.rows("SELECT id FROM posts WHERE reference = :r", r=reference)
        return post_id


@pytest.fixture
def scene(world, relayed):
    return Corrected(world, relayed)


def test_who_has_had_nothing_gets_the_new_one_alone(scene):
    old, _ = scene.post()
    new = scene.correct(old)
    assert scene.statuses(old) == {"cancelled": 3}
    assert scene.send() == ["moderator", "other", "reader"]
    assert scene.statuses(new) == {"delivered": 3}
    assert (scene.links(new), scene.links(old)) == ((old, ()), (None, (new,)))
    [(facts,)] = scene.world.rows("SELECT facts FROM audit WHERE event = 'post.corrected'")
    assert json.loads(facts) == {"reference": new, "corrects": [old], "cancelled": 3}


def test_who_has_the_old_one_gets_the_new_one_and_the_old_one_no_more(scene):
    old, _ = scene.post()
    scene.send()
    scene.correct(old)
    assert scene.send() == ["moderator", "other", "reader"]
    assert not scene.write(lambda c: digests.send_whole(c, NODE, scene.reader, old, START))


def test_a_digest_has_the_new_one_alone(scene):
    scene.write(lambda c: wishes.set_reading(c, NODE, scene.reader, Reading.DAILY, START))
    old, _ = scene.post()
    new = scene.correct(old)
    put_by = "SELECT p.reference FROM deliveries d JOIN posts p ON p.id = d.post_id WHERE d.status = 'digest'"
    assert scene.world.rows(put_by) == [(new,)]


def test_who_does_not_get_the_new_one_keeps_what_they_were_to_get(scene, relayed):
    scene.world.join("elsewhere", "species-id")
    accepted = scene.world.accepted(scene.author, ("savanna", relayed), ("species-id", relayed))
    old = scene.world.record(accepted).reference
    scene.correct(old)
    assert scene.send().count("elsewhere") == 1


def test_a_correction_that_waits_changes_nothing_until_it_is_released(scene, held):
    old, _ = scene.post()
    new = scene.correct(old, ("savanna", held))
    assert scene.statuses(old) == {"queued": 3}
    release(scene, new)
    assert scene.statuses(old) == {"cancelled": 3}


def release(scene, reference):
    def carry_out(connection):
        held.release(connection, NODE, reference, None, scene.moderator, START, two_person=False)
        corrections.take_place(connection, NODE, scene.id_of(reference), START)

    scene.write(carry_out)


def test_one_that_is_withheld_changes_nothing(scene, withheld):
    old, _ = scene.post()
    scene.correct(old, ("savanna", withheld))
    assert scene.statuses(old) == {"queued": 3}


def test_what_of_the_old_one_waits_for_a_moderator_ends(scene, held):
    old, _ = scene.post(decision=held)
    scene.correct(old)
    assert scene.content(old) is None
    [(decision, reasons)] = scene.world.rows(
        "SELECT decision, reasons FROM decisions d JOIN posts p ON p.id = d.post_id WHERE p.reference = :r", r=old
    )
    assert (decision, "author.corrected" in str(reasons)) == ("withhold", True)


def test_the_second_correction_takes_the_place_of_the_first_whichever_it_names(scene):
    old, _ = scene.post()
    first = scene.correct(old)
    second = scene.correct(old)
    assert (scene.statuses(old), scene.statuses(first)) == ({"cancelled": 3}, {"cancelled": 3})
    scene.correct(second)
    assert scene.send() == ["moderator", "other", "reader"]


def test_a_moderator_may_correct_in_person_and_nobody_else_but_the_author(scene, held, withheld):
    old, _ = scene.post()
    assert scene.find(old, scene.author, in_person=False).lists == ("savanna",)
    assert scene.find(old, scene.moderator).reference == old
    assert scene.find(old, scene.moderator, in_person=False) is None
    assert scene.find(old, scene.reader) is None
    ngo = scene.world.join("ngo", "savanna", roles=(Role.MODERATOR,), agency_type=AgencyType.NGO)
    assert scene.find(old, ngo) is None
    waiting, _ = scene.post(decision=held)
    assert scene.find(waiting, scene.moderator) is None
    assert not scene.find(waiting, scene.author).lists
    kept_back = scene.world.post(scene.author, ("savanna", withheld)).reference
    assert scene.find(kept_back, scene.author) is None
    new = scene.correct(old, by=scene.moderator)
    assert scene.send() == ["author", "ngo", "other", "reader"]
    assert scene.statuses(new) == {"delivered": 4}


def test_what_was_recalled_can_be_corrected(scene):
    old, _ = scene.post()
    scene.send()
    scene.write(lambda c: recalls.recall(c, NODE, scene.author, old, "error", START))
    scene.correct(old)
    assert scene.send() == ["moderator", "other", "reader"]
