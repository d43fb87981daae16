"""A word and a reference as a message's first line: CONFIRM (its author is sure that the machine was wrong, POLICY “Sending again”), CORRECTS (it takes the place of an earlier post)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from relay.policy.post import CleanPart, plain_text

_REFERENCE = r"[A-Z]{4,12}-\d{4}-\d{6,12}"
# The same in a page, where tags may stand before, between and behind.
_TAG = r"<[^<>]*>"
_GAP = rf"(?:\s|\u00a0|&nbsp;|:|{_TAG})"


@dataclass(frozen=True, slots=True)
class FirstLine:
    """How a line is written: in a text, and in a page."""

    in_text: re.Pattern[str]
    in_page: re.Pattern[str]


def _written(words: str) -> FirstLine:
    return FirstLine(
        re.compile(
            rf"\s*+(?P<line>(?:{words})[ \t\u00a0]*[: \t\u00a0][ \t\u00a0]*({_REFERENCE})[ \t\u00a0.!]*(?:\n|\Z))",
            re.IGNORECASE,
        ),
        re.compile(
            rf"(?P<before>{_GAP}*+)(?:{words})(?P<between>{_GAP}++){_REFERENCE}(?![\w-])(?:[.!]|\s)*", re.IGNORECASE
        ),
    )


CONFIRMATION = _written("CONFIRM")
CORRECTION = _written("CORRECTS|CORRIGE")  # the second is French, Spanish and Portuguese alike


def read_first_line(parts: Iterable[CleanPart], written: FirstLine) -> str | None:
    """The reference that the first line names; None when it is no such line."""
    match = written.in_text.match(plain_text(parts))
    return match.group(2).upper() if match else None


def without_first_line(parts: Iterable[CleanPart], written: FirstLine) -> tuple[CleanPart, ...]:
    """The parts without that line, of which an empty one is left so that lines keep their numbers. A page that doesn't begin with it says something else, and is left out."""
    return tuple(left for part in parts if (left := _without(part, written)) is not None)


def _without(part: CleanPart, written: FirstLine) -> CleanPart | None:
    if part.media_type == "text/plain":
        match = written.in_text.match(part.text)
        return replace(part, text=part.text[: match.start("line")] + "\n" + part.text[match.end() :]) if match else part
    match = written.in_page.match(part.text)
    if match is None:
        return None
    tags = "".join(re.findall(_TAG, match.group("between")))
    return replace(part, text=match.group("before") + tags + part.text[match.end() :])
