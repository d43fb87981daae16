"""How much memory a process keeps, and how long what it loads takes to be looked through for garbage."""

import contextlib
import ctypes
import gc

_M_MMAP_THRESHOLD, _LARGE_BLOCK = -3, 1 << 20  # octets
_M_ARENA_MAX = -8


def give_memory_back() -> None:
    """Large blocks get pages of their own, which return to the system when a message is done with, whatever was freed before.

    Left to itself the C library keeps what once was large among the small blocks, and for each of some threads blocks of its own
    (mallopt(3), M_MMAP_THRESHOLD and M_ARENA_MAX); only one of ours runs at a time.
    """
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_THRESHOLD, _LARGE_BLOCK)
        library.mallopt(_M_ARENA_MAX, 1)


def load() -> None:
    """Collect no garbage from now on: hardly anything becomes garbage while all is loaded, and looking for it takes a fifth of a start."""
    gc.disable()


def settle() -> None:
    """What was loaded stays to the end: garbage is looked for again, but not there, so that forks share it; what is free returns to the system."""
    gc.freeze()
    gc.enable()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
