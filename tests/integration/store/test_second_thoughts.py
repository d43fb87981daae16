"""WITHDRAW and SPILL in the database: what was said of a post afterwards is true, and nobody learns of it who didn't get it."""

from dataclasses import replace

import pytest

from relay.policy.decision import Reason
from relay.store import second_thoughts
from tests.integration.store.conftest import NODE, START


@pytest.fixture
def scene(world):
    return {"author": world.join("author", "central-africa"), "reader": world.join("reader", "savanna")}


def withdraw(world, author, reference):
    return world.database.write(lambda c: second_thoughts.withdraw(c, NODE, author, reference, START))


def report_spill(world, member, reference):
    return world.database.write(lambda c: second_thoughts.report_spill(c, NODE, member, reference, START))


def test_what_only_waited_is_destroyed_and_nobody_has_it(world, scene, held):
    reference = world.post(scene["author"], ("central-africa", held)).reference
    assert withdraw(world, scene["author"], reference).held
    assert world.rows("SELECT content FROM posts") == [(None,)]


def test_what_went_to_another_list_was_not_only_held(world, scene, held, relayed):
    reference = world.post(scene["author"], ("savanna", relayed), ("central-africa", held)).reference
    stopped = withdraw(world, scene["author"], reference)
    assert (stopped.held, stopped.cancelled) == (False, 1)
    assert world.rows("SELECT message_id FROM posts") == [(None,)]  # as of whatever is withheld for some list


def test_a_member_reports_what_the_list_got(world, scene, relayed):
    reference = world.post(scene["author"], ("savanna", relayed)).reference
    assert report_spill(world, scene["reader"], reference)


def test_a_member_learns_nothing_of_what_was_held_offered_or_withheld(world, scene, held, withheld):
    offer = replace(held, reasons=(Reason("F1", "routing.named_by_tag", "subject"),))
    for decision in (held, offer, withheld):
        reference = world.post(scene["author"], ("savanna", decision)).reference
        assert report_spill(world, scene["reader"], reference) is None
        assert report_spill(world, scene["author"], reference)
