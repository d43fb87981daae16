"""CONFIRM REFERENCE as a message's first line: its author is sure that the machine was wrong (POLICY “Sending again”)."""

import re
from collections.abc import Iterable
from dataclasses import replace

from relay.policy.post import CleanPart, plain_text

_REFERENCE = r"[A-Z]{4,12}-\d{4}-\d{6,12}"
_LINE = re.compile(
    rf"\s*+(?P<line>CONFIRM[ \t\u00a0]*[: \t\u00a0][ \t\u00a0]*({_REFERENCE})[ \t\u00a0.!]*(?:\n|\Z))", re.IGNORECASE
)
# The same in a page, where tags may stand before, between and behind.
_TAG = r"<[^<>]*>"
_GAP = rf"(?:\s|\u00a0|&nbsp;|:|{_TAG})"
_IN_PAGE = re.compile(
    rf"(?P<before>{_GAP}*+)CONFIRM(?P<between>{_GAP}++){_REFERENCE}(?![\w-])(?:[.!]|\s)*", re.IGNORECASE
)


def read_confirmation(parts: Iterable[CleanPart]) -> str | None:
    """The reference that the first line confirms; None when it does no such thing."""
    match = _LINE.match(plain_text(parts))
    return match.group(2).upper() if match else None


def without_confirmation(parts: Iterable[CleanPart]) -> tuple[CleanPart, ...]:
    """The parts without that line, of which an empty one is left so that lines keep their numbers. A page that doesn't begin with it says something else, and is left out."""
    return tuple(left for part in parts if (left := _without(part)) is not None)


def _without(part: CleanPart) -> CleanPart | None:
    if part.media_type == "text/plain":
        match = _LINE.match(part.text)
        return replace(part, text=part.text[: match.start("line")] + "\n" + part.text[match.end() :]) if match else part
    match = _IN_PAGE.match(part.text)
    if match is None:
        return None
    tags = "".join(re.findall(_TAG, match.group("between")))
    return replace(part, text=match.group("before") + tags + part.text[match.end() :])
