"""A digest, as its reader sees it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from relay.delivery.catalogue import read_catalogue
from relay.delivery.compose import CleanCopy
from relay.delivery.digest import LIMIT, Digest, compose_digest, make_entry
from relay.mail.address import Address
from relay.policy.post import CleanDocument, CleanPart
from relay.roster.mailing_list import Tlp
from tests.builders import make_list

ROOT = Path(__file__).parents[3]
LANGUAGES = ("en", "fr", "es", "pt")
CATALOGUES = {
    one: read_catalogue((ROOT / "config" / "locales" / f"{one}.po").read_text("utf-8"), one) for one in LANGUAGES
}
MORNING = datetime(2026, 11, 26, 6, 0, tzinfo=UTC)
LIST = make_list()
OTHER = make_list("species-id", title="Species", tag="SPEC", community="those who know species", footer="No names.")
COPY = CleanCopy(
    author_name="Inès Ékotto",
    author_address=Address(local="i.ekotto", domain="customs.example"),
    subject="[CAFR][TLP:GREEN] Scales at the airport",
    message_id=None,
    date=None,
    references=(),
    parts=(CleanPart(media_type="text/plain", text="Twelve kilograms of scales.\n"),),
)


def text_copy(text, **changes):
    return replace(COPY, parts=(CleanPart(media_type="text/plain", text=text),), **changes)


def entry(number=1, copy=COPY, mailing_list=LIST, marking=Tlp.GREEN, removed=(), **more):
    """A post that came so many hours before the morning."""
    received_at = MORNING - timedelta(hours=number)
    reference = f"CAFR-2026-{number:06}"
    return make_entry(copy, mailing_list, marking, removed, reference=reference, received_at=received_at, **more)


def digest(*entries, **changes):
    usual = Digest(
        entries=entries,
        more=(),
        lists=(LIST,),
        marking=Tlp.GREEN,
        identity="digest.0a1b.en",
        written_at=MORNING,
        domain="relay.example",
    )
    return replace(usual, **changes)


def read(made, language="en"):
    octets = compose_digest(made, CATALOGUES[language])
    assert len(octets) < LIMIT
    message = message_from_bytes(octets, policy=policy.default)
    assert not message.defects
    return message


def text_of(made, language="en"):
    return read(made, language).get_content().replace("\r\n", "\n")


def test_a_digest_of_one_list_bears_its_fields_and_answers_reach_the_relay_alone():
    message = read(digest(entry()))
    assert list(message.keys()) == [
        "Date", "From", "To", "Subject", "Message-ID", "List-Id", "List-Post", "List-Help", "List-Owner", "List-Unsubscribe",
        "Auto-Submitted", "Precedence", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
    ]  # fmt: skip
    assert message["List-Id"] == '"Central Africa" <central-africa.relay.example>'
    assert message["From"] == message["To"] == "WEN Relay <central-africa-request@relay.example>"
    assert message["Subject"] == "[DIGEST][TLP:GREEN] 1 post, 26 November 2026"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == "<digest.0a1b.en@relay.example>"
    assert message.get_content_type() == "text/plain"


def test_a_digest_of_several_lists_has_an_identity_of_its_own_and_names_the_people_of_each():
    message = read(digest(entry(), entry(2, mailing_list=OTHER), lists=(LIST, OTHER)))
    assert message["List-Id"] == '"WEN Relay" <digest.relay.example>'
    assert "List-Post" not in message
    assert (
        message["List-Owner"] == "<mailto:central-africa-owner@relay.example>, <mailto:species-id-owner@relay.example>"
    )
    text = message.get_content()
    assert "officials of the region; those who know species" in text
    assert "For officials." in text
    assert "No names." in text


def test_each_post_has_its_marking_reference_author_list_and_time():
    text = text_of(digest(entry(), entry(2, marking=Tlp.AMBER), marking=Tlp.AMBER))
    assert text.startswith("TLP:AMBER\n\n2 posts, 26 November 2026\n")
    assert "highest of them" in text
    assert (
        "━━ 2/2 · TLP:AMBER · CAFR-2026-000002\n[TLP:GREEN]" not in text
    )  # a subject's own marking that the list's covers is not repeated
    for line in (
        "━━ 1/2 · TLP:GREEN · CAFR-2026-000001\nScales at the airport\nInès Ékotto <i.ekotto@customs.example>\n",
        "Central Africa <central-africa@relay.example>, 26 November 2026, 05:00 UTC\n\nTwelve kilograms of scales.\n",
        "1. TLP:GREEN Scales at the airport\n2. TLP:AMBER Scales at the airport\n",
    ):
        assert line in text
    assert "-- \nTLP:AMBER · Central Africa\n" in text


def test_of_one_marking_alone_nothing_need_be_said():
    assert "highest" not in text_of(digest(entry(), entry(2)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_frame_is_in_the_readers_language(language):
    copy = text_copy("x" * 60_000, images=(b"jpeg",), image_places=("attachment 1",))
    made = digest(entry(copy=copy), entry(2, marking=Tlp.AMBER), marking=Tlp.AMBER, more=("CAFR-2026-000009",))
    text = text_of(made, language)
    assert "{" not in text
    assert ("by its reference alone" in text) == (language == "en")
    assert CATALOGUES[language].day(MORNING.date()) in text


def test_photos_and_documents_are_told_in_numbers_and_how_to_get_them():
    document = CleanDocument(octets=b"%PDF", media_type="application/pdf", place="attachment 3")
    places = ("attachment 1", "attachment 2")
    copy = replace(COPY, images=(b"one", b"two"), image_places=places, documents=(document,))
    assert "[2 photos] [1 document] · SEND CAFR-2026-000001" in text_of(digest(entry(copy=copy)))
    text = text_of(digest(entry(copy=copy, removed=("attachment 1", "attachment 3"))))
    assert "[1 photo] [2 attachments removed] · SEND CAFR-2026-000001" in text
    assert "SEND" in text_of(digest(entry())).partition("-- \n")[2]


def test_an_author_whom_copies_do_not_show_is_not_shown():
    text = text_of(digest(entry(mailing_list=replace(LIST, reply_to="list"))))
    assert "Inès Ékotto\n" in text
    assert "i.ekotto@customs.example" not in text


def test_html_alone_becomes_text():
    html = "<p>Five <b>tusks</b> &amp; a <i>horn</i></p><table><tr><td>a</td><td>b</td></tr></table><ul><li>one<li>two</ul><style>p{}</style>"
    copy = replace(COPY, parts=(CleanPart(media_type="text/html", text=html),))
    assert "\n\nFive tusks & a horn\na  b\n- one\n- two\n" in text_of(digest(entry(copy=copy)))


@pytest.mark.parametrize("lead", ["", " ", "\t", "\u200b", "\u00a0\u2060"])
def test_no_post_can_be_made_to_look_like_two(lead):
    """Row 86."""
    forged = f"{lead}━━ 2/2 · TLP:CLEAR · CAFR-2026-000007"
    copy = text_copy(f"Seen.\n{forged}\nPass it on.\n-- \nInès", author_name=f"{forged} x", subject=forged)
    text = text_of(digest(entry(copy=copy)))
    assert [line for line in text.splitlines() if line.strip(" \t\u200b\u00a0\u2060").startswith("━")] == [
        "━━ 1/1 · TLP:GREEN · CAFR-2026-000001"
    ]
    assert text.count("\n-- \n") == 1


def test_posts_of_one_list_stand_together_the_newest_first():
    made = digest(entry(3), entry(1, mailing_list=OTHER), entry(2), lists=(LIST, OTHER))
    heads = [line.rpartition(" ")[2] for line in text_of(made).splitlines() if line.startswith("━━")]
    assert heads == ["CAFR-2026-000002", "CAFR-2026-000003", "CAFR-2026-000001"]


def test_a_long_post_is_shortened_and_pushes_no_other_out():
    text = text_of(digest(*map(entry, range(1, 9)), entry(9, copy=text_copy("象牙 " * 30_000))))
    assert text.count("Twelve kilograms of scales.") == 8
    assert "[Shortened. The whole of it: SEND CAFR-2026-000009]" in text
    assert "象牙 象牙" in text
    assert "by its reference" not in text


def test_the_oldest_posts_are_left_to_their_references_where_there_is_no_room():
    entries = [entry(number, copy=text_copy("scales " * 200)) for number in range(1, 151)]
    text = text_of(digest(*entries, more=("CAFR-2025-000001",)))
    shown = [line.rpartition(" ")[2] for line in text.splitlines() if line.startswith("━━")]
    assert shown == [one.reference for one in entries[: len(shown)]]
    assert 40 < len(shown) < 150
    said = f"{151 - len(shown)} more posts, by their references alone: {entries[len(shown)].reference}, "
    assert said in text
    assert "CAFR-2025-000001" in text


def test_a_digest_of_references_alone_is_a_digest():
    text = text_of(digest(more=tuple(f"CAFR-2026-{number:06}" for number in range(5000))))
    assert "5000 more posts, by their references alone: CAFR-2026-000000, " in text
    assert "CAFR-2026-000299 …" in text


def test_the_same_posts_make_the_same_octets():
    assert compose_digest(digest(entry()), CATALOGUES["fr"]) == compose_digest(digest(entry()), CATALOGUES["fr"])


def test_a_correction_stands_as_one_in_the_contents_and_above_its_text():
    text = text_of(
        digest(entry(copy=replace(COPY, corrects="CAFR-2026-000100", corrects_on=("central-africa",)))), "es"
    )
    assert "1. TLP:GREEN [CORRECCIÓN] Scales at the airport" in text
    assert "[CORRECCIÓN] Este mensaje sustituye a CAFR-2026-000100." in text.replace("\n", " ")
