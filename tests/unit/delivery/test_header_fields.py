"""Header fields: encoded, folded, stamped."""

from email import message_from_string, policy
from email.header import decode_header, make_header

import pytest

from relay.delivery.header_fields import (
    addressed,
    leave_fields,
    list_fields,
    mailbox_field,
    message_id_field,
    stamp_subject,
    text_field,
)
from relay.mail.address import Address, Mailbox
from relay.roster.definition import read_list
from relay.roster.mailing_list import Tlp

AUTHOR = Address(local="a.ekotto", domain="customs.example")


def read(field: str):
    parsed = message_from_string(f"{field}\r\n", policy=policy.default)
    assert not parsed.defects
    return next(iter(parsed.values()))


@pytest.mark.parametrize(
    ("subject", "stamped"),
    [
        ("Ivory at the port", "[CAFR][TLP:GREEN] Ivory at the port"),
        ("[CAFR][TLP:GREEN] Ivory", "[CAFR][TLP:GREEN] Ivory"),
        ("Re: [CAFR][TLP:GREEN] Ivory", "[CAFR][TLP:GREEN] Re: Ivory"),
        ("RE: TR : [cafr] TLP: GREEN - Ivory", "[CAFR][TLP:GREEN] RE: TR : Ivory"),
        ("TLP:CLEAR Ivory", "[CAFR][TLP:GREEN] Ivory"),
        ("[TLP-WHITE] Ivory", "[CAFR][TLP:GREEN] Ivory"),
        ("[ALERT] Ivory", "[CAFR][TLP:GREEN] Ivory"),
        ("[URGENT] [CAFR] Ivory", "[CAFR][TLP:GREEN] [URGENT] Ivory"),
        ("[EAFR][TLP:GREEN] Ivory", "[CAFR][TLP:GREEN] [EAFR] Ivory"),
        ("[TLP:AMBER] Ivory", "[CAFR][TLP:GREEN] [TLP:AMBER] Ivory"),
        ("TLP:AMBER+STRICT Ivory", "[CAFR][TLP:GREEN] TLP:AMBER+STRICT Ivory"),
        ("TLP:GREENISH Ivory", "[CAFR][TLP:GREEN] TLP:GREENISH Ivory"),
        ("Ivory [CAFR]", "[CAFR][TLP:GREEN] Ivory [CAFR]"),
        ("", "[CAFR][TLP:GREEN]"),
        ("TLP:GREEN", "[CAFR][TLP:GREEN]"),
        ("two\r\nlines\u2028and\u202etricks", "[CAFR][TLP:GREEN] two lines and tricks"),
    ],
)
def test_tag_and_marking_stand_first_and_once(subject, stamped):
    assert stamp_subject(subject, "CAFR", Tlp.GREEN) == stamped


def test_a_marking_that_the_new_one_covers_goes():
    assert stamp_subject("[TLP:AMBER + STRICT] x", "CAFR", Tlp.AMBER_STRICT) == "[CAFR][TLP:AMBER+STRICT] x"


def test_readable_words_stay_readable_beside_encoded_ones():
    field = text_field("Subject", "[CAFR][TLP:GREEN] Saisie à Douala ce matin")
    assert field.startswith("Subject: [CAFR][TLP:GREEN] Saisie =?utf-8?b?")
    assert field.endswith("?= Douala ce matin\r\n")
    assert read(field) == "[CAFR][TLP:GREEN] Saisie à Douala ce matin"


@pytest.mark.parametrize("text", ["=?utf-8?q?not_ours?=", "x" * 200, "象" * 90, "a é " * 40, "plain " * 40])
def test_any_subject_folds_and_reads_back(text):
    field = text_field("Subject", text)
    assert all(len(line) <= 76 for line in field.split("\r\n"))
    assert read(field) == text.strip()


def test_names_are_quoted_or_encoded():
    assert (
        mailbox_field("From", [addressed('A "B" \\C', AUTHOR)])
        == 'From: "A \\"B\\" \\\\C" <a.ekotto@customs.example>\r\n'
    )
    field = mailbox_field("From", [addressed("Inès Ékotto, " * 9, AUTHOR)])
    assert str(make_header(decode_header(field))) == f"From: {('Inès Ékotto, ' * 9).strip()} <{AUTHOR}>"
    assert mailbox_field("To", [addressed("", AUTHOR)]) == "To: <a.ekotto@customs.example>\r\n"


def test_a_name_never_looks_like_an_address():
    assert "@" not in addressed("chief@police.example", AUTHOR).name


def test_several_mailboxes_are_one_field():
    field = mailbox_field("Reply-To", [addressed("A", AUTHOR), addressed("Né", AUTHOR)])
    assert [one.display_name for one in read(field).addresses] == ["A", "Né"]


def test_broken_message_identifiers_do_not_travel():
    assert message_id_field(
        "References", ["<a@b.example>", "junk", "<a b@c.example>", "<x@y.example>\r\nBcc: z", "<é@b.example>"]
    ) == ("References: <a@b.example>\r\n")
    assert message_id_field("References", ["junk"]) == ""


def test_a_word_that_is_not_printable_ascii_is_our_bug():
    with pytest.raises(ValueError, match="the field To is not printable"):
        mailbox_field("To", [addressed("A", Address(local="a\r\nBcc: b", domain="x.example"))])


def test_list_fields_name_the_list_and_its_addresses():
    one = read_list(LIST, "l.toml", "relay.example")
    assert list_fields(one) == (
        "List-Id: =?utf-8?b?UsOpZ2lvbiBkZXMgbGFjcw==?= <lake.relay.example>\r\n"
        "List-Post: <mailto:lake@relay.example>\r\n"
        "List-Help: <mailto:lake-request@relay.example?subject=HELP>\r\n"
        "List-Owner: <mailto:lake-owner@relay.example>\r\n"
        "List-Unsubscribe: <mailto:lake-owner@relay.example?subject=unsubscribe>\r\n"
    )


def test_where_members_leave_at_one_click_each_copy_has_a_field_of_its_own():
    one = read_list(LIST, "l.toml", "relay.example")
    assert "List-Unsubscribe" not in list_fields(one, leaving=False)
    url = "https://relay.example/leave/lake/" + "x" * 43
    assert leave_fields(one, url) == (
        f"List-Unsubscribe:\r\n <{url}>,\r\n <mailto:lake-request@relay.example?subject=STOP>\r\n"
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    )
    with pytest.raises(ValueError, match="printable"):
        leave_fields(one, "https://relay.example/\r\nBcc: x@y.example")


LIST = """
name = "lake"
title = "Région des lacs"
tag = "LAKE"
active = true
languages = ["fr"]
countries = ["RW"]
as_of = 2026-01-31
status = "unconfirmed"
source = "a meeting"
ceiling = "TLP:GREEN"
community = "its members"
footer = "For officials."
integrity_contact = "the secretariat"
"""


def test_an_address_is_written_in_its_letters_and_holds_nothing_else():
    box = Mailbox(name="Zoé", address=Address(local="zoé", domain="douanes.example"))
    assert mailbox_field("To", [box]) == "To: =?utf-8?b?Wm/DqQ==?= <zoé@douanes.example>\r\n"
    for broken in ("z\u00a0é", "z\u2028é", "z\r\né", "z\u200bé", "z\x85é", "z\x00"):
        with pytest.raises(ValueError, match="not printable"):
            mailbox_field("To", [Mailbox(name="", address=Address(local=broken, domain="douanes.example"))])
