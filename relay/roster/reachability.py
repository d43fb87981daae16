"""What follows when mail to a member's address fails: they are warned, then suspended; nobody is removed.

    3 days on which copies failed          warn: a probe to the address itself, and word to the focal point
    a failure 7 days after that or later   suspend
    no word for a week                     a further probe, so that it comes to an end on quiet lists too

What a server took, and hasn't reported back for three days, proves that the address worked then: failures before it count no more.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

DAYS = 3  # a server that mislaid its users for a day or two is no reason to write to anybody
GRACE = timedelta(days=7)  # for a focal point to find out whether the person still serves
STANDS = timedelta(
    days=3
)  # servers report what they can't deliver at once or within hours; after days they only give up waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """An address that fails: since when, on how many days (UTC), and when it failed last."""

    member_id: str
    since: datetime
    days: int
    last: datetime


def next_step(
    failing: Failing, *, warned_at: datetime | None, probed_at: datetime | None, now: datetime
) -> Literal["warn", "suspend", "probe"] | None:
    """What is to be done now; None when nothing is.

    Args:
        failing: what counts against the address.
        warned_at: when the first probe since it fails was written; None when there was none.
        probed_at: when the last one was.
        now: the time.
    """
    if warned_at is None or probed_at is None:
        return "warn" if failing.days >= DAYS else None
    # By days, as the letters say it.
    if failing.last.date() >= suspended_from(warned_at):
        return "suspend"
    return "probe" if probed_at <= now - GRACE else None


def suspended_from(warned_at: datetime) -> date:
    """The first day on which another failure suspends."""
    return (warned_at + GRACE).date()
