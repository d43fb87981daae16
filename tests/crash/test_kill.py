"""Kill -9 at any moment loses nothing, doubles nothing unseen, and leaves no word of a withheld post.

`make test` tries some moments, evenly spread; RELAY_CRASH_SWEEP=full tries every one.
"""

from pathlib import Path

import pytest

from tests.crash.blows import Blow, Post, Trial, census, copies, spread, sweep, traces, try_blow
from tests.running import Site

RELAYED = {"fsync": 2, "fdatasync": 3, "pwrite64": 2, "sendto": 3}  # moments of each kind in a short sweep
WITHHELD = {"fdatasync": 2, "pwrite64": 1, "sendto": 1}


def _kill_at_every_kind(template: Site, folder: Path, post: Post, most: dict[str, int]) -> list[Trial]:
    moments = census(template, post)
    assert all(moments[call] for call in most), moments
    blows = [Blow(call, "signal=KILL", str(n)) for call, number in most.items() for n in spread(moments[call], number)]
    trials = sweep(lambda blow: try_blow(template, folder, blow, post), blows)
    assert any(trial.killed for trial in trials)
    return trials


@pytest.mark.usefixtures("strace")
def test_a_kill_at_any_moment_loses_no_post_that_was_answered(template: Site, relayed: Post, tmp_path: Path) -> None:
    for trial in _kill_at_every_kind(template, tmp_path, relayed, RELAYED):
        assert copies(trial) == set(template.members[1:]), trial


@pytest.mark.usefixtures("strace")
def test_a_kill_at_any_moment_leaves_no_word_of_a_withheld_post(template: Site, withheld: Post, tmp_path: Path) -> None:
    for trial in _kill_at_every_kind(template, tmp_path, withheld, WITHHELD):
        assert copies(trial) == set(), trial
        assert {mail.rcpt_to for mail in trial.mails} == {(template.author,)}, trial
        assert traces(trial.site) == [], trial
