"""Header sections under arbitrary octets."""

from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from relay.mail.message import decode_text, named_senders, octets_to_text, read_message, split_header
from tests.growth import assert_linear

NAMES = st.sampled_from(
    [
        "From",
        "from ",
        "Subject",
        "Date",
        "Message-ID",
        "References",
        "In-Reply-To",
        "List-Id",
        "Auto-Submitted",
        "X",
        "",
    ]
)
PIECES = st.sampled_from(
    [
        "ana@customs.example", "<a@b.example>", "=?utf-8?q?=0D=0AX:?=", "=?utf-16?b?/v8ADQAK?=", "=?utf-7?q?+AA0-?=",
        "=?x?b?=?=", "=?utf-8?b?AAA?=", "\r\n ", "\r\n\t", "\r", "\n", "\0", "\x85", "\u2028", ",", ";", '"', "(", ")",
        "\\", "Mon, 2 Mar 2026 10:00:00 +0000", "+9999", " ", ":", "é", "\ufeff", "\u202e", "\u200b",
    ]
)  # fmt: skip
BODIES = st.lists(PIECES | st.text(max_size=6), max_size=8).map("".join)
FIELDS = st.tuples(NAMES, st.sampled_from([":", ": ", ""]), BODIES, st.sampled_from(["\r\n", "\n", "\r"]))
HOSTILE = st.lists(FIELDS, max_size=8).map(
    lambda fields: "".join(part for field in fields for part in field).encode("utf-8", "replace")
)


@given(HOSTILE | st.binary(max_size=200))
@example(b"Date: " + b"9" * 5000)
@example(b"From: =?utf-8?q?=ED=A0=80?= <a@b.example>\r\n")
def test_reading_never_raises_and_no_value_can_end_a_header_line(octets):
    header = split_header(octets)
    assert 0 <= header.body_offset <= len(octets)
    message = read_message(header)
    values = [message.subject, message.message_id or "", *message.references, *message.defects, *message.list_ids]
    values += [message.author.name, str(message.author.address)] if message.author else []
    for value in values:
        assert not set("\r\n\0") & set(value)
        assert value.encode("utf-8").splitlines() in ([], [value.encode("utf-8")])
    for value in (message.subject, message.author.name if message.author else ""):
        assert len(value.splitlines()) <= 1


@given(HOSTILE)
def test_a_second_from_never_goes_unseen(octets):
    """Whoever adds one more From field to a section ends up with no author."""
    with_one_more = b"From: eve@evil.example\r\n" + octets
    if split_header(octets).all("from"):
        assert read_message(split_header(with_one_more)).author is None


@given(
    st.binary(max_size=80), st.text(max_size=20) | st.sampled_from(["utf-7", "utf-16", "idna", "hex", "iso2022_jp_2"])
)
def test_decoded_text_can_always_be_encoded_again(octets, charset):
    text, _ = octets_to_text(octets, charset)
    assert text.encode("utf-8").decode("utf-8") == text


@given(st.text(st.characters(codec="utf-8", exclude_characters="?=_"), max_size=30))
def test_an_encoded_word_gives_its_text_back(text):
    quoted = "".join(f"={octet:02X}" for octet in text.encode())
    assert decode_text(f"=?utf-8?q?{quoted}?=".encode()) == (text, True)


@given(BODIES)
def test_decoding_never_raises(body):
    text, _ = decode_text(body.encode("utf-8", "replace"))
    assert text.encode("utf-8") is not None


PATHOLOGICAL = {
    "fields": b"X: a\r\n",
    "folds": b" a\r\n",
    "one long line": b"a",
    "encoded words": b"=?utf-8?q?a?= ",
    "beginnings of encoded words": b"=?",
    "half encoded words": b"=?utf-8?q?",
    "punycode": b"=?punycode?q?" + b"ab" * 40 + b"?= ",
    "open quotes": b'"',
    "quoted pairs": b"\\a",
    "quoted strings": b'"a" ',
    "open comments": b"(",
    "comments": b"(a)",
    "open brackets": b"<",
    "brackets": b"<a@b>",
    "atoms": b"a ",
    "dots": b"a.",
    "at signs": b"a@",
    "carriage returns": b"\r",
    "spaces": b" ",
    "digits": b"9",
    "commas": b"a@b.example,",
}


def seconds(octets: bytes) -> float:
    start = process_time()
    header = split_header(octets)
    read_message(header)
    named_senders(header)
    return process_time() - start


@pytest.mark.parametrize(
    "name", [b"From", b"Sender", b"Subject", b"References", b"Date", b"List-Id", b"Auto-Submitted", b"X"]
)
@pytest.mark.parametrize("piece", PATHOLOGICAL.values(), ids=PATHOLOGICAL)
def test_time_grows_with_the_section_and_not_with_its_square(piece, name):
    small, large = (name + b": " + piece * (size // len(piece)) + b"\r\n\r\n" for size in (12_000, 96_000))
    assert_linear(seconds, small, large)
