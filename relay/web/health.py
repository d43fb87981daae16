"""How this process is: is the relay up, can it write things down, and does what is due leave?"""

from dataclasses import dataclass
from datetime import timedelta

from relay.delivery.retry import LONG


@dataclass(frozen=True, slots=True)
class Health:
    """How this process is: "ok" or what is wrong.

    Where it delivers: how long the oldest delivery has been due, and whether the smarthost is away.
    """

    status: str
    due_seconds: int | None = None
    smarthost_away: bool | None = None

    def to_json(self) -> dict[str, object]:
        """What is known of it."""
        facts = {"due_seconds": self.due_seconds, "smarthost_away": self.smarthost_away}
        return {"status": self.status} | {name: fact for name, fact in facts.items() if fact is not None}


def judge_delivery(waiting: timedelta, *, away: bool) -> Health:
    """Judge by how long the oldest delivery has been due. Behind a smarthost that is away deliveries wait as they should."""
    status = "delivery stuck" if waiting > LONG and not away else "ok"
    return Health(status, due_seconds=int(waiting.total_seconds()), smarthost_away=away)
