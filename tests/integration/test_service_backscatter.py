"""No mail ever leaves for somebody who has not proved who they are: every address of a relay, by every kind of message and sender.

All lists know their authors by DKIM as well, so that strangers' messages come as far as they ever can. Whatever is answered is said
in the session. What leaves goes to the postmaster's own mailbox alone: not to strangers, and not to the members whose
addresses they used.
"""

import smtplib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import compress

import pytest

from tests.dkim_signing import key_record, rsa_key, signed
from tests.integration.clients import connect, make_post, octets_of, send
from tests.integration.nameserver import NameServer
from tests.integration.service import (
    ANA,
    CENTRAL,
    CLAIRE,
    DOMAIN,
    PATIENCE,
    House,
    Service,
    Site,
    Smarthost,
    eventually,
)

OPS, STRANGER = "ops@agency.example", "stranger@elsewhere.example"
ADDRESSES = [f"central-africa{desk}@{DOMAIN}" for desk in ("", "-owner", "-request", "-bounces+AAAA")]
ADDRESSES += [
    f"{name}@{DOMAIN}" for name in ("species-id", "alerts", "practice", "postmaster", "abuse", "nobody", "bounces")
]
ADDRESSES += [f"central-africa-request+AAAA@{DOMAIN}", f"atlantis-request@{DOMAIN}", ANA, CLAIRE, STRANGER]
SENDERS = (STRANGER, ANA, CLAIRE, "")  # CLAIRE is suspended; "" is the null reverse-path
REPORT = (
    'Auto-Submitted: auto-replied\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
    "--b\r\n\r\nSorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.police.example\r\n\r\n"
    "Final-Recipient: rfc822; paul@police.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
)


def messages(sender: str) -> dict[str, bytes]:
    """One of each kind, as this sender's program writes it."""
    author, now = sender or STRANGER, datetime.now(UTC)

    def ordinary(subject: str, text: str, **fields: str) -> bytes:
        return octets_of(make_post(author, subject, text, message_id=f"<{hash(subject)}@elsewhere.example>", **fields))

    of_stranger = octets_of(make_post(STRANGER, "Signed", "Six tusks.", message_id="<1@elsewhere.example>"))
    return {
        "post": ordinary("TLP:GREEN Seizure", "Sixty kilograms of pangolin scales."),
        "withheld": ordinary("Operation", "TLP:RED\n\nThe suspect is Jean Dupont."),
        "commands": ordinary("HELP", "HELP\nWHOAMI\nSTOP\n"),
        "answer": ordinary("YES M-1", "YES\n", In_Reply_To="<1@relay.example>"),
        "report of a leak": ordinary("SPILL CAFR-2026-000001", "SPILL CAFR-2026-000001\n"),
        "receipts wanted": ordinary(
            "Receipt", "Read?", Disposition_Notification_To=author, Return_Receipt_To=author, Errors_To=author
        ),
        "automatic": ordinary("Away", "I am away.", Auto_Submitted="auto-replied"),
        "bounce": f"From: <{author}>\r\nSubject: Failed\r\n{REPORT}".encode(),
        "not a mail": b"\xff\xfe: no header\r\n\r\nSix tusks.\r\n",
        "two authors": f"From: {author}, other@elsewhere.example\r\n\r\nSix tusks.\r\n".encode(),
        "signed by a stranger": signed(of_stranger, domain="elsewhere.example", at=now),
    }


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Iterator[House]:
    records = {("s1._domainkey.elsewhere.example", "TXT"): (f'"{key_record(rsa_key())}"',)}
    smarthost = Smarthost()
    with NameServer(records) as names:
        site = Site(tmp_path_factory.mktemp("relay"), smarthost.port)
        site.enrol(ANA)
        site.configure("relay", "postmaster", OPS)
        site.configure("smtp", "resolver", names.address)
        site.configure("smtp", "max_connections_per_ip", 100)
        for path in (site.data / "lists").glob("*.toml"):
            path.write_text('proofs = ["auth", "dkim", "dmarc"]\n' + path.read_text("utf-8"), "utf-8")
        site.run("members", "suspend", CLAIRE, "--reason", "a test")
        with Service(site) as service:
            yield House(site, smarthost, service)
    smarthost.close()


def bring(house: House, mail_from: str, to: str, octets: bytes = b"") -> str:
    """Bring one message to the door for other mail servers, or only ask whether it may come; the last reply."""
    with smtplib.SMTP("localhost", house.service.ports["smtp"], timeout=PATIENCE) as client:
        client.ehlo("mx.elsewhere.example")
        code, words = client.docmd(f"MAIL FROM:<{mail_from}>")
        if code < 400:
            code, words = client.docmd(f"RCPT TO:<{to}>")
        if code < 400 and octets:
            try:
                code, words = client.data(octets)
            except smtplib.SMTPDataError as error:
                code, words = error.smtp_code, error.smtp_error
    return f"{code} {words.decode('ascii')}"


def is_idle(house: House) -> bool:
    [counts] = house.site.rows("queue", "status")
    return not counts["queued"] + counts["leased"] + counts["sending"]


def test_nothing_leaves_for_whoever_has_not_proved_who_they_are(house):
    """Row 33. A member's post at the end shows that mail does leave, after all that was before it."""
    eventually(lambda: is_idle(house))
    before, replies = len(house.smarthost.mails), Counter()
    pairs = [(sender, address) for sender in SENDERS for address in ADDRESSES]
    with ThreadPoolExecutor(8) as threads:
        let_in = threads.map(lambda pair: bring(house, *pair)[0] == "2", pairs)  # else nobody hears what the message is
        walks = [
            (sender, kind, octets, address)
            for sender, address in compress(pairs, let_in)
            for kind, octets in messages(sender).items()
        ]
        answers = threads.map(lambda walk: bring(house, walk[0], walk[3], walk[2]), walks)
    for (sender, kind, _, address), reply in zip(walks, answers, strict=True):
        replies[kind, reply[:3]] += 1
        desk = address.startswith(("postmaster@", "abuse@"))
        assert reply[0] != "2" or desk, (sender, kind, address, reply)
    for login in (ANA, CLAIRE, STRANGER):
        with connect(house.service) as client, pytest.raises(smtplib.SMTPAuthenticationError):
            client.login(login, "wrong")
    assert replies["post", "250"], "the postmaster was reached"
    assert replies["signed by a stranger", "550"], "a proof that is good doesn't make a member"
    reply = send(house.service, ANA, make_post(ANA, "TLP:GREEN Seizure", "Sixty kilograms of scales."), CENTRAL)
    reference = reply.removeprefix("250 2.0.0 ")
    eventually(lambda: house.smarthost.copies(reference) and is_idle(house))
    left = [mail for mail in house.smarthost.mails[before:] if mail.reference != reference]
    assert {mail.recipient for mail in left} == {OPS}
    assert {mail.received.mail_from for mail in left} == {""}
