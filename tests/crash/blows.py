"""Blows to a running process, dealt by strace at an exact system call of it.

strace takes hold of a process that runs, or of one that has not begun; its counts begin there, each thread's apart. So the
n-th call of an act is the n-th whatever the start has done before.
"""

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.crash.lives import until

KILL = "signal=KILL"
# What the relay uses to reach the disk, its peers and its own processes. What it never calls in an act is never hit.
DISK = ("fsync", "fdatasync", "pwrite64", "pread64", "openat", "rename", "unlink", "link", "ftruncate")
PEERS = ("sendto", "sendmsg", "recvfrom", "recvmsg", "connect", "accept4", "poll")
PIPES = ("write", "writev", "read", "clone", "clone3", "close")
CALLS = (*DISK, *PEERS, *PIPES)

_LINE = re.compile(r"^(\d+) +(\w+)\(", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Blow:
    """What strace does at which occurrence of a system call, in its own words: `signal=KILL`, `error=EIO`; and to whom."""

    call: str
    what: str
    when: str
    whom: str = "main"

    def __str__(self) -> str:
        """The blow as a summary counts it."""
        return f"{self.whom} {self.call} {self.what}"

    def has_fallen(self, trace: str) -> bool:
        """Whether strace's output tells that it fell."""
        return "+++ killed by SIGKILL" in trace if self.what == KILL else "(INJECTED)" in trace

    @property
    def options(self) -> tuple[str, ...]:
        """For strace."""
        return ("-e", f"trace={self.call}", "-e", f"inject={self.call}:{self.what}:when={self.when}")


@cache
def no_strace() -> str:
    """Why strace can't be used here; "" when it can."""
    if not shutil.which("strace"):
        return "strace is not installed: apt-get install strace"
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as some:
        try:
            with traced([some.pid], ("-e", "trace=fsync")):
                return ""
        except AssertionError:
            return "strace may not take hold of a process here: that needs root or CAP_SYS_PTRACE"
        finally:
            some.kill()


@contextmanager
def traced(pids: Sequence[int], options: Sequence[str], out: Path = Path("/dev/null")) -> Iterator[None]:
    """Have strace hold these processes, and what they start, meanwhile. -s 0 keeps a post out of its output."""
    held = [word for pid in pids for word in ("-p", str(pid))]
    command = ["strace", "-f", "-qq", "-s", "0", "-o", str(out), *options, *held]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as strace:
        try:
            # Those that are gone by now are held by nobody, and strace would not have begun: its output tells that it has.
            until(lambda: strace.poll() is not None or (out.exists() and all(_is_held(pid) for pid in pids)))
            # What waits in a system call makes it anew when strace takes hold, and the blow may fall right then: strace ends with 0.
            assert not strace.poll(), "strace could not take hold"
            yield
        finally:
            strace.terminate()


def _is_held(pid: int) -> bool:
    """Whether a tracer holds every thread of a process, or it is gone."""
    with suppress(OSError):
        return all(
            "\nTracerPid:\t0\n" not in (one / "status").read_text() for one in Path(f"/proc/{pid}/task").iterdir()
        )
    return True


def census(trace: Path) -> dict[str, int]:
    """How often the busiest thread has made each call, by strace's output."""
    by_thread = Counter(_LINE.findall(trace.read_text("ascii")))
    most: dict[str, int] = {}
    for (_, call), number in by_thread.items():
        most[call] = max(most.get(call, 0), number)
    return most


def is_long() -> bool:
    """Whether every moment is to be tried."""
    return os.environ.get("RELAY_CRASH_SWEEP") == "full"


def spread(last: int, most: int) -> list[int]:
    """Of the numbers from 1 on: the first, the last and evenly between (the middle for one alone); all of them in a long sweep."""
    numbers = range(1, last + 1)
    if is_long() or last <= most:
        return list(numbers)
    if most <= 1:
        return [numbers[last // 2]] if most else []
    return sorted({numbers[round(step * (last - 1) / (most - 1))] for step in range(most)})
