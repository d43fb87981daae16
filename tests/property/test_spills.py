"""Spills as a state machine: whatever is posted, answered, sent, reported and decided in whichever order, what is hidden comes out of no
door, what is confirmed opens with no key and everybody who got it is asked to delete it, and what is dismissed reaches everybody once."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from relay.policy.decision import Reason, Relay
from relay.roster.mailing_list import Tlp
from relay.store import deletions, originals, posts, spills, threads
from relay.store.vault import unseal
from tests.integration.store.conftest import OneDatabase
from tests.integration.store.test_spills import Scene

RELAYED = Relay(reasons=(Reason("P1", "nothing", "text"),), marking=Tlp.GREEN)
READERS = 3  # of each post: everybody on the list but its author

_database = OneDatabase()


def teardown_module() -> None:
    _database.close()


class Spills(RuleBasedStateMachine):
    @initialize()
    def fill(self) -> None:
        self.scene = Scene(_database.empty(), RELAYED)
        self.people = (self.scene.author, self.scene.reader, self.scene.other)
        self.posts: list[tuple[str, str]] = []
        self.destroyed: set[str] = set()

    @rule(by=st.integers(0, 2), answers=st.integers(0, 5), by_reference=st.booleans())
    def post(self, by: int, answers: int, by_reference: bool) -> None:
        """A new post that may answer an earlier one, which is then nothing hidden: else it would be judged to wait."""
        earlier = self.posts[answers] if answers < len(self.posts) else None
        if earlier and not self.opens(earlier[0]):
            return
        named = {} if not earlier else {"quotes": [earlier[0]]} if by_reference else {"answers": [earlier[1]]}
        self.posts.append(self.scene.post(by=self.people[by], **named))

    @rule()
    def send(self) -> None:
        self.scene.send()

    @precondition(lambda self: self.posts)
    @rule(who=st.integers(0, 2), which=st.integers(0, 9))
    def report(self, who: int, which: int) -> None:
        self.scene.report(self.people[who], self.posts[which % len(self.posts)][0])

    @precondition(lambda self: self.waiting())
    @rule(which=st.integers(0, 9))
    def dismiss(self, which: int) -> None:
        waiting = self.waiting()
        self.scene.dismiss(waiting[which % len(waiting)].reference)

    @precondition(lambda self: self.waiting())
    @rule(which=st.integers(0, 9))
    def confirm(self, which: int) -> None:
        waiting = self.waiting()
        spill = waiting[which % len(waiting)]
        hidden = self.hidden(spill)
        self.scene.confirm(spill.reference)
        self.destroyed |= hidden
        with self.scene.world.database.read() as connection:
            asked = {one.member_id for one in deletions.asked_about(connection, spill.post_id)}
        for reference in hidden:
            got = "SELECT d.member_id FROM deliveries d JOIN posts p ON p.id = d.post_id WHERE p.reference = :r AND d.kind = 'copy' AND d.status = 'delivered'"
            assert {row[0] for row in self.scene.world.rows(got, r=reference)} - {spill.author_id} <= asked

    @invariant()
    def what_is_hidden_comes_out_of_no_door(self) -> None:
        for spill in self.waiting():
            for reference in self.hidden(spill):
                assert not self.opens(reference)
                waits = "SELECT count(*) FROM deliveries d JOIN posts p ON p.id = d.post_id WHERE p.reference = :r AND d.kind = 'copy' AND d.status IN ('queued', 'leased')"
                assert self.scene.world.rows(waits, r=reference) == [(0,)]

    @invariant()
    def what_is_destroyed_opens_with_no_key(self) -> None:
        for reference in getattr(self, "destroyed", ()):
            kept = "SELECT wrapped_key, nonce, content, originals, message_id FROM posts WHERE reference = :r"
            assert self.scene.world.rows(kept, r=reference) == [(None,) * 5]

    @invariant()
    def what_is_neither_opens_and_reads_as_it_was_written(self) -> None:
        hidden = {reference for spill in self.waiting() for reference in self.hidden(spill)} | getattr(
            self, "destroyed", set()
        )
        for reference, _ in getattr(self, "posts", ()):
            if reference not in hidden:
                assert unseal(self.scene.world.keys, *self.stored(reference)) == b"five tusks"

    def teardown(self) -> None:
        """When all is decided and sent, every post that was not destroyed has reached everybody, once."""
        if not hasattr(self, "posts"):
            return
        while waiting := self.waiting():
            self.scene.dismiss(waiting[0].reference)
        self.scene.send()
        for reference, _ in self.posts:
            if reference not in self.destroyed:
                assert self.scene.statuses(reference) == {"delivered": READERS}

    def waiting(self) -> list[spills.Spill]:
        if not hasattr(self, "scene"):
            return []
        with self.scene.world.database.read() as connection:
            return [one for one in spills.list_all(connection) if one.state == "reported"]

    def hidden(self, spill: spills.Spill) -> set[str]:
        with self.scene.world.database.read() as connection:
            ids = threads.hidden_by(connection, spill.id)
        rows = self.scene.world.rows("SELECT id, reference FROM posts")
        return {reference for number, reference in rows if number in ids}

    def stored(self, reference: str):
        with self.scene.world.database.read() as connection:
            return posts.load_sealed(connection, posts.show_post(connection, reference)[0].post_id)

    def opens(self, reference: str) -> bool:
        with self.scene.world.database.read() as connection:
            post_id = posts.show_post(connection, reference)[0].post_id
            assert originals.load(connection, self.scene.world.keys, post_id) == ()
        return self.stored(reference) is not None


Spills.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestSpills = Spills.TestCase
