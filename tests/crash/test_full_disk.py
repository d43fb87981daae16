"""Disks of a few megabytes that are really full, at every stage: clients are put off, and all goes on by itself once there is room."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.crash.acts import Post
from tests.crash.blows import Blow
from tests.crash.lives import until
from tests.crash.story import Story
from tests.running import Site, Smarthost

NOTHING = Blow("", "", "")
PUT_OFF = ("451 4.3.0 ", "452 4.3.1 ")


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A file system of its own, where this machine lets us mount one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "none", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a small file system: that needs root")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def story(template: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A relay whose data, and whose log, are on small disks, and which keeps no room free before it puts clients off."""
    folder = tmp_path_factory.mktemp("disks")
    with ExitStack() as stack:
        for name, size in (("data", "12m"), ("log", "1m")):
            stack.enter_context(small_disk(folder / name, size))
        smarthost = stack.enter_context(Smarthost())
        site = template.copy(folder / "data" / "relay")
        (site.data / "service.log").unlink()
        (site.data / "service.log").symlink_to(folder / "log" / "service.log")
        opened = Story(site, smarthost, settings={"RELAY_SMTP__MIN_FREE_OCTETS": "0"})
        stack.callback(opened.close)
        opened.wake()
        opened.rest()
        yield opened


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """A disk without an octet of room, meanwhile."""
    fill(folder)
    try:
        yield
    finally:
        make_room(folder)


def fill(folder: Path) -> None:
    with (folder / "ballast").open("ab", buffering=0) as ballast, suppress(OSError):
        for size in (1 << 16, 4096, 1):
            with suppress(OSError):
                while ballast.write(bytes(size)):
                    pass


def make_room(folder: Path) -> None:
    (folder / "ballast").unlink()


def test_a_full_disk_puts_clients_off_and_takes_posts_again_once_there_is_room(story: Story) -> None:
    disk, act = story.site.data.parent, Post()
    act.prepare(story)
    with full(disk):
        for _ in range(2):
            assert not act.do(story, None)
            assert (story.last_reply or "").startswith(PUT_OFF), story.last_reply
    act.again(story)
    story.look(act, NOTHING)


@pytest.mark.parametrize("stage", ["mail", "dot", "after-dot"])
def test_a_disk_that_is_full_while_copies_leave_loses_and_doubles_nothing(story: Story, stage: str) -> None:
    disk, act, before = story.site.data.parent, Post(), story.possible_duplicates
    act.prepare(story)

    def fill_at(now: str, _: str) -> None:
        if now == stage:
            story.smarthost.sink.behave = None
            fill(disk)

    troubles = story.troubles()
    story.smarthost.sink.behave = fill_at
    assert act.do(story, None), story.last_reply
    until(lambda: story.troubles() > troubles)  # what was sent can't be written down
    make_room(disk)
    story.look(act, NOTHING)
    assert story.possible_duplicates == before


def test_a_full_log_disk_stops_no_post(story: Story) -> None:
    act = Post()
    act.prepare(story)
    with full((story.site.data / "service.log").resolve().parent):
        assert act.do(story, None), story.last_reply
        story.look(act, NOTHING)
    act.prepare(story)
    assert act.do(story, None), story.last_reply
    story.look(act, NOTHING)
    assert f'"{act.reference}"' in (story.site.data / "service.log").read_text("utf-8")


def test_a_start_on_a_full_disk_fails_in_words_or_serves_and_nothing_is_lost(story: Story) -> None:
    disk, act = story.site.data.parent, Post()
    act.prepare(story)
    story.smarthost.sink.behave = lambda stage, _: "451 4.3.0 later" if stage == "mail" else None
    assert act.do(story, None), story.last_reply
    os.kill(story.life.pid, signal.SIGKILL)
    until(lambda: story.life.over)
    story.smarthost.sink.behave = None
    with full(disk):
        story.wake()
        assert not story.life.over or story.life.end() in {os.EX_TEMPFAIL, os.EX_CANTCREAT, os.EX_IOERR}
    story.wake()
    story.look(act, NOTHING)
