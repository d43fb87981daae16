"""Recall, correction and stopping beside delivery, in any order, while two nodes claim, send, crash and are taken over: nothing is begun
that must not be, whoever may have a recalled post is asked to delete it and nobody else, and whatever nobody called off arrives."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from relay.delivery.delivery import Status
from relay.policy.decision import Reason, Relay
from relay.roster.mailing_list import Tlp
from relay.store import corrections, last_look, leases, queue, recalls, stops
from tests.integration.store.conftest import NODE, START, OneDatabase
from tests.integration.store.test_spills import Scene

RELAYED = Relay(reasons=(Reason("P1", "nothing", "text"),), marking=Tlp.GREEN)
LEASE, SILENT = timedelta(seconds=60), timedelta(seconds=46)
NODES = ("node-1", "node-2")
READERS = {"reader", "other", "moderator"}
Rows = list[tuple[int, str, str]]  # (delivery, reference, reader)

_database = OneDatabase()


def teardown_module() -> None:
    _database.close()


class After:
    """Two nodes, a list, a post, and perhaps its correction; what reached the other side is known to this world only."""

    def __init__(self) -> None:
        self.scene = Scene(_database.empty(), RELAYED)
        self.now, self.turn = START, 0
        self.old, _ = self.scene.post()
        self.new = ""
        self.recalled: set[str] = set()
        self.stopped = False
        self.arrived: set[tuple[str, str]] = set()  # (post, member)
        self.begun: set[tuple[str, str]] = set()
        self.claimed: dict[str, Rows] = {}
        self.sending: dict[str, dict[str, Rows]] = {node: {} for node in NODES}

    def claim(self, node: str) -> None:
        self.turn += 1
        lease = f"{node}/x/{self.turn}"
        rows = self.scene.write(lambda c: queue.claim(c, lease, self.now, self.now + LEASE, 9))
        self.claimed[lease] = [(one.id, one.reference, one.recipient.local) for one in rows if one.kind == "copy"]

    def claim_and_begin(self, node: str) -> None:
        self.claim(node)
        self.begin(node)

    def begin(self, _node: str) -> None:
        for lease in list(self.claimed):
            rows, node = self.claimed.pop(lease), lease.partition("/")[0]
            begun = self.scene.write(lambda c, lease=lease, rows=rows: last_look.begin(c, lease, _ids(rows), self.now))
            going = [row for row in rows if row[0] in begun]
            for _, reference, reader in going:
                assert reference not in self.recalled
                assert not self.stopped
                assert not (self.new and reference == self.old)
                self.begun.add((reference, reader))
            self.sending[node][lease] = going

    def deliver(self, node: str) -> None:
        """The smarthost takes the first, and puts off the others."""
        for lease, rows in self.sending[node].items():
            for place, (id_, reference, reader) in enumerate(rows):
                if place == 0:
                    self.arrived.add((reference, reader))
                later = self.now if place else None
                status = Status.QUEUED if place else Status.DELIVERED
                done = queue.Settlement(id=id_, status=status, reply="", next_attempt_at=later)
                self.scene.write(lambda c, lease=lease, done=done: queue.settle(c, lease, [done], self.now))
        self.sending[node] = {}

    def crash(self, node: str) -> None:
        """It dies when all that it was sending has arrived, and starts again."""
        self.arrived |= {(row[1], row[2]) for rows in self.sending[node].values() for row in rows}
        self.claimed = {lease: rows for lease, rows in self.claimed.items() if not lease.startswith(node)}
        self.sending[node] = {}
        self.scene.write(lambda c: leases.recover(c, node, self.now))

    def fall_silent(self, node: str) -> None:
        """It is paused for so long that the other one takes over; its results come too late."""
        self.now += SILENT
        self.scene.write(lambda c: leases.take_over(c, next(one for one in NODES if one != node), self.now))

    def correct(self, _node: str) -> None:
        if not self.new:
            found = self.scene.write(lambda c: corrections.find(c, self.old, self.scene.author, in_person=False))
            decisions = ("savanna", RELAYED)
            accepted = self.scene.world.accepted(
                self.scene.author, decisions, corrects=found.post_id, received_at=self.now
            )
            self.new = self.scene.world.record(accepted).reference

    def recall(self, _node: str) -> None:
        reference = self.new or self.old
        if reference in self.recalled:
            return
        had = {reader for post, reader in self.begun if post == reference}
        arrived = {reader for post, reader in self.arrived if post == reference}
        self.scene.write(lambda c: recalls.recall(c, NODE, self.scene.author, reference, "error", self.now))
        self.recalled.add(reference)
        sql = "SELECT m.name FROM deliveries d JOIN members m ON m.id = d.member_id JOIN posts p ON p.id = d.post_id WHERE d.kind = 'recall' AND p.reference = :r"
        asked = {row[0].lower() for row in self.scene.world.rows(sql, r=reference)}
        assert arrived <= asked <= had

    def stop(self, _node: str) -> None:
        if not self.stopped:
            self.scene.write(lambda c: stops.stop(c, NODE, "savanna", self.now, reason="leak", operator="root"))
            self.stopped = True

    def resume(self, _node: str) -> None:
        if self.stopped:
            self.scene.write(lambda c: stops.resume(c, NODE, "savanna", self.now, operator="root"))
            self.stopped = False

    def end(self) -> None:
        """Whatever nobody called off arrives at last, and nothing waits."""
        self.resume("")
        for node in NODES:
            self.crash(node)
        self.now += LEASE
        sent = set(self.scene.send(self.now))
        last = self.new or self.old
        if last not in self.recalled:
            assert sent | {reader for post, reader in self.arrived if post == last} == READERS
        assert self.scene.send(self.now + timedelta(days=1)) == []


def _ids(rows: Rows) -> list[int]:
    return [row[0] for row in rows]


ACTS = ("claim_and_begin", "claim", "begin", "deliver", "crash", "fall_silent", "correct", "recall", "stop", "resume")
STEPS = st.lists(
    st.tuples(st.sampled_from(ACTS), st.sampled_from(("node-1", "node-1", "node-2"))), min_size=6, max_size=14
)


@given(STEPS)
@settings(max_examples=200, deadline=None)
def test_whatever_is_called_off_goes_to_nobody_more_and_all_else_arrives(steps):
    world = After()
    for act, node in steps:
        getattr(world, act)(node)
    world.end()
