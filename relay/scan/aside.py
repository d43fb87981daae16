"""Run a module of ours in a process of its own: hostile octets reach it in anonymous memory, and its exit code is all that it says."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import relay
from relay.errors import Unavailable
from relay.scan.confine import CANNOT_RUN

_LONGEST = 20.0  # seconds for one process


def run_aside(command: Sequence[str], descriptors: Sequence[int]) -> int:
    """Run a module of ours with its words and these open descriptors; its exit code, below 0 when it was killed.

    Raises:
        Unavailable: it can't be run, or isn't done in time.
    """
    package = str(Path(relay.__file__).resolve().parent.parent)
    try:
        done = subprocess.run(  # noqa: S603 - our own modules, and words that we chose
            [sys.executable, "-P", "-s", "-B", "-W", "ignore", "-m", *command],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=tuple(descriptors),
            env={"PYTHONPATH": package, "PYTHONUTF8": "1"},
            start_new_session=True,
            timeout=_LONGEST,
        )
    except (OSError, subprocess.TimeoutExpired):
        raise Unavailable("a message can't be read in a process beside now; try again in a moment") from None
    if done.returncode == CANNOT_RUN:
        raise Unavailable("no process beside can be run: `wen-relay doctor` says what is missing")
    return done.returncode


@contextmanager
def in_memory(*octets: bytes | memoryview) -> Iterator[tuple[int, ...]]:
    """Descriptors of anonymous memory that holds these octets."""
    with ExitStack() as stack:
        places = []
        for one in octets:
            place = os.memfd_create("octets", os.MFD_CLOEXEC)
            stack.callback(os.close, place)
            left = memoryview(one)
            while left:
                left = left[os.write(place, left) :]
            places.append(place)
        yield tuple(places)
