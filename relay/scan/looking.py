"""What a photo shows that may not go out unseen: a face, and lines of writing that are to be read.

Faces are found by a detector that OpenCV brings along (P. Viola, M. Jones 2001; R. Lienhart 2002): people who look at the
camera, upright, whose face is a twentieth of the photo's longer side or more. Runs in scanner processes only, on the pixels
that leave.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import cv2
import numpy as np
from cv2.data import haarcascades
from numpy.typing import NDArray
from PIL import JpegImagePlugin

from relay.scan.frames import LINES

Pixels = NDArray[Any]
Box = tuple[int, int, int, int]  # left, top, width, height

_FACE_SIDE, _TEXT_SIDE = 640, 1200  # the longer side, in pixels, at which each is looked for
_ENLARGED = 3  # at most so many times
_SMALLEST = 28  # pixels of a face's side
# How many overlapping hits make a face: with half as many, one photo of goods in twenty is said to show one.
_HITS = 6
_FACES = cv2.CascadeClassifier(haarcascades + "haarcascade_frontalface_alt2.xml")
cv2.setNumThreads(0)  # a scanner may start no threads
cv2.ocl.setUseOpenCL(False)

# A line of writing, at `_TEXT_SIDE`: how high it is, how much longer than high, how much of its box is filled.
_HEIGHTS = range(7, 70)
_LONGER, _FILLED = 2.5, 0.4
_STROKES = 4  # side by side
_FAINTEST = 24  # of 255, between ink and paper
_FAINTEST_INK = 48  # of 255, between a page's paper and what is on it
_SPECKS = 1e-4  # the share of a page that dust may have
_EDGE = 4  # pixels around a box
_LETTER_HEIGHTS = 0.4, 4.0  # of what may be a letter, or a word by hand, in heights of a word in print


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was seen: whether there is a face, and how many lines of writing."""

    face: bool
    lines: int


def look_at(jpeg: bytes) -> Look | None:
    """Look at a photo that was made anew; None when that fails, for want of memory too."""
    try:
        pixels = grey_pixels(jpeg)
        face = _FACES.detectMultiScale(_sized(pixels, _FACE_SIDE), 1.1, _HITS, minSize=(_SMALLEST, _SMALLEST))
        return Look(face=len(face) > 0, lines=count_lines(pixels))
    except (MemoryError, OSError, cv2.error):
        return None


def grey_pixels(jpeg: bytes) -> Pixels:
    """Rows of octets, 0 black to 255 white, of a JPEG that was made here."""
    with JpegImagePlugin.JpegImageFile(BytesIO(jpeg)) as image:
        return np.asarray(image.convert("L"))


def is_blank(pixels: Pixels) -> bool:
    """Whether a page is paper and nothing else, but for specks: not even a few words by hand."""
    counts = np.bincount(pixels.ravel(), minlength=256)
    paper = int(np.searchsorted(np.cumsum(counts), pixels.size / 2))
    inked = pixels.size - int(counts[max(0, paper - _FAINTEST_INK) : paper + _FAINTEST_INK].sum())
    return inked < _SPECKS * pixels.size


def marks_beside(pixels: Pixels, boxes: Iterable[Box]) -> float:
    """How wide what is about as high as letters, and in none of these boxes, is together: in heights of the middle box."""
    boxes = tuple(boxes)
    level, _ = cv2.threshold(pixels, 0, 255, cv2.THRESH_OTSU)
    ink = (pixels <= level if np.median(pixels) > level else pixels > level).astype(np.uint8)
    count, _, found, _ = cv2.connectedComponentsWithStats(covered(ink, boxes, 0))
    letter = float(np.median([height for _, _, _, height in boxes] or [_SMALLEST]))
    low, high = letter * _LETTER_HEIGHTS[0], letter * _LETTER_HEIGHTS[1]
    wide = sum(int(width) for _, _, width, height, _ in found[1:count].tolist() if low < height < high)
    return wide / letter


def covered(pixels: Pixels, boxes: Iterable[Box], paper: float) -> Pixels:
    """The pixels with paper in place of the boxes, and a little around each."""
    pixels = pixels.copy()
    for left, top, width, height in boxes:
        pixels[max(0, top - _EDGE) : top + height + _EDGE, max(0, left - _EDGE) : left + width + _EDGE] = paper
    return pixels


def count_lines(pixels: Pixels) -> int:
    """How many places look like a line of writing: long, low, and made of many strokes.

    Strokes are where light and dark meet; those side by side are joined, and what comes of it is measured.
    """
    page = _sized(pixels, _TEXT_SIDE)
    edges = cv2.morphologyEx(page, cv2.MORPH_GRADIENT, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3)))
    strength, strokes = cv2.threshold(edges, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    if strength < _FAINTEST:
        _, strokes = cv2.threshold(edges, _FAINTEST, 255, cv2.THRESH_BINARY)
    joined = cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_RECT, (15, 1)))
    count, _, boxes, _ = cv2.connectedComponentsWithStats(joined, connectivity=4)
    found = 0
    for x, y, width, height, area in boxes[1:count].tolist():
        if height not in _HEIGHTS or width < _LONGER * height or area < _FILLED * width * height:
            continue
        found += _strokes_across(strokes[y : y + height, x : x + width]) >= max(_STROKES, width / height)
    return min(found, LINES)


def _strokes_across(line: Pixels) -> float:
    """How many strokes the middle of a line crosses."""
    height = line.shape[0]
    middle = line[height // 4 : 3 * height // 4].astype(np.int16)
    return float(np.median(np.count_nonzero(np.diff(middle, axis=1), axis=1))) / 2


def _sized(pixels: Pixels, side: int) -> Pixels:
    """The pixels with this longer side; small ones are not enlarged beyond measure."""
    height, width = pixels.shape
    factor = min(side / max(height, width), _ENLARGED)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
