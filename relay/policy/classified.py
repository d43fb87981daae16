"""Markings of classified information: national, EU and NATO words, found where such markings stand.

They mark by their place more than by their words, which are everyday ones as well ("secret compartment"). Certain are
words that are the whole of one of a text's first lines or of its last in capitals, that stand in brackets or capitals at
an edge of a subject or a file's name, or that are the whole of a header field. On any other line of their own they hold.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from relay.mail.subject import REPLY_PREFIX
from relay.policy.post import Finding
from relay.policy.sentence import is_prose
from relay.policy.shape import fold, is_label_case, shape

_FIRST_LINES = 3  # a banner may stand below a reference and a date
_LONGEST_LINE = 200
_LINE = re.compile(r"[^\n]+")
_WORDY = re.compile(r"\w")
_FRAME = r"(?:[^\w\n]|_){0,40}"


def find_classified(text: str, place: str, words: tuple[str, ...]) -> Iterator[Finding]:
    """Find markings of classified information in one view, in time that is linear in its length.

    Args:
        text: shaped.
        place: the view's.
        words: the markings, as they are written.
    """
    if not words:
        return
    patterns, folded = _patterns(words), fold(text)
    if place.startswith(("subject", "header subject")) or place.endswith(", name"):
        yield from _at_edges(text, folded, place, patterns)
    elif is_prose(place):
        yield from _on_lines(text, folded, place, patterns[0])
    elif found := patterns[0].fullmatch(folded):
        yield _finding("M1", place, found)


def _on_lines(text: str, folded: str, place: str, whole: re.Pattern[str]) -> Iterator[Finding]:
    """Lines that are nothing but a marking, and perhaps what limits it further: "SECRET // NOFORN"."""
    filled = [line.span() for line in _LINE.finditer(text) if _WORDY.search(text, *line.span())]
    edges = {*filled[:_FIRST_LINES], *filled[-1:]}
    for start, end in filled:
        if end - start > _LONGEST_LINE or not (found := whole.fullmatch(folded, start, end)):
            continue
        written = [text[slice(*found.span(group))] for group in ("marking", "suffix") if found[group]]
        shouted = all(map(is_label_case, written))
        if shouted or not found["suffix"]:
            yield _finding("M1" if shouted and (start, end) in edges else "H2", place, found)


def _at_edges(text: str, folded: str, place: str, patterns: tuple[re.Pattern[str], ...]) -> Iterator[Finding]:
    """At the beginning or end of a subject or a file's name, in capitals; anywhere in it, in brackets."""
    _, bracketed, first, last = patterns
    if found := bracketed.search(folded):
        yield _finding("M1", place, found)
        return
    for pattern in (first, last):
        found = pattern.search(folded)
        if found and is_label_case(text[slice(*found.span("marking"))]):
            yield _finding("M1", place, found)
            return


def _finding(code: str, place: str, found: re.Match[str]) -> Finding:
    rule = "classified.in_marking_place" if code == "M1" else "classified.on_its_own_line"
    return Finding(code=code, rule=rule, place=place, start=found.start("marking"), end=found.end("marking"))


@lru_cache(maxsize=8)
def _patterns(words: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """A whole line; in brackets; at the beginning; at the end."""
    marking = f"(?P<marking>{'|'.join(_loosely(word) for word in sorted(words, key=len, reverse=True))})"
    suffix = r"(?P<suffix>(?:\s*(?:[-–—|:,;·•★]|/{1,2})\s*[^\n]{1,60})?)"
    return (
        re.compile(f"{_FRAME}{marking}(?:{_FRAME}|{suffix})"),
        re.compile(rf"[\[({{<]\s*{marking}\s*(?:[-–—|:,;/][^\])}}>\n]{{0,60}})?[\])}}>]"),
        re.compile(rf"\A(?:\s*{REPLY_PREFIX})*{_FRAME}{marking}(?=\s*(?:[^\w\s]|_|\Z))"),
        re.compile(rf"(?:[^\w\s]|_)\s*{marking}{_FRAME}(?:\.\w{{1,5}})?\Z"),
    )


def _loosely(word: str) -> str:
    return r"[\W_]{1,3}".join(re.escape(part) for part in re.findall(r"\w+", fold(shape(word))))
