"""postmaster@ and abuse@: anybody's text reaches the people who run the relay, and nothing else does."""

import smtplib
import sqlite3
import time
from contextlib import closing

import pytest

from relay.actions.postmaster import LETTER_OCTETS
from relay.intake.limits import LETTERS_OF_ONE
from tests.integration.clients import make_post, octets_of, send
from tests.integration.service import ANA, CENTRAL, DOMAIN, PATIENCE, eventually, open_house

OPS = "ops@agency.example"
POSTMASTER, ABUSE = f"postmaster@{DOMAIN}", f"abuse@{DOMAIN}"
STRANGER = "someone@elsewhere.example"
TAKEN = "250 2.0.0 Ok"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with open_house(tmp_path_factory.mktemp("relay"), ANA, settings={("relay", "postmaster"): OPS}) as opened:
        yield opened


def write(house, message, to=POSTMASTER, *, mail_from=STRANGER, source="127.0.0.1"):
    """Write as a stranger's server does; the last reply. Each network may write a few letters in an hour alone."""
    with smtplib.SMTP("localhost", house.service.ports["smtp"], timeout=PATIENCE, source_address=(source, 0)) as client:
        client.ehlo()
        client.mail(mail_from)
        code, words = client.docmd(f"RCPT TO:<{to}>")
        if code < 400:
            try:
                code, words = client.data(octets_of(message))
            except smtplib.SMTPDataError as error:
                code, words = error.smtp_code, error.smtp_error
    return f"{code} {words.decode('ascii')}"


def this_hour():
    """The hour that the relay counts in: another one may begin during a test."""
    return int(time.monotonic() // 3600)


def letter(house, words):
    """Wait for the letter that holds these words."""

    def find():
        return [mail for mail in house.smarthost.mails if mail.recipient == OPS and words in mail.text()]

    return eventually(find)[0]


@pytest.mark.parametrize(
    ("to", "source"), [(POSTMASTER, "127.0.1.1"), ("Postmaster", "127.0.1.2"), (ABUSE, "127.0.1.3")]
)
def test_a_strangers_text_reaches_the_postmaster_as_a_clean_copy_and_nobody_else(house, to, source):
    message = make_post(
        STRANGER,
        "Your server sends me spam",
        f"Please stop it, {source}.\n",
        to=POSTMASTER,
        html="<b>Please</b>",
        X_Mailer="Quillmaster 3",
        Reply_To="trap@evil.example",
        List_Post="<mailto:x@evil.example>",
    )
    message.add_attachment(b"MZ\x90\x00", maintype="application", subtype="octet-stream", filename="virus.exe")
    assert write(house, message, to, source=source) == TAKEN
    mail = letter(house, f"Please stop it, {source}.")
    said = mail.message
    assert (mail.received.mail_from, said["Auto-Submitted"]) == ("", "auto-generated")
    assert said["From"].addresses[0].addr_spec == POSTMASTER
    assert said["Reply-To"].addresses[0].addr_spec == STRANGER
    assert said["Subject"] == f"[{to.partition('@')[0].lower()}] Your server sends me spam"
    assert said["X-WEN-Reference"].startswith("POSTMASTER-")
    assert f"<{STRANGER}>" in mail.text()
    assert source in mail.text()
    assert "[1 attachment removed]" in mail.text()
    assert not any(word in mail.received.octets for word in (b"Quillmaster", b"evil.example", b"virus", b"<b>"))
    assert not [mail for mail in house.smarthost.mails if mail.recipient != OPS]
    [row] = [row for row in house.site.rows("queue", "list") if row["reference"] == said["X-WEN-Reference"]]
    assert (row["recipient"], row["kind"]) == (OPS, "postmaster")


def test_what_was_sent_is_destroyed_and_was_never_in_clear(house):
    assert write(house, make_post(STRANGER, "Gnu", "A gnusnack is kept nowhere.\n"), source="127.0.1.4") == TAKEN
    reference = letter(house, "gnusnack").reference
    eventually(
        lambda: [
            row
            for row in house.site.rows("queue", "list")
            if (row["reference"], row["status"]) == (reference, "delivered")
        ]
    )
    with closing(sqlite3.connect(f"file:{house.site.data / 'relay.db'}?mode=ro", uri=True)) as database:
        rows = "SELECT sealed FROM deliveries WHERE kind = 'postmaster' AND status = 'delivered' AND facts LIKE ?"
        assert database.execute(rows, [f"%{reference}%"]).fetchall() == [(None,)]
    files = [path.read_bytes() for path in house.site.data.rglob("*") if path.is_file()]
    assert not any(b"gnusnack" in octets for octets in files)
    assert b"gnusnack" not in house.service.log


def test_the_null_sender_is_heard_too_and_nothing_is_ever_answered(house):
    """Rows 31 and 33."""
    message = make_post(
        "MAILER-DAEMON@elsewhere.example", "Delivery trouble", "Something failed.\n", Auto_Submitted="auto-replied"
    )
    assert write(house, message, mail_from="", source="127.0.1.5") == TAKEN
    assert "<>" in letter(house, "Something failed.").text()
    assert not [mail for mail in house.smarthost.mails if mail.recipient != OPS]


def test_a_member_may_write_under_a_login(house):
    assert send(house.service, ANA, make_post(ANA, "Help", "I lost my phone.\n", to=POSTMASTER), POSTMASTER) == TAKEN
    assert letter(house, "I lost my phone.")


def test_what_is_marked_too_high_is_dropped_without_a_trace_of_its_words(house):
    before = house.service.events("letter.taken")
    marked = make_post(STRANGER, "TLP:RED", "TLP:AMBER\nThe jackalope sleeps in the shed.\n")
    assert write(house, marked, source="127.0.1.6") == TAKEN
    dropped = house.service.events("letter.dropped")[-1]
    assert (dropped["ip"], dropped["why"]) == ("127.0.1.6", "M1")
    audited = [row for row in house.site.run("audit", "export").rows if row.get("event") == "letter.dropped"]
    assert audited[-1]["facts"] == {"client": "127.0.1.6", "codes": ["M1"]}
    assert house.service.events("letter.taken") == before
    files = [path.read_bytes() for path in house.site.data.rglob("*") if path.is_file()]
    assert not any(b"jackalope" in octets for octets in files)


@pytest.mark.parametrize("fields", [{"X_WEN_Reference": "CAFR-2026-000001"}, {"List_Id": f"<central-africa.{DOMAIN}>"}])
def test_what_came_from_us_goes_no_further(house, fields):
    """Row 35."""
    before = house.service.events("letter.taken")
    assert write(house, make_post(STRANGER, "Loop", "Round.\n", **fields), source="127.0.1.7") == TAKEN
    assert house.service.events("letter.dropped")[-1]["why"] == "loop"
    assert house.service.events("letter.taken") == before


def test_a_letter_is_small_alone_and_one_of_a_few_in_an_hour(house):
    source = "127.0.1.8"
    huge = make_post(STRANGER, "Much", "word " * (LETTER_OCTETS // 5))
    assert write(house, huge, source=source).startswith("552 5.3.4")
    with smtplib.SMTP("localhost", house.service.ports["smtp"], timeout=PATIENCE) as client:
        client.ehlo()
        client.mail(STRANGER)
        assert client.rcpt(POSTMASTER)[0] == 250
        assert client.rcpt(ABUSE)[0] == 452
        assert client.rcpt(CENTRAL)[0] == 550
    taken, hour = 0, this_hour()
    while (reply := write(house, make_post(STRANGER, f"Letter {taken}", "Hello.\n"), source=source)) == TAKEN:
        taken += 1
    assert reply.startswith("451 4.3.2 ")
    assert taken == LETTERS_OF_ONE or (this_hour() > hour and taken <= 2 * LETTERS_OF_ONE)
    assert write(house, make_post(STRANGER, "Another network", "Hello.\n"), source="127.0.1.9") == TAKEN


def test_a_letter_waits_sealed_while_the_next_server_is_away(house):
    house.smarthost.stop()
    try:
        assert write(house, make_post(STRANGER, "Later", "A wombatry that waits.\n"), source="127.0.1.10") == TAKEN
        files = [path.read_bytes() for path in house.site.data.rglob("*") if path.is_file()]
        assert not any(b"wombatry" in octets for octets in files)
    finally:
        house.smarthost.start()
    house.site.run("queue", "retry", "--all")
    assert letter(house, "wombatry")


def test_without_a_postmaster_the_addresses_are_unknown(house):
    house.site.configure("relay", "postmaster", "")
    house.service.reload()
    try:
        assert write(house, make_post(STRANGER, "x", "x\n")).startswith("550 5.1.1 ")
    finally:
        house.site.configure("relay", "postmaster", OPS)
        house.service.reload()
