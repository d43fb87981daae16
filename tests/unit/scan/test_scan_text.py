"""The form in which text leaves, and its views."""

import pytest

from relay.scan.text import clean, has_override, is_sealed, views_of_text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\r\nb\rc\x85d\u2028e\x0cf", "a\nb\nc\nd\ne\nf"),
        ("T\x00L\x1bP\x9b:RED\x7f", "TLP:RED"),
        ("a\tb", "a\tb"),
        ("\u202eDER\u202c \u2066x\u2069", "DER x"),
        ("\ufeffstart", "start"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("x\U000e0054\U000e004cy", "xy"),
        ("\ud800", "\ufffd"),
    ],
)
def test_clean_text_holds_no_controls_and_keeps_the_joiners(text, cleaned):
    assert clean(text) == cleaned


def test_only_overrides_of_the_reading_direction_are_suspicious():
    assert has_override("\u202eDER")
    assert not has_override("\u202bعربي\u202c \u2066x\u2069 \u200f")


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PGP MESSAGE-----\n\nhQEM",
        "hello\n> -----BEGIN PGP MESSAGE-----",
        "-----BEGIN PKCS7-----",
        "see\nbegin 644 seizure.doc\nM" + "M" * 60,
    ],
)
def test_what_only_another_program_can_read_is_sealed(text):
    assert is_sealed(text)


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PGP SIGNED MESSAGE-----\n\nhello",
        "the line -----BEGIN PGP MESSAGE----- starts it",
        "begin 644 of the cases\nwith a list",
    ],
)
def test_text_about_sealed_text_is_not_sealed(text):
    assert not is_sealed(text)


def test_what_a_text_quotes_is_a_view_without_its_marks():
    views = views_of_text("Reply\n> On Monday\n>> CONFIDENTIAL\n > > deep\nend")
    assert [(view.place, view.text) for view in views][1:] == [("quoted text", "On Monday\nCONFIDENTIAL\ndeep")]


def test_a_text_that_quotes_nothing_has_one_view():
    assert [view.place for view in views_of_text("5 > 4")] == ["text"]
