"""The smarthost's replies, read strictly: octets in, whole replies out, no sockets.

A reply is what a stranger sends us, and what is kept of it lands in records and logs. So its size is bounded,
its grammar is checked, and `ServerReply.line` is printable ASCII whatever was sent.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from relay.delivery.delivery import Action, Outcome
from relay.errors import RelayError

LINE_OCTETS = 2048  # RFC 5321 §4.5.3.1.5 says 512; some servers explain themselves at greater length.
REPLY_LINES = 100  # No extension list or refusal is longer; only an attack or a fault is.
RECORD_CHARACTERS = 300

# RFC 5321 §4.2: three digits, then "-" in all lines but the last. A bare code without its space is tolerated (§4.2.1).
_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])([^\r\n\0]*))?")
_STATUS = re.compile(r"[45]\.([0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")
_UNPRINTABLE = re.compile(r"[^ -~]")


class ReplyError(RelayError):
    """What the server sent is no SMTP reply; after it no later reply can be matched to its command."""


@dataclass(frozen=True, slots=True)
class ServerReply:
    """One whole reply: its code and the text of each of its lines, as sent but decoded."""

    code: int
    texts: tuple[str, ...]

    @property
    def positive(self) -> bool:
        """Whether the command succeeded (2yz)."""
        return 200 <= self.code <= 299

    @property
    def means_too_many(self) -> bool:
        """Whether a recipient was refused because the transaction has too many (RFC 5321 §4.5.3.1.10, RFC 3463 §3.6)."""
        status = _STATUS.match(self.texts[0])
        return self.code in {452, 552} and (status is None or status.group(1) == "5.3")

    @property
    def line(self) -> str:
        """The reply as it is kept: one line of printable ASCII, 300 characters at most."""
        return printable(f"{self.code} {' '.join(self.texts)}".rstrip())


def printable(text: str) -> str:
    """The text with everything but printable ASCII shown as `?`, 300 characters at most."""
    return _UNPRINTABLE.sub("?", text[:RECORD_CHARACTERS])


def outcome_of(reply: ServerReply, *, to_rcpt: bool = False) -> Outcome:
    """What a final reply (2yz, 4yz, 5yz) means for one recipient.

    A 552 to RCPT counts as 452, because old servers say so for "too many recipients" (RFC 5321 §4.5.3.1.10).
    """
    if reply.positive:
        action = Action.DELIVERED
    elif reply.code < 500 or (to_rcpt and reply.code == 552):
        action = Action.DELAYED
    else:
        action = Action.FAILED
    return Outcome(action=action, reply=reply.line, to_rcpt=to_rcpt)


@lru_cache(maxsize=64)  # servers say the same of one recipient after the other
def _whole(line: bytes) -> ServerReply | None:
    """The reply that a line is by itself; None for one of several lines, and for what is none."""
    match = _LINE.fullmatch(line)
    if match is None or match.group(2) == b"-":
        return None
    return ServerReply(int(match.group(1)), ((match.group(3) or b"").decode("utf-8", "replace"),))


class ReplyParser:
    """Collects octets until they make a whole reply."""

    def __init__(self) -> None:
        self._octets = bytearray()
        self._code = 0
        self._texts: list[str] = []

    @property
    def pending(self) -> bool:
        """Whether octets wait that no asked-for reply has used up."""
        return bool(self._octets or self._texts)

    def feed(self, octets: bytes) -> None:
        """Add what came from the socket."""
        self._octets += octets

    def next(self) -> ServerReply | None:
        """Take the next whole reply; None when more octets are needed.

        Raises:
            ReplyError: too long, not a reply line, or lines of one reply with different codes.
        """
        while (line := self._next_line()) is not None:
            if not self._texts and (reply := _whole(line)):
                return reply
            match = _LINE.fullmatch(line)
            if not match:
                raise ReplyError("not a reply line")
            code = int(match.group(1))
            if self._texts and code != self._code:
                raise ReplyError("the lines of one reply have different codes")
            self._code = code
            self._texts.append((match.group(3) or b"").decode("utf-8", "replace"))
            if match.group(2) != b"-":
                reply = ServerReply(code, tuple(self._texts))
                self._texts = []
                return reply
            if len(self._texts) >= REPLY_LINES:
                raise ReplyError(f"more than {REPLY_LINES} lines in one reply")
        return None

    def _next_line(self) -> bytes | None:
        """Take one line, without its CRLF; a bare LF ends no line, since two readers would differ about it."""
        end = self._octets.find(b"\n", 0, LINE_OCTETS)
        if end < 0:
            if len(self._octets) >= LINE_OCTETS:
                raise ReplyError(f"a reply line longer than {LINE_OCTETS} octets")
            return None
        line = bytes(self._octets[: end + 1])
        del self._octets[: end + 1]
        if not line.endswith(b"\r\n"):
            raise ReplyError("a reply line that doesn't end with CRLF")
        return line[:-2]
