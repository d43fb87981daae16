"""Delivery reports (RFC 3464): what became of a copy that the next server took. Only words of the standard come out.

Anybody who holds a return path can send octets here, so this reading has no decoding, no recursion and no nesting: lines are
looked for, a header section is split as the message's own is, and a few fields must have the form that the standard gives
them. That is why it needs no scanner process. What a report returns of the message itself is never looked at.
What says in free text that a copy failed is for `relay.scan.bounces`; only the codes that it tells are looked for here.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from relay.mail.message import HeaderSection, split_header

PARTS = 10
GROUPS = 200  # of recipients: a transaction has a hundred
SAID_OCTETS = 8192  # of a text: servers begin with what happened

Fate = Literal["failed", "delayed", "delivered", "relayed", "expanded"]  # RFC 3464 §2.3.3
FATES: tuple[Fate, ...] = get_args(Fate)

_REPORT = re.compile(rb"multipart/report[ \t]*;", re.IGNORECASE)
_BOUNDARY = re.compile(rb';[ \t]*boundary[ \t]*=[ \t]*(?:"([^"\\\r\n]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_STATUS_PART = re.compile(rb"message/(?:global-)?delivery-status[ \t]*(?:;|\Z)", re.IGNORECASE)
_AS_IT_IS = frozenset({b"", b"7bit", b"8bit"})
_STATUS = re.compile(rb"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")
_ADDRESS = re.compile(rb"(?:rfc822|utf-8)[ \t]*;[ \t]*<?([!-;=?-~\x80-\xff]{3,320})", re.IGNORECASE)
_XTEXT = re.compile(rb"\+([0-9A-F]{2})")  # RFC 3461 §4: how an original recipient is given and, by some, given back
_SAID_STATUS = re.compile(rb"(?<![0-9A-Za-z.])([45]\.[0-7]\.[0-9]{1,3})(?![0-9.])")
_SAID_ADDRESS = re.compile(rb"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,255}(?<![.-])")
_SAID_CODE = re.compile(rb"(?:^[ \t>]*|: |\()#?(5[0-5][0-9])[ -]", re.MULTILINE)
_CODE = re.compile(rb"smtp[ \t]*;[ \t]*([245][0-9]{2})(?![0-9])", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a server says of one message: its fate, the enhanced status code ("" for none), the SMTP reply's code (None for none)."""

    fate: Fate
    status: str
    code: int | None


def read_report(octets: bytes, recipient: str = "") -> Report | None:
    """Read a message as a delivery report; None when it is none, or one that isn't clear. Never raises.

    A report may be about several recipients of one transaction: then what it says of the one that is asked about counts. Where it
    names that one nowhere, several addresses stand behind it, and the copy has failed when it has failed for all of them.

    Args:
        octets: the message.
        recipient: the address to which the copy was sent.
    """
    return read_reports(octets, [recipient])[0]


def read_reports(octets: bytes, recipients: Sequence[str]) -> tuple[Report | None, ...]:
    """What `read_report` says of each of several recipients."""
    groups = [(group, _addresses(group)) for group in _recipient_groups(octets)]
    everybody = [group for group, _ in groups]
    about = ([group for group, names in groups if one and one.casefold() in names] for one in recipients)
    return tuple(_report(own or everybody) for own in about)


def _report(own: Sequence[HeaderSection]) -> Report | None:
    """What the groups about one recipient say together."""
    fates = [_fate(group) for group in own]
    if not fates or None in fates:
        return None
    if "failed" in fates:
        first = own[fates.index("failed")]
        fate: Fate = "failed" if set(fates) == {"failed"} else "delayed"
    else:
        first, fate = own[0], fates[0] or "delayed"
    status, code = _STATUS.match(first.first("status").strip()), _CODE.match(first.first("diagnostic-code").strip())
    if fate == "failed" and status and status.group(1).startswith(b"2"):
        return None
    return Report(
        fate=fate, status=status.group(1).decode("ascii") if status else "", code=int(code.group(1)) if code else None
    )


def named_recipients(octets: bytes) -> tuple[tuple[str, ...], bool]:
    """Whom a message names: the recipients of a report, or else what looks like an address at the beginning of a text. Never raises.

    Returns:
        The addresses, each once, in the order in which they stand there, and whether it was a report.
    """
    if groups := list(_recipient_groups(octets)):
        return tuple(dict.fromkeys(one for group in groups for one in sorted(_addresses(group)))), True
    offset = split_header(octets).body_offset
    found = _SAID_ADDRESS.findall(octets[offset : offset + SAID_OCTETS])
    return tuple(dict.fromkeys(one.decode("ascii").casefold() for one in found)), False


def said_codes(octets: bytes) -> tuple[frozenset[str], frozenset[int]]:
    """The enhanced status codes, and the codes of final replies, that the beginning of a free text tells. Never raises."""
    said = octets[:SAID_OCTETS]
    statuses = {status.decode("ascii") for status in _SAID_STATUS.findall(said)}
    return frozenset(statuses), frozenset(map(int, _SAID_CODE.findall(said)))


def parts_of_report(octets: bytes) -> Iterator[tuple[HeaderSection, bytes]]:
    """The parts of a message that is a report of any kind (RFC 6522): each its header section and its body; of any other message none."""
    header = split_header(octets)
    content_type = header.first("content-type")
    boundary = _BOUNDARY.search(content_type)
    if len(header.all("content-type")) != 1 or not _REPORT.match(content_type) or not boundary:
        return
    mark = b"\r\n--" + (boundary.group(1) or boundary.group(2))
    for part in (b"\r\n" + octets[header.body_offset :]).split(mark, PARTS + 1)[1 : PARTS + 1]:
        inner = part.partition(b"\r\n")[2]
        own = split_header(inner)
        yield own, inner[own.body_offset :]


def is_plain(part: HeaderSection) -> bool:
    """Whether a part's body stands there as it is."""
    return part.first("content-transfer-encoding").strip().lower() in _AS_IT_IS


def _recipient_groups(octets: bytes) -> Iterator[HeaderSection]:
    """The groups of fields about recipients in the first part that is a delivery status."""
    for header, body in parts_of_report(octets):
        if not (_STATUS_PART.match(header.first("content-type")) and is_plain(header)):
            continue
        blocks = (block for block in body.split(b"\r\n\r\n", GROUPS)[:GROUPS] if block.strip(b"\r\n"))
        sections = (split_header(block.lstrip(b"\r\n")) for block in blocks)
        yield from (one for one in sections if one.all("action") or one.all("final-recipient"))
        return


def _addresses(group: HeaderSection) -> frozenset[str]:
    """Whom a group is about, as the server got it from us or as it knows it; case-folded."""
    fields = (*group.all("original-recipient"), *group.all("final-recipient"))
    found = (_ADDRESS.match(field.strip()) for field in fields)
    named = [match.group(1) for match in found if match]
    octets = [_XTEXT.sub(lambda match: bytes.fromhex(match.group(1).decode("ascii")), one) for one in named]
    return frozenset(one.decode("utf-8", "replace").casefold() for one in (*named, *octets))


def _fate(group: HeaderSection) -> Fate | None:
    """The one action of a group; None when it says none, two, or one that the standard doesn't know."""
    said = [re.split(rb"[ \t(]", body.strip(), maxsplit=1)[0].lower() for body in group.all("action")]
    return next((fate for fate in FATES if said == [fate.encode()]), None)
