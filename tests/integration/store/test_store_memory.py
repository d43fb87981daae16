"""What is remembered of withheld posts: asked for by its hashes, forgotten when it goes out or with its key."""

import secrets
from datetime import timedelta

import pytest

from relay.policy.thread import CLASSIFIED, MARKING, PASSAGE, Given, Memory
from relay.store import memory, retention
from tests.integration.store.conftest import START


def hashes(count):
    return [secrets.token_bytes(16) for _ in range(count)]


def of_marking(label="TLP:AMBER", rule=MARKING, count=3):
    return tuple(Memory(hash=one, code="M1", rule=rule, label=label) for one in hashes(count))


def of_passage(count=3):
    [whole], windows = hashes(1), hashes(count)
    return tuple(
        Memory(hash=one, code="N1", rule=PASSAGE, needed=1, before=place, words=2, whole=whole)
        for place, one in enumerate(windows)
    )


def recalled(world, kept, author_id=None):
    with world.database.read() as connection:
        return memory.recall(connection, [one.hash for one in kept], author_id)


def give(world, hashes=(), labels=(), passages=()):
    given = Given(hashes=tuple(hashes), labels=labels, passages=tuple(passages))
    world.database.write(lambda connection: memory.give_out(connection, given))


def test_what_was_kept_with_a_post_is_recalled_by_its_hashes(world, withheld):
    author, other = world.join("ama"), world.join("bela")
    with world.database.read() as connection:
        assert memory.is_empty(connection)
    kept = (*of_marking(), *of_marking(None, CLASSIFIED), *of_passage())
    world.post(author, ("central-africa", withheld), remembered=kept)
    with world.database.read() as connection:
        assert not memory.is_empty(connection)
    found = recalled(world, kept, author.id)
    assert {one.memory for one in found} == set(kept)
    assert {(one.post_id, one.own) for one in found} == {(1, True)}
    assert {one.own for one in recalled(world, kept, other.id)} == {False}
    assert recalled(world, of_marking()) == ()


@pytest.mark.parametrize("count", [1, 16, 17, 64, 65, 256, 257, 1_000])
def test_however_many_are_asked_for_each_is_told_once(world, withheld, count):
    kept = of_marking(count=count)
    world.post(world.join("ama"), ("central-africa", withheld), remembered=kept)
    found = recalled(world, kept)
    assert (len(found), {one.memory for one in found}) == (count, set(kept))


def test_the_same_hash_of_two_posts_is_told_of_both(world, withheld):
    author, kept = world.join("ama"), of_marking()
    for _ in range(2):
        world.post(author, ("central-africa", withheld), remembered=kept)
    assert sorted(one.post_id for one in recalled(world, kept)) == [1, 1, 1, 2, 2, 2]


def test_a_post_that_goes_out_takes_its_text_from_memory_with_it(world, withheld, relayed):
    author, kept, other = world.join("ama", "central-africa"), of_marking(), of_marking()
    world.post(author, ("central-africa", withheld), remembered=(*kept, *other))
    given = Given(hashes=tuple(one.hash for one in kept), labels=("TLP:GREEN",), passages=())
    world.post(author, ("central-africa", relayed), given=given)
    assert {one.memory for one in recalled(world, (*kept, *other))} == set(other)


def test_a_text_that_went_out_no_wider_stays(world, withheld):
    kept = (*of_marking("TLP:AMBER"), *of_marking("TLP:RED"), *of_marking(None, CLASSIFIED), *of_passage())
    world.post(world.join("ama"), ("central-africa", withheld), remembered=kept)
    give(world, [one.hash for one in kept], labels=("TLP:AMBER",))
    assert {one.memory.label for one in recalled(world, kept)} == {"TLP:AMBER", None}
    assert {one.memory.rule for one in recalled(world, kept)} == {MARKING, PASSAGE}


def test_a_passage_is_forgotten_whole(world, withheld):
    one, other = of_passage(), of_passage()
    world.post(world.join("ama"), ("central-africa", withheld), remembered=(*one, *other))
    give(world, passages=[one[0].whole])
    assert {found.memory for found in recalled(world, (*one, *other))} == set(other)


def test_what_was_kept_under_a_destroyed_key_is_forgotten(world, withheld, monkeypatch):
    monkeypatch.setattr(retention, "ROWS", 2)
    author, old, new = world.join("ama"), of_marking(count=5), of_marking()
    world.post(author, ("central-africa", withheld), remembered=old, received_at=START - timedelta(days=61))
    world.post(author, ("central-africa", withheld), remembered=new)
    before = START - timedelta(days=60)
    assert retention.in_rounds(world.database, lambda c: retention.forget_threads(c, before=before)) == 5
    assert {one.memory for one in recalled(world, (*old, *new))} == set(new)


def test_only_the_author_s_own_post_that_the_machine_withheld_can_be_confirmed(world, withheld, relayed):
    author, other = world.join("ama", "central-africa"), world.join("bela", "central-africa")
    reference = world.post(author, ("central-africa", withheld)).reference
    gone = world.post(author, ("central-africa", relayed)).reference

    def can_be_confirmed(reference, member):
        with world.database.read() as connection:
            return memory.is_withheld(connection, reference, member.id)

    assert can_be_confirmed(reference, author)
    assert not can_be_confirmed(reference, other)
    assert not can_be_confirmed(gone, author)
    assert not can_be_confirmed("CAFR-2026-999999", author)
    world.database.write(
        lambda c: c.exec_driver_sql(f"UPDATE decisions SET decided_by = '{other.id}' WHERE post_id = 1") and None
    )
    assert not can_be_confirmed(reference, author)


def test_what_has_gone_out_is_found_by_author_and_by_message_id(world, withheld, relayed):
    author, other = world.join("ama", "central-africa"), world.join("bela", "central-africa")
    world.post(author, ("central-africa", relayed), message_id="<a@customs.example>")
    world.post(author, ("central-africa", withheld), message_id="<b@customs.example>")
    world.post(other, ("central-africa", relayed), message_id="<c@customs.example>")
    world.post(other, ("central-africa", relayed), message_id="<d@customs.example>")
    world.post(author, ("central-africa", relayed), size_octets=memory.PUBLIC_OCTETS + 1)
    with world.database.read() as connection:
        assert memory.gone_out(connection, author.id, ["<c@customs.example>", "<b@customs.example>"]) == (3, 1)
        assert memory.gone_out(connection, "", []) == ()
