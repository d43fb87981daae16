"""Which messages are the same one when they come again."""

from dataclasses import replace

import pytest

from relay.actions.identity import identity_of, keyed
from relay.mail.message import read_message, split_header
from tests.builders import make_member, make_scan

MEMBER = make_member()
FROM, DATE, SUBJECT = b"From: ana@customs.example", b"Date: Fri, 27 Nov 2026 08:00:00 +0000", b"Subject: PAUSE 14"
NUMBER = b"Message-ID: <1@customs.example>"
BODY = b"PAUSE 14\r\n"


def identity(*fields, body=BODY, author=MEMBER):
    octets = b"".join(one + b"\r\n" for one in fields) + b"\r\n" + body
    return identity_of(author, replace(make_scan(), message=read_message(split_header(octets))), octets)


@pytest.mark.parametrize("fields", [(FROM, NUMBER), (FROM, DATE, SUBJECT), (FROM, NUMBER, DATE, SUBJECT)])
def test_a_field_that_nobody_signed_makes_no_other_message(fields):
    assert identity(b"X-Anything: more", *fields) == identity(*fields)


@pytest.mark.parametrize("fields", [(FROM, NUMBER), (FROM, DATE, SUBJECT), (FROM,)])
def test_another_body_number_date_or_author_does(fields):
    others = {
        identity(*fields, body=b"PAUSE 15\r\n"),
        identity(*fields, b"Message-ID: <2@customs.example>"),
        identity(FROM, DATE.replace(b"08:", b"09:"), SUBJECT),
        identity(*fields, author=make_member(id="m2")),
    }
    assert identity(*fields) not in others


def test_without_number_and_date_every_octet_counts():
    assert identity(FROM, b"X-Anything: more") != identity(FROM)


def test_a_hash_is_one_key_s_and_one_purpose_s():
    found = {*keyed((b"a", b"b"), b"same", "request dkim"), *keyed((b"a", b"b"), b"same", "")}
    assert len(found) == 4
