"""Acknowledgements in the database: who may, what is remembered, and one reminder when the time is over."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from relay.roster.member import AgencyType, MemberState, Role
from relay.store import acknowledgements, recalls, stops
from relay.store import held as held_posts
from tests.integration.store.conftest import NODE, START
from tests.integration.store.test_spills import Scene

HOUR = timedelta(hours=1)


class Wanted(Scene):
    def want(self, decision=None, hours=4, *more):
        accepted = self.world.accepted(self.author, ("savanna", decision or self.relayed), *more, ack_hours=hours)
        return self.world.record(accepted).reference

    def ack(self, member, reference, now=START):
        return self.write(lambda c: acknowledgements.acknowledge(c, NODE, member, reference, now))

    def seen_by(self, member, reference):
        seen = self.write(lambda c: acknowledgements.may_see(c, member, reference, START))
        return seen and (seen.own, sorted(seen.lists))

    def names(self, reference, lists=None):
        found = self.write(lambda c: acknowledgements.standing(c, reference, lists))
        return [one.name for one in found.acknowledged], [one.name for one in found.missing]

    def remind(self, now):
        return self.write(lambda c: acknowledgements.remind(c, NODE, now))


@pytest.fixture
def scene(world, relayed):
    return Wanted(world, relayed)


def test_who_has_it_acknowledges_it_once(scene):
    reference = scene.want()
    assert scene.ack(scene.reader, reference) == "unknown"  # it hasn't reached them
    scene.send()
    assert scene.ack(scene.reader, reference) == "done"
    assert scene.ack(scene.reader, reference, START + HOUR) == "already"
    assert scene.ack(scene.author, reference) == scene.ack(scene.admin, reference) == "unknown"
    assert scene.ack(scene.reader, "SAVA-2026-999999") == "unknown"
    assert scene.names(reference) == (["Reader"], ["Moderator", "Other"])
    assert scene.events().count("post.acknowledged") == 1


def test_a_post_that_does_not_ask_is_not_acknowledged(scene):
    reference, _ = scene.post()
    scene.send()
    assert scene.ack(scene.reader, reference) == "rejected"
    assert scene.write(lambda c: acknowledgements.standing(c, reference)) is None


def test_the_author_sees_who_has_and_moderators_who_has_not_as_well(scene):
    reference = scene.want()
    ngo = scene.world.join("ngo", "savanna", roles=(Role.MODERATOR,), agency_type=AgencyType.NGO)
    elsewhere = scene.world.join("elsewhere", "species-id", roles=(Role.MODERATOR,))
    seen = [scene.seen_by(one, reference) for one in (scene.author, scene.moderator, scene.reader, ngo, elsewhere)]
    assert seen == [(True, []), (False, ["savanna"]), None, None, None]
    assert scene.seen_by(replace(scene.moderator, state=MemberState.DORMANT), reference) is None


def test_a_moderator_sees_the_readers_of_their_own_lists_alone(scene, relayed, held):
    elsewhere = scene.world.join("elsewhere", "species-id", roles=(Role.MODERATOR,))
    scene.world.join("beside", "species-id")
    reference = scene.want(None, 4, ("species-id", relayed))
    scene.send()
    scene.ack(scene.reader, reference)
    assert scene.seen_by(elsewhere, reference) == (False, ["species-id"])
    assert scene.names(reference, {"species-id"}) == ([], ["Beside", "Elsewhere"])
    assert scene.names(reference, {"savanna"}) == (["Reader"], ["Moderator", "Other"])
    leave = "DELETE FROM memberships WHERE list_name = 'savanna'"
    scene.write(lambda c: c.execute(text(leave)))
    assert scene.names(reference, {"savanna"}) == (["Reader"], ["Moderator", "Other"])


def test_where_a_post_only_waits_its_moderators_see_nothing_and_are_told_nothing(scene, held):
    elsewhere = scene.world.join("elsewhere", "species-id", roles=(Role.MODERATOR,))
    reference = scene.want(None, 4, ("species-id", held))
    scene.send()
    assert scene.seen_by(elsewhere, reference) is None
    scene.remind(START + 4 * HOUR)
    assert scene.letters("acknowledged") == ["author", "moderator"]


def test_when_the_time_is_over_who_has_not_is_reminded_once_and_who_asked_is_told(scene):
    reference = scene.want()
    scene.send()
    scene.ack(scene.reader, reference)
    assert scene.remind(START + 3 * HOUR) == (0, 0)
    assert scene.remind(START + 4 * HOUR) == (1, 2)
    assert scene.remind(START + 9 * HOUR) == (0, 0)
    assert scene.letters("reminder") == ["moderator", "other"]
    assert scene.letters("acknowledged") == ["author", "moderator"]
    assert scene.ack(scene.other, reference, START + 9 * HOUR) == "done"


def test_whoever_has_nothing_yet_is_not_reminded(scene):
    scene.want()
    assert scene.remind(START + 4 * HOUR) == (1, 0)
    assert scene.letters("acknowledged") == ["author", "moderator"]


def test_of_a_recalled_post_nobody_is_reminded(scene):
    reference = scene.want()
    scene.send()
    scene.write(lambda c: recalls.recall(c, NODE, scene.author, reference, "error", START))
    assert scene.remind(START + 4 * HOUR) == (1, 0)
    assert scene.letters("acknowledged") == []


def test_who_was_given_a_corrected_version_is_not_reminded_of_the_old_one(scene, relayed):
    """Who is on none of the new one's lists keeps the old one, and is."""
    scene.world.join("elsewhere", "species-id")
    scene.want(None, 4, ("species-id", relayed))
    scene.send()
    [(old_id,)] = scene.world.rows("SELECT id FROM posts")
    scene.world.record(scene.world.accepted(scene.author, ("savanna", relayed), corrects=old_id))
    assert scene.remind(START + 4 * HOUR) == (1, 1)
    assert scene.letters("reminder") == ["elsewhere"]


def test_where_all_were_given_a_corrected_version_nobody_is_written_to(scene, relayed):
    scene.want()
    scene.send()
    [(old_id,)] = scene.world.rows("SELECT id FROM posts")
    scene.world.record(scene.world.accepted(scene.author, ("savanna", relayed), corrects=old_id))
    assert scene.remind(START + 4 * HOUR) == (1, 0)
    assert scene.letters("acknowledged") == []


def test_while_a_list_stands_still_the_time_to_acknowledge_does_not_run(scene):
    scene.want()
    scene.write(lambda c: stops.stop(c, NODE, "savanna", START + HOUR, reason="leak", operator="root"))
    assert scene.remind(START + 90 * HOUR) == (0, 0)
    scene.write(lambda c: stops.resume(c, NODE, "savanna", START + 100 * HOUR, operator="root"))
    scene.send(START + 100 * HOUR)
    assert scene.remind(START + 102 * HOUR) == (0, 0)
    assert scene.remind(START + 103 * HOUR) == (1, 3)


def test_a_post_that_comes_while_its_list_stands_still_has_all_its_hours_afterwards(scene):
    scene.write(lambda c: stops.stop(c, NODE, "savanna", START - HOUR, reason="leak", operator="root"))
    scene.want()
    scene.write(lambda c: stops.resume(c, NODE, "savanna", START + 9 * HOUR, operator="root"))
    scene.send(START + 9 * HOUR)
    assert scene.remind(START + 12 * HOUR) == (0, 0)
    assert scene.remind(START + 13 * HOUR) == (1, 3)


def test_the_hours_of_a_held_post_run_from_its_release(scene, held):
    reference = scene.want(held)
    assert scene.remind(START + 9 * HOUR) == (0, 0)
    [(post_id,)] = scene.world.rows("SELECT id FROM posts")

    def release(connection):
        held_posts.release(connection, NODE, reference, None, scene.moderator, START + 9 * HOUR, two_person=False)
        acknowledgements.begin(connection, post_id, START + 9 * HOUR)
        acknowledgements.begin(connection, post_id, START + 20 * HOUR)  # for another list: the time runs already

    scene.write(release)
    assert scene.remind(START + 12 * HOUR) == (0, 0)
    assert scene.remind(START + 13 * HOUR) == (1, 0)
