"""Header sections: every field is seen, and what two readers could read differently is a defect."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from relay.mail.address import Mailbox
from relay.mail.message import (
    HEADER_FIELDS,
    HEADER_OCTETS,
    REFERENCES,
    Field,
    Message,
    decode_text,
    octets_to_text,
    read_message,
    split_header,
)
from tests.builders import address, make_message


def read(octets: bytes) -> Message:
    return read_message(split_header(octets))


def author_of(body: str | bytes) -> Mailbox | None:
    raw = body.encode() if isinstance(body, str) else body
    return read(b"From: " + raw + b"\r\n\r\ntext\r\n").author


def test_a_section_ends_at_the_empty_line():
    header = split_header(b"From: a@b.example\r\nSubject: x\r\n y\r\n\r\nFrom: body@b.example\r\n")
    assert header.fields == (Field("from", b"a@b.example"), Field("subject", b"x y"))
    assert header.body_offset == 37
    assert header.defects == ()


def test_a_section_of_a_file_on_disk_is_read_without_a_defect():
    header = split_header(b"From: a@b.example\nSubject: x\n\ty\n\ntext\n")
    assert header.first("subject") == b"x y"
    assert header.body_offset == len(b"From: a@b.example\nSubject: x\n\ty\n\n")
    assert header.defects == ()


def test_fields_are_found_by_name_in_order():
    header = split_header(b"Received: 1\r\nX-A: 2\r\nRECEIVED: 3\r\n\r\n")
    assert header.all("received") == (b"1", b"3")
    assert header.all("x-b") == ()
    assert header.first("x-b") == b""


@pytest.mark.parametrize("octets", [b"", b"\r\n", b"\n", b"\r\n\r\n"])
def test_no_header_at_all_has_no_fields(octets):
    header = split_header(octets)
    assert header.fields == ()
    assert header.defects == ()
    assert read_message(header).author is None


def test_a_section_without_an_end_is_all_header():
    header = split_header(b"Subject: x")
    assert header.first("subject") == b"x"
    assert header.body_offset == 10


@pytest.mark.parametrize(
    ("octets", "defect"),
    [
        (b"\xef\xbb\xbfFrom: a@b.example\r\n\r\n", "header.byte_order_mark"),
        (b" From: a@b.example\r\nSubject: x\r\n\r\n", "header.continues_nothing"),
        (b"From : a@b.example\r\n\r\n", "header.field_name"),
        (b": a@b.example\r\n\r\n", "header.field_name"),
        (b"Fr\xc3\xb6m: a@b.example\r\n\r\n", "header.field_name"),
        (b"X Y: a@b.example\r\n\r\n", "header.field_name"),
        (b"From ana@b.example Mon Mar  2 10:00:00 2026\r\nFrom: a@b.example\r\n\r\n", "header.field_name"),
        (b"From: a@b.example\r\nno colon here\r\nFrom: c@d.example\r\n\r\n", "header.line_without_colon"),
        (b"From: a@b.example\r\nX: 1\nSubject: x\r\n\r\n", "header.mixed_line_ends"),
        (b"From: a@b.example\r\nX: 1\rFrom: c@d.example\r\n\r\n", "header.bare_carriage_return"),
        (b"From: a@b.example\r\nX: 1\r\r\n\r\n", "header.bare_carriage_return"),
        (b"From: a@b.example\r\nX: \0\r\n\r\n", "header.null_octet"),
        (b"X: " + b"a" * HEADER_OCTETS + b"\r\n\r\n", "header.too_large"),
        (b"X: a\r\n" + b" a\r\n" * HEADER_OCTETS + b"\r\n", "header.too_large"),
        (b"X: a\r\n" * (HEADER_FIELDS + 1) + b"\r\n", "header.too_large"),
        (b"Subject: a\r\nsubject: b\r\n\r\n", "header.duplicate.subject"),
        (b"From: a@b.example\r\nFROM: a@b.example\r\n\r\n", "header.duplicate.from"),
        (b"Content-Type: a/b\r\nContent-Type: a/b\r\n\r\n", "header.duplicate.content-type"),
    ],
)
def test_what_two_readers_could_read_differently_is_a_defect(octets, defect):
    header = split_header(octets)
    assert defect in header.defects
    assert defect in read_message(header).defects


def test_a_large_but_lawful_section_has_no_defect():
    lines = b"X-Note: " + b"a" * 990 + b"\r\n"
    assert split_header(lines * 100 + b"\r\n").defects == ()
    assert split_header(b"X: a\r\n" * HEADER_FIELDS + b"\r\n").defects == ()


def test_a_defect_is_named_once():
    header = split_header(b"A B: 1\r\nC D: 2\r\n\r\n")
    assert header.defects == ("header.field_name",)


def test_the_author_is_one_mailbox():
    message = read(make_message())
    assert message.author == Mailbox(name="Ana Example", address=address())
    assert message.defects == ()


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("=?utf-8?b?QW5hw69z?= <ana@customs.example>", "Anaïs"),
        ("=?iso-8859-1?q?Ana=EFs?= =?iso-8859-1?q?_Exemple?= <ana@customs.example>", "Anaïs Exemple"),
        ("=?utf-8?q?Eve=0D=0ABcc=3A_eve=40evil.example?= <ana@customs.example>", "Eve Bcc: eve@evil.example"),
        ("=?utf-8?q?Ana=E2=80=AEtxt?= <ana@customs.example>", "Anatxt"),
        ("Ana\r\n Example\r\n\t<ana@customs.example>", "Ana Example"),
        ('"Example, Ana (Scales)" <ana@customs.example>', "Example, Ana (Scales)"),
        ('"chief@police.example" <ana@customs.example>', "chief@police.example"),
        ("ана <ana@customs.example>", "ана"),
        ("Ana\t<ana@customs.example>", "Ana"),
    ],
)
def test_a_display_name_is_decoded_and_put_on_one_line(body, name):
    assert author_of(body) == Mailbox(name=name, address=address())


@pytest.mark.parametrize(
    "octets",
    [
        b"Subject: no From at all\r\n\r\n",
        b"Subject: x\r\n\r\nFrom: ana@customs.example\r\n",
        b"From:\r\n\r\n",
        b"From: ana@customs.example\r\nFrom: ana@customs.example\r\n\r\n",
        b"From: ana@customs.example\r\nfrom: eve@evil.example\r\n\r\n",
        b"From: ana@customs.example\r\nFrom : eve@evil.example\r\n\r\n",
        b"From : ana@customs.example\r\n\r\n",
        b"From\t: ana@customs.example\r\n\r\n",
        b"\xef\xbb\xbfFrom: ana@customs.example\r\n\r\n",
        b"\xef\xbb\xbfX: 1\r\nFrom: ana@customs.example\r\n\r\n",
        b"From: ana@customs.example, eve@evil.example\r\n\r\n",
        b"From: ana@customs.example\r\n , eve@evil.example\r\n\r\n",
        b"From: Officers: ana@customs.example;\r\n\r\n",
        b"From: =?utf-8?q?ana?=@customs.example\r\n\r\n",
        b"From: =?utf-8?q?ana=40customs.example?=\r\n\r\n",
        b"From: Ana <ana@=?utf-8?q?customs?=.example>\r\n\r\n",
        b"From: Ana (open <ana@customs.example>\r\n\r\n",
        b"From: ana@customs.example\0\r\n\r\n",
        b"From: Ana\0 <ana@customs.example>\r\n\r\n",
        b"From: Ana\x1b[2J <ana@customs.example>\r\n\r\n",
        b"From: Ana \xff <ana@customs.example>\r\n\r\n",
        b"X: 1\0\r\nFrom: ana@customs.example\r\n\r\n",
        b"X: q\rFrom: eve@evil.example\r\nFrom: ana@customs.example\r\n\r\n",
        b"From: ana@customs.example\r\nX: " + b"a" * HEADER_OCTETS + b"\r\n\r\n",
        b"Resent-From: ana@customs.example\r\nSender: ana@customs.example\r\n\r\n",
    ],
)
def test_without_exactly_one_clear_from_there_is_no_author(octets):
    assert read(octets).author is None


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"plain", "plain"),
        ("déjà vu".encode(), "déjà vu"),
        (b"=?utf-8?q?TLP=3ARED?=", "TLP:RED"),
        (b"=?UTF-8?Q?TL?= =?utf-8?Q?P:R?= =?utf-8?b?RUQ=?=", "TLP:RED"),
        (b"TL=?utf-8?q?P:RED?=", "TLP:RED"),
        (b"=?utf-8?q?a?=\r\n =?utf-8?q?b?=", "ab"),
        (b"=?utf-8?q?a_b?= c", "a b c"),
        (b"=?utf-8*en?q?a?=", "a"),
        (b"=?utf-8?b?VExQOlJFRA?=", "TLP:RED"),  # without its padding
        (b"=?utf-8?b?VExQ\tOlJFRA==?=", "TLP:RED"),  # junk in it
        (b"=?utf-16?b?//5UAEwAUAA6AFIARQBEAA==?=", "TLP:RED"),
        (b"=?utf-7?q?TLP+ADo-RED?=", "TLP:RED"),
        (b"=?gb18030?b?uuzJqw==?=", "红色"),
        (b"=?koi8-r?q?=CB=D2=C1=D3=CE=D9=CA?=", "красный"),
        (b"=?windows-1256?b?w83j0Q==?=", "أحمر"),
        (b"=?utf-8?x?abc?=", "=?utf-8?x?abc?="),  # no such encoding: it stays as it is
    ],
)
def test_encoded_words_are_decoded_wherever_they_stand(body, text):
    assert decode_text(body) == (text, True)


@pytest.mark.parametrize(
    "body",
    [
        b"=?martian?q?TLP=3ARED?=",
        b"=?us-ascii?q?TLP=3ARED_=E9?=",
        b"=?utf-8?q?=FF?=",
        b"=?idna?q?abc?=",
        b"=?punycode?q?abc-?=",
        b"=?unicode_escape?q?=5Cx41?=",
        b"=?undefined?q?abc?=",
        b"=?hex?q?414243?=",
        b"=?rot13?q?GYC?=",
        b"=?utf-7?q?+2AA-?=",  # a lone surrogate
        b"=?utf-8?b?VExQOlJFR?=",
        b"caf\xe9",
    ],
)
def test_what_can_not_be_decoded_soundly_says_so_and_can_still_be_encoded(body):
    text, sound = decode_text(body)
    assert not sound
    assert text.encode("utf-8")


def test_an_unsound_subject_is_a_defect():
    assert read(b"Subject: =?martian?q?a?=\r\n\r\n").defects == ("header.undecodable.subject",)


def test_octets_without_a_known_charset_are_guessed():
    assert octets_to_text(b"caf\xc3\xa9", "martian") == ("café", False)
    assert octets_to_text(b"caf\xe9", "utf-8") == ("café", False)
    assert octets_to_text(b"cafe", "") == ("cafe", False)
    assert octets_to_text(b"cafe", "utf\0-8") == ("cafe", False)


@pytest.mark.parametrize(
    ("body", "subject"),
    [
        (b"  Seizure  at   the port ", "Seizure at the port"),
        (b"=?utf-8?q?a=0D=0ABcc=3A_eve=40evil.example?=", "a Bcc: eve@evil.example"),
        (b"=?utf-8?b?YeKAqGLigKljwoVk?=", "a b c d"),  # line and paragraph separators, next line
        (b"=?utf-8?q?a=00b=1Bc=7Fd?=", "a b c d"),
        ("a\u200bb\u00adc\u202ed\ufeffe".encode(), "abcde"),
        ("می\u200cخواهم".encode(), "می\u200cخواهم"),
        ("a\u00a0b\u3000c".encode(), "a b c"),
    ],
)
def test_a_subject_is_one_line_without_invisible_controls(body, subject):
    assert read(b"Subject: " + body + b"\r\n\r\n").subject == subject


@pytest.mark.parametrize(
    ("lines", "identifier"),
    [
        (b"Message-ID: <a.b@c.example>\r\n", "<a.b@c.example>"),
        (b"Message-ID:\r\n <a@[127.0.0.1]>\r\n", "<a@[127.0.0.1]>"),
        (b"", None),
        (b"Message-ID: a@b.example\r\n", None),
        (b"Message-ID: <a@b.example> <c@d.example>\r\n", None),
        (b"Message-ID: <a@b.example>\r\nMessage-ID: <c@d.example>\r\n", None),
        (b"Message-ID: <a b@c.example>\r\n", None),
        (b"Message-ID: <a@b\0.example>\r\n", None),
        (b"Message-ID: <" + b"a" * 250 + b"@b.example>\r\n", None),
        ("Message-ID: <é@b.example>\r\n".encode(), None),
    ],
)
def test_the_message_id_is_the_one_plain_identifier(lines, identifier):
    assert read(lines + b"\r\n").message_id == identifier


def test_references_fall_back_to_in_reply_to_and_keep_the_last():
    assert read(b"In-Reply-To: <a@b.example>\r\n\r\n").references == ("<a@b.example>",)
    many = b" ".join(b"<%d@b.example>" % number for number in range(50))
    references = read(b"References: " + many + b"\r\nIn-Reply-To: <a@b.example>\r\n\r\n").references
    assert len(references) == REFERENCES
    assert references[-1] == "<49@b.example>"


@pytest.mark.parametrize(
    ("body", "date"),
    [
        (b"Mon, 2 Mar 2026 10:00:00 +0100", datetime(2026, 3, 2, 10, tzinfo=timezone(timedelta(hours=1)))),
        (b"2 Mar 2026 10:00 GMT", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        (b"Mon, 2 Mar 2026 10:00:00 -0000", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        (b"", None),
        (b"yesterday", None),
        (b"Thu, 1 Jan 1970 00:00:00 +0000", None),
        (b"Thu, 1 Jan 2150 00:00:00 +0000", None),
        (b"Mon, 99 Mar 2026 10:00:00 +0000", None),
        (b"Mon, 2 Mar 2026 10:00:00 +999999999999", None),
        (b"\xff\xfe", None),
    ],
)
def test_a_date_is_read_when_it_can_be(body, date):
    found = read(b"Date: " + body + b"\r\n\r\n").date
    assert found == date
    assert found is None or found.tzinfo is not None


@pytest.mark.parametrize(
    ("lines", "automatic"),
    [
        (b"", False),
        (b"Auto-Submitted: no\r\n", False),
        (b"Auto-Submitted: No; owner=x\r\n", False),
        (b"Auto-Submitted: no (a person)\r\n", False),
        (b"Auto-Submitted:\r\n", False),
        (b"Auto-Submitted: auto-replied\r\n", True),
        (b"Auto-Submitted: AUTO-GENERATED; x=y\r\n", True),
        (b"Auto-Submitted: auto-replied(vacation)\r\n", True),
        (b"Auto-Submitted: no\r\nAuto-Submitted: auto-replied\r\n", True),
        (b"Precedence: bulk\r\n", True),
        (b"Precedence: Junk\r\n", True),
        (b"Precedence: list\r\n", False),
        (b"Precedence: list\r\nPrecedence: auto_reply\r\n", True),
        (b"X-Autoreply: yes\r\n", True),
        (b"X-Autorespond: on holiday\r\n", True),
        (b"X-Auto-Response-Suppress: All\r\n", False),  # asks others not to answer; people's programs write it too
    ],
)
def test_automatic_mail_is_recognised(lines, automatic):
    assert read(lines + b"\r\n").automatic is automatic


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (b"", ()),
        (b"List-Id: Central Africa <Central-Africa.relay.example>\r\n", ("central-africa.relay.example",)),
        (b"List-Id: central-africa.relay.example\r\n", ("central-africa.relay.example",)),
        (b'List-Id: "<decoy.example>" <b.relay.example>\r\n', ("decoy.example", "b.relay.example")),
        (b"List-Id: two words\r\n", ()),
        (b"List-Id: <a\0b> <c\rd>\r\n", ()),
        (b"List-Id: <a.example>\r\nList-Id: <b.example>\r\n", ("a.example", "b.example")),
    ],
)
def test_every_list_that_a_message_came_through_is_named(lines, found):
    assert read(lines + b"\r\n").list_ids == found


def test_hops_are_counted():
    assert read(b"Received: by x\r\n" * 51 + b"\r\n").hops == 51
