"""What a scanner says of the header section is never believed."""

from dataclasses import replace

from relay.actions.judge import with_own_facts
from relay.mail.message import read_message, split_header
from relay.policy.post import CleanPart, Progress, Scan
from tests.builders import WORDS, make_message

OCTETS = make_message(subject="TLP:RED Douala")
FACTS = read_message(split_header(OCTETS))
PARTS = (CleanPart(media_type="text/plain", text="Douala"),)


def test_an_honest_scan_keeps_its_progress_and_parts():
    scan = with_own_facts(Scan(progress=Progress.COMPLETE, message=FACTS, parts=PARTS), FACTS, WORDS)
    assert (scan.progress, scan.message, scan.parts) == (Progress.COMPLETE, FACTS, PARTS)


def test_a_scanner_that_reports_another_author_or_subject_has_not_finished():
    for lie in (
        replace(FACTS, author=None),
        replace(FACTS, subject="Douala"),
        replace(FACTS, message_id="<x@y.example>"),
    ):
        scan = with_own_facts(Scan(progress=Progress.COMPLETE, message=lie, parts=PARTS), FACTS, WORDS)
        assert scan.progress is Progress.NOTHING
        assert scan.message == FACTS


def test_a_marked_subject_counts_even_when_the_scanner_hides_it():
    scan = with_own_facts(Scan(progress=Progress.COMPLETE, message=FACTS, parts=PARTS), FACTS, WORDS)
    assert [finding.rule for finding in scan.findings] == ["tlp.red"]


def test_a_scanner_that_died_leaves_the_author_known():
    scan = with_own_facts(Scan(progress=Progress.NOTHING, message=None), FACTS, WORDS)
    assert (scan.progress, scan.message) == (Progress.NOTHING, FACTS)
