"""WITHDRAW in the database: what was said of a post afterwards is true."""

import pytest

from relay.store import second_thoughts
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
