"""Digests in the database: nothing is lost, nothing comes twice, and what may not go any more doesn't."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from relay.delivery.delivery import Kind, Status
from relay.roster.reading import Reading, Wishes, due_before
from relay.store import (
    digests,
    held,
    last_look,
    leases,
    members,
    posts,
    queue,
    reach,
    retention,
    second_thoughts,
    wishes,
)
from tests.integration.store.conftest import NODE, START

HOUR = 6
TOMORROW = START.replace(hour=HOUR) + timedelta(days=1)  # a Monday: daily and weekly digests are due


@pytest.fixture
def author(world):
    return world.join("author", "central-africa", "savanna")


@pytest.fixture
def reader(world):
    """A member of two lists who reads a digest a day."""
    return chosen(world, world.join("reader", "central-africa", "savanna"), Reading.DAILY)


def chosen(world, member, reading):
    world.database.write(lambda c: wishes.set_reading(c, NODE, member, reading, START))
    with world.database.read() as connection:
        return members.get(connection, member.id)


def gather(world, now=TOMORROW):
    return world.database.write(lambda c: digests.gather_due(c, due_before(now, HOUR), now))


def claim(world, now=TOMORROW, lease="node-1/a/1"):
    """What is due of digests; other letters are settled."""
    claimed = world.database.write(lambda c: queue.claim(c, lease, now, now + timedelta(seconds=60), 100))
    return [one for one in claimed if one.kind is Kind.DIGEST]


def opened(world, digest, now=TOMORROW):
    return world.database.write(lambda c: digests.open_parts(c, digest, now))


def begin(world, digest, composed, now=TOMORROW):
    def both(connection):
        digests.confirm(connection, digest, composed, now)
        return last_look.begin(connection, digest.lease, [digest.id], now)

    return world.database.write(both)


def settle(world, digest, status=Status.DELIVERED, now=TOMORROW):
    later = now + timedelta(minutes=5) if status is Status.QUEUED else None
    settlement = queue.Settlement(id=digest.id, status=status, reply="250 2.0.0 Ok", next_attempt_at=later)

    def both(connection):
        queue.settle(connection, digest.lease, [settlement], now)
        return digests.settle(connection, [digest])

    return world.database.write(both)


def sent(world, now=TOMORROW):
    """Gather and send what is due; the posts of each digest."""
    gather(world, now)
    found = []
    for digest in claim(world, now, f"node-1/a/{now.timestamp()}"):
        parts = opened(world, digest, now)
        if parts and begin(world, digest, parts, now):
            settle(world, digest, now=now)
            found.append([part.post_id for part in parts])
    return found


def copies(world):
    return world.rows("SELECT post_id, status FROM deliveries WHERE kind = 'copy' ORDER BY post_id")


def reached(world, post_id=1):
    with world.database.read() as connection:
        return reach.who_got(connection, post_id)


def test_posts_are_put_by_and_come_in_one_digest_the_next_morning(world, author, reader, relayed):
    instant = world.join("other", "central-africa")
    for _ in range(3):
        world.post(author, ("central-africa", relayed))
    assert gather(world, START + timedelta(hours=1)) == 0
    assert reached(world) == frozenset()
    assert world.rows("SELECT COUNT(*) FROM deliveries WHERE kind = 'copy' AND status = 'queued'") == [(3,)]
    assert sent(world) == [[1, 2, 3]]
    assert sent(world, TOMORROW + timedelta(days=1)) == []
    assert reader.id in reached(world)
    assert instant.id not in reached(world)


def test_a_digest_is_gathered_once_however_often_it_is_asked_for(world, author, reader, relayed):
    world.post(author, ("central-africa", relayed))
    assert [gather(world) for _ in range(3)] == [1, 0, 0]


def test_what_comes_after_the_hour_waits_for_the_next_digest(world, author, reader, relayed):
    world.post(author, ("central-africa", relayed), received_at=TOMORROW + timedelta(seconds=1))
    assert sent(world, TOMORROW + timedelta(hours=1)) == []
    assert sent(world, TOMORROW + timedelta(days=1)) == [[1]]


def test_weekly_readers_wait_for_monday(world, author, relayed):
    chosen(world, world.join("reader", "central-africa"), Reading.WEEKLY)
    world.post(author, ("central-africa", relayed), received_at=TOMORROW + timedelta(hours=1))
    assert sent(world, TOMORROW + timedelta(days=6)) == []
    assert sent(world, TOMORROW + timedelta(days=7)) == [[1]]


def test_one_post_to_two_lists_is_in_the_digest_once(world, author, reader, relayed):
    world.post(author, ("central-africa", relayed), ("savanna", relayed))
    assert sent(world) == [[1]]


def test_the_same_message_sent_again_for_another_list_is_in_the_digest_once(world, author, reader, relayed):
    world.post(author, ("central-africa", relayed), content_key=b"k" * 32)
    world.post(author, ("savanna", relayed), content_key=b"k" * 32)
    assert sent(world) == [[1]]


def test_of_the_same_message_by_two_posts_one_stays_when_the_other_s_list_was_left(world, author, reader, relayed):
    world.post(author, ("central-africa", relayed), content_key=b"k" * 32)
    world.post(author, ("savanna", relayed), content_key=b"k" * 32)
    assert world.database.write(lambda c: wishes.leave(c, NODE, reader, "central-africa", START))
    assert sent(world) == [[2]]
    assert copies(world) == [(1, "cancelled"), (2, "delivered")]


def test_an_author_finds_nothing_of_their_own_in_the_digest(world, author, relayed):
    chosen(world, author, Reading.DAILY)
    world.post(author, ("central-africa", relayed))
    assert sent(world) == []


def test_a_late_release_comes_in_the_next_digest(world, author, reader, held, relayed):
    reference = world.post(author, ("central-africa", held)).reference
    assert sent(world) == []
    moderator, later = world.join("moderator", "central-africa"), TOMORROW + timedelta(hours=1)
    release = lambda c: release_held(c, reference, moderator, later)  # noqa: E731
    world.database.write(release)
    assert sent(world, TOMORROW + timedelta(days=1)) == [[1]]


def release_held(connection, reference, moderator, now):
    return held.release(connection, NODE, reference, None, moderator, now, two_person=False)


def test_whoever_reads_at_once_again_gets_what_was_put_by_as_a_last_digest(world, author, reader, relayed):
    world.post(author, ("central-africa", relayed))
    chosen(world, reader, Reading.INSTANT)
    world.post(author, ("central-africa", relayed))
    assert copies(world) == [(1, "digest"), (2, "queued")]
    assert sent(world, START) == [[1]]


def test_whoever_reads_at_once_again_in_a_pause_gets_what_was_put_by_behind_it(world, author, reader, relayed):
    world.post(author, ("central-africa", relayed))
    world.database.write(lambda c: wishes.pause(c, NODE, reader, None, START))
    with world.database.read() as connection:
        paused = members.get(connection, reader.id)
    world.database.write(lambda c: wishes.set_reading(c, NODE, paused, Reading.INSTANT, START))
    assert sent(world, START) == []
    world.database.write(lambda c: wishes.resume(c, NODE, paused, START))
    assert sent(world, START) == [[1]]


def test_a_suspended_member_gets_no_digest(world, author, reader, relayed):
    world.post(author, ("central-africa", relayed))
    gather(world)
    [digest] = claim(world)
    suspend(world, reader)
    assert opened(world, digest) == ()
    assert copies(world) == [(1, "cancelled")]
    assert world.rows("SELECT status FROM deliveries WHERE kind = 'digest'") == [("cancelled",)]


def suspend(world, member):
    world.database.write(lambda c: members.suspend(c, NODE, member.address, reason="-", operator="root", now=START))


def test_a_member_who_is_suspended_between_composing_and_sending_gets_nothing(world, author, reader, relayed):
    world.post(author, ("central-africa", relayed))
    gather(world)
    [digest] = claim(world)
    parts = opened(world, digest)
    suspend(world, reader)
    assert begin(world, digest, parts) == frozenset()
    assert reached(world) == frozenset()


def test_a_post_that_is_withdrawn_is_left_out(world, author, reader, relayed):
    references = [world.post(author, ("central-africa", relayed)).reference for _ in range(2)]
    assert withdraw(world, author, references[0]).cancelled == 1
    assert sent(world) == [[2]]


def withdraw(world, author, reference):
    return world.database.write(lambda c: second_thoughts.withdraw(c, NODE, author, reference, START))


def test_a_digest_is_composed_anew_when_a_post_is_withdrawn_at_the_last_moment(world, author, reader, relayed):
    references = [world.post(author, ("central-africa", relayed)).reference for _ in range(2)]
    gather(world)
    [digest] = claim(world)
    parts = opened(world, digest)
    assert withdraw(world, author, references[0]).gone == 0
    assert begin(world, digest, parts) == frozenset()
    [again] = claim(world, lease="node-1/a/2")
    assert [part.post_id for part in opened(world, again)] == [2]


def test_what_is_being_sent_counts_as_gone_and_is_left_out_of_another_attempt(world, author, reader, relayed):
    references = [world.post(author, ("central-africa", relayed)).reference for _ in range(2)]
    gather(world)
    [digest] = claim(world)
    assert begin(world, digest, opened(world, digest))
    stopped = withdraw(world, author, references[0])
    assert (stopped.cancelled, stopped.gone) == (0, 1)
    settle(world, digest, Status.QUEUED)
    [again] = claim(world, TOMORROW + timedelta(hours=1), "node-1/a/2")
    assert [part.post_id for part in opened(world, again)] == [2]


def test_what_was_begun_stays_begun_when_nobody_knows_whether_it_was_committed(world, author, reader, relayed):
    reference = world.post(author, ("central-africa", relayed)).reference
    gather(world)
    [digest] = claim(world)
    parts = opened(world, digest)
    assert begin(world, digest, parts)
    withdraw(world, author, reference)
    assert begin(world, digest, parts) == frozenset({digest.id})
    assert copies(world) == [(1, "digest")]
    assert reached(world) == frozenset({reader.id})


@pytest.mark.parametrize("column", ["content", "wrapped_key"])
def test_a_post_whose_content_is_gone_is_left_out(world, author, reader, relayed, column):
    for _ in range(2):
        world.post(author, ("central-africa", relayed))
    gone = text(f"UPDATE posts SET {column} = NULL WHERE id = 1")
    world.database.write(lambda c: c.execute(gone) and None)
    assert sent(world) == [[2]]


@pytest.mark.parametrize("status", [Status.DELIVERED, Status.FAILED, Status.EXPIRED])
def test_copies_end_as_their_digest_ends(world, author, reader, relayed, status):
    world.post(author, ("central-africa", relayed))
    gather(world)
    [digest] = claim(world)
    begin(world, digest, opened(world, digest))
    assert settle(world, digest, status) == 1
    assert copies(world) == [(1, status.value)]
    assert reached(world) == (frozenset({reader.id}) if status is Status.DELIVERED else frozenset())


def test_a_digest_that_a_crash_left_is_sent_again_with_all_its_posts(world, author, reader, relayed):
    for _ in range(2):
        world.post(author, ("central-africa", relayed))
    gather(world)
    [digest] = claim(world)
    begin(world, digest, opened(world, digest))
    assert world.database.write(lambda c: leases.recover(c, "node-1", TOMORROW)) == 1
    assert gather(world) == 0
    [again] = claim(world, lease="node-1/b/1")
    assert [part.post_id for part in opened(world, again)] == [1, 2]


def test_a_settlement_under_a_lost_lease_changes_nothing(world, author, reader, relayed):
    world.post(author, ("central-africa", relayed))
    gather(world)
    [digest] = claim(world)
    begin(world, digest, opened(world, digest))
    world.database.write(lambda c: leases.recover(c, "node-1", TOMORROW))
    assert settle(world, digest, Status.FAILED) == 0
    assert copies(world) == [(1, "digest")]


def test_the_authors_of_posts_in_a_lost_digest_are_told(world, author, reader, relayed):
    world.post(author, ("central-africa", relayed))
    gather(world)
    [digest] = claim(world)
    begin(world, digest, opened(world, digest))
    settle(world, digest, Status.FAILED)
    world.database.write(lambda c: reach.tell_of_lost(c, [digest], TOMORROW))
    assert world.rows("SELECT member_id FROM deliveries WHERE kind = 'undelivered'") == [(author.id,)]


def test_a_digest_that_comes_back_later_fails_with_its_posts(world, author, reader, relayed):
    world.post(author, ("central-africa", relayed))
    gather(world)
    [digest] = claim(world)
    begin(world, digest, opened(world, digest))
    settle(world, digest)
    lost = world.database.write(lambda c: reach.lose(c, NODE, digest.id, "5.1.1", "550", TOMORROW))
    assert lost.recipient_id == reader.id
    assert copies(world) == [(1, "failed")]
    assert world.rows("SELECT member_id FROM deliveries WHERE kind = 'undelivered'") == [(author.id,)]


def test_a_failed_digest_can_be_tried_again_with_all_its_posts(world, author, reader, relayed):
    world.post(author, ("central-africa", relayed))
    gather(world)
    [digest] = claim(world)
    begin(world, digest, opened(world, digest))
    settle(world, digest, Status.FAILED)
    world.database.write(lambda c: queue.retry(c, NODE, None, operator="root", now=TOMORROW))
    [again] = claim(world, lease="node-1/a/2")
    assert len(opened(world, again)) == 1


def test_one_post_of_a_failed_digest_comes_in_the_next(world, author, reader, relayed):
    reference = world.post(author, ("central-africa", relayed)).reference
    gather(world)
    [digest] = claim(world)
    begin(world, digest, opened(world, digest))
    settle(world, digest, Status.FAILED)
    retry = lambda c: queue.retry(c, NODE, reference, operator="root", now=TOMORROW)  # noqa: E731
    world.database.write(retry)
    assert sent(world, TOMORROW + timedelta(days=1)) == [[1]]


def test_whoever_left_a_list_gets_the_post_by_another_one_or_not_at_all(world, author, reader, relayed):
    world.post(author, ("central-africa", relayed), ("savanna", relayed))
    world.post(author, ("central-africa", relayed))
    world.database.write(lambda c: wishes.leave(c, NODE, reader, "central-africa", START))
    gather(world)
    [digest] = claim(world)
    assert [(part.post_id, part.list_name) for part in opened(world, digest)] == [(1, "savanna")]


def test_the_list_shows_honestly_what_waits_for_digests(world, author, reader, relayed):
    world.join("other", "central-africa")
    world.post(author, ("central-africa", relayed))
    with world.database.read() as connection:
        [row] = posts.list_posts(connection, 1)
        assert dict(row.deliveries) == {"digest": 1, "queued": 1}
        assert queue.counts(connection)["digest"] == 1
        assert reach.of_post(connection, 1).members == 2


def test_a_list_is_in_use_while_a_digest_waits_for_its_posts(world, author, reader, relayed):
    world.post(author, ("central-africa", relayed))
    with world.database.read() as connection:
        assert queue.lists_in_use(connection) == {"central-africa"}
    sent(world)
    with world.database.read() as connection:
        assert queue.lists_in_use(connection) == frozenset()


def test_a_post_that_is_too_old_is_left_out_and_its_rows_go_with_age(world, author, reader, relayed):
    world.post(author, ("central-africa", relayed))
    late = TOMORROW + timedelta(days=400)
    world.database.write(lambda c: retention.destroy_posts(c, NODE, late - timedelta(days=365), late))
    assert copies(world) == [(1, "cancelled")]
    assert sent(world, late) == []


def test_rows_of_a_digest_that_was_sent_go_with_age_and_its_numbers_stay(world, author, reader, relayed):
    world.post(author, ("central-africa", relayed))
    sent(world)
    world.database.write(lambda c: c.execute(text("DELETE FROM deliveries WHERE kind = 'receipt'")) and None)
    assert world.database.write(lambda c: retention.delete_deliveries(c, TOMORROW + timedelta(days=1))) == 2
    with world.database.read() as connection:
        [row] = posts.list_posts(connection, 1)
    assert dict(row.deliveries) == {"delivered": 1}


class TestWhole:
    """SEND: a post whole, for whoever was to get it and still may."""

    @pytest.fixture
    def reference(self, world, author, reader, relayed):
        reference = world.post(author, ("central-africa", relayed)).reference
        sent(world)
        return reference

    def ask(self, world, member, reference):
        return world.database.write(lambda c: digests.send_whole(c, NODE, member, reference, TOMORROW))

    def deliver(self, world, lease):
        """Send what is due of whole posts; how many."""
        claimed = world.database.write(lambda c: queue.claim(c, lease, TOMORROW, TOMORROW + timedelta(seconds=60), 100))
        ids = [one.id for one in claimed if one.kind is Kind.WHOLE]
        begun = world.database.write(lambda c: last_look.begin(c, lease, ids, TOMORROW))
        done = [queue.Settlement(id=id_, status=Status.DELIVERED, reply="250 2.0.0 Ok") for id_ in begun]
        world.database.write(lambda c: queue.settle(c, lease, done, TOMORROW))
        return len(begun)

    def test_a_reader_of_digests_gets_a_post_whole_each_time_they_ask(self, world, reader, reference):
        for lease in ("node-1/a/7", "node-1/a/8"):
            assert self.ask(world, reader, reference)
            assert self.ask(world, reader, reference)  # while it waits, it isn't doubled
            assert self.deliver(world, lease) == 1

    def test_nobody_gets_what_was_never_theirs(self, world, author, reference):
        """Row 87."""
        newcomer, stranger = world.join("newcomer", "central-africa"), world.join("stranger", "savanna")
        for member in (newcomer, stranger, author):
            assert not self.ask(world, member, reference)
        assert not self.ask(world, author, "CAFR-2026-999999")

    def test_nobody_gets_what_was_withdrawn_even_if_it_had_gone_out(self, world, author, reader, reference):
        """Row 87."""
        assert withdraw(world, author, reference).gone == 1
        assert not self.ask(world, reader, reference)

    def test_what_is_withdrawn_between_asking_and_sending_stays(self, world, author, reader, reference):
        self.ask(world, reader, reference)
        assert withdraw(world, author, reference).cancelled == 1
        assert self.deliver(world, "node-1/a/7") == 0

    def test_whoever_was_suspended_or_left_the_list_meanwhile_gets_nothing(self, world, reader, reference):
        self.ask(world, reader, reference)
        world.database.write(lambda c: wishes.leave(c, NODE, reader, "central-africa", START))
        assert self.deliver(world, "node-1/a/7") == 0
        suspend(world, reader)
        self.ask(world, reader, reference)
        assert self.deliver(world, "node-1/a/8") == 0

    def test_nobody_gets_what_was_destroyed(self, world, reader, reference):
        late = TOMORROW + timedelta(days=400)
        world.database.write(lambda c: retention.destroy_posts(c, NODE, late - timedelta(days=365), late))
        assert not self.ask(world, reader, reference)


class TestPause:
    """Nothing comes, nothing queues up, and it ends by itself."""

    def pause(self, world, member, until=None, now=START):
        world.database.write(lambda c: wishes.pause(c, NODE, member, until, now))
        with world.database.read() as connection:
            return members.get(connection, member.id)

    def resume(self, world, member, now):
        with world.database.read() as connection:
            member = members.get(connection, member.id)
        return world.database.write(lambda c: wishes.resume(c, NODE, member, now))

    def test_no_copy_is_made_for_whoever_has_paused(self, world, author, relayed):
        reader = world.join("reader", "central-africa")
        self.pause(world, reader)
        world.post(author, ("central-africa", relayed))
        assert copies(world) == []

    def test_a_pause_ends_by_itself_on_its_day(self, world, author, relayed):
        reader = world.join("reader", "central-africa")
        self.pause(world, reader, (START + timedelta(days=2)).date())
        for days in (1, 2):
            world.post(author, ("central-africa", relayed), received_at=START + timedelta(days=days))
        assert copies(world) == [(2, "queued")]

    def test_moderators_get_what_is_written_to_them_in_a_pause_too(self, world, author, relayed):
        moderator = self.pause(world, world.join("moderator", "central-africa"))
        chosen(world, moderator, Reading.WEEKLY)
        world.database.write(
            lambda c: c.execute(text("UPDATE members SET roles = '[\"moderator\"]' WHERE id = :id"), {"id": moderator.id}) and None
        )  # fmt: skip
        world.post(author, ("central-africa-owner", relayed))
        assert copies(world) == [(1, "queued")]

    def test_what_was_put_by_waits_until_the_pause_is_over(self, world, author, reader, relayed):
        world.post(author, ("central-africa", relayed))
        self.pause(world, reader)
        assert sent(world) == []
        self.resume(world, reader, TOMORROW)
        assert sent(world) == [[1]]

    def test_whoever_comes_back_is_told_how_many_posts_went_without_them(self, world, author, held, relayed):
        reader = world.join("reader", "central-africa")
        world.post(author, ("central-africa", relayed), received_at=START - timedelta(hours=1))
        self.pause(world, reader)
        for decisions in (("central-africa", relayed), ("savanna", relayed), ("central-africa", held)):
            world.post(author, decisions, received_at=START + timedelta(hours=1))
        world.post(reader, ("central-africa", relayed), received_at=START + timedelta(hours=1))
        assert self.resume(world, reader, START + timedelta(days=1)) == 1
        assert self.resume(world, reader, START + timedelta(days=1)) == 0

    def test_a_pause_that_ended_by_itself_is_counted_to_its_end(self, world, author, relayed):
        reader = world.join("reader", "central-africa")
        self.pause(world, reader, (START + timedelta(days=2)).date())
        for days in (1, 3):
            world.post(author, ("central-africa", relayed), received_at=START + timedelta(days=days))
        assert self.resume(world, reader, START + timedelta(days=4)) == 1

    def test_a_longer_pause_keeps_its_beginning(self, world):
        reader = self.pause(world, world.join("reader", "central-africa"), date(2026, 12, 1))
        later = self.pause(world, reader, date(2026, 12, 24), START + timedelta(days=1))
        assert later.wishes == Wishes(paused_at=START, paused_until=date(2026, 12, 24))
        again = self.pause(world, later, None, START + timedelta(days=60))
        assert again.wishes == replace(later.wishes, paused_at=START + timedelta(days=60), paused_until=None)

    def test_whoever_comes_back_to_the_network_is_not_paused(self, world):
        reader = self.pause(world, world.join("reader", "central-africa"))
        world.database.write(lambda c: members.remove(c, NODE, reader.address, operator="root", now=START))
        assert world.join("reader", "central-africa").wishes.paused_at is None
