"""The queue as a state machine: whatever is claimed, sent, lost or crashed, no copy is lost and none that arrived goes out again.

The only copies that may arrive twice are those whose sender crashed between sending and settling, and each of these is counted.
"""

import secrets
import shutil
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)
from sqlalchemy import insert, select, text

from relay.delivery.delivery import Status
from relay.store import last_look, leases, queue
from relay.store.engine import Database
from relay.store.migrations import upgrade
from relay.store.tables import deliveries, lists, members, memberships, posts

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
LEASE = timedelta(seconds=60)
COPIES = 6

_directory = Path(tempfile.gettempdir()) / f"queue-{secrets.token_hex(8)}"
_database: Database | None = None


def shared_database() -> Database:
    """One database for all examples: making the schema costs more than a whole example."""
    global _database  # noqa: PLW0603 - Hypothesis makes the machines itself and gives them no fixture
    if _database is None:
        _database = Database.open(f"sqlite:///{_directory / 'relay.db'}", new=True)
        upgrade(_database)
    return _database


def teardown_module() -> None:
    if _database is not None:
        _database.close()
        shutil.rmtree(_directory)


def fill(connection) -> None:
    """One post with a copy for each of some members, and nothing else."""
    for table in ("deliveries", "posts", "memberships", "members", "lists"):
        connection.execute(text(f"DELETE FROM {table}"))
    connection.execute(
        insert(lists).values(name="savanna", address="savanna@relay.example", tag="SAVA", active=True, digest="")
    )
    for number in range(COPIES + 1):
        person = {"id": f"m{number}", "address": f"m{number}@parks.example", "address_key": f"m{number}@parks.example"}
        person |= dict.fromkeys(
            ["name", "agency", "agency_key", "agency_type", "country", "language", "nominated_by", "confirmed_by"], "x"
        )
        connection.execute(insert(members).values(**person, roles=[], state="active", created_at=START))
        connection.execute(insert(memberships).values(member_id=f"m{number}", list_name="savanna"))
    post = {
        "id": 1,
        "uid": "u",
        "reference": "SAVA-2026-000001",
        "author_id": "m0",
        "size_octets": 1,
        "duplicate_key": b"d",
        "proof": "auth",
    }
    connection.execute(
        insert(posts).values(**post, received_at=START, key_id="k", wrapped_key=b"w", nonce=b"n", content=b"c")
    )
    for number in range(1, COPIES + 1):
        row = {
            "id": number,
            "post_id": 1,
            "member_id": f"m{number}",
            "list_name": "savanna",
            "kind": "copy",
            "status": "queued",
        }
        connection.execute(insert(deliveries).values(**row, created_at=START, next_attempt_at=START))


class QueueMachine(RuleBasedStateMachine):
    """A sender that may crash anywhere, and the world it sends into."""

    claimed = Bundle("claimed")
    sending = Bundle("sending")

    @initialize()
    def begin_anew(self) -> None:
        self.database = shared_database()
        self.database.write(fill)
        self.now, self.turn = START, 0
        self.arrived: Counter[int] = Counter()  # what reached the other side, known only to the world
        self.settled: set[int] = set()
        self.unknown: Counter[int] = Counter()  # sent or about to be sent when the sender crashed
        self.in_hand: dict[int, str] = {}  # begun under which lease, and not yet settled by the living sender

    @rule(target=claimed, limit=st.integers(1, COPIES))
    def claim(self, limit: int):
        self.turn += 1
        lease = f"node-1/{self.turn}"
        batch = self.database.write(lambda c: queue.claim(c, lease, self.now, self.now + LEASE, limit))
        assert not {row.id for row in batch} & (self.settled | self.in_hand.keys())
        return (lease, tuple(row.id for row in batch))

    @rule(target=sending, batch=consumes(claimed))
    def begin(self, batch):
        lease, ids = batch
        begun = self.database.write(lambda c: last_look.begin(c, lease, ids, self.now))
        assert begun <= set(ids)
        assert not begun & (self.settled | self.in_hand.keys())
        self.in_hand |= dict.fromkeys(begun, lease)
        return multiple(*((lease, one) for one in sorted(begun)))

    @rule(attempt=consumes(sending), end=st.sampled_from([Status.DELIVERED, Status.QUEUED, Status.FAILED]))
    def send_and_settle(self, attempt, end: Status) -> None:
        lease, one = attempt
        held = self.in_hand.get(one) == lease  # else a sender from before the crash
        if held and end is Status.DELIVERED:
            self.arrived[one] += 1
        later = self.now + timedelta(seconds=30) if end is Status.QUEUED else None
        done = queue.Settlement(id=one, status=end, reply="", next_attempt_at=later)
        stale = self.database.write(lambda c: queue.settle(c, lease, [done], self.now))
        assert stale == (frozenset() if held else {one})
        if held:
            del self.in_hand[one]
        if held and end is not Status.QUEUED:
            self.settled.add(one)

    @precondition(lambda self: self.in_hand)
    @rule(data=st.data())
    def crash_after_some_were_sent(self, data) -> None:
        """The process dies; of what it was sending, some arrived and none was settled."""
        arrived = data.draw(st.sets(st.sampled_from(sorted(self.in_hand))))
        self.arrived.update(arrived)
        self._crash()

    @rule()
    def crash(self) -> None:
        self._crash()

    def _crash(self) -> None:
        self.unknown.update(self.in_hand.keys())
        counted = self.database.write(lambda c: leases.recover(c, "node-1", self.now))
        assert counted == len(self.in_hand)
        self.in_hand = {}

    @rule(seconds=st.sampled_from([1, 31, 61]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @invariant()
    def nothing_is_lost_and_duplicates_are_counted(self) -> None:
        with self.database.read() as connection:
            rows = connection.execute(select(deliveries)).all()
            counts = queue.counts(connection)
        assert len(rows) == COPIES
        assert {row.id for row in rows if row.status in {"delivered", "failed"}} == self.settled
        assert {row.id for row in rows if row.status == "sending"} == self.in_hand.keys()
        assert {row.id: row.possible_duplicate for row in rows if row.possible_duplicate} == dict(self.unknown)
        assert counts["possible_duplicates"] == self.unknown.total()
        for one, times in self.arrived.items():
            assert times <= 1 + self.unknown[one]

    def teardown(self) -> None:
        """Let time pass: what was not settled goes out at last, each row once."""
        self.now += LEASE + timedelta(seconds=60)
        if self.in_hand:
            self._crash()
        rest = self.database.write(lambda c: queue.claim(c, "node-1/last", self.now, self.now + LEASE, COPIES))
        assert {row.id for row in rest} == set(range(1, COPIES + 1)) - self.settled


TestQueue = QueueMachine.TestCase
TestQueue.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
