"""Command lines cut from the octet stream, and the verb and argument of each; no input or output of its own.

Lines end with CRLF and nothing else (RFC 5321 §2.3.8). A server that also ends them at a bare LF can be made to read
commands where the client's own server saw text, so a bare CR or LF ends the connection.
"""

import re
from dataclasses import dataclass
from enum import Enum

from relay.intake import replies
from relay.mail.address import CONTROL
from relay.mail.reply import Reply

COMMAND_OCTETS = 512  # RFC 5321 §4.5.3.1.4, with the CRLF; MAIL with the longest address and SIZE and BODY is under 400
AUTH_OCTETS = 12_288  # RFC 4954 §4, with the CRLF

_LINE_END = re.compile(rb"[\r\n]")
_TLS_HANDSHAKE = b"\x16"  # the first octet of a ClientHello (RFC 8446 §5.1); no command starts with a control


class LineFault(Enum):
    """Why no further line can be read from a connection."""

    TOO_LONG = "too long"
    BARE_LINE_END = "bare line end"
    TLS_HANDSHAKE = "a TLS handshake where text was expected"


class CommandLines:
    """Octets in, lines out. Lines come out the same however the octets were split on their way."""

    __slots__ = ("_pending",)

    def __init__(self) -> None:
        self._pending = bytearray()

    def __bool__(self) -> bool:
        return bool(self._pending)

    def feed(self, octets: bytes) -> None:
        """Add octets as they came."""
        self._pending += octets

    def take(self) -> bytes:
        """Hand over everything that is not yet cut into lines, and forget it."""
        octets = bytes(self._pending)
        self._pending.clear()
        return octets

    def next(self, limit: int | None = None) -> bytes | LineFault | None:
        """Cut off the next line, without its CRLF; None when more octets are needed.

        Args:
            limit: octets with the CRLF; by default what the command on this line may have.
        """
        if self._pending.startswith(_TLS_HANDSHAKE):
            return LineFault.TLS_HANDSHAKE
        if limit is None:
            limit = AUTH_OCTETS if self._pending[:5].upper() == b"AUTH " else COMMAND_OCTETS
        found = _LINE_END.search(self._pending, 0, limit)
        if not found:
            return LineFault.TOO_LONG if len(self._pending) >= limit else None
        end = found.start()
        if self._pending[end : end + 1] == b"\n":
            return LineFault.BARE_LINE_END
        if end + 2 > limit:
            return LineFault.TOO_LONG
        following = self._pending[end + 1 : end + 2]
        if not following:
            return None
        if following != b"\n":
            return LineFault.BARE_LINE_END
        line = bytes(self._pending[:end])
        del self._pending[: end + 2]
        return line


@dataclass(frozen=True, slots=True)
class Command:
    """A verb in upper case and its argument without the spaces around it."""

    verb: str
    argument: bytes


def parse_command(line: bytes) -> Command | Reply:
    """Read one command line; a reply when it can't be one.

    Source: RFC 5321 §4.1.1, RFC 6531 §3.3 (the arguments of MAIL and RCPT alone may be UTF-8).
    """
    verb, _, argument = line.partition(b" ")
    if CONTROL.search(line) or not (line.isascii() or (verb.upper() in {b"MAIL", b"RCPT"} and _is_utf8(line))):
        return replies.BAD_OCTETS
    if not verb.isalpha():
        return replies.BAD_SYNTAX
    return Command(verb.decode("ascii").upper(), argument.strip(b" "))


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
