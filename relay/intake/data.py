"""The message after DATA, cut from the octet stream; no input or output of its own.

It ends at CRLF.CRLF and nothing else. Any other line end that some server might take for one — a bare CR or LF, a NUL
beside the dot — breaks the whole message, so that no second message can be smuggled inside the first (RFC 5321 §2.3.8).
The result depends on the octets alone, never on how the network split them.
"""

import re
from enum import Enum
from io import BytesIO

LINE_OCTETS = 10_000  # with its CRLF: ten times RFC 5321 §4.5.3.1.6, since honest HTML mail breaks that limit

_END = b"\r\n.\r\n"
_STRAY = re.compile(rb"\x00|\r(?!\n)|(?<!\r)\n")


class Ending(Enum):
    """How a message ended."""

    COMPLETE = "complete"
    TOO_BIG = "too big"
    BROKEN = "broken lines: nothing after this point may be read"
    ENDLESS = "more than twice the limit: nothing after this point may be read"


class DataReader:
    """Feed it octets until it says how the message ended; then take the message, and the octets after it.

    A message over the limit is read on to its end but no longer kept. Memory stays near the message's size: a BytesIO
    grows in place and gives its value away without a copy.
    """

    __slots__ = ("_carry", "_kept", "_line_octets", "_max_octets", "_received", "rest", "size")

    def __init__(self, max_octets: int) -> None:
        self._max_octets = max_octets
        self._kept: BytesIO | None = BytesIO()
        # What may be the beginning of the end. The message starts as if after a line end, since it may be empty.
        self._carry = b"\r\n"
        self._received = -2
        self._line_octets = 0
        self.size = 0
        self.rest = b""

    def feed(self, octets: bytes) -> Ending | None:
        """Take the next octets; None as long as the message goes on."""
        octets = self._carry + octets
        end = octets.find(_END)
        cut = end + 2 if end >= 0 else len(octets) - _beginning_of_end(octets)
        fault = self._first_fault(octets[:cut])
        if fault:
            self.discard()
            return fault
        self._keep(octets[:cut])
        if end < 0:
            self._carry = octets[cut:]
            return None
        self.rest = octets[end + len(_END) :]
        return Ending.TOO_BIG if self.size > self._max_octets else Ending.COMPLETE

    @property
    def kept(self) -> bool:
        """Whether the message is still stored while it comes."""
        return self._kept is not None

    def discard(self) -> None:
        """Keep nothing of this message; it is still read to its end."""
        self._kept = None

    def take(self) -> bytes | None:
        """The message without dot-stuffing, or None when it was not kept."""
        kept, self._kept = self._kept, None
        return kept.getvalue() if kept else None

    def _first_fault(self, octets: bytes) -> Ending | None:
        """Of all that may be wrong the first in the stream counts, so that the answer can't depend on the splits."""
        never = len(octets) + 1
        stray = None if _is_orderly(octets) else _STRAY.search(octets)
        broken = min(stray.start() if stray else never, _overlong_line(octets, self._line_octets, never))
        room = 2 * self._max_octets - self._received
        endless = room if len(octets) > room else never
        if broken == endless == never:
            return None
        return Ending.BROKEN if broken < endless else Ending.ENDLESS

    def _keep(self, octets: bytes) -> None:
        """Count and store whole octets; a line's first dot is transparency, not content (RFC 5321 §4.5.2)."""
        last = octets.rfind(b"\n")
        self._line_octets = self._line_octets + len(octets) if last < 0 else len(octets) - last - 1
        plain = octets.replace(b"\r\n.", b"\r\n")
        if self._received < 0 and plain:  # the line end that the message was imagined to start after
            plain = plain[2:]
        self._received += len(octets)
        self.size += len(plain)
        if self.size > self._max_octets:
            self.discard()
        elif self._kept:
            self._kept.write(plain)


def _is_orderly(octets: bytes) -> bool:
    """Whether nothing is stray here, told by counting, which is many times as fast as looking at each line end."""
    return octets.count(b"\n") == octets.count(b"\r") == octets.count(b"\r\n") and b"\0" not in octets


def _beginning_of_end(octets: bytes) -> int:
    """How many of the last octets could be the beginning of CRLF.CRLF."""
    return next((length for length in range(len(_END) - 1, 0, -1) if octets.endswith(_END[:length])), 0)


def _overlong_line(octets: bytes, already: int, never: int) -> int:
    """Where the first line becomes too long.

    Strides from line end to line end over whole windows, so that a million empty lines cost a few steps.

    Args:
        octets: the next octets.
        already: how many octets of the first line came before them.
        never: what to return when no line is too long.
    """
    start = -already
    while start + LINE_OCTETS <= len(octets):
        end = octets.rfind(b"\n", max(start, 0), start + LINE_OCTETS)
        if end < 0:
            return start + LINE_OCTETS - 1
        start = end + 1
    return never
