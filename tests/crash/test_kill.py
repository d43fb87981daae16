"""Kill -9 at any moment loses nothing, doubles nothing unseen, and leaves no word of a withheld post.

`make test` tries some moments, evenly spread; `make crash` tries every one.
"""

import pytest

from tests.crash.acts import Act, Bounce, Digest, Letter, Post, Recall, Release
from tests.crash.blows import KILL, Blow, is_long, spread
from tests.crash.story import Story
from tests.crash.sweeps import sweep

RELAYED, WITHHELD, RELEASE, BOUNCE, LETTER, DIGEST = Post(), Post("withhold"), Release(), Bounce(), Letter(), Digest()
# Moments of each call in a short sweep.
IN_MAIN = [
    (RELAYED, {"fdatasync": 1, "pwrite64": 1, "sendto": 1, "recvfrom": 1}),
    (WITHHELD, {"fdatasync": 1}),
    (RELEASE, {"sendto": 1}),
    (BOUNCE, {"fdatasync": 1}),
    (Recall(), {}),
    (LETTER, {}),
]
IN_OTHERS = [
    (RELAYED, "parent", {"recvmsg": 1}),
    (RELAYED, "scanners", {"read": 1, "write": 2}),
    (WITHHELD, "scanners", {"read": 1, "write": 1}),
]


@pytest.mark.parametrize(
    ("act", "moments"), IN_MAIN, ids=["relayed", "withheld", "release", "bounce", "recall", "letter"]
)
def test_a_kill_at_any_moment_loses_nothing(story: Story, act: Act, moments: dict[str, int]) -> None:
    sweep(story, act, moments)


@pytest.mark.parametrize(("act", "whom", "moments"), IN_OTHERS, ids=["parent", "scanner", "scanner, withheld"])
def test_a_killed_scanner_or_their_parent_costs_no_more_than_a_look(
    story: Story, act: Act, whom: str, moments: dict[str, int]
) -> None:
    sweep(story, act, moments, whom)


def test_a_command_that_is_killed_has_done_all_or_nothing(story: Story) -> None:
    for call, most in {"fdatasync": 1, "pwrite64": 1}.items():
        for moment in spread(20 if is_long() else 3, most):
            story.suffer(RELEASE, Blow(call, KILL, str(moment), "command"))


def test_a_kill_at_any_moment_of_a_start_loses_no_digest_and_nothing_that_waited(story: Story) -> None:
    if is_long():
        sweep(story, DIGEST, {}, at_start=True)
        return
    # Without a census, which costs two starts.
    assert story.suffer(DIGEST, Blow("fdatasync", KILL, "4"), at_start=True).fell
