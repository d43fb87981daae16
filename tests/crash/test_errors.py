"""System calls that fail at any moment: a promise is kept or never made, and nothing is lost once the disk or the line is well."""

import pytest

from tests.crash.acts import Act, Bounce, Letter, Post, Recall, Release
from tests.crash.blows import Blow, is_long, spread
from tests.crash.story import Story

RELAYED, WITHHELD = Post(), Post("withhold")
# Which error of which call, in main: how many moments in a short sweep. Only an error that lasts costs a start.
ERRORS = {
    ("pwrite64", "ENOSPC"): 4,
    ("pwrite64", "EIO"): 1,
    ("pread64", "EIO"): 1,
    ("sendto", "ECONNRESET"): 4,
    ("recvfrom", "ECONNRESET"): 4,
    ("recvfrom", "ETIMEDOUT"): 1,
    ("connect", "ECONNREFUSED"): 1,
    ("write", "ENOSPC"): 3,  # the log's disk, and what wakes threads
    ("openat", "EMFILE"): 1,
}
if is_long():
    ERRORS |= {("fdatasync", "EIO"): 1, ("fdatasync", "ENOSPC"): 1}


@pytest.mark.parametrize(("call", "error"), ERRORS, ids=str)
def test_an_error_at_any_moment_breaks_no_promise(story: Story, call: str, error: str) -> None:
    acts: list[Act] = [RELAYED, WITHHELD, Release(), Bounce(), Recall(), Letter()] if is_long() else [RELAYED]
    for act in acts:
        made = story.census(act).get(call, 0)
        for moment in spread(max(made, 1), ERRORS[call, error]):
            story.suffer(act, Blow(call, f"error={error}", str(moment)))


def test_after_a_failed_fsync_the_answer_is_451_until_a_restart(story: Story) -> None:
    """The kernel may call the next fsync a success although the pages are lost."""
    for act in (RELAYED, WITHHELD):
        trial = story.suffer(act, Blow("fdatasync", "error=EIO", "1"))
        assert trial.reply is not None
        assert trial.reply.startswith("451 4.3.0 "), trial


def test_a_full_disk_is_answered_451_until_there_is_room_again(story: Story) -> None:
    trial = story.suffer(RELAYED, Blow("pwrite64", "error=ENOSPC", "1+"))
    assert trial.reply is not None
    assert trial.reply.startswith("451 4.3.0 "), trial
