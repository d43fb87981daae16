"""On which processors threads run.

Of a process's threads only one runs Python at a time. Where they are spread over several processors, every turn that passes
between them wakes another processor, which takes a third of all the time that a message needs. So the threads of a serving
process stay together on one; those that compute outside of Python, and scanners, use all. It is a matter of speed alone:
where it is not allowed, all goes on without.
"""

import contextlib
import os
import socket
from collections.abc import Iterator

NAME = "wen-relay on processor"
_ALLOWED = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


@contextlib.contextmanager
def on_one(place: int) -> Iterator[None]:
    """Keep this thread, and all that it starts from now on, on one processor, beside other relays' processes where there is room.

    A name in the kernel says that a processor is taken, as long as its process lives.

    Args:
        place: at which of those that the process may use to begin, counted around as often as it takes; it stays on the first
            that no other process has taken, and on this one where all are.
    """
    if not _ALLOWED:
        yield
        return
    in_turn = [_ALLOWED[(place + one) % len(_ALLOWED)] for one in range(len(_ALLOWED))]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as token:
        _use({next((one for one in in_turn if _takes(token, one)), in_turn[0])})
        yield


def _takes(token: socket.socket, processor: int) -> bool:
    try:
        token.bind(f"\0{NAME} {processor}")
    except OSError:
        return False
    return True


def use_all() -> None:
    """Let this thread, and all that it starts from now on, run on every processor that the process was given."""
    if _ALLOWED:
        _use(set(_ALLOWED))


def _use(processors: set[int]) -> None:
    with contextlib.suppress(OSError):  # forbidden by a filter of system calls, or taken away meanwhile
        os.sched_setaffinity(0, processors)
