"""Have it read in a process of its own whether a message without a standard says that mail to some addresses failed."""

import threading
from collections.abc import Sequence
from typing import Literal

from relay.errors import Busy
from relay.scan.aside import in_memory, read_aside

Outcome = Literal["delayed", "failed", "dead"]  # dead: failed, and nothing else is to blame than the address
OUTCOMES: tuple[Outcome | None, ...] = (None, "delayed", "failed", "dead")

READ_OCTETS = 131_072  # servers say at the beginning what happened; what they return stands behind it
_ONE_AT_A_TIME = threading.BoundedSemaphore(
    1
)  # whoever sends many of them takes half of a small machine's time at most
_WAIT = 1.0  # second for a turn: servers try again, and posts wait for the same threads


def read_bounces(octets: bytes, recipients: Sequence[str], *, patient: bool = False) -> tuple[Outcome | None, ...]:
    """What a message says of mail to each of these addresses; None where it says nothing clear. What it says of others is not looked at.

    Args:
        octets: the message.
        recipients: the addresses, without line ends; one process reads for all of them.
        patient: whether it waits for its turn as long as that takes.

    Raises:
        Busy: too many such messages come, and it isn't patient.
        Unavailable: the program that reads can't be run.
    """
    if not recipients:
        return ()
    if not _ONE_AT_A_TIME.acquire(timeout=None if patient else _WAIT):
        raise Busy("too many reports in free text come")
    try:
        with in_memory(octets[:READ_OCTETS], "\n".join(recipients).encode("utf-8")) as places:
            code, written = read_aside(["relay.scan.bounce_reader", *map(str, places)], places, len(recipients))
    finally:
        _ONE_AT_A_TIME.release()
    if code != 0 or len(written) != len(recipients) or max(written) >= len(OUTCOMES):
        return (None,) * len(recipients)
    return tuple(OUTCOMES[one] for one in written)
