"""The queue: every row claimed once, settled by its holder only, judged at the last moment."""

import json
import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import delete, event, text
from sqlalchemy.dialects import postgresql

from relay.delivery.delivery import Kind, Status
from relay.errors import NotFound
from relay.policy.decision import Hold
from relay.store import activity, fanout, last_look, leases, letters, members, posts, queue, queue_statements
from relay.store.tables import deliveries, memberships
from tests.integration.store.conftest import NODE, START

UNTIL = START + timedelta(seconds=60)
LONG = timedelta(hours=1)


@pytest.fixture
def full(world, relayed):
    """A relayed post with forty copies and a receipt in the queue."""
    author = world.join("author", "central-africa")
    for number in range(40):
        world.join(f"member{number}", "central-africa")
    world.post(author, ("central-africa", relayed))
    return world


def claim(world, lease="node-1/a/1", now=START, until=UNTIL, limit=100):
    return world.database.write(lambda c: queue.claim(c, lease, now, until, limit))


def begin(world, ids, lease="node-1/a/1", now=START):
    return world.database.write(lambda c: last_look.begin(c, lease, ids, now))


def settle(world, *settlements, lease="node-1/a/1", now=START):
    return world.database.write(lambda c: queue.settle(c, lease, settlements, now))


def retry(connection, reference):
    return queue.retry(connection, NODE, reference, operator="root", now=START)


def cancel(connection, reference):
    return queue.cancel(connection, NODE, reference, operator="root", now=START)


def statuses(world) -> dict[str, int]:
    with world.database.read() as connection:
        return {status: number for status, number in queue.counts(connection).items() if number}


def test_four_threads_claim_each_row_once(full):
    def work(thread: int) -> list[int]:
        mine = []
        for turn in range(100):
            batch = claim(full, lease=f"node-1/a/{thread}-{turn}", limit=3)
            if not batch:
                return mine
            mine += [row.id for row in batch]
        return mine

    with ThreadPoolExecutor(4) as threads:
        claimed = [row for batch in threads.map(work, range(4)) for row in batch]
    assert len(claimed) == len(set(claimed)) == 41


def test_a_claimed_delivery_says_whom_and_what(world, relayed):
    author = world.join("author", "central-africa")
    reader = world.join("reader", "central-africa")
    reference = world.post(author, ("central-africa", relayed)).reference
    copy, receipt = claim(world)
    assert (copy.kind, copy.recipient, copy.recipient_id, copy.language) == (Kind.COPY, reader.address, reader.id, "fr")
    assert (copy.reference, copy.list_name, copy.post_id, copy.lease) == (reference, "central-africa", 1, "node-1/a/1")
    assert (copy.attempts, copy.created_at) == (0, START)
    with world.database.read() as connection:
        held = {(one.status, one.attempts, one.next_attempt_at) for one in queue.list_deliveries(connection)}
    assert held == {(Status.LEASED, 0, START)}
    assert (receipt.kind, receipt.recipient) == (Kind.RECEIPT, author.address)


def test_what_is_not_due_is_not_claimed(full):
    assert claim(full, now=START - timedelta(microseconds=1)) == ()
    assert len(claim(full, limit=7)) == 7


SINCE = {"author": "x", "hour": START, "day": START}


def plans(world, ask) -> list[str]:
    """How the database would run what `ask` asks it, with the values bound as they are."""
    lines: list[str] = []

    def explain(connection, cursor, statement, parameters, context, executemany):
        cursor.execute(f"EXPLAIN {'QUERY PLAN' if world.kind == 'sqlite' else ''} {statement}", parameters)
        lines.extend(str(row[-1]) for row in cursor.fetchall())

    def run(connection):
        if world.kind == "postgresql":  # it reads a table of one page whole, if it may
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        event.listen(connection, "before_cursor_execute", explain)
        try:
            ask(connection)
        finally:
            event.remove(connection, "before_cursor_execute", explain)

    world.database.write(run)
    return lines


@pytest.mark.parametrize(
    ("index", "ask"),
    [
        (
            "ix_deliveries_claimable",
            lambda c: c.exec_driver_sql(
                "SELECT id FROM deliveries WHERE status IN ('queued', 'leased') AND turn IS NULL AND next_attempt_at <= 0"
                " AND (status = 'queued' OR leased_until <= 0) ORDER BY turn, next_attempt_at, id LIMIT 100"
            ),
        ),
        (
            "ix_deliveries_claimable",
            lambda c: c.exec_driver_sql(
                "SELECT id FROM deliveries WHERE status IN ('queued', 'leased') AND turn IS NOT NULL AND next_attempt_at <= 0"
                " AND (status = 'queued' OR leased_until <= 0) ORDER BY turn, next_attempt_at, id LIMIT 100"
            ),
        ),
        ("ix_deliveries_claimable", lambda c: fanout.cancel(c, deliveries.c.member_id == "x")),
        ("ix_posts_author_id_received_at_size_octets", lambda c: c.execute(activity._BY_MEMBER.statement, SINCE)),
        ("ix_posts_author_id_received_at_size_octets", lambda c: c.execute(activity._BY_AGENCY.statement, SINCE)),
        ("ix_members_agency_key", lambda c: c.execute(activity._BY_AGENCY.statement, SINCE)),
        ("ix_deliveries_letters", lambda c: letters.written_lately(c, "x", START)),
        ("_deliveries_", lambda c: letters.has_answered(c, "x", ("00ff", "ff00"))),
    ],
)
def test_what_waits_is_found_without_looking_through_all_that_was_delivered(full, index, ask):
    lines = plans(full, ask)
    assert any(index in line for line in lines)
    assert not any("TEMP B-TREE" in line or "Sort" in line for line in lines)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_every_message_needs_is_compiled_once(full, relayed):
    """SQLite compiles a statement anew each time if a value is bound that may be the one in a partial index's condition."""
    author, compiled = full.join("another", "central-africa"), []

    def watch(connection):
        connection.connection.driver_connection.set_authorizer(
            lambda action, *names: compiled.append((action, *names)) or sqlite3.SQLITE_OK
        )

    def take_and_deliver(lease: str) -> None:
        full.post(author, ("central-africa", relayed))
        ids = [row.id for row in claim(full, lease=lease, limit=3)]
        assert begin(full, ids, lease=lease) == frozenset(ids)
        done = [queue.Settlement(id=id_, status=Status.DELIVERED, reply="250 2.0.0 taken") for id_ in ids]
        assert settle(full, *done, lease=lease) == frozenset()

    full.database.write(watch)
    take_and_deliver("node-1/a/1")
    assert compiled
    compiled.clear()
    take_and_deliver("node-1/a/2")
    assert [names for action, *names in compiled if action != sqlite3.SQLITE_TRANSACTION] == []


def test_the_same_statement_locks_nothing_that_others_hold_on_postgresql():
    for claim in (queue_statements.CLAIM_IN_TURN, queue_statements.CLAIM_OTHERS):
        statement = str(claim.statement.compile(dialect=postgresql.dialect()))
        assert "AS MATERIALIZED" in statement
        assert "FOR UPDATE SKIP LOCKED" in statement
        assert statement.endswith("RETURNING deliveries.id")


def test_a_lease_that_ran_out_is_claimed_again_and_its_first_holder_is_fenced_off(full):
    ids = [row.id for row in claim(full)]
    assert claim(full, lease="node-2/b/1", now=UNTIL - timedelta(microseconds=1)) == ()
    assert len(claim(full, lease="node-2/b/1", now=UNTIL, until=UNTIL + timedelta(minutes=1))) == 41
    assert begin(full, ids) == frozenset()
    assert begin(full, ids, lease="node-2/b/1") == frozenset(ids)


def test_a_claim_and_a_begin_whose_commit_was_not_heard_of_are_done_once_when_they_are_done_again(full):
    first = [row.id for row in claim(full, limit=5)]
    assert [row.id for row in claim(full, limit=5)] == first
    assert begin(full, first[:3]) == frozenset(first[:3])
    assert begin(full, first[:3]) == frozenset(first[:3])
    assert full.rows("SELECT sum(attempts) FROM deliveries") == [(3,)]
    assert {*first[3:]} < {row.id for row in claim(full, limit=5)}
    assert begin(full, first, lease="node-1/b/1") == frozenset()


def test_only_the_holder_settles_and_only_once(full):
    first, *_ = begun = sorted(begin(full, [row.id for row in claim(full, limit=5)]))
    done = [queue.Settlement(id=one, status=Status.DELIVERED, reply="250 2.0.0 ok") for one in begun]
    assert settle(full, *done, lease="node-1/b/1") == frozenset(begun)
    assert settle(full, *done[:1]) == frozenset()
    assert settle(full, *done) == {first}
    assert statuses(full) == {"delivered": 5, "queued": 36}


def test_an_attempt_ends_in_one_of_four_ways(full):
    ids = sorted(begin(full, [row.id for row in claim(full, limit=4)]))
    later = START + timedelta(minutes=5)
    settle(
        full,
        queue.Settlement(id=ids[0], status=Status.DELIVERED, reply="250 ok"),
        queue.Settlement(id=ids[1], status=Status.FAILED, reply="550 5.1.1 unknown " + "x" * 1000),
        queue.Settlement(id=ids[2], status=Status.EXPIRED, reply="451 busy"),
        queue.Settlement(id=ids[3], status=Status.QUEUED, reply="no connection", next_attempt_at=later, counted=False),
    )
    with full.database.read() as connection:
        rows = {row.id: row for row in queue.list_deliveries(connection, "CAFR-2026-000001")}
    assert [rows[one].status for one in ids] == ["delivered", "failed", "expired", "queued"]
    assert [rows[one].attempts for one in ids] == [1, 1, 1, 0]
    assert [rows[one].sent_at for one in ids] == [START, None, None, None]
    assert rows[ids[3]].next_attempt_at == later
    assert len(rows[ids[1]].last_reply) == queue.REPLY_CHARACTERS


@pytest.mark.parametrize(
    "settlement",
    [
        queue.Settlement(id=1, status=Status.SENDING, reply=""),
        queue.Settlement(id=1, status=Status.CANCELLED, reply=""),
        queue.Settlement(id=1, status=Status.QUEUED, reply=""),
        queue.Settlement(id=1, status=Status.DELIVERED, reply="", next_attempt_at=START),
    ],
)
def test_an_attempt_can_not_end_otherwise(full, settlement):
    with pytest.raises(ValueError, match="an attempt ends"):
        settle(full, settlement)


def test_who_is_no_longer_entitled_gets_nothing_at_the_last_moment(world, relayed):
    author = world.join("author", "central-africa")
    stays, suspended, lapsed, moved, left = (
        world.join(name, "central-africa", valid_until=until)
        for name, until in [
            ("stays", None),
            ("suspended", None),
            ("lapsed", START.date()),
            ("moved", None),
            ("left", None),
        ]
    )
    world.post(author, ("central-africa", relayed))
    batch = {row.recipient_id: row.id for row in claim(world)}
    write = world.database.write
    write(lambda c: members.suspend(c, NODE, suspended.address, reason="lost phone", operator="root", now=START))
    write(lambda c: members.remove(c, NODE, left.address, operator="root", now=START))
    write(lambda c: c.execute(delete(memberships).where(memberships.c.member_id == moved.id)) and None)
    tomorrow = START + timedelta(days=1)
    assert begin(world, batch.values(), now=tomorrow) == {batch[stays.id], batch[author.id]}
    assert statuses(world) == {"sending": 2, "cancelled": 4}
    assert lapsed.id in batch


def test_a_copy_whose_content_was_destroyed_is_cancelled_while_word_to_the_author_goes_out(full):
    ids = [row.id for row in claim(full)]
    full.database.write(lambda c: fanout.destroy(c, 1))
    assert len(begin(full, ids)) == 1
    assert statuses(full) == {"sending": 1, "cancelled": 40}


def test_after_a_crash_this_nodes_rows_are_freed_and_the_unknown_ones_counted(full):
    begin(full, [row.id for row in claim(full, limit=3)])
    claim(full, lease="node-1/a/2", limit=4)
    claim(full, lease="NODE-1/a/1", limit=5)
    claim(full, lease="node-10/a/1", limit=6)
    assert full.database.write(lambda c: leases.recover(c, NODE, START)) == 3
    assert statuses(full) == {"queued": 30, "leased": 11, "possible_duplicates": 3}


def test_what_a_process_gives_back_when_it_ends_is_what_it_has_not_begun(full):
    begin(full, [row.id for row in claim(full, limit=3)])
    claim(full, limit=4)
    claim(full, lease="node-1/b/1", limit=5)
    assert full.database.write(lambda c: leases.free_unsent(c, "node-1/a/", START)) == 4
    assert statuses(full) == {"queued": 33, "leased": 5, "sending": 3}


def test_what_is_due_next_is_known(world, full):
    with world.database.read() as connection:
        assert queue.next_due(connection) == START
    ids = begin(full, [row.id for row in claim(full, until=UNTIL)][1:])
    with world.database.read() as connection:
        assert queue.next_due(connection) == UNTIL
    later = START + timedelta(seconds=30)
    settle(full, *(queue.Settlement(id=one, status=Status.QUEUED, reply="451", next_attempt_at=later) for one in ids))
    with world.database.read() as connection:
        assert queue.next_due(connection) == later
    full.database.write(lambda c: fanout.cancel(c, deliveries.c.id > 0))
    with world.database.read() as connection:
        assert queue.next_due(connection) is None


def test_the_counts_name_every_state(world):
    with world.database.read() as connection:
        assert queue.counts(connection) == dict.fromkeys([*Status, "possible_duplicates"], 0)


def test_failed_and_expired_rows_are_tried_again_on_demand(full):
    one, two, three = sorted(begin(full, [row.id for row in claim(full, limit=3)]))
    settle(
        full,
        queue.Settlement(id=one, status=Status.FAILED, reply="550"),
        queue.Settlement(id=two, status=Status.EXPIRED, reply="451"),
    )
    settle(full, queue.Settlement(id=three, status=Status.DELIVERED, reply="250"))
    assert full.database.write(lambda c: retry(c, "CAFR-2026-000001")) == 40
    assert full.database.write(lambda c: retry(c, None)) == 40
    assert statuses(full) == {"queued": 40, "delivered": 1}
    with pytest.raises(NotFound, match="CAFR-2026-000002"):
        full.database.write(lambda c: retry(c, "CAFR-2026-000002"))


def test_cancelling_a_post_stops_what_waits_and_not_the_word_to_its_author(full):
    begin(full, [row.id for row in claim(full, limit=2)])
    assert full.database.write(lambda c: cancel(c, "CAFR-2026-000001")) == 38
    assert statuses(full) == {"sending": 2, "cancelled": 38, "queued": 1}
    with pytest.raises(NotFound):
        full.database.write(lambda c: cancel(c, "CAFR-2026-000002"))
    [(event, facts)] = full.rows("SELECT event, facts FROM audit ORDER BY sequence DESC LIMIT 1")
    assert event == "deliveries.cancelled"
    assert json.loads(facts) == {"reference": "CAFR-2026-000001", "operator": "root", "count": 38}


def test_what_is_being_sent_or_has_failed_when_it_is_called_off_is_not_tried_again(full):
    lost, put_off, failed, gone = sorted(begin(full, [row.id for row in claim(full, limit=5)[:4]]))
    settle(full, queue.Settlement(id=failed, status=Status.FAILED, reply="550"))
    full.database.write(lambda c: cancel(c, "CAFR-2026-000001"))
    later = START + timedelta(minutes=1)
    settle(
        full,
        queue.Settlement(id=put_off, status=Status.QUEUED, reply="451", next_attempt_at=later),
        queue.Settlement(id=gone, status=Status.DELIVERED, reply="250"),
    )
    assert full.database.write(lambda c: leases.recover(c, NODE, later)) == 1, f"what became of {lost} is never known"
    full.database.write(lambda c: retry(c, None) and None)
    batch = claim(full, lease="node-1/a/2", now=later)
    [word] = begin(full, [row.id for row in batch], lease="node-1/a/2", now=later)
    assert [row.kind for row in batch if row.id == word] == [Kind.RECEIPT]
    assert statuses(full) == {"sending": 1, "delivered": 1, "cancelled": 39, "possible_duplicates": 1}


def test_word_to_the_author_that_replaces_one_called_off_goes_out(world, held):
    author = world.join("author", "central-africa")
    world.post(author, ("central-africa", held))
    [notice] = begin(world, [row.id for row in claim(world)])
    of_author = deliveries.c.member_id == author.id
    world.database.write(lambda c: fanout.cancel(c, of_author) and None)
    world.database.write(lambda c: fanout.tell_author(c, 1, "central-africa", Kind.NOTICE, START))
    assert begin(world, [row.id for row in claim(world, lease="node-1/a/2")], lease="node-1/a/2") == {notice}


def test_who_left_the_first_list_but_is_on_another_gets_that_lists_copy(world, relayed):
    author = world.join("author", "central-africa", "savanna")
    both, one = world.join("both", "central-africa", "savanna"), world.join("one", "central-africa")
    world.post(author, ("central-africa", relayed), ("savanna", relayed))
    copies = [row for row in claim(world) if row.kind is Kind.COPY]
    assert {row.list_name for row in copies} == {"central-africa"}
    leave = text("DELETE FROM memberships WHERE list_name = 'central-africa' AND member_id != :author")
    world.database.write(lambda c: c.execute(leave, {"author": author.id}))
    assert begin(world, [row.id for row in copies]) == frozenset()
    [moved] = [row for row in claim(world, lease="node-1/a/2") if row.kind is Kind.COPY]
    assert (moved.recipient_id, moved.list_name) == (both.id, "savanna")
    assert begin(world, [moved.id], lease="node-1/a/2") == {moved.id}
    assert world.rows("SELECT status FROM deliveries WHERE member_id = :one", one=one.id) == [("cancelled",)]


@pytest.mark.parametrize("change", ["state = 'suspended'", "valid_until = '2020-01-01'"])
def test_who_may_not_receive_any_more_gets_no_copy_from_the_other_list_either(world, relayed, change):
    author, both = world.join("author", "central-africa", "savanna"), world.join("both", "central-africa", "savanna")
    world.post(author, ("central-africa", relayed), ("savanna", relayed))
    [copy] = [row.id for row in claim(world) if row.kind is Kind.COPY]
    world.database.write(lambda c: c.execute(text(f"UPDATE members SET {change} WHERE id = :id"), {"id": both.id}))
    assert begin(world, [copy]) == frozenset()
    assert world.rows("SELECT status FROM deliveries WHERE id = :id", id=copy) == [("cancelled",)]


def deliver_all(world, batch: int) -> list[tuple[str, str]]:
    """Claim, begin and deliver everything, so many rows at a time: the copies as (local part, reference)."""
    sent = []
    for turn in count():
        if not (rows := claim(world, lease=f"node-1/a/{turn}", limit=batch)):
            break
        begun = begin(world, [row.id for row in rows], lease=f"node-1/a/{turn}")
        done = [queue.Settlement(id=one, status=Status.DELIVERED, reply="250") for one in begun]
        settle(world, *done, lease=f"node-1/a/{turn}")
        sent += [(row.recipient.local, row.reference) for row in rows if row.id in begun and row.kind is Kind.COPY]
    return sent


@pytest.mark.parametrize("batch", [1, 100])
def test_the_same_message_to_another_list_in_another_transaction_reaches_nobody_twice(world, relayed, batch):
    author = world.join("author", "central-africa", "savanna")
    world.join("both", "central-africa", "savanna")
    world.join("other", "savanna")
    first = world.post(author, ("central-africa", relayed), content_key=b"same").reference
    again = world.post(author, ("savanna", relayed), content_key=b"same").reference
    others = [world.post(author, ("savanna", relayed), content_key=key).reference for key in (b"another", None)]
    sent = deliver_all(world, batch)
    assert sorted(reference for name, reference in sent if name == "both") == sorted([first, *others])
    assert sorted(reference for name, reference in sent if name == "other") == sorted([again, *others])


def test_a_copy_of_the_same_message_that_was_cancelled_or_failed_keeps_nobody_from_the_other(world, relayed):
    author = world.join("author", "central-africa", "savanna")
    world.join("both", "central-africa", "savanna")
    first = world.post(author, ("central-africa", relayed), content_key=b"same").reference
    again = world.post(author, ("savanna", relayed), content_key=b"same").reference
    assert world.database.write(lambda c: cancel(c, first)) == 1
    assert deliver_all(world, 100) == [("both", again)]


def test_a_held_post_has_no_copies_to_claim(world, held: Hold):
    author = world.join("author", "central-africa")
    world.join("reader", "central-africa")
    world.post(author, ("central-africa", held))
    assert [row.kind for row in claim(world)] == [Kind.NOTICE]
    with world.database.read() as connection:
        assert posts.list_posts(connection, 1)[0].deliveries == {}


def test_what_a_node_was_sending_when_it_fell_silent_is_taken_over_by_another_and_counted(full):
    ids = [row.id for row in claim(full, limit=10)]
    begun = begin(full, ids[:6])
    silent = START + last_look.SENDING
    earlier = silent - timedelta(microseconds=1)
    take_over = lambda node, now: full.database.write(lambda c: leases.take_over(c, node, now))  # noqa: E731
    assert take_over("node-2", earlier) == 0
    full.database.write(lambda c: leases.prolong(c, "node-1/a/", silent + timedelta(seconds=1)))
    assert take_over("node-2", silent) == 0
    assert take_over("node-1", silent + timedelta(days=1)) == 0  # its own it takes up when it starts
    assert take_over("node-2", silent + timedelta(seconds=1)) == 6
    assert statuses(full) == {"queued": 37, "leased": 4, "possible_duplicates": 6}
    sent = [queue.Settlement(id=one, status=Status.DELIVERED, reply="250 2.0.0 Ok") for one in begun]
    assert settle(full, *sent) == begun  # whoever wakes up late is not believed
    assert len(claim(full, lease="node-2/b/1", now=silent + timedelta(seconds=1), until=silent + LONG)) == 37


def test_a_sign_of_life_is_for_ones_own_run_only(full):
    ids = [row.id for row in claim(full, limit=4)]
    begin(full, ids)
    full.database.write(lambda c: leases.prolong(c, "node-1/b/", START + LONG))
    full.database.write(lambda c: leases.prolong(c, "node-11/", START + LONG))
    assert full.database.write(lambda c: leases.take_over(c, "node-2", START + last_look.SENDING)) == 4


# — whose turn it is —


@pytest.fixture
def crowd(world, relayed):
    """250 copies of a post to one list and, of another that came a second and a half later, three to another list."""
    author = world.join("author", "central-africa", "savanna")
    for local in ("one", "two", "three"):
        world.join(local, "savanna")
    model = world.rows("SELECT * FROM members WHERE address LIKE 'one@%'")
    with world.database.read() as connection:
        names = tuple(connection.execute(text("SELECT * FROM members")).keys())

    def fill(connection):
        for number in range(250):
            row = dict(zip(names, model[0], strict=True)) | {"id": f"m{number:03}"}
            row |= dict.fromkeys(("address", "address_key"), f"m{number:03}@parks.example")
            marks = ", ".join(f":{name}" for name in names)
            connection.execute(text(f"INSERT INTO members ({', '.join(names)}) VALUES ({marks})"), row)
            connection.execute(text("INSERT INTO memberships VALUES (:id, 'central-africa')"), row)

    world.database.write(fill)
    later = START + timedelta(seconds=1.5)
    big = world.post(author, ("central-africa", relayed)).reference
    small = world.post(author, ("savanna", relayed), text=b"six tusks", received_at=later).reference
    return world, big, small


def claimed(world, limit: int, times: int) -> list[tuple[str, Kind]]:
    now = START + LONG
    batches = (claim(world, f"node-1/a/{number}", now, now + LONG, limit) for number in range(times))
    return [(row.reference, row.kind) for batch in batches for row in batch]


def test_a_small_post_overtakes_a_big_one_that_came_before_and_the_big_one_goes_on(crowd):
    world, big, small = crowd
    order = [reference for reference, kind in claimed(world, 20, 15) if kind is Kind.COPY]
    assert order == [big] * 200 + [small] * 3 + [big] * 50


def test_letters_and_what_was_put_off_wait_for_posts_but_never_for_all_of_them(crowd):
    world, *_ = crowd
    put_off = [row.id for row in claim(world, limit=100) if row.kind is Kind.COPY][:30]
    begin(world, put_off)
    later = START + timedelta(minutes=1)
    settle(
        world, *(queue.Settlement(id=one, status=Status.QUEUED, reply="451", next_attempt_at=later) for one in put_off)
    )
    # Their leases have run out; two receipts were due before what was put off.
    first = claim(world, "node-1/b/1", START + LONG, START + 2 * LONG, 20)
    assert [row.attempts for row in first] == [0] * 15 + [0] * 2 + [1] * 3
    rest = claim(world, "node-1/b/2", START + LONG, START + 2 * LONG, 1000)
    assert Counter(row.attempts for row in rest) == {0: 250 + 3 + 2 - 30 - 17, 1: 27}


def test_everything_is_claimed_in_the_end_and_once(crowd):
    world, big, small = crowd
    every = claimed(world, 40, 10)
    assert Counter(every) == {
        (big, Kind.COPY): 250,
        (small, Kind.COPY): 3,
        (big, Kind.RECEIPT): 1,
        (small, Kind.RECEIPT): 1,
    }
