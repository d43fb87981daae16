"""Writing on photos and on pages that are pictures, read and searched like any other text. Runs only in the reading lane's process.

It gets nothing but what was made anew from pixels, bare JPEGs and PDFs of them, and tells findings; the text itself stays here.
"""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from itertools import islice

import numpy as np
from PIL import Image, JpegImagePlugin

from relay.detectors.facts import Facts
from relay.documents.limits import PICTURED_PAGES
from relay.policy.post import Finding, View
from relay.scan.frames import PREFIX_OCTETS, Stage, read_length
from relay.scan.looking import Pixels, count_lines, covered, is_blank, marks_beside
from relay.scan.pages import drawn
from relay.scan.rules import Rules
from relay.scan.search import find_in
from relay.scan.tesseract import Tesseract, Word, rows_of, text_of
from relay.scan.text import clean

_SIDE = 1800  # pixels: letters on smaller ones are enlarged, up to three times
# Which part of its lines may stay unread. On photos much that looks like a line is none; in a document there is no telling
# what one says that tesseract has left out, or what was filled in by hand: so there may not be much of that either.
_LINES_OF_PHOTO, _LINES_OF_PAGE = 0.5, 0.1
_MARKS = 3  # heights of a letter, side by side: a word, or a short signature
_SAMPLE, _LINE = 240, 50  # rows of some six lines, and of one


def read_pages(octets: bytes, rules: Rules, facts: Facts, tesseract: Tesseract) -> Iterator[Stage]:
    """What stands on each page: its findings, or that it can't be read whole ("removed"); places are "page 1, line 2"."""
    for number, (image, wholly) in enumerate(islice(_pages(octets), PICTURED_PAGES), start=1):
        place = f"page {number}"
        words, is_read = _words_on(image, tesseract, wholly=wholly)
        found = {(one.code, one.rule): _on_page(one, place) for one in _found(text_of(words), rules, facts)}
        found |= {(one.code, one.rule): _on_page(one, place) for one in _found(rows_of(words), rules, facts)}
        yield Stage(name="part", findings=tuple(found.values()), removed=() if is_read else (place,))
    yield Stage(name="complete")


def _found(text: str, rules: Rules, facts: Facts) -> tuple[Finding, ...]:
    return find_in(View(text=clean(text), place="text"), rules, facts)


def _pages(octets: bytes) -> Iterator[tuple[Image.Image, bool]]:
    """Every page, and whether it counts as read only if all of it was: on photos there is more than writing."""
    position = 0
    while position < len(octets):
        start = position + PREFIX_OCTETS
        position = start + read_length(octets[position:start])
        file = octets[start:position]
        if file.startswith(b"%PDF"):
            yield from ((page, True) for page in drawn(file))
        else:
            with JpegImagePlugin.JpegImageFile(BytesIO(file)) as opened:
                yield opened.convert("RGB"), False


def _words_on(image: Image.Image, tesseract: Tesseract, *, wholly: bool) -> tuple[tuple[Word, ...], bool]:
    """The words, and whether the page counts as read."""
    image = image.convert("L")
    factor = min(3.0, _SIDE / max(image.size))
    if factor > 1:
        image = image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.BICUBIC)
    pixels = np.array(image)
    if is_blank(pixels):
        return (), True
    words = tesseract.read(pixels.tobytes(), image.width, _fullest_rows(pixels))
    boxes = [one.box for one in words if not one.is_doubtful]
    left = count_lines(covered(pixels, boxes, np.median(pixels))) / max(1, count_lines(pixels))
    if not words or left > (_LINES_OF_PAGE if wholly else _LINES_OF_PHOTO):
        return words, False
    return words, not wholly or marks_beside(pixels, boxes) <= _MARKS


def _fullest_rows(pixels: Pixels) -> range:
    """Where light and dark change most, from between two lines to between two others."""
    changes = np.abs(np.diff(pixels.astype(np.int16), axis=1)).sum(axis=1)
    sums = np.concatenate(([0], changes.cumsum()))
    rows = min(_SAMPLE, len(changes))
    start = int(np.argmax(sums[rows:] - sums[:-rows]))
    before, behind = max(0, start - _LINE), start + rows
    top = before + int(np.argmin(changes[before : start + 1]))
    return range(top, behind + int(np.argmin(changes[behind - 1 : behind + _LINE])))


def _on_page(finding: Finding, place: str) -> Finding:
    line = finding.place.partition(", ")[2]
    return replace(finding, place=f"{place}, {line}" if line.startswith("line ") and "," not in line else place)
