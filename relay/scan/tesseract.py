"""Debian's tesseract, where it is installed: its library, called directly, with the languages that there are data for.

`languages` only looks at files. A `Tesseract` is made in the parent of the process that reads, which opens all of its data;
afterwards it needs no file. Source: tesseract/capi.h of tesseract 5.
"""

import ctypes
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Self
from unicodedata import bidirectional

# Read one after another until one is sure of what it reads. Latin letters come first, and most languages need no more: Dutch,
# Indonesian and Swahili are read as well without data of their own, which would only take longer to load;
# English stands beside other scripts because markings are written in it everywhere.
_LATIN = ("eng", "fra", "spa", "por", "deu")
_TOGETHER = (_LATIN, ("vie",), ("rus", "eng"), ("ara", "eng"), ("chi_sim", "eng"))
LANGUAGES = tuple(dict.fromkeys(language for group in _TOGETHER for language in group))
_LIBRARY = "libtesseract.so.5"
_DATA = Path("usr/share/tesseract-ocr/5/tessdata")
_LSTM_ONLY, _AUTOMATIC, _SPARSE = 1, 3, 11  # OEM_LSTM_ONLY, PSM_AUTO, PSM_SPARSE_TEXT
_SURE, _READABLE, _DOUBTFUL = 80, 55, 50  # percent, by tesseract's own reckoning
_COLUMNS, _WORD = 12, "5"  # of its table, and its rows that are words


def languages(root: Path = Path("/")) -> tuple[str, ...]:
    """Those that can be read on this machine; none where the library or English is missing."""
    found = tuple(one for one in LANGUAGES if (root / _DATA / f"{one}.traineddata").is_file())
    library = any((root / "usr" / "lib").glob(f"*/{_LIBRARY}"))
    return found if library and "eng" in found else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word that was read: how sure that is, in percent; where it stands, in pixels; the line that it is in."""

    text: str = field(repr=False)
    sure: float
    box: tuple[int, int, int, int]  # left, top, width, height
    line: tuple[str, ...]

    @property
    def is_doubtful(self) -> bool:
        """Whether it may say something else."""
        return self.sure < _DOUBTFUL


class Tesseract:
    """The library with its data in memory. Used by one thread."""

    def __init__(self) -> None:
        """Load everything.

        Raises:
            OSError: it isn't installed, or its data can't be read.
        """
        self._library = library = ctypes.CDLL(_LIBRARY)
        library.TessBaseAPICreate.restype = ctypes.c_void_p
        library.TessBaseAPIGetTsvText.restype = ctypes.c_void_p
        there = languages()
        groups = (tuple(one for one in group if one in there) for group in _TOGETHER)
        self._readers = tuple(self._reader("+".join(group)) for group in groups if group)

    def read(self, pixels: bytes, width: int, sample: range) -> tuple[Word, ...]:
        """The words on a grey picture; none when they can't be read.

        Args:
            pixels: an octet for each.
            width: how many are in a row.
            sample: rows in which there is much to read: by them it is decided in which languages all are read.
        """
        _, _, first = self._best(self._readers, pixels[sample.start * width : sample.stop * width], width, least=2)
        order = sorted(self._readers, key=lambda reader: reader is not first)
        words, sure, _ = self._best(order, pixels, width)
        return words if sure >= _READABLE else ()

    def _best(
        self, readers: Iterable[ctypes.c_void_p], pixels: bytes, width: int, *, least: int = 1
    ) -> tuple[tuple[Word, ...], float, ctypes.c_void_p | None]:
        """What one of them reads and how sure it is, and which: the best of as many as it takes, and of at least so many.

        Readers of Latin letters and of Vietnamese read the other's as well, and are sure of it.
        """
        best: tuple[tuple[Word, ...], float, ctypes.c_void_p | None] = ((), 0.0, None)
        for tried, reader in enumerate(readers, start=1):
            words = self._words(reader, pixels, width, len(pixels) // width)
            if not words and tried == 1:
                break  # none of the others would see any either
            sure = sum(one.sure for one in words) / max(1, len(words))
            best = max(best, (words, sure, reader), key=lambda one: one[1])
            if best[1] >= _SURE and tried >= least:
                break
        return best

    def _reader(self, of: str) -> ctypes.c_void_p:
        reader = ctypes.c_void_p(self._library.TessBaseAPICreate())
        if self._library.TessBaseAPIInit2(reader, bytes(Path("/") / _DATA), of.encode(), _LSTM_ONLY):
            raise OSError(of)
        return reader

    def _words(self, reader: ctypes.c_void_p, pixels: bytes, width: int, height: int) -> tuple[Word, ...]:
        library = self._library
        for layout in (_AUTOMATIC, _SPARSE):
            library.TessBaseAPISetPageSegMode(reader, layout)
            library.TessBaseAPISetImage(reader, pixels, width, height, 1, width)
            library.TessBaseAPISetSourceResolution(reader, 200)
            if library.TessBaseAPIRecognize(reader, None) != 0:
                return ()
            said = ctypes.c_void_p(library.TessBaseAPIGetTsvText(reader, 0))
            table = ctypes.string_at(said).decode("utf-8", "replace") if said else ""
            library.TessDeleteText(said)
            library.TessBaseAPIClear(reader)
            if words := tuple(_words_of(table)):
                return words
        return ()


def text_of(words: Iterable[Word]) -> str:
    """The words as lines of text, column by column."""
    return "\n".join(" ".join(one.text for one in line) for _, line in groupby(words, lambda one: one.line))


def rows_of(words: Iterable[Word]) -> str:
    """The words as rows of text from edge to edge, as in a table."""
    pieces = [_Piece.of(tuple(line)) for _, line in groupby(words, lambda one: one.line)]
    rows: list[list[_Piece]] = []
    for piece in sorted(pieces, key=lambda one: one.middle):
        if rows and piece.middle - rows[-1][0].middle < min(piece.height, rows[-1][0].height) / 2:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return "\n".join(
        " ".join(one.text for one in sorted(row, key=lambda one: one.left, reverse=row[0].from_the_right))
        for row in rows
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A line of one column: where it begins and stands, in pixels."""

    text: str = field(repr=False)
    left: int
    middle: float
    height: float
    from_the_right: bool

    @classmethod
    def of(cls, words: tuple[Word, ...]) -> Self:
        text = " ".join(one.text for one in words)
        return cls(
            text=text,
            left=min(one.box[0] for one in words),
            middle=sum(one.box[1] + one.box[3] / 2 for one in words) / len(words),
            height=max(one.box[3] for one in words),
            from_the_right=sum(bidirectional(char) in {"R", "AL"} for char in text) > len(text) / 3,
        )


def _words_of(table: str) -> Iterator[Word]:
    """The rows of level 5: level, page, block, paragraph, line, word, left, top, width, height, how sure, text."""
    for row in table.split("\n"):
        cells = row.split("\t")
        if len(cells) == _COLUMNS and cells[0] == _WORD and cells[-1].strip():
            left, top, width, height = map(int, cells[6:10])
            yield Word(text=cells[11], sure=float(cells[10]), box=(left, top, width, height), line=tuple(cells[2:5]))
