"""The copy that members get, field by field."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from relay.delivery.catalogue import read_catalogue
from relay.delivery.compose import CleanCopy, Frame, compose_copy, pack, unpack
from relay.mail.address import Address
from relay.policy.post import CleanPart
from relay.roster.definition import read_list
from relay.roster.mailing_list import Tlp

ROOT = Path(__file__).parents[3]
ENGLISH, FRENCH = (
    read_catalogue((ROOT / "config" / "locales" / f"{one}.po").read_text("utf-8"), one) for one in ("en", "fr")
)
LIST = read_list((ROOT / "lists" / "central-africa.toml").read_text("utf-8"), "central-africa.toml", "relay.example")
COPY = CleanCopy(
    author_name="Inès Ékotto",
    author_address=Address(local="i.ekotto", domain="customs.example"),
    subject="Re: [CAFR][TLP:GREEN] Saisie de 12 kg d'écailles à Douala",
    message_id="<m1@customs.example>",
    date=datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
    references=("<r1@police.example>", "<r2@police.example>"),
    parts=(CleanPart(media_type="text/plain", text="Bonjour,\r\nécailles de pangolin.\n.\nFrom here\n"),),
)
FRAME = Frame(
    reference="CAFR-2026-000123",
    tag="CAFR",
    mailing_list=LIST,
    marking=Tlp.GREEN,
    removed=(),
    received_at=datetime(2026, 3, 1, 12, 31, tzinfo=UTC),
    language="en",
    domain="relay.example",
)
HTML = CleanPart(media_type="text/html", text="<p>Bonjour, <b>écailles</b></p>")


def composed(copy=COPY, frame=FRAME, catalogue=ENGLISH):
    message = message_from_bytes(compose_copy(copy, frame, catalogue), policy=policy.default)
    assert not message.defects
    assert not any(part.defects for part in message.walk())
    return message


def content(message) -> str:
    return message.get_content().replace("\r\n", "\n")


def test_a_copy_carries_exactly_the_promised_fields():
    message = composed()
    assert list(message.keys()) == [
        "Date",
        "From",
        "Reply-To",
        "To",
        "Subject",
        "Message-ID",
        "References",
        "In-Reply-To",
        "List-Id",
        "List-Post",
        "List-Help",
        "List-Owner",
        "List-Unsubscribe",
        "X-WEN-Reference",
        "Precedence",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    ]
    assert message["From"] == "Inès Ékotto via Central Africa <central-africa@relay.example>"
    assert message["Reply-To"] == "Inès Ékotto <i.ekotto@customs.example>"
    assert message["To"] == "Central Africa <central-africa@relay.example>"
    assert message["Subject"] == "[CAFR][TLP:GREEN] Re: Saisie de 12 kg d'écailles à Douala"
    assert message["Message-ID"] == "<m1@customs.example>"
    assert message["References"] == "<r1@police.example> <r2@police.example>"
    assert message["In-Reply-To"] == "<r2@police.example>"
    assert message["Date"].datetime == COPY.date
    assert message["X-WEN-Reference"] == "CAFR-2026-000123"
    assert message["Precedence"] == "list"


def test_the_marking_opens_the_text_and_stands_in_the_footer():
    lines = content(composed()).split("\n")
    assert lines[:6] == ["TLP:GREEN", "", "Bonjour,", "écailles de pangolin.", ".", "From here"]
    assert lines[6:9] == ["", "-- ", "TLP:GREEN · CAFR-2026-000123 · Central Africa"]
    assert "within the community of this list" in lines[9]
    assert "central-africa-request@relay.example" in lines[11]


def test_the_footer_speaks_the_members_language():
    text = content(composed(catalogue=FRENCH))
    assert "TLP:GREEN · CAFR-2026-000123 · Afrique centrale" in text
    assert "Réservé aux agents publics." in text


@pytest.mark.parametrize(
    ("removed", "line"),
    [(("attachment 2",), "[1 attachment removed]"), (("attachment 1", "attachment 2"), "[2 attachments removed]")],
)
def test_removed_attachments_are_said_at_the_top(removed, line):
    assert content(composed(frame=replace(FRAME, removed=removed))).split("\n")[:3] == ["TLP:GREEN", line, ""]


def test_html_travels_beside_its_text():
    message = composed(replace(COPY, parts=(*COPY.parts, HTML)), replace(FRAME, removed=("attachment 1",)))
    plain, html = message.iter_parts()
    assert message.get_content_type() == "multipart/alternative"
    assert content(plain).startswith("TLP:GREEN\n[1 attachment removed]\n\nBonjour")
    text = content(html)
    assert '<html lang="en">' in text
    assert (
        text.index("<strong>TLP:GREEN<br>[1 attachment removed]</strong>")
        < text.index(HTML.text)
        < text.index("TLP:GREEN · CAFR-2026-000123")
    )


def test_html_alone_stays_one_part():
    assert composed(replace(COPY, parts=(HTML,))).get_content_type() == "text/html"


def test_a_post_without_parts_still_says_its_marking():
    assert content(composed(replace(COPY, parts=()))).startswith("TLP:GREEN\n")


@pytest.mark.parametrize(
    "text",
    [
        "plain text " * 50,
        "象牙 " * 400,
        "x" * 5000,
        ".\r.\r\n" * 9,
        "trailing   \n\ttab\t",
        "--=_x\nControl \x00\x07 \ud800",
    ],
)
def test_every_line_is_short_ascii_with_crlf(text):
    part = CleanPart(media_type="text/plain", text=text)
    octets = compose_copy(replace(COPY, parts=(part, CleanPart(media_type="text/html", text=text))), FRAME, ENGLISH)
    lines = octets.split(b"\r\n")
    assert all(len(line) <= 76 and line.isascii() for line in lines)
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert octets.endswith(b"\r\n")


def test_the_same_facts_give_the_same_octets():
    both = replace(COPY, parts=(*COPY.parts, HTML))
    assert compose_copy(both, FRAME, FRENCH) == compose_copy(unpack(pack(both)), FRAME, FRENCH)


@pytest.mark.parametrize(
    ("reply_to", "answers"),
    [
        ("author", ["i.ekotto@customs.example"]),
        ("list", ["central-africa@relay.example"]),
        ("both", ["i.ekotto@customs.example", "central-africa@relay.example"]),
    ],
)
def test_answers_go_where_the_list_says(reply_to, answers):
    message = composed(frame=replace(FRAME, mailing_list=replace(LIST, reply_to=reply_to)))
    assert [one.addr_spec for one in message["Reply-To"].addresses] == answers


@pytest.mark.parametrize(
    ("author_from", "allows", "visible"),
    [("author", True, "customs"), ("author", False, "relay"), ("list", True, "relay")],
)
def test_the_author_stays_in_from_only_where_list_and_domain_allow_it(author_from, allows, visible):
    frame = replace(FRAME, mailing_list=replace(LIST, author_from=author_from))
    copy = unpack(pack(replace(COPY, author_domain_allows=allows)))
    assert composed(copy, frame)["From"].addresses[0].domain == f"{visible}.example"


@pytest.mark.parametrize(
    ("reply_to", "answers", "told"),
    [
        ("author", ["central-africa-owner@relay.example"], True),
        ("both", ["central-africa@relay.example"], True),
        ("list", ["central-africa@relay.example"], False),
    ],
)
def test_an_author_s_address_that_few_servers_take_stands_in_the_text_and_never_in_the_header(reply_to, answers, told):
    frame = replace(FRAME, mailing_list=replace(LIST, reply_to=reply_to, author_from="author"))
    author = Address(local="инесса", domain="customs.example")
    copy = replace(COPY, author_address=author, author_domain_allows=True, parts=(*COPY.parts, HTML))
    octets = compose_copy(unpack(pack(copy)), frame, FRENCH)
    message = message_from_bytes(octets, policy=policy.default)
    assert octets.partition(b"\r\n\r\n")[0].isascii()
    assert [one.addr_spec for one in message["Reply-To"].addresses] == answers
    assert [one.addr_spec for one in message["From"].addresses] == ["central-africa@relay.example"]
    for kind in ("plain", "html"):
        assert (str(author) in message.get_body((kind,)).get_content()) is told


def test_what_the_author_left_out_is_filled_in():
    message = composed(replace(COPY, author_name="", message_id=None, date=None, references=(), subject=""))
    assert message["From"].addresses[0].display_name == "i.ekotto via Central Africa"
    assert message["Message-ID"] == "<CAFR-2026-000123@relay.example>"
    assert message["Date"].datetime == FRAME.received_at
    assert message["Subject"] == "[CAFR][TLP:GREEN]"
    assert "References" not in message


@pytest.mark.parametrize(
    ("marking", "words"),
    [
        (Tlp.CLEAR, "passed on freely"),
        (Tlp.AMBER, "and its clients"),
        (Tlp.AMBER_STRICT, "your own organisation who"),
        (Tlp.RED, "for you alone"),
    ],
)
def test_each_marking_says_what_it_means(marking, words):
    text = content(composed(frame=replace(FRAME, marking=marking)))
    assert text.startswith(f"{marking}\n")
    assert words in text


def test_a_clean_copy_without_a_date_survives_the_vault():
    copy = replace(COPY, date=None, message_id=None)
    assert unpack(pack(copy)) == copy


def test_photos_are_attached_behind_the_text_under_our_names():
    images = (b"\xff\xd8 one \r\n.\r\n--=_", b"\xff\xd8 two")
    for parts, kind in ((COPY.parts, "text/plain"), ((*COPY.parts, HTML), "multipart/alternative")):
        message = composed(replace(COPY, parts=parts, images=images))
        assert message.get_content_type() == "multipart/mixed"
        text, *photos = message.iter_parts()
        assert text.get_content_type() == kind
        assert [photo.get_content() for photo in photos] == list(images)
        assert [(photo.get_content_type(), photo.get_filename()) for photo in photos] == [
            ("image/jpeg", f"CAFR-2026-000123-photo-{number}.jpg") for number in (1, 2)
        ]
        assert all(photo.is_attachment() for photo in photos)


def test_a_copy_with_photos_survives_packing():
    copy = replace(COPY, images=(b"\n", b"", b"{}\n\xff"))
    assert unpack(pack(copy)) == copy


def test_a_photo_that_this_list_does_not_let_pass_is_not_in_its_copies():
    copy = replace(COPY, images=(b"\xff\xd8 one", b"\xff\xd8 two"), image_places=("attachment 1", "attachment 12"))
    _, photo = composed(copy, replace(FRAME, removed=("attachment 1",))).iter_parts()
    assert photo.get_content() == b"\xff\xd8 two"
    assert composed(copy, replace(FRAME, removed=("attachment 1", "attachment 12"))).get_content_type() == "text/plain"
    assert unpack(pack(copy)) == copy


def test_a_correction_says_in_subject_and_text_which_post_it_takes_the_place_of():
    message = composed(replace(COPY, corrects="CAFR-2026-000100", corrects_on=("central-africa",)))
    assert message["Subject"].startswith("[CAFR][TLP:GREEN] [CORRECTION] Re: Saisie de 12 kg")
    assert content(message).splitlines()[:2] == [
        "TLP:GREEN",
        "[CORRECTION] This takes the place of CAFR-2026-000100. If you have that one, do not rely on it, and delete it.",
    ]
    said = replace(COPY, corrects="CAFR-2026-000100", corrects_on=("central-africa",), subject="[Correction] Saisie")
    assert composed(said)["Subject"] == "[CAFR][TLP:GREEN] [Correction] Saisie"
    assert unpack(pack(said)) == said


def test_where_the_line_stood_that_names_what_a_post_corrects_nothing_is_left():
    part = CleanPart(media_type="text/plain", text="\n\nTwo tusks, not five.\n")
    lines = content(composed(replace(COPY, parts=(part,)))).splitlines()
    assert lines[lines.index("Two tusks, not five.") - 2 :][:2] == ["TLP:GREEN", ""]


def test_a_list_that_the_old_post_did_not_go_to_learns_nothing_of_it():
    copy = replace(COPY, corrects="CAFR-2026-000100", corrects_id="<old@x.example>", corrects_on=("species-id",))
    assert compose_copy(copy, FRAME, ENGLISH) == compose_copy(COPY, FRAME, ENGLISH)
    there = replace(FRAME, mailing_list=replace(LIST, name="species-id"))
    assert composed(copy, there)["In-Reply-To"] == "<old@x.example>"
    of_moderators = replace(copy, corrects_on=("central-africa-owner",))
    assert compose_copy(of_moderators, FRAME, ENGLISH) == compose_copy(COPY, FRAME, ENGLISH)
    assert composed(copy, replace(there, mailing_list=there.mailing_list.owners))["In-Reply-To"] == "<old@x.example>"


def test_where_complaints_go_is_named_only_where_from_is_ours_as_well():
    frame = replace(FRAME, complaints_to="abuse@relay.example")
    assert composed(frame=frame)["CFBL-Address"] == "abuse@relay.example; report=arf"
    assert composed()["CFBL-Address"] is None
    theirs = replace(frame, mailing_list=replace(LIST, author_from="author"))
    assert composed(replace(COPY, author_domain_allows=True), theirs)["CFBL-Address"] is None
