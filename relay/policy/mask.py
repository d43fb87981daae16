"""What a moderator sees of a held text at first: the words around, and none of the values that it is held for."""

import re
from collections import Counter
from collections.abc import Iterable

from relay.policy.decision import Reason

COVER = "\u2588"
MANY = 20  # findings of one rule: there may be more than were counted

_VALUES = frozenset({"T1", "N1", "N2", "O1", "O2", "O3", "H3", "H4", "H5", "H8", "H9"})
_LINE = re.compile(r"text, line ([0-9]+)")
_QUOTED = re.compile(r"[ \t]{0,3}>")
_LONG = 45  # characters: such a line may go on in the next one
_TOKEN = re.compile(r"[^\s,;:!?()\[\]<>\"'«»“”]+")


def mask_text(text: str, reasons: Iterable[Reason]) -> str:
    """A text with names, numbers and addresses covered in the lines for which it is held; in all of them when that isn't sure.

    Covered is each word with a capital, a digit or a sign of an address, and each in letters that have no capitals.
    """
    about = [reason for reason in reasons if reason.code in _VALUES]
    lines = text.split("\n")
    chosen = _lines_of(about, lines)
    return "\n".join(_cover(line) if number in chosen else line for number, line in enumerate(lines))


def mask_subject(subject: str, reasons: Iterable[Reason]) -> str:
    """The same of a subject."""
    return _cover(subject) if any(one.place == "subject" and one.code in _VALUES for one in reasons) else subject


def _lines_of(reasons: list[Reason], lines: list[str]) -> frozenset[int]:
    every = frozenset(range(len(lines)))
    chosen: set[int] = set()
    if any(count >= MANY for count in Counter(reason.rule for reason in reasons).values()):
        return every
    for reason in reasons:
        if match := _LINE.fullmatch(reason.place):
            number = int(match.group(1)) - 1
            chosen.add(number)
            while number < len(lines) - 1 and len(lines[number]) >= _LONG:  # its sentence may go on
                number += 1
                chosen.add(number)
        elif reason.place == "quoted text":
            chosen.update(number for number, line in enumerate(lines) if _QUOTED.match(line))
        elif reason.place.startswith("text") or reason.place == "whole message":
            return every
    return frozenset(chosen)


def _cover(line: str) -> str:
    return _TOKEN.sub(lambda match: _covered(match.group()), line)


def _covered(token: str) -> str:
    """A word, or its cover, which doesn't tell how long it is."""
    if any(
        char.isupper() or char.isdigit() or char in "@/" or (char.isalpha() and not char.islower()) for char in token
    ):
        return COVER * 4
    return token
