"""Whatever an author wrote: one header, no injected field, a message that every reader reads alike."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from relay.delivery.catalogue import read_catalogue
from relay.delivery.compose import CleanCopy, Frame, compose_copy, named_files, pack, unpack
from relay.delivery.header_fields import one_line, stamp_subject, text_field
from relay.mail.address import Address
from relay.mail.message import decode_text, split_header
from relay.policy.post import DOCUMENT_TYPES, CleanDocument, CleanPart
from relay.roster.definition import read_list
from relay.roster.mailing_list import Tlp

ROOT = Path(__file__).parents[2]
CATALOGUE = read_catalogue((ROOT / "config" / "locales" / "pt.po").read_text("utf-8"), "pt")
LIST = read_list((ROOT / "lists" / "species-id.toml").read_text("utf-8"), "species-id.toml", "relay.example")
FRAME = Frame(
    reference="SPECIES-2026-000001",
    tag="CAFR",
    mailing_list=LIST,
    marking=Tlp.GREEN,
    removed=("attachment 1",),
    received_at=datetime(2026, 3, 1, tzinfo=UTC),
    language="pt",
    domain="relay.example",
)
FIELDS = frozenset(
    {
        "date",
        "from",
        "reply-to",
        "to",
        "subject",
        "message-id",
        "references",
        "in-reply-to",
        "list-id",
        "list-post",
        "list-help",
        "list-owner",
        "list-unsubscribe",
        "x-wen-reference",
        "precedence",
        "mime-version",
        "content-type",
        "content-transfer-encoding",
    }
)
# Hypothesis's own text, and text that is made of what breaks headers and MIME.
TEXT = st.text(max_size=300) | st.lists(
    st.sampled_from(
        [
            "\r\n",
            "\n",
            "\r",
            "\x00",
            "\u2028",
            "\x85",
            "Bcc: x@evil.example",
            "=?utf-8?b?",
            "?=",
            "--=_",
            "[CAFR]",
            "TLP:",
            "GREEN",
            "é",
            "象",
            '"',
            "\\",
            "<",
            ">",
            ",",
            " ",
            "\ud83d",
        ]
    )
).map("".join)
COPIES = st.builds(
    CleanCopy,
    author_name=TEXT,
    author_address=st.just(Address(local="a", domain="customs.example")),
    subject=TEXT,
    message_id=st.none() | TEXT | TEXT.map(lambda text: f"<{text}@x.example>"),
    date=st.none() | st.datetimes(min_value=datetime(1990, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - Hypothesis wants naive bounds and adds the zone
    references=st.lists(TEXT | TEXT.map(lambda text: f"<{text}@x.example>"), max_size=4).map(tuple),
    parts=st.lists(
        st.builds(CleanPart, media_type=st.sampled_from(["text/plain", "text/html"]), text=TEXT), max_size=3
    ).map(tuple),
    images=st.lists(st.binary(max_size=80) | st.just(b"\n--=_\r\n{}"), max_size=3).map(tuple),
    documents=st.lists(
        st.builds(
            CleanDocument,
            octets=st.binary(max_size=80),
            media_type=st.sampled_from([one for one in DOCUMENT_TYPES if one.startswith("application/")]),
            place=st.builds("attachment {}".format, st.integers(2, 4)),  # the first was removed
        ),
        max_size=3,
        unique_by=lambda one: one.name,
    ).map(tuple),
)


@settings(deadline=None)  # a busy machine is no fault
@given(COPIES)
def test_no_header_value_ever_holds_a_line_end_and_no_field_is_ever_injected(copy):
    octets = compose_copy(copy, FRAME, CATALOGUE)
    header, _, _ = octets.partition(b"\r\n\r\n")
    for line in header.split(b"\r\n"):
        assert all(0x20 <= octet < 0x7F for octet in line)
        assert line.strip()
    section = split_header(octets)
    assert section.defects == ()
    names = [field.name for field in section.fields]
    assert len(names) == len(set(names))
    assert set(names) <= FIELDS


@settings(deadline=None)  # a busy machine is no fault
@given(COPIES)
def test_every_copy_parses_without_defects_and_is_short_ascii_lines(copy):
    octets = compose_copy(copy, FRAME, CATALOGUE)
    message = message_from_bytes(octets, policy=policy.default)
    assert not message.defects
    for part in message.walk():
        assert not part.defects
        assert part.get_content_maintype() != "text" or "TLP:GREEN" in part.get_content()
    photos = [part.get_payload(decode=True) for part in message.walk() if part.get_content_maintype() == "image"]
    assert photos == list(copy.images)
    files = [part.get_payload(decode=True) for part in message.walk() if part.get_content_maintype() == "application"]
    assert files == [one.octets for one in copy.documents]
    names = [part.get_filename() for part in message.walk() if part.get_filename()]
    assert names == list(named_files(copy, FRAME.reference))
    _, _, body = octets.partition(b"\r\n\r\n")
    # The names of some media types are longer than a line of text.
    assert all(len(line) <= 90 and line.isascii() for line in body.split(b"\r\n"))
    assert all(len(line) <= 998 for line in octets.split(b"\r\n"))


@settings(deadline=None)  # a busy machine is no fault
@given(COPIES)
def test_what_is_packed_comes_back(copy):
    assert unpack(pack(copy)) == copy


@settings(deadline=None)  # a busy machine is no fault
@given(TEXT)
def test_a_subject_reads_back_as_it_was_stamped(text):
    stamped = stamp_subject(text, "SPECIES", Tlp.GREEN)
    field = text_field("Subject", stamped)
    body = split_header(field.encode("ascii") + b"\r\n").first("subject")
    assert decode_text(body) == (one_line(stamped), True)
    assert all(len(line) <= 76 for line in field.split("\r\n"))


@settings(deadline=None)  # a busy machine is no fault
@given(TEXT)
def test_stamping_twice_changes_nothing(text):
    once = stamp_subject(text, "SPECIES", Tlp.GREEN)
    assert stamp_subject(once, "SPECIES", Tlp.GREEN) == once
