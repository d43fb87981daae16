"""The subject is read with the text: what stands in it is found once, in its own place, and moves no line of the text."""

import pytest

from relay.scan.stages import scan_octets
from tests.builders import shipped_rules, unweighed_rules
from tests.scanning import FACTS, HEADER, mail, part

ATTACHED = "Content-Disposition: attachment\r\n"
THANKS = "Many thanks for the photos of the skins; the laboratory confirms Python regius, Appendix II. " * 12
NAMED = "The suspect Okello Zurumba was arrested"
RULES = unweighed_rules()


def places(subject: str, *parts: bytes) -> set[str]:
    octets = mail(*parts) if len(parts) > 1 else HEADER + parts[0]
    octets = octets.replace(b"Seizure at the port", subject.encode())
    found = [finding for stage in scan_octets(octets, RULES, FACTS) for finding in stage.findings]
    return {finding.place for finding in found if finding.code == "N1"}


def text_part(words: str) -> bytes:
    return part(words.encode(), "text/plain; charset=utf-8")


def text(words: str) -> bytes:
    return f"Content-Type: text/plain; charset=utf-8\r\n\r\n{words}".encode()


@pytest.mark.parametrize(
    ("subject", "body", "expected"),
    [
        (NAMED, "12 kg of scales.", {"subject"}),
        ("12 kg of scales", f"{NAMED}.\r\n", {"text, line 1"}),
        ("12 kg of scales", f"Good day,\r\n\r\n{NAMED}.\r\n", {"text, line 3"}),
        (NAMED, f"{NAMED}.\r\n", {"subject", "text, line 1"}),
        (NAMED, NAMED, {"subject", "text, line 1"}),
        (NAMED, "", {"subject"}),
        (NAMED, " \r\n", {"subject"}),
        ("12 kg", "12 kg", set()),
    ],
)
def test_what_stands_in_subject_or_text_has_its_own_place(subject, body, expected):
    assert places(subject, text(body)) == expected


def test_a_subject_above_a_page_and_one_above_nothing_but_a_file_are_read():
    assert places(NAMED, b"Content-Type: text/html\r\n\r\n<p>12 kg of scales.</p>") == {"subject"}
    file = part(b"\x89PNG", "image/png; name=a.png", "Content-Disposition: attachment\r\n")
    assert places(NAMED, file, file) == {"subject"}


def test_two_subjects_are_both_read():
    octets = HEADER + b"Subject: " + NAMED.encode() + b"\r\n" + text("12 kg of scales.\r\n\r\n" + NAMED + " again.")
    found = [finding for stage in scan_octets(octets, RULES, FACTS) for finding in stage.findings]
    assert {one.place for one in found if one.code == "N1"} == {"subject", "text, line 3"}


def test_the_subject_of_an_attached_message_is_read_and_the_one_above_it_only_once():
    inner = part(f"Subject: {NAMED}\r\n\r\n12 kg of scales.".encode(), "message/rfc822")
    assert places("12 kg", text_part("See below."), inner) == {"attachment 1, subject"}
    assert places(NAMED, text_part("See below."), part(b"12 kg of scales.", "text/plain; name=a.txt", ATTACHED)) == {
        "subject"
    }


def test_a_text_that_is_attached_is_no_letter_whatever_was_learned():
    """A list of the arrested amid a page of thanks: every rule counts."""
    file = part(f"{NAMED}.\r\n\r\n{THANKS}".encode(), "text/plain; name=a.txt", ATTACHED)
    octets = mail(text_part("See below."), file)
    found = [finding for stage in scan_octets(octets, shipped_rules(), FACTS) for finding in stage.findings]
    assert "N1" in {one.code for one in found if one.place.startswith("attachment 1")}


def test_a_subject_is_one_line_and_a_topic_that_repeats_it_is_no_other():
    octets = HEADER.replace(b"Seizure at the port", b"=?utf-8?q?Report=0AThe_suspect_Okello_Zurumba_was_arrested?=")
    octets += b"Thread-Topic: The suspect Okello Zurumba was arrested\r\n" + text("12 kg.\r\n\r\n" + NAMED)
    found = [finding for stage in scan_octets(octets, RULES, FACTS) for finding in stage.findings]
    assert {one.place for one in found if one.code == "N1"} == {"subject", "text, line 3"}


def test_an_attached_message_with_a_subject_alone_and_a_file_that_says_the_same_are_both_read():
    inner = part(f"Subject: {NAMED}\r\n\r\n".encode(), "message/rfc822")
    file = part(NAMED.encode(), "text/plain; name=b.txt", ATTACHED)
    assert "attachment 1, subject" in places("12 kg", text_part("See below."), inner, file)
    assert "attachment 1" in "".join(places(NAMED, text_part("See below."), file))
