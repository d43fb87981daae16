"""Recalls in the database: what waits never goes out, whoever may have a copy is asked to delete it, and nobody else."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from relay.delivery.delivery import Kind, Status
from relay.roster.member import AgencyType, MemberState, Role
from relay.roster.reading import Reading
from relay.store import digests, last_look, leases, queue, reach, recalls, spills, verdicts, wishes
from relay.store.tables import deliveries
from tests.integration.store.conftest import NODE, START
from tests.integration.store.test_spills import Scene

HOUR = timedelta(hours=1)


@pytest.fixture
def scene(world, relayed):
    return Scene(world, relayed)


def recall(scene, reference, by=None, now=START):
    return scene.write(lambda c: recalls.recall(c, NODE, by or scene.author, reference, "error", now))


def test_what_waits_is_cancelled_and_who_has_nothing_is_told_nothing(scene):
    reference, _ = scene.post()
    assert recall(scene, reference) == recalls.Recalled(outcome="done", cancelled=3, asked=0)
    assert scene.send() == []
    assert scene.letters("recall") == []
    assert not scene.write(lambda c: digests.send_whole(c, NODE, scene.reader, reference, START))


def test_who_has_it_is_asked_to_delete_it_and_the_log_says_why(scene):
    reference, _ = scene.post()
    scene.send()
    assert recall(scene, reference) == recalls.Recalled(outcome="done", cancelled=0, asked=3)
    assert scene.letters("recall") == ["moderator", "other", "reader"]
    [(facts,)] = scene.world.rows("SELECT facts FROM audit WHERE event = 'post.recalled'")
    assert {"member": scene.author.id, "reason": "error", "asked": 3}.items() <= json.loads(facts).items()
    assert recall(scene, reference, scene.moderator).outcome == "already"
    assert len(scene.letters("recall")) == 3
    assert not scene.write(lambda c: digests.send_whole(c, NODE, scene.reader, reference, START))


def test_a_moderator_recalls_what_went_to_their_list_and_its_author_hears_of_it(scene):
    reference, _ = scene.post()
    assert recall(scene, reference, scene.reader).outcome == "barred"
    ngo = scene.world.join("ngo", "savanna", roles=(Role.MODERATOR,), agency_type=AgencyType.NGO)
    assert recall(scene, reference, ngo).outcome == "barred"
    elsewhere = scene.world.join("elsewhere", "species-id", roles=(Role.MODERATOR,))
    assert recall(scene, reference, elsewhere).outcome == "unknown"
    assert recall(scene, reference, replace(scene.moderator, state=MemberState.DORMANT)).outcome == "barred"
    assert recall(scene, "SAVA-2026-999999").outcome == "unknown"
    scene.send()
    assert recall(scene, reference, scene.moderator).asked == 3
    assert scene.letters("recall") == ["author", "moderator", "other", "reader"]


def test_it_is_no_business_of_a_list_that_it_did_not_go_out_to(scene, relayed, held):
    elsewhere = scene.world.join("elsewhere", "species-id", roles=(Role.MODERATOR,))
    reader = scene.world.join("beside", "species-id")
    reference = scene.world.post(scene.author, ("savanna", relayed), ("species-id", held)).reference
    assert {recall(scene, reference, one).outcome for one in (elsewhere, reader)} == {"unknown"}
    for_moderators = scene.world.post(scene.author, ("savanna-owner", relayed)).reference
    assert recall(scene, for_moderators, scene.reader).outcome == "unknown"
    assert recall(scene, for_moderators, scene.moderator).outcome == "done"


def test_what_only_waited_is_destroyed_as_if_it_were_withdrawn_and_is_no_moderator_s_to_recall(scene, held):
    reference, _ = scene.post(decision=held)
    assert recall(scene, reference, scene.moderator).outcome == "unknown"
    assert recall(scene, reference).outcome == "held"
    assert scene.content(reference) is None
    assert scene.letters("recall") == []


def test_a_copy_that_is_being_sent_counts_as_had_and_isn_t_tried_again(scene):
    reference, _ = scene.post()
    claimed = scene.write(lambda c: queue.claim(c, f"{NODE}/1", START, START + HOUR, 9))
    [one, *others] = [row for row in claimed if row.kind == "copy"]
    scene.write(lambda c: last_look.begin(c, f"{NODE}/1", [one.id], START))
    assert recall(scene, reference) == recalls.Recalled(outcome="done", cancelled=2, asked=1)
    assert not scene.write(lambda c: last_look.begin(c, f"{NODE}/1", [row.id for row in others], START))
    again = queue.Settlement(id=one.id, status=Status.QUEUED, reply="451", next_attempt_at=START)
    scene.write(lambda c: queue.settle(c, f"{NODE}/1", [again], START))
    assert scene.send() == []
    assert scene.statuses(reference) == {"cancelled": 3}


def test_who_may_have_got_it_in_a_crash_is_asked_too(scene):
    reference, _ = scene.post()
    claimed = scene.write(lambda c: queue.claim(c, f"{NODE}/1", START, START + HOUR, 1))
    scene.write(lambda c: last_look.begin(c, f"{NODE}/1", [claimed[0].id], START))
    scene.write(lambda c: leases.recover(c, NODE, START))
    assert recall(scene, reference) == recalls.Recalled(outcome="done", cancelled=3, asked=1)


@pytest.mark.parametrize(
    ("reading", "when"),
    [(Reading.INSTANT, "sending"), (Reading.INSTANT, "retried"), (Reading.DAILY, "sending"), (Reading.DAILY, "sent")],
)
def test_a_report_that_copies_failed_keeps_nobody_from_being_asked(scene, reading, when):
    """Whoever got the post can forge one about others, where they share a return path."""
    scene.write(lambda c: wishes.set_reading(c, NODE, scene.reader, reading, START))
    reference, _ = scene.post()
    scene.write(lambda c: digests.gather(c, scene.reader.id, START))
    claimed = scene.write(lambda c: queue.claim(c, f"{NODE}/1", START, START + HOUR, 9))
    going = [one.id for one in claimed if one.kind in {"copy", "digest"}]
    scene.write(lambda c: last_look.begin(c, f"{NODE}/1", going, START))
    if when != "sending":
        done = [queue.Settlement(id=one, status=Status.DELIVERED, reply="250", sent_at=START) for one in going]
        scene.write(lambda c: queue.settle(c, f"{NODE}/1", done, START))
    for one in going:
        assert scene.write(lambda c, one=one: reach.lose(c, NODE, one, "5.1.1", "5.1.1", START))
    assert scene.statuses(reference) == {"failed": 3}
    if when == "retried":
        scene.write(lambda c: queue.retry(c, NODE, reference, operator="root", now=START))
    assert scene.report(scene.reader, reference).gone == 3
    assert recall(scene, reference).asked == 3


def test_a_digest_that_waits_leaves_it_out(scene):
    scene.write(lambda c: wishes.set_reading(c, NODE, scene.reader, Reading.DAILY, START))
    reference, _ = scene.post()
    scene.write(lambda c: digests.gather(c, scene.reader.id, START))
    recall(scene, reference)
    scene.send()
    assert scene.world.rows("SELECT status FROM deliveries WHERE kind = 'copy' AND status <> 'cancelled'") == []


def test_neither_a_dismissed_report_nor_the_operator_sends_on_what_was_recalled(scene):
    reference, _ = scene.post()
    scene.report(scene.reader, reference)
    recall(scene, reference)
    spill = scene.spill(reference)
    scene.write(lambda c: verdicts.dismiss(c, NODE, spill, scene.moderator.id, START))
    scene.write(lambda c: queue.retry(c, NODE, reference, operator="root", now=START))
    assert scene.send() == []


def test_a_recalled_post_can_still_turn_out_to_be_a_spill(scene):
    reference, _ = scene.post()
    scene.send()
    recall(scene, reference)
    assert scene.report(scene.reader, reference) == spills.Reported(cancelled=0, gone=3)
    assert scene.confirm(reference).asked == 3


def test_a_copy_that_waits_for_its_reader_s_key_is_called_off_and_who_has_only_the_pointer_is_asked_nothing(scene):
    reference, _ = scene.post()
    pointer = update(deliveries).where(deliveries.c.member_id == scene.reader.id).values(kind=Kind.POINTER)
    scene.write(lambda c: c.execute(pointer))
    scene.send()
    assert recall(scene, reference).asked == 2
    assert scene.letters("recall") == ["moderator", "other"]
    assert [bool(off) for (off,) in scene.world.rows("SELECT called_off FROM deliveries WHERE kind = 'pointer'")] == [
        True
    ]
