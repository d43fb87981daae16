"""How members wish to read: each post at once, a digest a day or a week, or nothing for a while."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

LONGEST_PAUSE = timedelta(days=365)


class Reading(StrEnum):
    """When posts come: each at once, or many in one digest."""

    INSTANT = "instant"
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a member has chosen. `paused_at` is since when no posts are wanted; `paused_until` the first day (UTC) on which they come again."""

    reading: Reading = Reading.INSTANT
    paused_at: datetime | None = None
    paused_until: date | None = None

    def is_paused(self, on: date) -> bool:
        """Whether no posts are wanted on that day; a pause with an end is over by itself."""
        return self.paused_at is not None and (self.paused_until is None or on < self.paused_until)


def due_before(now: datetime, hour: int) -> Mapping[Reading, datetime]:
    """The latest moment at which each kind of digest was due: what was collected until then must go.

    Daily ones are due at that hour (UTC), weekly ones at that hour on Mondays. Whoever reads at once again is due now, with
    whatever was collected before they wished so.
    """
    daily = datetime.combine(now.date(), time(hour), now.tzinfo)
    if daily > now:
        daily -= timedelta(days=1)
    weekly = daily - timedelta(days=daily.weekday())
    return {Reading.INSTANT: now, Reading.DAILY: daily, Reading.WEEKLY: weekly}


def read_pause_end(words: str, today: date) -> date | None:
    """The first day on which posts come again, from "14" (days) or "2027-01-15"; None when it is neither, past, or too far away."""
    try:
        end = today + timedelta(days=int(words)) if words.isdecimal() and len(words) <= 3 else date.fromisoformat(words)
    except ValueError:
        return None
    return end if today < end <= today + LONGEST_PAUSE else None
