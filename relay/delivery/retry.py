"""What follows from one attempt: the next state of a delivery and when to try again. Pure; time and chance are arguments."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from relay.delivery.delivery import Action, Delivery, Outcome, Status

# The first ones are short because most delays are greylisting, which wants a second try within minutes; then the
# half hour of RFC 5321 §4.5.4.1.
WAITS = tuple(timedelta(seconds=seconds) for seconds in (30, 60, 120, 300, 600, 1200, 1800))
JITTER = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """The delivery's next state. `next_attempt_at` is None when it is a final one; `attempts` are those counted so far."""

    status: Status
    next_attempt_at: datetime | None
    attempts: int


def settle(delivery: Delivery, outcome: Outcome, *, now: datetime, max_age: timedelta, jitter: float) -> NextStep:
    """Decide what becomes of a delivery after an attempt.

    Args:
        delivery: as it was before this attempt; its `attempts` don't count this one yet.
        outcome: what the next server did.
        now: the present.
        max_age: how long after `created_at` we give up.
        jitter: from -1 to 1; spreads the next tries ±20 %, so that a thousand delayed copies don't come back at once.
    """
    attempts = delivery.attempts + outcome.reached
    match outcome.action:
        case Action.DELIVERED:
            return NextStep(status=Status.DELIVERED, next_attempt_at=None, attempts=attempts)
        case Action.FAILED:
            return NextStep(status=Status.FAILED, next_attempt_at=None, attempts=attempts)
        case Action.DELAYED:
            if now - delivery.created_at >= max_age:
                return NextStep(status=Status.EXPIRED, next_attempt_at=None, attempts=attempts)
            wait = (
                WAITS[min(delivery.attempts, len(WAITS) - 1)] * (1 + JITTER * jitter) if outcome.waits else timedelta(0)
            )
            return NextStep(status=Status.QUEUED, next_attempt_at=now + wait, attempts=attempts)
        case _:  # pragma: no cover - the types rule it out
            assert_never(outcome.action)
