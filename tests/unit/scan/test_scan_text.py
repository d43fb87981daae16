"""The form in which text leaves, and its views."""

import pytest

from relay.scan.text import clean, has_override, is_sealed, join_flowed, unfold, views_of_text


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
    """Rows 61 and 62; evasion 11."""
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


@pytest.mark.parametrize(
    "text",
    ["&#84;LP:RED", "TLP&colon;RED", "<b>T</b>LP:RED", "T%4cP%3ARED", "<!-- x -->TLP:<i>RED</i>", "&lt;TLP:RED&gt;"],
)
def test_text_that_is_written_for_another_program_is_also_viewed_as_that_would_show_it(text):
    assert "TLP:RED" in [view.text.strip("<>") for view in views_of_text(text) if view.place == "text, hidden part"]


@pytest.mark.parametrize("text", ["A & B", "AT&T", "5 < 6 > 4", "100 % sure", "a\nb"])
def test_everyday_text_has_no_hidden_view(text):
    assert [view.place for view in views_of_text(text)] == ["text"]


@pytest.mark.parametrize(
    ("text", "delete_space", "joined"),
    [
        ("TL \nP:RED", True, "TLP:RED"),
        ("seizure \nof ivory\nend", False, "seizure of ivory\nend"),
        ("> a \n> b\n>> c \n> d", False, "> a b\n>> c \n> d"),
        ("-- \nAna", False, "-- \nAna"),
        (" From here \n x", False, "From here x"),
    ],
)
def test_flowed_text_is_joined_as_its_readers_join_it(text, delete_space, joined):
    assert join_flowed(text, delete_space=delete_space) == joined


def test_folded_lines_are_put_together():
    assert unfold("NOTE:TLP\n :RED\nEND") == "NOTE:TLP:RED\nEND"


def test_a_text_that_quotes_nothing_has_one_view():
    assert [view.place for view in views_of_text("5 > 4")] == ["text"]
