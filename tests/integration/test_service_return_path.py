"""What comes back to a copy's return path: a failed copy is noted and its author told; everything else changes nothing."""

import re
import smtplib

import pytest

from relay.intake.limits import RETURNS_OF_ONE, STRANGER_OCTETS
from tests.conformance.material import material
from tests.integration.clients import make_post, send, transact
from tests.integration.service import ANA, CENTRAL, CLAIRE, JEAN, MARIA, PATIENCE, PAUL, eventually, open_house

UNKNOWN = "550 5.1.1 No such address here, or not for you"
TAKEN = "250 2.0.0 Ok"
RETURNED = "the returned copy speaks of quillmasters"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with open_house(tmp_path_factory.mktemp("relay"), ANA) as opened:
        yield opened


@pytest.fixture
def sent(house, request):
    """A post that went to everybody: its reference, and each copy's return path by member."""
    reply = send(
        house.service, ANA, make_post(ANA, f"Seizure {request.node.name}", "Sixty kilograms of scales.\n"), CENTRAL
    )
    reference = re.fullmatch(r"250 2\.0\.0 (\S+)", reply)[1]
    eventually(lambda: counts(house, reference) == {"delivered": 4})
    return reference, {
        mail.recipient: mail.received.mail_from for mail in house.smarthost.about(reference) if mail.is_copy
    }


def counts(house, reference):
    return house.site.rows("posts", "show", reference)[0]["deliveries"]


def report(action="failed", status="5.1.1", diagnostic="smtp; 550 5.1.1 no such user"):
    return (
        "From: Mail Delivery System <MAILER-DAEMON@mx.police.example>\r\nAuto-Submitted: auto-replied\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\n\r\nSorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.police.example\r\n\r\n"
        f"Final-Recipient: rfc822; paul@police.example\r\nAction: {action}\r\nStatus: {status}\r\nDiagnostic-Code: {diagnostic}\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\n{RETURNED}\r\n--b--\r\n"
    ).encode()


def come_back(house, return_path, octets=b"", mail_from=""):
    """Bring a report as the server of a member's domain does; the last reply."""
    with smtplib.SMTP("localhost", house.service.ports["smtp"], timeout=PATIENCE) as client:
        client.ehlo()
        return transact(client, mail_from, octets or report(), return_path)


def test_a_copy_that_failed_after_all_is_noted_once_and_its_author_is_told(house, sent):
    """Row 31: the null sender reaches the return path; nobody is removed and nothing is answered."""
    reference, paths = sent
    assert come_back(house, paths[PAUL]) == TAKEN
    assert counts(house, reference) == {"delivered": 3, "failed": 1}
    [row] = [row for row in house.site.rows("queue", "list", "--reference", reference) if row["status"] == "failed"]
    assert (row["recipient"], row["last_reply"]) == (PAUL, "550 5.1.1 (reported later)")
    told = eventually(
        lambda: [
            row
            for row in house.site.rows("queue", "list", "--reference", reference)
            if (row["kind"], row["status"]) == ("undelivered", "delivered")
        ]
    )
    assert [row["recipient"] for row in told] == [ANA]
    for again in (report(), report("delivered", "2.0.0")):
        assert come_back(house, paths[PAUL], again, mail_from="mailer@mx.police.example") == TAKEN
    assert counts(house, reference) == {"delivered": 3, "failed": 1}
    assert [event["why"] for event in house.service.events("bounce.ignored")][-2:] == ["repeated", "repeated"]
    audited = [row for row in house.site.run("audit", "export").rows if row.get("event") == "delivery.bounced"]
    assert [
        (row["facts"]["reference"], row["facts"]["status"]) for row in audited if row["facts"]["reference"] == reference
    ] == [(reference, "5.1.1")]
    assert "active" in str(house.site.rows("members", "show", PAUL))


@pytest.mark.parametrize(
    "octets",
    [
        report("delayed", "4.4.1"),
        report("exploded"),
        b"From: paul@police.example\r\nSubject: Absent\r\nAuto-Submitted: auto-replied\r\n\r\nBack on Monday.\r\n",
        f"From: {JEAN}\r\n\r\nAbsent.\r\n\r\nHi. This is the program at mx.example.\r\n\r\n<{JEAN}>:\r\nGone. (#5.1.1)\r\n".encode(),
    ],
    ids=["delayed", "unclear", "vacation", "in their own name"],
)
def test_a_delay_an_unclear_report_and_an_automatic_reply_change_nothing(house, sent, octets):
    """Row 34."""
    reference, paths = sent
    mails = len(house.smarthost.mails)
    assert come_back(house, paths[JEAN], octets) == TAKEN
    assert counts(house, reference) == {"delivered": 4}
    assert len(house.smarthost.mails) == mails


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("qmail_01.txt", b"userx@example.de"),
        ("exim_01.txt", b"userx@its.example.nl"),
        ("microsoft_01.txt", b"userx@example.COM"),
        ("postfix_01.txt", b"xxxxx@local.ie"),
    ],
)
def test_what_servers_say_in_free_text_is_read_and_believed_of_the_member_alone(house, sent, name, address):
    """Four servers' ways from the corpus of tests/conformance; a text about somebody else changes nothing, whoever brings it."""
    reference, paths = sent
    octets = (material("flufl_bounce-6.0.0") / "tests" / "data" / name).read_bytes().replace(b"\n", b"\r\n")
    about_paul = octets.replace(address, PAUL.encode())
    assert about_paul != octets
    assert come_back(house, paths[CLAIRE], about_paul) == TAKEN
    assert counts(house, reference) == {"delivered": 4}
    assert house.service.events("bounce.ignored")[-1]["why"] == "unclear"
    assert come_back(house, paths[PAUL], about_paul) == TAKEN
    assert counts(house, reference) == {"delivered": 3, "failed": 1}
    [row] = [row for row in house.site.rows("queue", "list", "--reference", reference) if row["status"] == "failed"]
    assert (row["recipient"], row["last_reply"]) == (PAUL, "(reported later)")


def test_a_forged_return_path_is_nobodys_address(house, sent):
    """Row 32: the seal is checked before anything else, and the words are those for an unknown address."""
    _, paths = sent
    local, _, domain = paths[CLAIRE].partition("@")
    first, last = local[:-1], local[-1]
    forged = [
        f"{first}{'a' if last != 'a' else 'b'}@{domain}",
        f"{local.replace('central-africa', 'species-id')}@{domain}",
        f"{local[:-24]}@{domain}",
        f"{local}x@{domain}",
        f"central-africa-bounces@{domain}",
    ]
    before = len(house.service.events("bounce.forged"))
    for one in forged:
        assert come_back(house, one) == UNKNOWN
    counted = house.service.events("bounce.forged")[before:]
    assert [event["number"] for event in counted] == [1, 2, 3, 4], "all but the last, which is no return path at all"
    assert {event["ip"] for event in counted} == {"127.0.0.1"}
    assert come_back(house, paths[CLAIRE].upper()) == TAKEN, "servers on the way may change the case"


def test_a_report_goes_to_one_return_path_alone_and_may_not_be_huge(house, sent):
    _, paths = sent
    with smtplib.SMTP("localhost", house.service.ports["smtp"], timeout=PATIENCE) as client:
        client.ehlo()
        assert client.esmtp_features["size"] == str(STRANGER_OCTETS)
        assert client.docmd("MAIL", f"FROM:<> SIZE={STRANGER_OCTETS + 1}")[0] == 552
        client.mail("")
        assert client.rcpt(paths[MARIA])[0] == 250
        assert client.rcpt(paths[JEAN])[0] == 452
        assert client.rcpt(CENTRAL)[0] == 550
    assert come_back(house, paths[MARIA], report() + b"x" * 998 + b"\r\n" * (STRANGER_OCTETS // 2)).startswith("552 ")


def test_nothing_that_a_report_returns_is_kept(house, sent):
    _, paths = sent
    come_back(house, paths[MARIA])
    files = [path.read_bytes() for path in house.site.data.rglob("*") if path.is_file()]
    assert not any(b"quillmasters" in octets for octets in files)
    assert b"quillmasters" not in house.service.log


def test_one_return_path_takes_so_many_messages_in_an_hour_and_the_others_go_on(house, sent):
    _, paths = sent
    with smtplib.SMTP("localhost", house.service.ports["smtp"], timeout=PATIENCE) as client:
        client.ehlo()
        replies = (transact(client, "", report("delayed", "4.4.1"), paths[JEAN]) for _ in range(RETURNS_OF_ONE + 1))
        assert next(reply for reply in replies if reply != TAKEN).startswith("451 4.3.2 ")
        assert transact(client, "", report("delayed", "4.4.1"), paths[MARIA]) == TAKEN
    assert house.service.events("bounce.ignored")[-2]["why"] == "too many"
