"""Room is kept on the disk for what was taken already."""

import os
from pathlib import Path

from relay.store.disk import Reserve


def free(directory):
    space = os.statvfs(directory)
    return space.f_bavail * space.f_frsize


def test_what_would_use_the_reserve_has_no_room(tmp_path):
    events, room = [], free(tmp_path)
    reserve = Reserve(
        [tmp_path], room // 2, events.append
    )  # so large that what others write meanwhile makes no difference
    assert reserve.has_room(0)
    assert reserve.has_room(room // 4)
    assert not reserve.has_room(room * 3 // 4)
    assert events == [], "one message that is too big is no trouble of the disk's"


def test_a_disk_without_the_reserve_takes_nothing_and_the_log_says_so_once(tmp_path):
    events = []
    reserve = Reserve([tmp_path], 2 * free(tmp_path), events.append)
    assert not reserve.has_room(0)
    assert not reserve.has_room(1)
    assert events == ["service.disk_low"]


def test_without_a_reserve_everything_that_fits_has_room(tmp_path):
    assert Reserve([tmp_path], 0, lambda _: None).has_room(1)


def test_the_fuller_of_two_disks_counts(tmp_path):
    other = Path("/proc")  # where nothing is free
    assert Reserve([tmp_path], 1, lambda _: None).has_room(0)
    assert not Reserve([tmp_path, other], 1, lambda _: None).has_room(0)
