"""Delivery reports (RFC 3464): what became of a copy that the next server took. Only words of the standard come out.

Anybody who holds a return path can send octets here, so this reading has no decoding, no recursion and no nesting: lines are
looked for, a header section is split as the message's own is, and three fields must have the form that the standard gives
them. That is why it needs no scanner process. What a report returns of the message itself is never looked at.
"""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from relay.mail.message import HeaderSection, split_header

PARTS = 10
GROUPS = 20

Fate = Literal["failed", "delayed", "delivered", "relayed", "expanded"]  # RFC 3464 §2.3.3
FATES: tuple[Fate, ...] = get_args(Fate)

_REPORT = re.compile(rb"multipart/report[ \t]*;", re.IGNORECASE)
_BOUNDARY = re.compile(rb';[ \t]*boundary[ \t]*=[ \t]*(?:"([^"\\\r\n]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_STATUS_PART = re.compile(rb"message/(?:global-)?delivery-status[ \t]*(?:;|\Z)", re.IGNORECASE)
_AS_IT_IS = frozenset({b"", b"7bit", b"8bit"})
_STATUS = re.compile(rb"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")
_CODE = re.compile(rb"smtp[ \t]*;[ \t]*([245][0-9]{2})(?![0-9])", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a server says of one message: its fate, the enhanced status code ("" for none), the SMTP reply's code (None for none)."""

    fate: Fate
    status: str
    code: int | None


def read_report(octets: bytes) -> Report | None:
    """Read a message as a delivery report; None when it is none, or one that isn't clear. Never raises.

    A copy goes to one member, but that member's server may have several recipients behind the address: the message has failed
    when it has failed for all of them.
    """
    groups = _recipient_groups(octets)
    fates = [_fate(group) for group in groups]
    if not fates or None in fates:
        return None
    if "failed" in fates:
        first = groups[fates.index("failed")]
        fate: Fate = "failed" if set(fates) == {"failed"} else "delayed"
    else:
        first, fate = groups[0], fates[0] or "delayed"
    status, code = _STATUS.match(first.first("status").strip()), _CODE.match(first.first("diagnostic-code").strip())
    if fate == "failed" and status and status.group(1).startswith(b"2"):
        return None
    return Report(
        fate=fate, status=status.group(1).decode("ascii") if status else "", code=int(code.group(1)) if code else None
    )


def _recipient_groups(octets: bytes) -> list[HeaderSection]:
    """The groups of fields about recipients in the report's part of status."""
    part = _status_part(octets)
    blocks = [block for block in part.split(b"\r\n\r\n", GROUPS)[:GROUPS] if block.strip(b"\r\n")]
    sections = [split_header(block.lstrip(b"\r\n")) for block in blocks]
    return [section for section in sections if section.all("action") or section.all("final-recipient")]


def _status_part(octets: bytes) -> bytes:
    """The body of the first part that is a delivery status; b"" when there is none."""
    header = split_header(octets)
    content_type = header.first("content-type")
    boundary = _BOUNDARY.search(content_type)
    if len(header.all("content-type")) != 1 or not _REPORT.match(content_type) or not boundary:
        return b""
    mark = b"\r\n--" + (boundary.group(1) or boundary.group(2))
    for part in (b"\r\n" + octets[header.body_offset :]).split(mark, PARTS + 1)[1 : PARTS + 1]:
        inner = part.partition(b"\r\n")[2]
        own = split_header(inner)
        plain = own.first("content-transfer-encoding").strip().lower() in _AS_IT_IS
        if _STATUS_PART.match(own.first("content-type")) and plain:
            return inner[own.body_offset :]
    return b""


def _fate(group: HeaderSection) -> Fate | None:
    """The one action of a group; None when it says none, two, or one that the standard doesn't know."""
    said = [re.split(rb"[ \t(]", body.strip(), maxsplit=1)[0].lower() for body in group.all("action")]
    return next((fate for fate in FATES if said == [fate.encode()]), None)
