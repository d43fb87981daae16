"""The periodic work on a real relay without a service; the time is what the tests say it is."""

import secrets
import shutil
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import pytest

from relay import jobs
from relay.actions.enrol import add_member
from relay.actions.establish import establish
from relay.errors import Superseded
from relay.mail.address import parse_address
from relay.policy.decision import Hold, Reason, Relay
from relay.resources import Resources, load_resources
from relay.roster.mailing_list import Tlp
from relay.roster.reading import Reading
from relay.settings import load_settings
from relay.store import audit, letters, members, posts, renewal, retention, wishes
from relay.store.engine import Database
from relay.store.vault import Sealed, SealError, seal, unseal

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
FORTNIGHT = timedelta(days=14)
AUTHOR, READER = "ana@douanes.example", "jean@parcs.example"
RELAYED = Relay(reasons=(Reason("P1", "nothing", "text"),), marking=Tlp.GREEN)
HELD = Hold(reasons=(Reason("H3", "company", "text, line 2"),), marking=Tlp.GREEN)


@dataclass
class Site:
    """A relay and ways to fill it."""

    resources: Resources
    author_id: str

    def post(self, now: datetime, decision: Relay | Hold = RELAYED, keys=None) -> tuple[str, int]:
        """A post that is recorded and sealed as `accept` does it; its reference and id."""
        uid, keys = secrets.token_hex(16), keys or self.resources.keys
        held = {"central-africa": now + timedelta(hours=72)} if isinstance(decision, Hold) else {}
        accepted = posts.Accepted(
            uid=uid,
            received_at=now,
            author_id=self.author_id,
            size_octets=5,
            message_id=None,
            duplicate_keys=(secrets.token_bytes(32),),
            prefix="CAFR",
            decisions=(("central-africa", decision),),
            sealed=seal(keys, uid, uid.encode()),
            held_until=held,
            client_ip="192.0.2.7",
            proof="auth",
        )
        node = self.resources.settings.relay.node
        reference = self.resources.database.write(lambda c: posts.record(c, node, accepted)).reference
        with self.resources.database.read() as connection:
            return reference, posts.show_post(connection, reference)[0].post_id

    def tick(self, now: datetime) -> None:
        """What `serve` does every half minute."""
        self.resources = jobs.renew(self.resources, now, make=True)
        jobs.run_due(self.resources, now)

    def sealed(self, post_id: int) -> tuple[str, Sealed] | None:
        with self.resources.database.read() as connection:
            return posts.load_sealed(connection, post_id)

    def opens(self, post_id: int) -> bool:
        """Whether the post is there and its text comes out of it."""
        stored = self.sealed(post_id)
        return stored is not None and unseal(self.resources.keys, *stored) == stored[0].encode()

    def rows(self, sql: str) -> list[tuple]:
        with self.resources.database.read() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(sql)]

    def key_files(self, kind: str = "vault") -> list[str]:
        return sorted(path.name for path in self.resources.keys.directory.glob(f"{kind}-*.key"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A relay with two members; made once, copied for each test."""
    data = tmp_path_factory.mktemp("made") / "relay"
    establish(data, "relay.example", ("central-africa",), "", None, START)
    resources = load_resources(load_settings(data / "relay.toml"))
    for address in (AUTHOR, READER):
        row = {
            "address": address, "name": "Ana Example", "agency": "Douanes", "agency_type": "customs", "country": "CM", "language": "en",
            "lists": "central-africa", "nominated_by": "one@network.example", "confirmed_by": "two@network.example",
        }  # fmt: skip
        add_member(resources, row, with_password=False, now=START)
    resources.database.close()
    return data


@pytest.fixture
def site(made: Path, tmp_path: Path) -> Iterator[Site]:
    data = tmp_path / "relay"
    shutil.copytree(made, data)
    file = data / "relay.toml"
    file.write_text(file.read_text("utf-8").replace(str(made), str(data)), "utf-8")
    resources = load_resources(load_settings(file))
    with resources.database.read() as connection:
        author = members.find(connection, parse_address(AUTHOR))
    assert author
    yield Site(resources, author.id)
    resources.database.close()


def test_whom_nobody_vouches_for_is_dormant_on_the_day_and_is_told_before(site: Site) -> None:
    every = site.resources.settings.vetting.attest_every

    def letters() -> list[str]:
        return [kind for (kind,) in site.rows("SELECT kind FROM deliveries ORDER BY kind")]

    for days, told in ((31, []), (30, []), (8, []), (7, ["dormancy", "dormancy"]), (1, ["dormancy", "dormancy"])):
        site.tick(START + every - days * DAY)
        site.tick(START + every - days * DAY)
        assert letters() == told
        assert site.rows("SELECT DISTINCT state FROM members") == [("active",)]
    site.tick(START + every)
    assert letters() == ["dormancy"] * 4
    assert site.rows("SELECT DISTINCT state FROM members") == [("dormant",)]


def with_retention(site: Site, **changes: timedelta) -> None:
    settings = site.resources.settings
    retention = settings.retention.model_copy(update=changes)
    site.resources = replace(site.resources, settings=settings.model_copy(update={"retention": retention}))


def test_sixty_days_of_ticks_leave_every_living_post_open_and_no_old_copy(site):
    """A post a day, kept for thirty: an old copy of the database opens with no key that is left, living posts always do."""
    with_retention(site, posts=30 * DAY)
    living: dict[int, datetime] = {}
    copies: list[tuple[datetime, str, Sealed]] = []
    for day in range(60):
        now = START + timedelta(days=day, hours=day % 24)
        site.tick(now)
        assert len(site.key_files()) <= 3
        assert len(site.key_files("duplicates")) <= 2
        living[site.post(now)[1]] = now
        living = {post_id: at for post_id, at in living.items() if now - at <= 30 * DAY}
        if day % 4 == 0:
            copies += [(now, *stored) for post_id in living if (stored := site.sealed(post_id))]
        assert all(site.opens(post_id) for post_id in living)
        keys = replace(site.resources.keys, vault=MappingProxyType({}))  # what is in the files, and nothing remembered
        for at, uid, sealed in copies:
            if now - at > FORTNIGHT + DAY:
                with pytest.raises(SealError):
                    unseal(keys, uid, sealed)
        copies = [copy for copy in copies if now - copy[0] <= FORTNIGHT + 3 * DAY]
    assert site.rows("SELECT count(*) FROM posts WHERE wrapped_key IS NOT NULL") == [(len(living),)]
    assert site.rows("SELECT count(*) FROM posts") == [(60,)]
    with site.resources.database.read() as connection:
        assert audit.verify(connection, site.resources.keys.audit.public_key()) == ()


def test_a_weeks_absence_loses_nothing(site):
    _, post_id = site.post(START)
    for weeks in (1, 5, 6, 30):
        site.tick(START + timedelta(weeks=weeks))
        assert site.opens(post_id)
    assert len(site.key_files()) == 2  # the one before stays for a week after its successor was made


def test_a_key_lives_a_week_after_its_successor_so_that_nobody_can_still_seal_under_it(site):
    old = site.resources.keys
    site.tick(START + 7 * DAY)
    _, late = site.post(START + 8 * DAY, keys=old)  # by a process that has not noticed yet
    assert site.opens(late)
    site.tick(START + 14 * DAY - timedelta(seconds=1))
    assert site.key_files()[0] == old.files[0]
    assert site.opens(late)
    site.tick(START + 14 * DAY)
    assert old.files[0] not in site.key_files()
    assert site.opens(late)


def test_posts_that_can_not_be_opened_are_left_as_they_are_and_keep_no_other_from_being_wrapped_anew(site, monkeypatch):
    monkeypatch.setattr(renewal, "BATCH", 2)
    ids = [site.post(START)[1] for _ in range(5)]
    site.resources.database.write(
        lambda c: c.exec_driver_sql(f"UPDATE posts SET wrapped_key = X'00' WHERE id IN ({ids[0]}, {ids[1]})") and None
    )
    site.tick(START + 7 * DAY)
    assert [site.opens(post_id) for post_id in ids[2:]] == [True] * 3
    assert site.rows("SELECT count(DISTINCT key_id) FROM posts") == [(2,)]
    site.tick(START + 14 * DAY)
    assert site.key_files()[0] == "vault-20261122T080000Z.key"  # two posts may need it, if they can be mended


def test_rewrapping_stops_anywhere_and_goes_on(site, monkeypatch):
    monkeypatch.setattr(renewal, "BATCH", 2)
    ids = [site.post(START)[1] for _ in range(7)]
    site.resources = jobs.renew(site.resources, START + 7 * DAY, make=True)
    for done in (2, 4, 6, 7, 7):
        renewal.rewrap_posts(site.resources.database, site.resources.keys, 2)
        newest = list(site.resources.keys.vault)[-1]
        assert site.rows(f"SELECT count(*) FROM posts WHERE key_id = '{newest}'") == [(done,)]
        assert all(site.opens(post_id) for post_id in ids)


def test_a_post_that_is_destroyed_while_it_is_wrapped_anew_stays_destroyed(site, monkeypatch):
    ids = [site.post(START)[1] for _ in range(3)]
    site.resources = jobs.renew(site.resources, START + 7 * DAY, make=True)
    write = site.resources.database.write

    def destroy_first(job):
        write(lambda c: c.exec_driver_sql("UPDATE posts SET wrapped_key = NULL, content = NULL WHERE id = 1") and None)
        return write(job)

    monkeypatch.setattr(site.resources.database, "write", destroy_first)
    renewal.rewrap_posts(site.resources.database, site.resources.keys)
    assert site.rows("SELECT id FROM posts WHERE wrapped_key IS NULL") == [(ids[0],)]
    assert all(site.opens(post_id) for post_id in ids[1:])


def test_two_nodes_that_tick_at_once_do_no_harm(site, monkeypatch):
    """Each with its own database connection, node name and resources, as two processes have them."""
    monkeypatch.setattr(renewal, "BATCH", 3)
    monkeypatch.setattr(retention, "POSTS", 3)
    with_retention(site, posts=30 * DAY)
    old = [site.post(START)[1] for _ in range(20)]
    now = START + 31 * DAY
    kept = [site.post(now - DAY)[1] for _ in range(20)]
    held_reference, _ = site.post(now - 4 * DAY, HELD)
    with closing(Database.open(site.resources.settings.database_url)) as other:
        section = site.resources.settings.relay.model_copy(update={"node": "node-2"})
        settings = site.resources.settings.model_copy(update={"relay": section})
        nodes = [site.resources, replace(site.resources, database=other, settings=settings)]
        both = threading.Barrier(2)

        def tick(resources: Resources) -> None:
            resources.database.write(lambda c: audit.append(c, resources.settings.relay.node, now, "test.began", {}))
            both.wait()
            for minute in range(3):
                at = now + timedelta(minutes=minute)
                jobs.run_due(jobs.renew(resources, at, make=True), at)

        threads = [threading.Thread(target=tick, args=(resources,)) for resources in nodes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert all(site.sealed(post_id) is None for post_id in old)
    assert all(site.opens(post_id) for post_id in kept)
    assert site.rows("SELECT count(*) FROM audit WHERE event = 'post.expired'") == [(1,)]
    assert site.rows("SELECT count(*) FROM deliveries WHERE kind = 'expiry'") == [(1,)]
    with site.resources.database.read() as connection:
        assert posts.show_post(connection, held_reference)[0].decision == "withhold"
        assert audit.verify(connection, site.resources.keys.audit.public_key()) == ()
    assert site.rows("SELECT node FROM audit_heads GROUP BY node") == [("node-1",), ("node-2",)]


def test_a_job_that_fails_holds_back_no_other(site, monkeypatch, caplog):
    reference, _ = site.post(START, HELD)
    monkeypatch.setattr(jobs.renewal, "rewrap_posts", lambda *_: 1 / 0)
    monkeypatch.setattr(jobs.retention, "destroy_posts", lambda *_: 1 / 0)
    with caplog.at_level("INFO", "relay"):
        jobs.run_due(site.resources, START + 4 * DAY)
    with site.resources.database.read() as connection:
        assert posts.show_post(connection, reference)[0].decision == "withhold"
        assert audit.last_signed(connection, site.resources.settings.relay.node) == START + 4 * DAY


def test_who_is_superseded_does_nothing_more_that_is_due(site, caplog):
    reference, _ = site.post(START, HELD)

    def superseded(connection):
        raise Superseded("another leads")

    fenced = replace(site.resources, database=site.resources.database.guarded(superseded))
    with caplog.at_level("INFO", "relay"):
        jobs.run_due(fenced, START + 4 * DAY)
    assert caplog.messages == []
    with site.resources.database.read() as connection:
        assert posts.show_post(connection, reference)[0].decision == "hold"


def test_the_chain_of_a_node_that_was_killed_for_good_is_signed_by_who_leads(site):
    site.tick(START)
    write = site.resources.database.write
    write(lambda c: audit.append(c, "lost", START, "test", {}))
    site.tick(START + timedelta(hours=1))
    assert site.rows("SELECT node, sequence FROM audit_heads WHERE node = 'lost'") == [("lost", 1)]
    with site.resources.database.read() as connection:
        assert audit.verify(connection, site.resources.keys.audit.public_key()) == ()


def test_the_chain_is_signed_each_hour_whoever_ticks(site):
    def heads() -> int:
        return site.rows("SELECT count(DISTINCT signed_at) FROM audit_heads")[0][0]

    site.post(START)
    site.tick(START)
    site.post(START)
    site.tick(START + timedelta(minutes=59))
    assert heads() == 1
    site.resources = load_resources(site.resources.settings, site.resources.database)  # started anew
    site.tick(START + timedelta(minutes=60))
    assert heads() == 2


def test_hashes_are_forgotten_when_their_key_is_destroyed(site):
    site.post(START)
    for day in (30, 60, 61):
        site.tick(START + day * DAY)
    assert site.rows("SELECT duplicate_key FROM posts") == [(None,)]


def test_rotation_makes_a_key_now_and_wraps_everything_under_it(site):
    ids = [site.post(START)[1] for _ in range(3)]
    made, done = jobs.rotate(site.resources, "root", START + timedelta(hours=1))
    assert (made, done.done, done.shut) == (("vault-20261122T090000Z.key",), 3, 0)
    assert all(site.opens(post_id) for post_id in ids)  # by a process that doesn't know the new key
    [(facts,)] = site.rows("SELECT facts FROM audit WHERE event = 'keys.rotated'")
    assert facts == '{"files":["vault-20261122T090000Z.key"],"operator":"root"}'
    site.tick(START + 7 * DAY + timedelta(hours=1))
    assert site.key_files() == ["vault-20261122T090000Z.key", "vault-20261129T090000Z.key"]


def test_a_letter_that_still_waits_keeps_its_key(site):
    uid = secrets.token_hex(16)
    letter = letters.SealedLetter(
        uid=uid,
        recipient=parse_address(AUTHOR),
        language="en",
        client_ip="192.0.2.7",
        sealed=seal(site.resources.keys, uid, b"Dear postmaster"),
    )
    site.resources.database.write(lambda c: letters.write_to_postmaster(c, "node-1", letter, START))
    first = site.key_files()[0]
    for day in (7, 14, 21):
        site.tick(START + day * DAY)
    assert first in site.key_files()
    ended = "UPDATE deliveries SET status = 'failed', next_attempt_at = NULL, sealed = NULL"
    site.resources.database.write(lambda c: c.exec_driver_sql(ended) and None)
    site.tick(START + 22 * DAY)
    assert first not in site.key_files()


def test_digests_leave_at_the_hour_that_is_set_and_once_however_many_nodes_tick(site: Site) -> None:
    reader = parse_address(READER)
    with site.resources.database.read() as connection:
        member = members.find(connection, reader)
    assert member
    site.resources.database.write(lambda c: wishes.set_reading(c, "node-1", member, Reading.DAILY, START))
    settings = site.resources.settings
    at_four = settings.model_copy(update={"digest": settings.digest.model_copy(update={"hour": 4})})
    site.resources = replace(site.resources, settings=at_four)
    site.post(START)

    def digests() -> list[tuple]:
        return site.rows("SELECT status FROM deliveries WHERE kind = 'digest'")

    hour = START.replace(hour=4) + DAY
    site.tick(hour - timedelta(seconds=1))
    assert digests() == []
    ticks = [threading.Thread(target=jobs.run_due, args=(site.resources, hour)) for _ in range(4)]
    for tick in ticks:
        tick.start()
    for tick in ticks:
        tick.join()
    assert digests() == [("queued",)]
    site.tick(hour + DAY)
    assert digests() == [("queued",)]  # nothing new, nothing to send
