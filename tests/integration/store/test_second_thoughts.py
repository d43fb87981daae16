"""WITHDRAW in the database: what was said of a post afterwards is true."""

import pytest

from relay.store import letters, second_thoughts
from tests.integration.store.conftest import NODE, START


@pytest.fixture
def scene(world):
    return {"author": world.join("author", "central-africa"), "reader": world.join("reader", "savanna")}


def withdraw(world, author, reference):
    return world.database.write(lambda c: second_thoughts.withdraw(c, NODE, author, reference, START))


def test_what_only_waited_is_destroyed_and_nobody_has_it(world, scene, held):
    reference = world.post(scene["author"], ("central-africa", held)).reference
    assert withdraw(world, scene["author"], reference).held
    assert world.rows("SELECT content FROM posts") == [(None,)]


def test_what_went_to_another_list_was_not_only_held(world, scene, held, relayed):
    reference = world.post(scene["author"], ("savanna", relayed), ("central-africa", held)).reference
    stopped = withdraw(world, scene["author"], reference)
    assert (stopped.held, stopped.cancelled) == (False, 1)
    assert world.rows("SELECT message_id FROM posts") == [(None,)]  # as of whatever is withheld for some list


def test_a_post_s_lists_are_all_for_which_it_was_judged(world, scene, held, relayed):
    reference = world.post(scene["author"], ("savanna", relayed), ("central-africa", held)).reference
    assert world.database.write(lambda c: second_thoughts.lists_of(c, reference)) == ("savanna", "central-africa")
    assert world.database.write(lambda c: second_thoughts.lists_of(c, "CAFR-2026-999999")) == ()


def test_a_message_that_was_answered_is_known_by_either_key_and_is_its_authors(world, scene):
    author, reader = scene["author"].id, scene["reader"].id
    world.database.write(lambda c: letters.write(c, author, "answer", "savanna", {"answers": []}, START))
    world.database.write(lambda c: letters.write(c, author, "answer", "savanna", {"answers": [], "key": "0f"}, START))

    def known(member_id, *keys):
        return world.database.write(lambda c: letters.has_answered(c, member_id, keys))

    assert known(author, "0f")
    assert known(author, "1f", "0f")
    assert not known(author, "1f")
    assert not known(reader, "0f")
