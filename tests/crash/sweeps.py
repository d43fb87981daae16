"""A kill at every moment of an act, or at some of them, evenly spread."""

from collections.abc import Mapping

from tests.crash.acts import Act
from tests.crash.blows import KILL, Blow, is_long, spread
from tests.crash.story import Story

# How often each call comes depends on what waits for whom, and on what served before strace took hold.
TRIES = 5
# What every process calls all the time, and what only loads code: a kill there is one at the next call that tells.
NOT_SWEPT = frozenset({"openat", "close", "poll", "read"})


def sweep(story: Story, act: Act, moments: Mapping[str, int], whom: str = "main", *, at_start: bool = False) -> None:
    """Kill at so many moments of each of these calls, and in a long sweep at all moments of whatever is called; one falls at least."""
    made = counted(story, act, set(moments), whom, at_start=at_start)
    if is_long():
        moments = {call: made[call] for call in made if call in moments or call not in NOT_SWEPT}
    blows = [Blow(call, KILL, str(at), whom) for call, most in moments.items() for at in spread(made[call], most)]
    fell = [story.suffer(act, blow, at_start=at_start).fell for blow in blows]
    # A moment may not come again: the first of its kind does.
    again = [Blow(blow.call, KILL, "1", whom) for blow in blows[:1]] * TRIES
    assert not blows or any(fell) or any(story.suffer(act, blow, at_start=at_start).fell for blow in again)


def counted(story: Story, act: Act, wanted: set[str], whom: str, *, at_start: bool) -> dict[str, int]:
    """What is called in an act and how often, these calls among them."""
    made: dict[str, int] = {}
    for _ in range(TRIES):
        made = story.census(act, whom, at_start=at_start)
        if wanted <= set(made):
            return made
    raise AssertionError(made)
