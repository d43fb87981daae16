"""When a country vouches for its members again, and what follows when it doesn't.

30 days before     its focal points are asked
 7 days before     asked again, and the administrators with them; the member is told
on the day         dormant: posts wait for a moderator; copies go on for 30 days if the member has answered HERE
"""

from datetime import date, timedelta
from enum import IntEnum

FIRST = timedelta(days=30)
SECOND = timedelta(days=7)
GRACE = timedelta(days=30)


class Stage(IntEnum):
    """How far the asking has gone for a member; the number stands in their record."""

    NONE = 0
    FIRST = 1
    SECOND = 2
    LAPSED = 3


def due_on(attested_on: date, every: timedelta) -> date:
    """The day on which an attestation ends."""
    return attested_on + every


def stage_of(attested_on: date, every: timedelta, today: date) -> Stage:
    """How far the asking should have gone by now."""
    left = due_on(attested_on, every) - today
    if left <= timedelta(0):
        return Stage.LAPSED
    if left <= SECOND:
        return Stage.SECOND
    return Stage.FIRST if left <= FIRST else Stage.NONE


def receives_until(dormant_on: date, answered_on: date | None) -> date | None:
    """The last day on which a dormant member gets copies: only who has said HERE gets any."""
    return dormant_on + GRACE if answered_on is not None else None
