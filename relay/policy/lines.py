"""Lines and words in which markings stand: the edges of a text, a line without its frame, words in capitals."""

import re
from collections.abc import Iterator

FIRST_LINES = 3  # a banner may stand below a reference and a date
LONGEST_LINE = 200
_LINE = re.compile(r"[^\n]+")
_FRAME = 4  # signs in a row above a line and below it that make a box
_WORD = re.compile(r"[^\W_]")
_WORDY = re.compile(r"\w")
# A word in capitals begins: shaped texts have no accents. What may not stand before is looked for behind the first letter,
# which is fast; and ASCII is told apart as capitals (C), other letters and digits (a) and what is between words (a space).
_CAPITAL = "A-Z\u0391-\u03a9\u0400-\u042f"
_CAPITALS = re.compile(rf"[{_CAPITAL}](?<![^\W_].)[{_CAPITAL}]")
_CLASSES = "".join(
    "C" if char.isupper() else "a" if char.isalnum() else " " for char in map(chr, range(128))
).encode() + bytes(128)
_CAPITALS_IN_CLASSES = re.compile(rb"C(?<!aC)(?<!CC)C")
_FRAMED = 40  # characters of a frame or indentation around a line's words that count
FIRST_WORD = re.compile(r"\n[\W\d_]{0,120}([^\W\d_][^\W_]*)")


def body_of_line(folded: str, start: int, word: int, end: int) -> tuple[int, int]:
    """A line from its first word to its last, with no more of the blanks and signs around them than a frame has."""
    last = end
    while last > word and not folded[last - 1].isalnum():
        last -= 1
    return max(start, word - 1 - _FRAMED), min(end, last + _FRAMED)


def edges_of(text: str) -> list[int]:
    """Where the first lines with a word start, and the last one."""
    starts: list[int] = []
    for line in _LINE.finditer(text):
        if _WORDY.search(text, *line.span()):
            starts.append(line.start())
        if len(starts) == FIRST_LINES:
            break
    end = len(text.rstrip())
    while end > 0 and not _WORDY.search(text, start := text.rfind("\n", 0, end) + 1, end):
        end = start - 1
    return [*starts, *([text.rfind("\n", 0, end) + 1] if end > 0 else [])]


def line_start(text: str, position: int) -> int:
    """Where the line starts that holds a position; the position itself where that is too far away to be a marking's line."""
    found = text.rfind("\n", max(0, position - LONGEST_LINE), position)
    return found + 1 if found >= 0 or position <= LONGEST_LINE else position


def words_in_capitals(text: str) -> Iterator[int]:
    """Where words begin that have two capitals at their beginning."""
    if text.isascii():
        return (match.start() for match in _CAPITALS_IN_CLASSES.finditer(text.encode("ascii").translate(_CLASSES)))
    return (match.start() for match in _CAPITALS.finditer(text))


def is_framed(text: str, start: int, end: int) -> bool:
    """Whether the lines above and below a line are nothing but signs, as those of a box are: "+-----+"."""
    above = text[max(0, start - LONGEST_LINE) : max(0, start - 1)].rpartition("\n")[2]
    below = text[end + 1 : end + 1 + LONGEST_LINE].partition("\n")[0]
    return all(len(line.strip()) >= _FRAME and not _WORD.search(line) for line in (above, below))
