"""Spills in the database: hidden at once with their thread, shown again or destroyed, and nobody is told who reported them."""

import json
import secrets
from dataclasses import replace
from datetime import timedelta

import pytest

from relay.delivery.delivery import Status
from relay.errors import Conflict, Unavailable
from relay.policy.answered import Answered, Same
from relay.policy.decision import Reason
from relay.policy.thread import Memory
from relay.roster.member import AgencyType, Role
from relay.roster.reading import Reading
from relay.store import (
    audit,
    breaches,
    deletions,
    digests,
    last_look,
    members,
    memory,
    posts,
    queue,
    retention,
    second_thoughts,
    spills,
    threads,
    verdicts,
    wishes,
)
from relay.store import held as held_posts
from relay.store.tables import deliveries
from tests.integration.store.conftest import NODE, START

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Scene:
    """A list with an author, three readers and a moderator; the author's country has a focal point, the relay an administrator."""

    def __init__(self, world, relayed):
        self.world, self.relayed = world, relayed
        self.author = world.join("author", "savanna")
        self.reader, self.other = world.join("reader", "savanna"), world.join("other", "savanna")
        self.moderator = world.join("moderator", "savanna", roles=(Role.MODERATOR,))
        self.focal_point = world.join("focal", roles=(Role.FOCAL_POINT,))
        self.admin = world.join("admin", roles=(Role.ADMIN,))

    def post(self, *, by=None, answers=(), quotes=(), decision=None):
        """A post with a Message-ID; its reference."""
        uid = secrets.token_hex(8)
        answered = Answered(message_ids=tuple(f"<{one}@x.example>" for one in answers), references=tuple(quotes))
        accepted = self.world.accepted(
            by or self.author, ("savanna", decision or self.relayed), message_id=f"<{uid}@x.example>", answered=answered
        )
        return self.world.record(accepted).reference, uid

    def write(self, job):
        return self.world.database.write(job)

    def report(self, member, reference, now=START):
        return self.write(lambda c: spills.report(c, NODE, member, reference, now))

    def spill(self, reference):
        with self.world.database.read() as connection:
            return spills.find(connection, reference)

    def confirm(self, reference, now=START):
        spill = self.spill(reference)
        return self.write(lambda c: verdicts.confirm(c, NODE, spill, self.moderator.id, {}, now))

    def dismiss(self, reference, now=START):
        spill = self.spill(reference)
        return self.write(lambda c: verdicts.dismiss(c, NODE, spill, self.moderator.id, now))

    def send(self, now=START, *, fail=False):
        """What the delivery role does with everything that is due; the addresses of copies that were sent."""
        lease = f"{NODE}/{secrets.token_hex(4)}"
        claimed = self.write(lambda c: queue.claim(c, lease, now, now + HOUR, 1000))
        begun = self.write(lambda c: last_look.begin(c, lease, [one.id for one in claimed], now))
        status = {"status": Status.FAILED if fail else Status.DELIVERED, "reply": "250 ok"}
        self.write(lambda c: queue.settle(c, lease, [queue.Settlement(id=one, **status) for one in begun], now))
        return sorted(one.recipient.local for one in claimed if one.id in begun and one.kind == "copy")

    def content(self, reference):
        with self.world.database.read() as connection:
            post_id = posts.show_post(connection, reference)[0].post_id
            return posts.load_sealed(connection, post_id)

    def statuses(self, reference):
        with self.world.database.read() as connection:
            return dict(posts.show_post(connection, reference)[0].deliveries)

    def letters(self, kind):
        sql = "SELECT m.address FROM deliveries d JOIN members m ON m.id = d.member_id WHERE d.kind = :kind"
        return sorted(row[0].partition("@")[0] for row in self.world.rows(sql, kind=kind))

    def events(self):
        return [row[0] for row in self.world.rows("SELECT event FROM audit ORDER BY sequence")]


@pytest.fixture
def scene(world, relayed):
    return Scene(world, relayed)


def test_a_member_reports_what_the_list_got(scene):
    reference, _ = scene.post()
    assert scene.report(scene.reader, reference) == spills.Reported(cancelled=3, gone=0)


def test_a_member_learns_nothing_of_what_was_held_offered_or_withheld(scene, held, withheld):
    offer = replace(held, reasons=(Reason("F1", "routing.named_by_tag", "subject"),))
    for decision in (held, offer, withheld):
        reference = scene.world.post(scene.author, ("savanna", decision)).reference
        assert scene.report(scene.reader, reference) is None
        assert scene.report(scene.author, reference)


def test_what_is_reported_comes_out_of_no_door(scene):
    reference, _ = scene.post()
    assert scene.content(reference)
    scene.report(scene.reader, reference)
    assert scene.content(reference) is None
    assert scene.send() == []
    assert scene.statuses(reference) == {"cancelled": 3}
    assert scene.letters("spill") == ["focal", "moderator"]


def test_a_focal_point_who_serves_no_official_agency_is_told_of_no_spill(scene):
    scene.world.join("ngo", agency_type=AgencyType.NGO, roles=(Role.FOCAL_POINT,))
    reference, _ = scene.post()
    scene.report(scene.reader, reference)
    assert scene.letters("spill") == ["focal", "moderator"]
    scene.confirm(reference)
    assert scene.letters("spilled") == ["author", "focal"]


def test_the_last_look_stops_a_copy_of_a_hidden_post_whatever_else_was_forgotten(scene):
    reference, _ = scene.post()
    scene.report(scene.reader, reference)
    again = {"status": "queued", "next_attempt_at": START, "called_off": False}
    scene.write(lambda c: c.execute(deliveries.update().where(deliveries.c.kind == "copy").values(**again)) and None)
    assert scene.send() == []


def test_a_thread_is_hidden_with_what_began_it_and_at_whatever_remove(scene):
    before, _ = scene.post()
    reference, uid = scene.post()
    answer, answer_uid = scene.post(by=scene.other, answers=[uid])
    second, _ = scene.post(by=scene.reader, answers=[answer_uid])
    quoting, _ = scene.post(by=scene.reader, quotes=[reference])
    scene.report(scene.reader, reference)
    assert [scene.content(one) for one in (reference, answer, second, quoting)] == [None] * 4
    assert scene.content(before)
    assert scene.send() == ["moderator", "other", "reader"]  # of the one before it


def test_what_began_a_thread_is_not_hidden_with_its_answer(scene):
    reference, uid = scene.post()
    answer, _ = scene.post(by=scene.other, answers=[uid])
    scene.report(scene.reader, answer)
    assert scene.content(reference)
    assert scene.content(answer) is None


def test_an_answer_that_comes_while_a_post_is_hidden_can_only_wait(scene, held):
    reference, uid = scene.post()
    scene.report(scene.reader, reference)
    with scene.world.database.read() as connection:
        named = Answered(message_ids=(f"<{uid}@x.example>",))
        assert threads.hidden_among(connection, named, Same()) == "reported"
        assert threads.hidden_among(connection, Answered(references=("CAFR-2026-000099",)), Same()) is None
    count = len(scene.world.rows("SELECT id FROM posts"))
    with pytest.raises(Unavailable):  # it was judged before the report; sent again it is judged anew
        scene.post(by=scene.other, answers=[uid])
    assert len(scene.world.rows("SELECT id FROM posts")) == count
    waiting, _ = scene.post(by=scene.other, answers=[uid], decision=held)
    assert scene.content(waiting) is None
    scene.dismiss(reference)
    assert scene.content(waiting)


def test_what_is_dismissed_goes_out_after_all_and_is_shown_again(scene):
    reference, uid = scene.post()
    answer, _ = scene.post(by=scene.other, answers=[uid])
    scene.report(scene.reader, reference)
    later = START + 6 * DAY  # longer than copies are tried
    assert scene.dismiss(reference, later).sent_on == 6
    assert scene.content(reference)
    assert scene.content(answer)
    assert len(scene.send(later)) == 6
    assert "post.spill_dismissed" in scene.events()
    called = "SELECT DISTINCT status FROM deliveries WHERE kind = 'spill'"
    assert scene.world.rows(called) == [("cancelled",)]  # it is decided before they were called
    assert scene.letters("spilled") == ["author", "focal", "other"]
    assert scene.world.rows("SELECT * FROM hidden_posts") == scene.world.rows("SELECT * FROM stopped_copies") == []
    [(created,)] = scene.world.rows("SELECT min(created_at) FROM deliveries WHERE kind = 'copy'")
    assert created == (later - START.replace(year=1970, month=1, day=1, hour=0)) // timedelta(microseconds=1)


def test_a_dismissal_sends_nothing_that_its_author_took_back_meanwhile(scene):
    reference, _ = scene.post()
    scene.report(scene.reader, reference)
    scene.write(lambda c: second_thoughts.withdraw(c, NODE, scene.author, reference, START))
    assert scene.dismiss(reference).sent_on == 0
    assert scene.send() == []


def test_a_dismissal_sends_nothing_to_who_was_suspended_meanwhile(scene):
    reference, _ = scene.post()
    scene.report(scene.reader, reference)
    scene.write(
        lambda c: members.suspend(c, NODE, scene.other.address, reason="left", operator="root", now=START) and None
    )
    scene.dismiss(reference)
    assert scene.send() == ["moderator", "reader"]


def test_a_dismissal_revives_nothing_that_had_failed_or_was_cancelled_before(scene):
    reference, _ = scene.post()
    assert len(scene.send(fail=True)) == 3
    scene.report(scene.reader, reference)
    assert scene.dismiss(reference).sent_on == 0
    assert scene.statuses(reference) == {"failed": 3}
    scene.write(lambda c: queue.retry(c, NODE, reference, operator="root", now=START))
    assert len(scene.send()) == 3  # the operator may, as before


def test_what_two_reports_hide_is_shown_when_both_are_dismissed(scene):
    reference, uid = scene.post()
    answer, _ = scene.post(by=scene.other, answers=[uid])
    scene.report(scene.reader, reference)
    scene.report(scene.reader, answer)
    assert scene.dismiss(reference).sent_on == 3
    assert scene.content(reference)
    assert scene.content(answer) is None
    assert scene.dismiss(answer).sent_on == 3
    assert scene.content(answer)


def test_the_same_member_cannot_hide_again_what_was_dismissed_but_another_can(scene):
    """Row 82."""
    reference, _ = scene.post()
    scene.report(scene.reader, reference)
    scene.dismiss(reference)
    assert scene.report(scene.reader, reference).decided == "dismissed"
    assert scene.content(reference)
    assert scene.report(scene.other, reference).cancelled == 3
    assert scene.content(reference) is None


def test_what_is_confirmed_is_destroyed_with_its_thread_and_everybody_with_a_copy_is_asked(scene, held):
    reference, uid = scene.post()
    assert len(scene.send()) == 3
    answer, _ = scene.post(by=scene.other, answers=[uid])
    waiting, _ = scene.post(by=scene.other, answers=[uid], decision=held)
    scene.report(scene.reader, reference)
    done = scene.confirm(reference)
    assert (done.destroyed, done.asked, done.breach) == (3, 3, "BREACH-2026-000001")
    kept = "SELECT count(*) FROM posts WHERE wrapped_key IS NOT NULL OR content IS NOT NULL OR originals IS NOT NULL"
    assert scene.world.rows(kept) == [(0,)]
    assert scene.letters("deletion") == ["moderator", "other", "reader"]
    assert scene.letters("spilled") == ["author", "focal", "other", "other"]
    assert scene.letters("breach") == ["admin"]
    assert scene.statuses(answer) == {"cancelled": 3}
    with scene.world.database.read() as connection:
        assert posts.show_post(connection, waiting)[0].decision == "withhold"
        assert threads.hidden_among(connection, Answered(references=(reference,)), Same()) == "confirmed"
        assert audit.verify(connection, scene.world.keys.audit.public_key()) == ()
    with pytest.raises(Conflict, match="decided already"):
        scene.confirm(reference)
    assert scene.report(scene.other, reference).decided == "confirmed"


def test_who_may_have_a_copy_is_asked_too_and_who_never_had_one_is_not(scene):
    reference, _ = scene.post()
    lease = f"{NODE}/x"
    claimed = scene.write(lambda c: queue.claim(c, lease, START, START + HOUR, 1000))
    ids = {one.recipient.local: one.id for one in claimed if one.kind == "copy"}
    scene.write(lambda c: last_look.begin(c, lease, list(ids.values()), START))
    unknown = queue.Settlement(
        id=ids["reader"], status=Status.QUEUED, reply="lost", next_attempt_at=START + HOUR, ambiguous=True
    )
    refused = queue.Settlement(id=ids["moderator"], status=Status.FAILED, reply="550 no")
    scene.write(lambda c: queue.settle(c, lease, [unknown, refused], START))
    scene.report(scene.other, reference)
    assert scene.confirm(reference).asked == 2
    assert scene.letters("deletion") == ["other", "reader"]  # other's is being sent


def test_who_left_or_is_suspended_is_asked_all_the_same(scene):
    reference, _ = scene.post()
    scene.send()
    change = {"operator": "root", "now": START}
    scene.write(lambda c: members.suspend(c, NODE, scene.other.address, reason="x", **change) and None)
    scene.write(lambda c: members.remove(c, NODE, scene.reader.address, **change) and None)
    scene.report(scene.moderator, reference)
    scene.confirm(reference)
    assert scene.letters("deletion") == ["moderator", "other", "reader"]


def test_a_deletion_is_noted_once_and_reminded_of_twice_until_then(scene):
    reference, _ = scene.post()
    scene.send()
    scene.report(scene.reader, reference)
    scene.confirm(reference)
    scene.send()

    def acknowledge(member):
        return scene.write(lambda c: deletions.acknowledge(c, NODE, member.id, reference, START))

    assert acknowledge(scene.reader)
    assert acknowledge(scene.reader)
    assert not acknowledge(scene.admin)
    assert scene.events().count("copy.deleted") == 1
    with scene.world.database.read() as connection:
        [entry] = breaches.list_all(connection)
        assert (entry.recipients, entry.asked, entry.deleted) == (3, 3, 1)
    reminded = [
        scene.write(lambda c, now=START + age: deletions.remind(c, now))
        for age in (2 * DAY, 3 * DAY, 4 * DAY, 7 * DAY, 90 * DAY)
    ]
    assert reminded == [0, 2, 0, 2, 0]
    waits = "SELECT count(*) FROM deliveries WHERE kind = 'deletion' AND status = 'queued'"
    assert scene.world.rows(waits) == [(2,)]
    assert acknowledge(scene.other)
    assert scene.world.rows(waits) == [(1,)]  # nobody is reminded of what they have just answered


def test_moderators_are_called_again_and_administrators_from_the_second_time_on(scene):
    reference, _ = scene.post()
    scene.report(scene.reader, reference)
    called = [
        scene.write(lambda c, now=START + age: spills.call_again(c, now))
        for age in (3 * HOUR, 4 * HOUR, 5 * HOUR, DAY, 60 * DAY, 90 * DAY)
    ]
    assert called == [0, 2, 0, 3, 3, 0]
    scene.dismiss(reference)
    assert scene.write(lambda c: spills.call_again(c, START + 91 * DAY)) == 0


def test_the_clock_of_a_breach_reminds_until_it_is_notified(scene):
    reference, _ = scene.post()
    scene.report(scene.reader, reference)
    scene.confirm(reference)

    def told():
        return len(scene.letters("breach"))

    hours = {0: 1, 23: 1, 24: 2, 48: 3, 66: 4, 71: 4, 72: 5, 96: 6}
    for hour, number in hours.items():
        scene.write(lambda c, now=START + hour * HOUR: breaches.remind(c, now))
        assert told() == number, hour
    with scene.world.database.read() as connection:
        assert breaches.find(connection, reference).deadline == START + 72 * HOUR
    noted = {"at": START + 97 * HOUR, "risk": "likely", "note": "form sent"}
    scene.write(lambda c: breaches.notify(c, NODE, reference, scene.admin.id, START + 97 * HOUR, **noted))
    scene.write(lambda c: breaches.remind(c, START + 30 * DAY))
    assert told() == 6
    with pytest.raises(Conflict, match="notified already"):
        scene.write(lambda c: breaches.notify(c, NODE, reference, scene.admin.id, START, **noted))
    scene.write(
        lambda c: breaches.close(c, NODE, reference, scene.admin.id, START + 40 * DAY, risk="likely", note="done")
    )
    assert scene.write(lambda c: breaches.delete_old(c, NODE, START + 40 * DAY, START)) == 0
    assert scene.write(lambda c: breaches.delete_old(c, NODE, START + 41 * DAY, START)) == 1
    for table in ("breaches", "deletions", "spill_reports", "hidden_posts", "spills"):
        assert scene.world.rows(f"SELECT * FROM {table}") == []
    assert scene.events()[-2:] == ["breach.closed", "breaches.deleted"]


def test_nobody_but_a_moderator_of_the_list_who_neither_wrote_nor_reported_it_may_decide(scene):
    """Row 83."""
    world = scene.world
    ngo = world.join("second", "savanna", roles=(Role.MODERATOR,))
    elsewhere = world.join("elsewhere", "species-id", roles=(Role.MODERATOR,))
    reference, _ = scene.post(by=ngo)
    scene.report(scene.moderator, reference)
    spill = scene.spill(reference)
    refused = {
        scene.reader: "not a moderator",
        elsewhere: "does not moderate",
        ngo: "neither wrote nor reported",
        scene.moderator: "neither wrote nor reported",
        replace(elsewhere, lists=frozenset({"savanna"}), valid_until=(START - DAY).date()): "not an active",
    }
    for member, why in refused.items():
        assert why in spill.why_not(member, START)
    assert spill.why_not(world.join("third", "savanna", roles=(Role.MODERATOR,)), START) == ""


def test_who_reported_is_in_no_row_but_the_report_the_audit_log_and_their_own_letter(scene):
    reference, _ = scene.post()
    scene.send()
    scene.report(scene.reader, reference)
    scene.confirm(reference)
    told = [
        json.loads(row[0])
        for row in scene.world.rows("SELECT facts FROM audit WHERE event LIKE 'post.spill%' OR event LIKE 'breach%'")
    ]
    assert [one for one in told if scene.reader.id in one.values()] == [told[0]]
    about_post = "SELECT kind FROM deliveries WHERE member_id = :id AND post_id IS NOT NULL ORDER BY kind"
    assert scene.world.rows(about_post, id=scene.reader.id) == [("copy",), ("deletion",)]  # as of every other reader
    [(facts,)] = scene.world.rows("SELECT facts FROM deliveries WHERE kind = 'answer'")
    assert json.loads(facts)["answers"][0]["outcome"] == "confirmed"
    assert scene.letters("answer") == ["reader"]


def test_a_post_is_destroyed_on_request_alone_or_with_what_answers_it(scene):
    for alone, left in ((True, 1), (False, 0)):
        reference, uid = scene.post()
        answer, _ = scene.post(by=scene.other, answers=[uid])
        scene.send()

        def carry_out(connection, reference=reference, alone=alone):
            post_id = posts.show_post(connection, reference)[0].post_id
            spill = spills.request(connection, post_id, START, alone=alone)
            return verdicts.destroy_on_request(connection, NODE, spill, scene.admin.id, {}, "erasure", START)

        done = scene.write(carry_out)
        assert done.breach == ""
        assert (scene.content(answer) is not None) == bool(left)
        assert scene.content(reference) is None
    assert scene.world.rows("SELECT * FROM breaches") == []


def test_a_stopped_copy_stays_stopped_when_an_operator_cancels_it(scene):
    reference, _ = scene.post()
    scene.report(scene.reader, reference)
    scene.write(lambda c: queue.cancel(c, NODE, reference, operator="root", now=START))
    assert scene.dismiss(reference).sent_on == 0


def test_the_same_message_that_was_sent_again_for_another_list_is_hidden_with_it(scene):
    world, key = scene.world, secrets.token_bytes(32)
    both = world.join("both", "savanna", "species-id")
    first = world.post(scene.author, ("savanna", scene.relayed), content_key=key).reference
    second = world.post(scene.author, ("species-id", scene.relayed), content_key=key).reference
    scene.report(both, first)
    assert scene.content(second) is None
    assert scene.send() == []


@pytest.mark.parametrize("known_by", ["content_key", "message_id"])
def test_the_same_message_that_comes_again_while_it_is_hidden_can_only_wait(scene, held, known_by):
    """A client whose RCPT for one list was put off sends it once more for that list."""
    world, key = scene.world, {"content_key": secrets.token_bytes(32), "message_id": "<once@x.example>"}[known_by]
    same = {"content_keys": (key,)} if known_by == "content_key" else {"message_id": key}
    again = {known_by: key, "answered": Answered()}
    reference = world.post(scene.author, ("savanna", scene.relayed), **{known_by: key}).reference
    scene.report(scene.reader, reference)
    with world.database.read() as connection:
        assert threads.hidden_among(connection, Answered(), Same(**same)) == "reported"
        assert threads.hidden_among(connection, Answered(), Same()) is None
    with pytest.raises(Unavailable):  # judged before the report
        world.post(scene.author, ("species-id", scene.relayed), **again)
    waiting = world.post(scene.author, ("species-id", held), **again).reference
    assert scene.content(waiting) is None
    scene.dismiss(reference)
    assert scene.content(waiting)
    assert world.post(scene.author, ("species-id", scene.relayed), **again).reference


def test_what_was_confirmed_is_known_by_its_keyed_hash_until_the_end_of_the_key(scene):
    world, key = scene.world, secrets.token_bytes(32)
    reference = world.post(scene.author, ("savanna", scene.relayed), content_key=key).reference
    other = world.post(scene.author, ("savanna", scene.relayed), content_key=b"another").reference
    scene.report(scene.reader, reference)
    scene.confirm(reference)
    same = Same(content_keys=(secrets.token_bytes(32), key))
    with world.database.read() as connection:
        assert threads.hidden_among(connection, Answered(), same) == "confirmed"
    assert world.rows("SELECT content_key FROM posts WHERE reference = :r", r=reference) == [(key,)]
    scene.write(lambda c: retention.destroy_posts(c, NODE, START + DAY, START + DAY))
    assert world.rows("SELECT content_key FROM posts WHERE reference = :r", r=other) == [
        (None,)
    ]  # of what isn't hidden
    scene.write(lambda c: retention.forget_hashes(c, START + DAY))
    assert world.rows("SELECT content_key FROM posts WHERE reference = :r", r=reference) == [(None,)]
    with world.database.read() as connection:
        assert threads.hidden_among(connection, Answered(), same) is None


def test_memory_knows_the_hashes_of_a_spill_from_those_of_other_posts(scene, withheld):
    one, two = (Memory(hash=octet * 16, code="M1", rule="thread.marking") for octet in (b"1", b"2"))
    scene.world.post(scene.author, ("savanna", withheld), remembered=(one,))
    reference, _ = scene.post()
    scene.report(scene.reader, reference)
    spill = scene.spill(reference)
    scene.write(lambda c: verdicts.confirm(c, NODE, spill, scene.moderator.id, {spill.post_id: (two,)}, START))
    with scene.world.database.read() as connection:
        assert [memory.is_of_spill(connection, [each.hash]) for each in (one, two)] == [False, True]
        assert memory.is_of_spill(connection, [one.hash, two.hash])


def test_what_waits_for_a_digest_or_was_asked_for_whole_stops_too_and_comes_back_as_it_was(scene):
    world = scene.world
    world.database.write(lambda c: wishes.set_reading(c, NODE, scene.reader, Reading.DAILY, START) and None)
    reference, _ = scene.post()
    scene.send()
    assert scene.statuses(reference) == {"delivered": 2, "digest": 1}
    scene.report(scene.moderator, reference)
    whole = [
        scene.write(lambda c, one=one: digests.send_whole(c, NODE, one, reference, START))
        for one in (scene.reader, scene.other)
    ]
    assert whole == [False, False]
    assert scene.write(lambda c: digests.gather_due(c, {Reading.DAILY: START + DAY}, START + DAY)) == 0
    assert scene.dismiss(reference).sent_on == 1
    assert scene.statuses(reference) == {"delivered": 2, "digest": 1}
    assert scene.write(lambda c: digests.gather_due(c, {Reading.DAILY: START + DAY}, START + DAY)) == 1
    assert scene.write(lambda c: digests.send_whole(c, NODE, scene.other, reference, START))


def test_who_got_it_so_long_ago_that_nobody_knows_them_is_counted_as_a_recipient(scene):
    reference, _ = scene.post()
    scene.send()
    scene.write(lambda c: retention.delete_deliveries(c, START + 400 * DAY))
    scene.report(scene.author, reference)
    assert scene.confirm(reference).asked == 0
    with scene.world.database.read() as connection:
        assert breaches.find(connection, reference).recipients == 3


def test_what_is_hidden_is_neither_released_nor_refused_until_that_is_decided(scene, held):
    reference, _ = scene.post(decision=held)
    scene.report(scene.author, reference)
    decide = {"node": NODE, "reference": reference, "list_name": None, "moderator": scene.moderator, "now": START}
    with pytest.raises(Conflict, match="is hidden"):
        scene.write(lambda c: held_posts.release(c, **decide, two_person=False))
    with pytest.raises(Conflict, match="is hidden"):
        scene.write(lambda c: held_posts.refuse(c, **decide, code="N1"))
    scene.dismiss(reference)
    assert scene.write(lambda c: held_posts.release(c, **decide, two_person=False)) == "released"
    assert len(scene.send()) == 3
