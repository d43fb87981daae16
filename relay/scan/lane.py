"""The reading lane, as the main process sees it: one process reads the writing on photos and on pages that are pictures.

Reading costs seconds where all else costs milliseconds. So nobody waits for anybody else's: while it reads for another
message, or when it takes too long, what shows writing stays unread, which is for a person to look at (H6). A reader is
started when there is something to read, for one message, and ends with it: where no writing comes, none ever takes memory.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice
from time import monotonic

from relay.detectors.facts import Facts
from relay.documents.limits import PICTURED_PAGES
from relay.errors import ConfigurationError
from relay.policy.photos import TEXT_UNREAD, of_a_photo
from relay.policy.post import Finding, Scan
from relay.scan.checked import FrameError
from relay.scan.frames import Stage, length_prefix
from relay.scan.parent import READER, ParentError, ScannerParent
from relay.scan.scanner import Scanner, ScannerError
from relay.scan.tesseract import languages
from relay.scan.vocabulary import PIECES

PATIENCE = timedelta(seconds=10)  # for all of one message, the reader's start included
SOME_LINES = 3  # from so many lines of writing on, a photo is read
MANY_LINES = 6  # a photo that shows so many and can't be read is one that somebody should look at


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A photo, or a document of pictures: where its pages are, how many lines each shows, from how many on it must be read."""

    octets: bytes = field(repr=False)
    places: tuple[str, ...]
    lines: tuple[int, ...]
    least: int


class ReadingLane:
    """Reads for one message at a time. Thread-safe."""

    def __init__(self) -> None:
        """Nothing is started yet."""
        self._turn = threading.Lock()  # held by the one message that is read for
        self._lock = threading.Lock()  # of the two below
        self._reader: Scanner | None = None
        self._closed = False

    def look_into(self, scan: Scan, facts: Facts, parent: ScannerParent, until: float) -> Scan:
        """The scan with what the writing on its photos and pictures says.

        Args:
            scan: what a scanner reported.
            facts: what that scanner was told.
            parent: the process that it was forked from.
            until: when the message must be done with, in monotonic seconds.
        """
        files = list(_with_writing(scan))
        if not files:
            return scan
        if languages():
            chosen = _that_fit(files)
            stages = iter(self._read(chosen, facts, parent, until))
            told = {file.places: list(islice(stages, len(file.places))) for file in chosen}
        else:
            told = {}
            files = [file for file in files if max(file.lines) >= file.least]
        found = [one for file in files for one in _told(file, told.get(file.places, []))]
        return replace(scan, findings=tuple(dict.fromkeys((*scan.findings, *found))))

    def close(self) -> None:
        """End the reader; what it reads stays unread."""
        with self._lock:
            self._closed = True
            if self._reader:
                self._reader.kill()
        with self._turn:  # whoever used it has buried it
            return

    def _read(self, files: Sequence[_File], facts: Facts, parent: ScannerParent, until: float) -> list[Stage]:
        """A stage for each page; none when there is no reader, or it is too slow, or broken."""
        if not self._turn.acquire(blocking=False):
            return []
        try:
            return self._ask(files, facts, parent, min(until, monotonic() + PATIENCE.total_seconds()))
        except (OSError, ConfigurationError, ParentError, ScannerError, FrameError):
            return []
        finally:
            self._turn.release()

    def _ask(self, files: Sequence[_File], facts: Facts, parent: ScannerParent, until: float) -> list[Stage]:
        """Have a reader started, and the files read by it."""
        with self._lock:
            if self._closed:
                return []
            self._reader = reader = Scanner(parent, READER)
        try:
            reader.prepare(until)
            octets = b"".join(length_prefix(file.octets) + file.octets for file in files)
            stages = list(reader.stages(octets, facts, until, begins="part"))[:-1]
        finally:
            with self._lock:
                self._reader = None
            reader.bury()
        return stages if len(stages) == sum(len(file.places) for file in files) else []


def _with_writing(scan: Scan) -> Iterator[_File]:
    """What is to be read: documents of pictures that are not blank, and photos that show more than a word."""
    for document in scan.documents:
        if any(document.lines):
            places = tuple(f"{document.place}, page {number}" for number in range(1, len(document.lines) + 1))
            yield _File(octets=document.octets, places=places, lines=document.lines, least=1)
    for image in scan.images:
        if image.lines >= SOME_LINES:
            yield _File(octets=image.octets, places=(image.place,), lines=(image.lines,), least=MANY_LINES)


def _that_fit(files: Iterable[_File]) -> list[_File]:
    """As many as a reader takes, in order; a document whole or not at all."""
    fit, pages = [], 0
    for file in files:
        if pages + len(file.places) <= PICTURED_PAGES:
            fit.append(file)
            pages += len(file.places)
    return fit


def _told(file: _File, stages: Sequence[Stage]) -> Iterator[Finding]:
    """What its pages say, told from outside; one that shows writing and was not read is for a look."""
    if not stages:
        yield Finding(code="H6", rule=TEXT_UNREAD, place=file.places[0])
    for place, lines, stage in zip(file.places, file.lines, stages, strict=False):
        if stage.removed and lines >= file.least:
            yield Finding(code="H6", rule=TEXT_UNREAD, place=_within(place, ""))
        yield from of_a_photo(
            replace(one, place=_within(place, one.place.partition(", ")[2])) for one in stage.findings
        )


def _within(page: str, inner: str) -> str:
    """A place on a page, told with no more pieces than a place may have."""
    return ", ".join(f"{page}, {inner}".removesuffix(", ").split(", ")[:PIECES])
