"""How this process is: is the relay up, can it write things down, and does what is due leave?"""

from dataclasses import dataclass
from datetime import timedelta

from relay.settings import AlarmsSection


@dataclass(frozen=True, slots=True)
class Health:
    """How this process is: "ok" or what is wrong. `why` is "disk" where there is too little room to take posts.

    Where it delivers: how long the oldest delivery has been due, and whether the smarthost is away. `lists_stopped` is how many
    are, where any is: which ones is nobody's business here.
    """

    status: str
    due_seconds: int | None = None
    smarthost_away: bool | None = None
    lists_stopped: int | None = None
    why: str | None = None

    def to_json(self) -> dict[str, object]:
        """What is known of it."""
        facts = {
            "due_seconds": self.due_seconds,
            "smarthost_away": self.smarthost_away,
            "lists_stopped": self.lists_stopped,
            "why": self.why,
        }
        return {"status": self.status} | {name: fact for name, fact in facts.items() if fact is not None}


def judge_delivery(waiting: timedelta, away_for: timedelta | None, alarms: AlarmsSection) -> Health:
    """Judge as alarms do, by how long the oldest delivery has been due and the smarthost away, since no letter can tell of either.

    Args:
        waiting: since so long a delivery is due. Behind a smarthost that is away deliveries wait as they should.
        away_for: since so long the smarthost is away; None while it isn't.
        alarms: how long is too long.
    """
    if away_for is None:
        status = "delivery stuck" if waiting > alarms.due else "ok"
    else:
        status = "smarthost away" if away_for > alarms.smarthost_away else "ok"
    return Health(status, due_seconds=int(waiting.total_seconds()), smarthost_away=away_for is not None)
