"""PostgreSQL with a process for each role: each is killed at any moment, and so are the server's own, in the middle of a commit too."""

import os
import signal
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from tests.crash.acts import Act, Post, Release
from tests.crash.blows import Blow, is_long, spread
from tests.crash.conftest import MEMBERS
from tests.crash.invariants import database
from tests.crash.lives import Life, beat_each_second, until
from tests.crash.story import Story
from tests.crash.sweeps import sweep
from tests.postgresql import Server, require
from tests.running import Smarthost, establish, without_detectors

ENDED = text("UPDATE deliveries SET leased_until = 1 WHERE lease IS NOT NULL")
RELAYED, WITHHELD, RELEASE = Post(), Post("withhold"), Release()
# Moments of each call in a short sweep. A role that is killed costs its start; the server's processes, or an error, hardly anything.
KILLS: list[tuple[Act, str, dict[str, int]]] = [
    (RELAYED, "delivery", {"sendto": 2, "recvfrom": 1}),
    (RELAYED, "smtp", {"sendto": 1}),
    (RELAYED, "backends", {"sendto": 1, "fdatasync": 1}),
]
ERRORS: list[tuple[Act, str, str, str, int]] = [
    (RELAYED, "backends", "fdatasync", "EIO", 1),  # the server gives up at once and starts anew
    (RELAYED, "backends", "recvfrom", "ECONNRESET", 1),
]
if is_long():
    KILLS += [(WITHHELD, "smtp", {}), (RELEASE, "delivery", {}), (RELEASE, "jobs", {})]
    ERRORS += [(RELAYED, "backends", "pwrite64", "ENOSPC", 1), (RELEASE, "delivery", "recvfrom", "ECONNRESET", 1)]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, strace: None) -> Iterator[Story]:
    """A relay whose roles are processes of their own, and a server that calls fsync."""
    require()
    folder = tmp_path_factory.mktemp("postgresql")
    with Server(durable=True) as server, Smarthost() as smarthost:
        site = establish(folder / "data", MEMBERS, moderators=1, database=server.database())
        without_detectors(site.data)
        opened = Story(site, smarthost, roles=("smtp", "delivery", "jobs"), server=server)
        yield opened
        opened.close()


@pytest.mark.parametrize(("act", "whom", "moments"), KILLS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_kill_at_any_moment_loses_nothing(story: Story, act: Act, whom: str, moments: dict[str, int]) -> None:
    sweep(story, act, moments, whom)


@pytest.mark.parametrize(("act", "whom", "call", "error", "most"), ERRORS)
def test_an_error_at_any_moment_breaks_no_promise(
    story: Story, act: Act, whom: str, call: str, error: str, most: int
) -> None:
    made = story.census(act, whom).get(call, 0)
    for moment in spread(max(made, 1), most):
        story.suffer(act, Blow(call, f"error={error}", str(moment), whom))


def test_a_node_that_wakes_after_its_lease_has_nothing_to_say_any_more(story: Story) -> None:
    """Another node has taken over, and what the stopped one heard, a refusal at that, changes nothing."""
    story.wake()
    story.rest()
    RELAYED.prepare(story)
    stopped, before = story.lives["delivery"].pid, story.possible_duplicates

    def refuse_and_stop(stage: str, _: str) -> str | None:
        if stage != "dot":
            return None
        story.smarthost.sink.behave = None
        os.kill(stopped, signal.SIGSTOP)
        return "550 5.1.1 no such mailbox"

    story.smarthost.sink.behave = refuse_and_stop
    assert RELAYED.do(story, None)
    until(lambda: story.smarthost.sink.behave is None)
    with database(story.site) as relay:  # the minute passes
        relay.write(lambda connection: connection.execute(ENDED).rowcount)
    other = Life(
        story.site.copy(story.site.data.with_name("other")),
        story.smarthost.port,
        only="delivery",
        settings={"RELAY_RELAY__NODE": "node-2"},
        prepare=beat_each_second,
    )
    try:
        story.look(RELAYED, Blow("", "", ""))
        os.kill(stopped, signal.SIGCONT)
        again = Post()  # whatever the woken node has to say, it has said once it takes part again
        again.prepare(story)
        assert again.do(story, None)
        story.look(again, Blow("", "", ""))
        story.look(RELAYED, Blow("", "", ""))
    finally:
        assert other.end(signal.SIGTERM) == 0
    assert 1 <= story.possible_duplicates - before <= RELAYED.mails
    assert story.ask("SELECT count(*) FROM deliveries WHERE status = 'failed'") == 0
