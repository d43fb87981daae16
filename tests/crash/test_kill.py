"""Kill -9 at any moment loses nothing, doubles nothing unseen, and leaves no word of a withheld post.

`make test` tries some moments, evenly spread; RELAY_CRASH_SWEEP=full tries every one.
"""

from pathlib import Path

import pytest

from tests.builders import make_message
from tests.crash.blows import Blow, Trial, census, copies, spread, sweep, traces, try_blow
from tests.running import Site

RELAYED = {"fsync": 2, "fdatasync": 5, "pwrite64": 4, "sendto": 5}  # moments of each kind in a short sweep
WITHHELD = {"fdatasync": 2, "pwrite64": 2, "sendto": 2}


def _kill_at_every_kind(template: Site, folder: Path, octets: bytes, most: dict[str, int]) -> list[Trial]:
    moments = census(template, folder / "census", octets)
    assert all(moments[call] for call in most), moments
    blows = [Blow(call, "signal=KILL", str(n)) for call, number in most.items() for n in spread(moments[call], number)]
    trials = sweep(lambda blow: try_blow(template, folder, blow, octets), blows)
    assert any(trial.killed for trial in trials)
    return trials


@pytest.mark.usefixtures("strace")
def test_a_kill_at_any_moment_loses_no_post_that_was_answered(template, tmp_path):
    octets = make_message(sender=template.author)
    for trial in _kill_at_every_kind(template, tmp_path, octets, RELAYED):
        assert copies(trial) == set(template.members[1:]), trial


@pytest.mark.usefixtures("strace")
def test_a_kill_at_any_moment_leaves_no_word_of_a_withheld_post(template, tmp_path):
    octets = make_message("The Quittenbaum lead at Xylophonberg.\r\n", sender=template.author, subject="TLP:RED")
    for trial in _kill_at_every_kind(template, tmp_path, octets, WITHHELD):
        assert copies(trial) == set(), trial
        assert {mail.rcpt_to for mail in trial.mails} == {(template.author,)}, trial
        assert traces(trial.site) == [], trial
