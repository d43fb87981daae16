"""A node that fell silent is replaced, and one that only seems silent, because the server's clock was set, is not."""

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

import relay.actions.leases as module
from relay.actions.leases import BEAT, Leases
from relay.store import last_look, leases, queue
from tests.integration.clocked import Clocked

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
ANA, JEAN = "ana@douanes.example", "jean@parcs.example"
PEOPLE = [(one, "customs", "CM", "fr", "central-africa", "member") for one in (ANA, JEAN)]


class Times:
    """The server's clock and this machine's count of seconds, as a test sets them."""

    def __init__(self):
        self.now, self.count = START, 0.0

    def pass_(self, span):
        self.now, self.count = self.now + span, self.count + span.total_seconds()


@pytest.fixture
def times(monkeypatch):
    times = Times()
    monkeypatch.setattr(module, "seconds", lambda: times.count)
    monkeypatch.setattr("relay.store.clock.Clock.now", lambda _: times.now)
    return times


@pytest.fixture
def relay(tmp_path, times):
    made = Clocked.made(tmp_path / "data", PEOPLE, START)
    with closing(made.resources.database):
        made.post(ANA, START)
        yield made


def begin_elsewhere(relay, times):
    """Another node sends all that there is."""
    write = relay.resources.database.write
    claimed = write(lambda c: queue.claim(c, "node-2/b/1", times.now, times.now + last_look.SENDING, 99))
    begun = write(lambda c: last_look.begin(c, "node-2/b/1", [one.id for one in claimed], times.now))
    return len(begun)


def test_who_gave_no_sign_of_life_for_45_seconds_is_taken_over(relay, times):
    number = begin_elsewhere(relay, times)
    here = Leases(lambda: relay.resources, "a")
    taken = []
    for _ in range(5):
        taken.append(here.beat(sending=False))
        times.pass_(BEAT)
    assert taken == [0] * 5
    assert here.beat(sending=False) == number > 0


def test_when_the_servers_clock_is_set_nobody_is_taken_over_before_they_had_time_for_a_sign_of_life(relay, times):
    number = begin_elsewhere(relay, times)
    here, there = Leases(lambda: relay.resources, "a"), relay.resources.database
    assert here.beat(sending=False) == 0
    times.pass_(BEAT)
    times.now += timedelta(hours=1)
    assert here.beat(sending=False) == 0
    there.write(lambda c: leases.prolong(c, "node-2/b/", times.now + last_look.SENDING))
    for _ in range(4):
        times.pass_(BEAT)
        assert here.beat(sending=False) == 0
    times.pass_(BEAT)
    assert here.beat(sending=False) == number  # it fell silent after all


def test_what_is_sent_here_is_prolonged_by_each_beat(relay, times):
    here, write = Leases(lambda: relay.resources, "a"), relay.resources.database.write
    lease = f"{here.owner}1"
    claimed = write(lambda c: queue.claim(c, lease, times.now, times.now + last_look.SENDING, 99))
    write(lambda c: last_look.begin(c, lease, [one.id for one in claimed], times.now))
    times.pass_(BEAT)
    here.beat(sending=True)
    [[until]] = relay.rows("SELECT DISTINCT leased_until FROM deliveries WHERE status = 'sending'")
    assert until == int((times.now + last_look.SENDING).timestamp()) * 1_000_000
