"""On which processors threads run.

Of a process's threads only one runs Python at a time. Where they are spread over several processors, every turn that passes
between them wakes another processor, which takes a third of all the time that a message needs. So the threads of a serving
process stay together on one; those that compute outside of Python, and scanners, use all. It is a matter of speed alone:
where it is not allowed, all goes on without.
"""

import contextlib
import os

_ALLOWED = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def stay_on_one(place: int) -> None:
    """Keep this thread, and all that it starts from now on, on one processor.

    Args:
        place: which of those that the process may use; counted around as often as it takes.
    """
    if _ALLOWED:
        _use({_ALLOWED[place % len(_ALLOWED)]})


def use_all() -> None:
    """Let this thread, and all that it starts from now on, run on every processor that the process was given."""
    if _ALLOWED:
        _use(set(_ALLOWED))


def _use(processors: set[int]) -> None:
    with contextlib.suppress(OSError):  # forbidden by a filter of system calls, or taken away meanwhile
        os.sched_setaffinity(0, processors)
