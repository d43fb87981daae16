"""Complaints (RFC 5965): somebody has marked a message as unwanted, and their provider tells who sent it.

Like delivery reports they come from anybody, and are read as those are: a few fields in the form of the standard, no decoding, no
nesting. Of what they return only the return path is looked at, for it alone says which copy is meant.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from relay.mail.address import Address, parse_address
from relay.mail.message import HeaderSection, split_header
from relay.mail.report import is_plain, parts_of_report

ComplaintKind = Literal["abuse", "fraud", "virus", "opt-out", "other"]
KINDS: tuple[ComplaintKind, ...] = get_args(ComplaintKind)
PATHS = 4

_FEEDBACK = re.compile(rb"message/feedback-report[ \t]*(?:;|\Z)", re.IGNORECASE)
_RETURNED = re.compile(rb"(?:message/(?:rfc822|global)|text/rfc822)(?:-headers)?[ \t]*(?:;|\Z)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """A feedback report: what it complains of, None for one that doesn't (authentication, RFC 6591; not-spam), and the return paths that it names."""

    complaint: ComplaintKind | None
    return_paths: tuple[Address, ...]


def read_feedback(octets: bytes) -> Feedback | None:
    """Read a message as a feedback report; None when it is none, or one that isn't clear. Never raises."""
    parts = tuple(parts_of_report(octets))
    reports = [body for header, body in parts if _FEEDBACK.match(header.first("content-type")) and is_plain(header)]
    if len(reports) != 1:
        return None
    fields = split_header(reports[0])
    types = [body.strip().lower() for body in fields.all("feedback-type")]
    if len(types) != 1:
        return None
    paths = dict.fromkeys((*_addresses(fields, "original-mail-from"), *_returned_paths(parts)))
    return Feedback(
        complaint=next((kind for kind in KINDS if types == [kind.encode()]), None), return_paths=tuple(paths)[:PATHS]
    )


def _returned_paths(parts: tuple[tuple[HeaderSection, bytes], ...]) -> Iterator[Address]:
    """The return paths in the header of what is returned: the last server has written them down there."""
    for header, body in parts:
        if _RETURNED.match(header.first("content-type")) and is_plain(header):
            yield from _addresses(split_header(body), "return-path")


def _addresses(fields: HeaderSection, name: str) -> Iterator[Address]:
    for body in fields.all(name):
        address = parse_address(body.strip().removeprefix(b"<").removesuffix(b">").decode("latin-1"))
        if address is not None:
            yield address
