"""A relay's clock: the database's, counted on by the machine's seconds."""

from datetime import UTC, datetime, timedelta

import relay.store.clock as module
from relay.store.clock import Clock, seconds

TOLD = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def test_what_the_database_told_is_counted_on_and_a_later_telling_counts(monkeypatch):
    count = [100.0]
    clock = Clock(lambda: count[0])
    clock.set(TOLD)
    monkeypatch.setattr(module, "datetime", None)  # the machine's own clock is asked no more
    count[0] += 90.5
    assert clock.now() == TOLD + timedelta(seconds=90.5)
    clock.set(TOLD - timedelta(hours=1))
    assert clock.now() == TOLD - timedelta(hours=1)


def test_a_database_without_a_clock_has_its_machines():
    before = datetime.now(UTC)
    assert before <= Clock().now() <= datetime.now(UTC)
    assert seconds() <= seconds()
