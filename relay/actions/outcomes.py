"""What becomes of an attempt: its settlement, and its line in the log."""

import random
from collections.abc import Sequence
from datetime import datetime

from relay.delivery.delivery import Action, Delivery, Kind, Outcome, Status
from relay.delivery.retry import settle
from relay.maillog import note
from relay.resources import Resources
from relay.store.queue import Settlement

_EVENTS = {
    Status.DELIVERED: "delivery.sent",
    Status.QUEUED: "delivery.delayed",
    Status.FAILED: "delivery.failed",
    Status.EXPIRED: "delivery.expired",
}


def note_settled(settled: Sequence[tuple[Delivery, Settlement]]) -> None:
    """Log what became of a chunk: one line for all of a post who fared alike; of the server's words only the reply code."""
    alike: dict[tuple[Status, str, Kind, int, str], list[str]] = {}
    for delivery, settlement in settled:
        attempts = delivery.attempts + settlement.counted
        key = (settlement.status, delivery.reference, delivery.kind, attempts, settlement.reply[:3])
        alike.setdefault(key, []).append(delivery.recipient_id)
    for (status, reference, kind, attempts, said), recipients in alike.items():
        code = int(said) if said.isdecimal() else None
        note(_EVENTS[status], reference=reference, kind=kind.value, recipients=recipients, attempts=attempts, code=code)


def settlement_of(resources: Resources, delivery: Delivery, outcome: Outcome, now: datetime) -> Settlement:
    """What to write down of one attempt."""
    if outcome.action is Action.DELIVERED:
        return Settlement(id=delivery.id, status=Status.DELIVERED, reply=outcome.reply, sent_at=now)
    jitter = random.uniform(-1, 1)  # noqa: S311  (spreads retries; nobody gains by guessing it)
    step = settle(delivery, outcome, now=now, max_age=resources.settings.delivery.max_age, jitter=jitter)
    return Settlement(
        id=delivery.id,
        status=step.status,
        reply=outcome.reply,
        next_attempt_at=step.next_attempt_at,
        counted=outcome.reached,
        ambiguous=outcome.ambiguous,
    )
