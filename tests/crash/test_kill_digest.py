"""Kill -9 at any moment of a start at which a digest leaves: its reader gets it with its post, and nobody's post is lost beside."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.builders import make_message
from tests.crash.blows import (
    MEMBERS,
    Blow,
    Post,
    Trial,
    census,
    copies,
    database,
    spread,
    sweep,
    try_blow,
    wait_for_empty_queue,
)
from tests.running import Served, Site, Smarthost

MOMENTS = {"fdatasync": 3, "sendto": 3}  # of each kind in a short sweep, from the start on


@pytest.fixture
def waiting(template: Site, tmp_path: Path) -> Site:
    """A relay with a digest that is due, and its reader waits for another: each member will get exactly one mail."""
    site = template.copy(tmp_path / "waiting")
    reader = site.members[1]
    site.command("members", "wishes", reader, "--digest", "daily")
    with Smarthost() as smarthost, Served(site, smarthost.port) as relay:
        octets = make_message("Five tusks.\r\n", sender=site.author, more=b"X-Number: 1\r\n").replace(
            b"<1@", b"<first@"
        )
        reply = relay.send(octets)
        assert reply is not None
        assert reply.startswith("250 "), reply
        wait_for_empty_queue(site)
        assert relay.stop() == 0
    site.command("members", "wishes", reader, "--digest", "instant")  # what was put by is due now
    site.command("members", "wishes", reader, "--digest", "weekly")
    with database(
        site
    ) as opened:  # a start whose chain's end was signed lately signs nothing, and can't be told to have begun
        opened.write(lambda connection: connection.execute(text("DELETE FROM audit_heads")) and None)
    (site.data / "service.log").unlink()
    shutil.rmtree(site.data / "run")  # sockets, which no copy can have
    return site


def statuses(trial: Trial) -> list[tuple[int, str]]:
    """What became of the reader's copies, in the order of the posts."""
    query = text(
        "SELECT post_id, status FROM deliveries JOIN members ON members.id = member_id "
        "WHERE kind = 'copy' AND members.address = :reader ORDER BY post_id"
    )
    with database(trial.site) as relay, relay.read() as connection:
        return [(row.post_id, row.status) for row in connection.execute(query, {"reader": trial.site.members[1]})]


@pytest.mark.usefixtures("strace")
def test_a_kill_at_any_moment_loses_no_post_of_a_digest(waiting: Site, tmp_path: Path) -> None:
    post = Post(make_message("Two horns.\r\n", sender=waiting.author), mails=MEMBERS)
    moments = census(waiting, post)
    blows = [
        Blow(call, "signal=KILL", str(n))
        for call, number in MOMENTS.items()
        for n in spread(range(1, moments[call].stop), number)
    ]
    trials = sweep(lambda blow: try_blow(waiting, tmp_path, blow, post), blows)
    assert any(trial.killed for trial in trials)
    for trial in trials:
        assert copies(trial) == set(waiting.members[1:]), trial
        assert statuses(trial) == [(1, "delivered"), (2, "digest")], trial
        digests = [mail.octets for mail in trial.mails if mail.rcpt_to == (waiting.members[1],)]
        assert digests
        assert all(b"[DIGEST][TLP:GREEN]" in octets and b"Five tusks." in octets for octets in digests)
