"""A disk that fails or is full: 451 and no promise, and nothing lost or doubled unseen once it is well again."""

import resource
from pathlib import Path

import pytest

from tests.builders import make_message
from tests.crash.blows import (
    BROKEN,
    Blow,
    Post,
    census,
    copies,
    has_begun,
    log_of,
    spread,
    sweep,
    traces,
    try_blow,
    until,
    wait_for_empty_queue,
)
from tests.running import Served, Site, Smarthost


@pytest.mark.usefixtures("strace")
def test_after_a_failed_fsync_nothing_is_promised_until_a_restart(
    template: Site, relayed: Post, tmp_path: Path
) -> None:
    # The first fdatasync of a post is its own commit's, the later ones are its delivery's.
    moments = spread(census(template, relayed)["fdatasync"], 3)
    trials = sweep(
        lambda blow: try_blow(template, tmp_path, blow, relayed),
        [Blow("fdatasync", "error=EIO", str(moment)) for moment in moments],
    )
    for trial in trials:
        assert copies(trial) == set(template.members[1:]), trial
        assert not trial.killed, trial
    assert trials[0].reply is not None
    assert trials[0].reply.startswith("451 4.3.0 "), trials[0]
    assert BROKEN in log_of(trials[0].site)


@pytest.mark.usefixtures("strace")
def test_a_withheld_post_leaves_no_word_when_its_fsync_fails(template: Site, withheld: Post, tmp_path: Path) -> None:
    first = census(template, withheld)["fdatasync"][0]
    trial = try_blow(template, tmp_path, Blow("fdatasync", "error=EIO", str(first)), withheld)
    assert trial.reply is not None
    assert trial.reply.startswith("451 "), trial
    assert traces(trial.site) == []


@pytest.mark.usefixtures("strace")
def test_a_full_disk_is_answered_451_until_there_is_room_again(template: Site, relayed: Post, tmp_path: Path) -> None:
    first = census(template, relayed)["pwrite64"][0]
    site = template.copy(tmp_path / "full")
    full = Blow("pwrite64", "error=ENOSPC", f"{first}..{first + 1}")
    with Smarthost() as smarthost, Served(site, smarthost.port, under=full.command) as relay:
        until(lambda: has_begun(site))
        replies = [relay.send(relayed.octets) for _ in range(3)]
        wait_for_empty_queue(site)
        assert [str(reply)[:4] for reply in replies] == ["451 ", "451 ", "250 "]
        assert len(smarthost.sink.received) == relayed.mails


def test_a_file_that_may_not_grow_is_answered_451_and_a_restart_heals_it(
    template: Site, relayed: Post, tmp_path: Path
) -> None:
    site = template.copy(tmp_path / "limited")
    with Smarthost() as smarthost:
        with Served(site, smarthost.port) as relay:
            until(lambda: has_begun(site))
            _forbid_growth(relay, site)
            for post in (relayed.octets, make_message("Another seizure.\r\n", sender=site.author)):
                assert str(relay.send(post)).startswith("451 4.3.0 ")
            assert smarthost.sink.received == []
        with Served(site, smarthost.port) as relay:
            assert str(relay.send(relayed.octets)).startswith("250 2.0.0 ")
            wait_for_empty_queue(site)
        assert len(smarthost.sink.received) == relayed.mails


def _forbid_growth(relay: Served, site: Site) -> None:
    """No file of the service may become longer than the database's log is now."""
    size = Path(site.data / "relay.db-wal").stat().st_size
    resource.prlimit(relay.process.pid, resource.RLIMIT_FSIZE, (size, size))
