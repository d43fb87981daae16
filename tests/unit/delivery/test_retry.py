"""What follows from one attempt."""

from datetime import UTC, datetime, timedelta

import pytest

from relay.delivery.delivery import Action, Delivery, Kind, Outcome, Status
from relay.delivery.retry import settle
from relay.mail.address import Address

CREATED = datetime(2026, 3, 1, 12, tzinfo=UTC)
MAX_AGE = timedelta(days=5)


def delivery(attempts: int = 0) -> Delivery:
    return Delivery(
        id=1,
        post_id=1,
        reference="CAFR-2026-000001",
        list_name="central-africa",
        recipient=Address(local="a.ekotto", domain="customs.example"),
        recipient_id="m1",
        language="fr",
        kind=Kind.COPY,
        attempts=attempts,
        created_at=CREATED,
        lease="t",
    )


def after(action: Action, *, attempts: int = 0, reached: bool = True, age: timedelta = timedelta(0), jitter: float = 0):
    outcome = Outcome(action=action, reply="x", reached=reached)
    return settle(delivery(attempts), outcome, now=CREATED + age, max_age=MAX_AGE, jitter=jitter)


def test_a_copy_that_may_have_ended_the_session_waits_without_an_attempt():
    outcome = Outcome(action=Action.DELAYED, reply="x", reached=False, blamed=True)
    step = settle(delivery(), outcome, now=CREATED, max_age=MAX_AGE, jitter=0)
    assert (step.attempts, step.next_attempt_at) == (0, CREATED + timedelta(seconds=30))


def test_a_delivered_copy_is_final():
    step = after(Action.DELIVERED, attempts=2, age=timedelta(days=9))
    assert (step.status, step.next_attempt_at, step.attempts) == (Status.DELIVERED, None, 3)


def test_a_permanent_no_is_final():
    step = after(Action.FAILED)
    assert (step.status, step.next_attempt_at, step.attempts) == (Status.FAILED, None, 1)


@pytest.mark.parametrize(("attempts", "seconds"), list(enumerate((30, 60, 120, 300, 600, 1200, 1800, 1800, 1800))))
def test_delays_grow_from_half_a_minute_to_half_an_hour(attempts, seconds):
    step = after(Action.DELAYED, attempts=attempts)
    assert (step.status, step.attempts) == (Status.QUEUED, attempts + 1)
    assert step.next_attempt_at == CREATED + timedelta(seconds=seconds)


@pytest.mark.parametrize(("jitter", "seconds"), [(-1, 24), (0.5, 33), (1, 36)])
def test_chance_spreads_a_wait_by_a_fifth(jitter, seconds):
    assert after(Action.DELAYED, jitter=jitter).next_attempt_at == CREATED + timedelta(seconds=seconds)


def test_a_server_that_could_not_be_reached_costs_no_attempt_and_no_wait():
    step = after(Action.DELAYED, attempts=4, reached=False, jitter=1)
    assert (step.status, step.next_attempt_at, step.attempts) == (Status.QUEUED, CREATED, 4)


@pytest.mark.parametrize("reached", [True, False])
def test_what_is_too_old_expires(reached):
    step = after(Action.DELAYED, age=MAX_AGE, reached=reached)
    assert (step.status, step.next_attempt_at) == (Status.EXPIRED, None)
    assert after(Action.DELAYED, age=MAX_AGE - timedelta(seconds=1), reached=reached).status is Status.QUEUED
