"""Have it read in a process of its own whether a message without a standard says that mail to an address failed."""

import threading
from typing import Literal

from relay.errors import Busy
from relay.scan.aside import in_memory, run_aside

Outcome = Literal["delayed", "failed", "dead"]  # dead: failed, and nothing else is to blame than the address
OUTCOMES: tuple[Outcome | None, ...] = (None, "delayed", "failed", "dead")

READ_OCTETS = 131_072  # servers say at the beginning what happened; what they return stands behind it
_ONE_AT_A_TIME = threading.BoundedSemaphore(
    1
)  # whoever sends many of them takes half of a small machine's time at most
_WAIT = 1.0  # second for a turn: servers try again, and posts wait for the same threads


def read_bounce(octets: bytes, recipient: str) -> Outcome | None:
    """What a message says of mail to one address; None when it says nothing clear of it. What it says of any other is not looked at.

    Raises:
        Busy: too many such messages come.
        Unavailable: the program that reads can't be run.
    """
    if not _ONE_AT_A_TIME.acquire(timeout=_WAIT):
        raise Busy("too many reports in free text come")
    try:
        with in_memory(octets[:READ_OCTETS], recipient.encode("utf-8")) as places:
            code = run_aside(["relay.scan.bounce_reader", *map(str, places)], places)
    finally:
        _ONE_AT_A_TIME.release()
    return OUTCOMES[code] if 0 <= code < len(OUTCOMES) else None
