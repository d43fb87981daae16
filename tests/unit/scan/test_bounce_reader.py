"""Free text that says that mail failed: of whom, and what is to blame."""

import pytest

from relay.scan import bounce_reader
from relay.scan.bounces import READ_OCTETS, read_bounces

PAUL = "paul@police.example"


def judge(octets, recipient):
    return bounce_reader.judge(octets, [recipient])[0]


def qmail(said="Sorry, no mailbox here by that name. (#5.1.1)", *, head="", to=PAUL):
    text = (
        "Hi. This is the qmail-send program at mx.police.example.\r\nI'm afraid I wasn't able to deliver your message.\r\n\r\n"
        f"<{to}>:\r\n{said}\r\n\r\n--- Below this line is a copy of the message.\r\n\r\nSubject: 5.2.2 and 552 \r\n\r\nx\r\n"
    )
    return f"From: MAILER-DAEMON@mx.police.example\r\n{head}\r\n{text}".encode()


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("Sorry, no mailbox here by that name. (#5.1.1)", "dead"),
        ("192.0.2.1 does not like recipient.\r\nRemote host said: 550 no such user", "dead"),
        ("This address is gone.", "dead"),
        ("The user's mailbox is full. (#5.2.2)", "failed"),
        ("Remote host said: 554 5.7.1 looks like spam", "failed"),
    ],
)
def test_a_reason_that_is_not_the_address_spares_it(said, outcome):
    assert judge(qmail(said), PAUL) == outcome


def test_what_is_returned_in_a_part_of_its_own_is_no_reason():
    report = (
        "From: MAILER-DAEMON@mx.police.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        f"--b\r\n\r\nHi. This is the program at mx.police.example.\r\n\r\n<{PAUL}>:\r\nNo such user. (#5.1.1)\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nhost said: 552 5.2.2 full\r\n--b--\r\n"
    ).encode()
    assert judge(report, PAUL) == "dead"
    assert judge(report.replace(b"#5.1.1", b"#5.2.2"), PAUL) == "failed"


@pytest.mark.parametrize("recipient", [PAUL.upper(), PAUL])
def test_an_address_has_any_case_and_others_have_no_fate(recipient):
    assert judge(qmail(), recipient) == "dead"
    assert judge(qmail(), "ana@douanes.example") is None
    assert judge(qmail(), "") is None


def test_an_encoded_text_is_read_as_well():
    quoted = "Quota exceeded (#5=2E2=2E2)"
    octets = qmail(quoted, head="Content-Transfer-Encoding: quoted-printable\r\n")
    assert judge(octets, PAUL) == "failed"
    assert judge(octets.replace(b"quoted-printable", b"7bit"), PAUL) == "dead", "no code can be read"


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\0" * 1000,
        b"".join(b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(2000)),
        b"Content-Type: message/rfc822\r\n\r\n" * 3000,
        qmail() * 500,
        b"Subject: x\r\n\r\n" + b"<" * READ_OCTETS,
    ],
    ids=["empty", "zeros", "nested", "within", "many", "brackets"],
)
def test_hostile_octets_end_with_a_word_or_without_and_never_with_trouble(octets):
    assert read_bounces(octets, [PAUL]) in {(None,), ("dead",)}


def test_one_process_reads_for_all_who_are_asked_about():
    octets = qmail() + b"<ana@douanes.example>:\r\nAlso gone.\r\n"
    assert read_bounces(octets, ["nobody@police.example", PAUL.upper()]) == (None, "dead")
    assert read_bounces(octets, []) == ()
