"""A stranger's letter as the postmaster gets it."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from relay.delivery.catalogue import read_catalogue
from relay.delivery.postmaster import Letter, compose_letter, pack_letter, unpack_letter
from tests.builders import WORDS_FILE, address

LOCALES = WORDS_FILE.parents[1] / "locales"
LETTER = Letter(
    written_to="abuse@relay.example",
    client="192.0.2.7",
    mail_from="someone@elsewhere.example",
    author="someone@elsewhere.example",
    subject="Spam\r\nBcc: x@evil.example",
    text="Please stop.\r\n.\r\nFrom here on.",
    removed=2,
)


def compose(letter: Letter = LETTER, language: str = "en"):
    catalogue = read_catalogue((LOCALES / f"{language}.po").read_text("utf-8"), language)
    now = datetime(2026, 3, 2, tzinfo=UTC)
    octets = compose_letter(
        letter,
        reference="POSTMASTER-2026-000001",
        recipient=address("ops@agency.example"),
        domain="relay.example",
        written_at=now,
        catalogue=catalogue,
    )
    return message_from_bytes(octets, policy=policy.default)


def test_a_letter_packs_and_unpacks():
    assert unpack_letter(pack_letter(LETTER)) == LETTER


@pytest.mark.parametrize("language", ["en", "fr", "es", "pt"])
def test_it_says_in_the_sites_language_who_is_said_to_have_written_it(language):
    message = compose(language=language)
    text = message.get_body().get_content()
    assert all(
        one in text for one in ("abuse@relay.example", "192.0.2.7", "<someone@elsewhere.example>", "Please stop.")
    )
    assert "[2 " in text
    assert message.get_content_type() == "text/plain"


def test_no_word_of_the_stranger_becomes_a_field():
    """Row 47."""
    message = compose()
    assert message["Bcc"] is None
    assert message["Subject"] == "[abuse] Spam Bcc: x@evil.example"


def test_another_author_than_the_reverse_path_is_shown_with_it_and_none_is_shown_as_none():
    assert (
        "other@elsewhere.example <someone@elsewhere.example>"
        in compose(replace(LETTER, author="other@elsewhere.example")).get_content()
    )
    nobody = compose(replace(LETTER, author="", mail_from="", removed=0))
    assert "<>" in nobody.get_content()
    assert nobody["Reply-To"] is None


def test_an_address_that_the_operator_s_server_may_not_take_stands_in_the_text_alone():
    message = compose(replace(LETTER, author="zoé@elsewhere.example", mail_from="zoé@elsewhere.example"))
    assert message["Reply-To"] is None
    assert "<zoé@elsewhere.example>" in message.get_body().get_content()
