"""Tables in a text: which cells stand below one, so that a label is looked for in its own column."""

import re
from collections.abc import Iterator

ROWS = 200  # of one table
ROW_CHARACTERS = 2000
HEADING_CHARACTERS = 40  # "TLP level of this entry"
_SEPARATORS = tuple(map(re.compile, (r"\|", r"\t", r";", r" {2,}")))
_FRAME = re.compile(r"[\s|+=:_-]*")

Span = tuple[int, int]


def column_below(text: str, start: int, end: int, limit: int) -> Iterator[Span]:
    """The cells below the one that a span stands in, in a row of several; nothing where it stands in none.

    Args:
        text: the text.
        start: where the span starts.
        end: where it ends.
        limit: where the search ends; each part of a text is searched for one span only, so that time stays linear.

    Returns:
        Spans without the blanks around the cells' words. The table ends with the first row that has no such cell.
    """
    line_start = text.rfind("\n", max(0, start - ROW_CHARACTERS), start) + 1
    line_end = text.find("\n", end, end + ROW_CHARACTERS)
    if line_end < 0 or start - line_start >= ROW_CHARACTERS:
        return
    for separator in _SEPARATORS:
        cells = _cells(text, line_start, line_end, separator)
        for column, (first, last) in enumerate(cells):
            if len(cells) > 1 and first <= start and end <= last <= first + HEADING_CHARACTERS:
                yield from _below(text, line_end + 1, limit, separator, column)
                return


def _below(text: str, position: int, limit: int, separator: re.Pattern[str], column: int) -> Iterator[Span]:
    for _ in range(ROWS):
        row_end = text.find("\n", position, min(limit, position + ROW_CHARACTERS))
        row_end = min(limit, len(text)) if row_end < 0 else row_end
        if position >= row_end and position >= limit:
            return
        cells = _cells(text, position, row_end, separator)
        if len(cells) > max(column, 1):
            yield cells[column]
        elif not _FRAME.fullmatch(text, position, row_end):
            return
        position = row_end + 1


def _cells(text: str, start: int, end: int, separator: re.Pattern[str]) -> list[Span]:
    """The spans of a row's cells, without blanks around their words."""
    edges = [start, *(edge for match in separator.finditer(text, start, end) for edge in match.span()), end]
    return [_stripped(text, *edges[place : place + 2]) for place in range(0, len(edges), 2)]


def _stripped(text: str, start: int, end: int) -> Span:
    words = text[start:end]
    return start + len(words) - len(words.lstrip()), end - (len(words) - len(words.rstrip()))
