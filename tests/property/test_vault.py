"""Posts at rest as a state machine: whatever processes seal, renew, wrap anew, destroy and leave half-done, in whatever order.

A living post always opens, in every process; a destroyed one never comes back; and when two more weeks have passed, no file that is
left opens any copy of the database that was made before.
"""

import secrets
import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule
from sqlalchemy import insert, select, text

from relay.store import fanout, renewal
from relay.store.disk import write_new_private_file
from relay.store.engine import Database
from relay.store.keys import VAULT, Keys, create_keys, file_name, load_keys, new_secret
from relay.store.migrations import upgrade
from relay.store.tables import members, posts
from relay.store.vault import Sealed, SealError, seal, unseal

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
STALE = timedelta(days=3)  # a process looks for new keys each half minute; this one is slow
PROCESSES = 2

_directory = Path(tempfile.gettempdir()) / f"vault-{secrets.token_hex(8)}"
_database: Database | None = None
_keys: Keys | None = None


def shared() -> tuple[Database, Keys]:
    """One database and one set of lasting keys for all examples: to make them costs more than a whole example."""
    global _database, _keys  # noqa: PLW0603 - Hypothesis makes the machines itself and gives them no fixture
    if _database is None or _keys is None:
        _database = Database.open(f"sqlite:///{_directory / 'relay.db'}", new=True)
        upgrade(_database)
        create_keys(_directory / "keys", START)
        _keys = load_keys(_directory / "keys")
    return _database, _keys


def teardown_module() -> None:
    if _database is not None:
        _database.close()
        shutil.rmtree(_directory)


def begin_anew(connection) -> None:
    for table in ("posts", "members"):
        connection.execute(text(f"DELETE FROM {table}"))
    person = {"id": "m", "address": "m@parks.example", "address_key": "m@parks.example", "created_at": START}
    person |= dict.fromkeys(
        ["name", "agency", "agency_key", "agency_type", "country", "language", "nominated_by", "confirmed_by"], "x"
    )
    connection.execute(insert(members).values(**person, roles=[], state="active"))


class VaultMachine(RuleBasedStateMachine):
    in_flight = Bundle("in_flight")

    @initialize()
    def start(self) -> None:
        self.database, keys = shared()
        self.directory = keys.directory
        for path in self.directory.glob("vault-*.key"):
            path.unlink()
        assert write_new_private_file(self.directory / file_name(VAULT, START), new_secret())
        self.database.write(begin_anew)
        self.now = START
        self.views = [self.load()] * PROCESSES
        self.seen = [self.now] * PROCESSES
        self.living: dict[int, str] = {}
        self.destroyed: set[int] = set()
        self.copies: list[tuple[str, Sealed]] = []

    def load(self) -> Keys:
        """What a process knows that looks now; only the vault's keys matter here."""
        paths = sorted(self.directory.glob("vault-*.key"))
        vault = {path.stem.removeprefix("vault-"): path.read_bytes() for path in paths}
        return replace(shared()[1], vault=MappingProxyType(vault))

    @rule(target=in_flight, process=st.integers(0, PROCESSES - 1))
    def seal_for_later(self, process: int):
        return self.seal(process)

    def seal(self, process: int) -> tuple[datetime, str, Sealed]:
        uid = secrets.token_hex(8)
        return self.now, uid, seal(self.views[process], uid, uid.encode())

    @rule(one=consumes(in_flight))
    def record_what_was_sealed_before(self, one) -> None:
        self.record(*one)

    @rule(process=st.integers(0, PROCESSES - 1))
    def accept(self, process: int) -> None:
        self.record(*self.seal(process))

    def record(self, sealed_at: datetime, uid: str, sealed: Sealed) -> None:
        if self.now - sealed_at > timedelta(days=1):
            return  # no session waits that long for its commit
        facts = {
            "uid": uid,
            "reference": uid,
            "received_at": self.now,
            "author_id": "m",
            "size_octets": 8,
            "proof": "auth",
        }
        facts |= {"key_id": sealed.key_id, "wrapped_key": sealed.wrapped_key, "nonce": sealed.nonce}
        row = insert(posts).values(**facts, content=sealed.content).returning(posts.c.id)
        self.living[self.database.write(lambda c: c.execute(row).scalar_one())] = uid

    @rule(process=st.integers(0, PROCESSES - 1))
    def notice_new_keys(self, process: int) -> None:
        self.views[process], self.seen[process] = self.load(), self.now

    @rule(days=st.sampled_from([0.5, 1, 2, 5]))
    def wait(self, days: float) -> None:
        self.now += timedelta(days=days)
        for process in range(PROCESSES):
            if self.now - self.seen[process] > STALE:
                self.notice_new_keys(process)

    @rule()
    def rotate(self) -> None:
        renewal.rotate_vault(self.directory, self.now)

    @rule(process=st.integers(0, PROCESSES - 1), steps=st.integers(1, 3), limit=st.sampled_from([1, 3, None]))
    def tick_and_perhaps_die_midway(self, process: int, steps: int, limit: int | None) -> None:
        """Keys made, posts wrapped anew by what this process knows, old keys destroyed; or only some of it."""
        renewal.renew_keys(self.directory, self.now)
        if steps > 1:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(renewal, "BATCH", limit or 100)
                assert renewal.rewrap_posts(self.database, self.views[process], limit).shut == 0
        if steps > 2:
            renewal.destroy_unneeded(self.database, self.directory, self.now)

    @rule(data=st.data())
    def destroy_a_post(self, data) -> None:
        if self.living:
            post_id = data.draw(st.sampled_from(sorted(self.living)))
            self.database.write(lambda c: fanout.destroy(c, post_id))
            del self.living[post_id]
            self.destroyed.add(post_id)

    @rule()
    def somebody_copies_the_database(self) -> None:
        self.copies += self.stored().values()

    def stored(self) -> dict[int, tuple[str, Sealed]]:
        with self.database.read() as connection:
            rows = connection.execute(select(posts).where(posts.c.wrapped_key.is_not(None))).all()
        return {
            row.id: (
                row.uid,
                Sealed(key_id=row.key_id, wrapped_key=row.wrapped_key, nonce=row.nonce, content=row.content),
            )
            for row in rows
        }

    @invariant()
    def living_posts_open_everywhere_and_no_other_is_there(self) -> None:
        stored = self.stored()
        assert stored.keys() == self.living.keys()
        for uid, sealed in stored.values():
            for view in self.views:
                assert unseal(view, uid, sealed) == uid.encode()

    def teardown(self) -> None:
        """Two weeks of ordinary ticks."""
        if not hasattr(self, "now"):
            return
        for _ in range(3):
            self.now += timedelta(days=7)
            renewal.renew_keys(self.directory, self.now)
            self.views = [self.load()] * PROCESSES
            renewal.rewrap_posts(self.database, self.views[0])
            renewal.destroy_unneeded(self.database, self.directory, self.now)
        self.living_posts_open_everywhere_and_no_other_is_there()
        left = self.load()
        assert len(left.vault) <= 2
        for uid, sealed in self.copies:
            with pytest.raises(SealError):
                unseal(left, uid, sealed)


TestVault = VaultMachine.TestCase
TestVault.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
