"""Writing on photos and on pages that are pictures, read by the real tesseract in the real lane; and what becomes of it where nobody can read it."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from relay.policy.post import RESIDUAL, Progress, Scan
from relay.scan import lane as lane_module
from relay.scan.frames import Stage
from relay.scan.lane import ReadingLane
from relay.scan.pool import ScannerPool
from relay.scan.scanner import Scanner
from tests.builders import DEFINITIONS
from tests.pictures import attached, encoded, picture, pictured_pdf, scribble, writing
from tests.programs import need_languages
from tests.scanning import FACTS, mail, part, scan

BOX = [f"Box {number} of ten: worked ivory and scales" for number in range(1, 8)]
GOODS = writing(*BOX)
MARKED = encoded(writing("TLP:RED", *BOX))
ACCOUNT = writing(*BOX[:3], "IBAN GB82 WEST 1234 5698 7654 32")
PDF = "application/pdf; name=scan.pdf"


@pytest.fixture(scope="module")
def pool() -> Iterator[ScannerPool]:
    need_languages()
    running = ScannerPool(
        processes=2, memory=512 * 1024 * 1024, deadline=timedelta(seconds=120), definitions=DEFINITIONS
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lane_module, "PATIENCE", timedelta(seconds=60))  # on a busy machine; one test is about it
        running.start()
        yield running
        running.close()


def found_in(result: Scan) -> list[tuple[str, str, str]]:
    assert result.progress is Progress.COMPLETE
    return [(one.code, one.rule, one.place) for one in result.findings if not one.rule.startswith(RESIDUAL)]


def found(pool: ScannerPool, *attachments: bytes) -> list[tuple[str, str, str]]:
    return found_in(pool.scan(mail(part(b"Scales."), *attachments), FACTS))


def test_a_marking_in_the_pixels_counts_as_anywhere_and_the_line_is_told_also_of_small_and_white_writing(pool):
    small = encoded(writing("TLP:RED", *BOX, size=16))
    black = encoded(writing("TLP:RED", *BOX, ink=255, paper=0))
    told = found(pool, *map(attached, (MARKED, small, black)))
    assert told == [("M1", "tlp.red", f"attachment {number}, line 1") for number in (1, 2, 3)]


def test_what_identifies_a_person_is_for_a_look_and_writing_on_goods_is_not(pool):
    photos = [attached(encoded(one)) for one in (picture(640, 480), GOODS, ACCOUNT)]
    scanned = pictured_pdf(writing("TLP:RED", *BOX), ACCOUNT, title="Wobbleglimmer")
    result = pool.scan(
        mail(part(b"Scales."), *photos, attached(pictured_pdf(GOODS), PDF), attached(scanned, PDF)), FACTS
    )
    assert set(found_in(result)) == {
        ("H6", "photo.names", "attachment 3, line 4"),
        ("M1", "tlp.red", "attachment 5, page 1, line 1"),
        ("H6", "photo.names", "attachment 5, page 2, line 4"),
    }
    assert [(one.name, len(one.lines)) for one in result.documents] == [
        ("attachment-4.pdf", 1),
        ("attachment-5.pdf", 2),
    ]
    assert b"Wobble" not in result.documents[1].octets


def test_writing_by_hand_beside_print_leaves_a_scan_unread_and_an_empty_page_is_read(pool):
    scanned = pictured_pdf(scribble(writing(*BOX)), writing())
    assert found(pool, attached(scanned, PDF)) == [("H6", "photo.text_unread", "attachment 1, page 1")]


def test_more_than_a_reader_takes_is_for_a_look(pool, monkeypatch):
    monkeypatch.setattr(lane_module, "PICTURED_PAGES", 1)
    scanned, photo = attached(pictured_pdf(GOODS, GOODS), PDF), attached(MARKED)
    assert found(pool, scanned, photo, photo) == [
        ("H6", "photo.text_unread", "attachment 1, page 1"),
        ("M1", "tlp.red", "attachment 2, line 1"),
        ("H6", "photo.text_unread", "attachment 3"),
    ]


def test_a_reader_that_is_too_slow_or_dies_leaves_writing_unread(pool, monkeypatch):
    with monkeypatch.context() as hurried:
        hurried.setattr(lane_module, "PATIENCE", timedelta())
        assert found(pool, attached(MARKED)) == [UNREAD]
    with monkeypatch.context() as deadly:
        readers = before_reading(deadly, lambda reader: os.kill(reader.pid, signal.SIGKILL))
        assert found(pool, attached(MARKED)) == [UNREAD]
    assert not any(Path(f"/proc/{pid}").exists() for pid in readers)


def test_after_that_the_next_one_reads_again_and_of_several_messages_at_once_the_others_are_told_to_be_unread(pool):
    """Nobody waits for the lane, and nothing passes unread."""
    told: list[list[tuple[str, str, str]]] = []
    threads = [threading.Thread(target=lambda: told.append(found(pool, attached(MARKED)))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == len(threads)
    assert {code for one in told for code, _, _ in one} in ({"M1"}, {"M1", "H6"})
    assert all(told)


def test_closing_ends_the_reader_and_no_other_is_started(pool, monkeypatch):
    result, lane = scan(mail(part(b"Scales."), attached(MARKED))), ReadingLane()
    closing = threading.Thread(target=lane.close)
    readers = before_reading(monkeypatch, lambda _: closing.start())
    for _ in range(2):
        told = lane.look_into(result, FACTS, pool._parents[-1], monotonic() + 60)
        assert found_in(told) == [UNREAD]
    closing.join()
    assert len(readers) == 1
    assert not Path(f"/proc/{readers[0]}").exists()


UNREAD = ("H6", "photo.text_unread", "attachment 1")


def before_reading(monkeypatch: pytest.MonkeyPatch, act: Callable[[Scanner], None]) -> list[int]:
    """Have this done before a reader is asked; the process ids of readers, as they come."""
    readers: list[int] = []
    asked = Scanner.stages

    def stages(reader: Scanner, *told: Any, **more: Any) -> Iterator[Stage]:
        if more:  # it is asked to read, not to scan
            readers.append(reader.pid)
            act(reader)
        return asked(reader, *told, **more)

    monkeypatch.setattr(Scanner, "stages", stages)
    return readers


def test_without_tesseract_what_mostly_shows_writing_is_for_a_look(pool, monkeypatch):
    monkeypatch.setattr(lane_module, "languages", tuple)
    assert found(pool, attached(encoded(GOODS))) == [UNREAD]
    assert found(pool, attached(encoded(writing(*BOX[:3]))), attached(encoded(picture(640, 480)))) == []
    told = found(pool, attached(pictured_pdf(GOODS), PDF))
    assert told == [("H6", "photo.text_unread", "attachment 1, page 1")]


def test_where_nothing_shows_writing_no_reader_is_started(pool, monkeypatch):
    readers = before_reading(monkeypatch, lambda _: None)
    assert found(pool, attached(encoded(picture(640, 480)))) == []
    assert readers == []
