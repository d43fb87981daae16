"""A post that may go out: from a member's mail program to every other member, and what their copies carry."""

import os
import re
import smtplib
from base64 import b64encode
from contextlib import suppress
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from relay.delivery.bounce import read_return_path
from tests.builders import address
from tests.integration.clients import connect, make_post, send, send_with_curl, send_with_swaks
from tests.integration.service import (
    ANA,
    CENTRAL,
    CLAIRE,
    DOMAIN,
    EASTERN,
    EVA,
    JEAN,
    MARIA,
    PAUL,
    SPECIES,
    eventually,
    open_house,
)
from tests.programs import need

ACCEPTED = re.compile(r"250 2\.0\.0 (CAFR-\d{4}-\d{6})")
COPY_FIELDS = {
    *("DKIM-Signature", "Date", "From", "Reply-To", "To", "Subject", "Message-ID", "References", "In-Reply-To"),
    *("List-Id", "List-Post", "List-Help", "List-Owner", "List-Unsubscribe"),
    *("X-WEN-Reference", "Precedence", "MIME-Version", "Content-Type"),
}
PART_FIELDS = {"Content-Transfer-Encoding"}
PRIVATE = (
    "secret.chief@agency.example",
    "answers@elsewhere.example",
    "192.0.2.77",
    "Quillmaster 3",
    "mx.agency.example",
)
ALERT = "Two hundred kilograms of pangolin scales were seized at the port on 18 November.\n"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    tells = {"PYTHONPROFILEIMPORTTIME": "1"}  # a line in its log for each module that it loads
    with open_house(tmp_path_factory.mktemp("relay"), ANA, MARIA, EVA, environment=tells) as opened:
        yield opened


def reference_in(reply):
    match = ACCEPTED.fullmatch(reply)
    assert match, reply
    return match.group(1)


def everybody_but(author):
    return sorted({ANA, PAUL, JEAN, MARIA, CLAIRE} - {author})


def arrived(house, reference, author=ANA):
    """Wait for the author's receipt and for every copy; the copies by recipient."""
    wait_for_copies(house, reference, everybody_but(author))
    house.smarthost.notice(reference, "relay")
    return {mail.recipient: mail for mail in house.smarthost.about(reference) if mail.is_copy}


def wait_for_copies(house, reference, wanted):
    eventually(lambda: set(house.smarthost.copies(reference)) >= set(wanted))
    eventually(lambda: house.site.rows("posts", "show", reference)[0]["deliveries"] == {"delivered": len(wanted)})
    assert house.smarthost.copies(reference) == sorted(wanted)


def dns(keys):
    """The public halves of the site's signing keys, as its DNS would give them."""
    records = {}
    for path in keys.glob("dkim-*.pem"):
        _, kind, selector = path.stem.split("-")
        public = load_pem_private_key(path.read_bytes(), None).public_key()
        octets = public.public_bytes_raw() if kind == "ed25519" else None
        octets = octets or public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        records[f"{selector}._domainkey.{DOMAIN}."] = f"v=DKIM1; k={kind}; p={b64encode(octets).decode()}".encode()
    return lambda name, timeout=5: records[name.decode()]


@pytest.mark.parametrize("door", ["submission", "submissions"])
@pytest.mark.parametrize("program", ["swaks", "curl", "smtplib"])
def test_a_post_by_each_mail_program_reaches_every_member_but_its_author_once(house, tmp_path, program, door):
    if program != "smtplib":
        need(program)
    message = make_post(ANA, f"Seizure told by {program}", ALERT, message_id=f"<{program}.{door}@douanes.example>")
    if program == "swaks":
        reply = send_with_swaks(house.service, ANA, message, tmp_path, door, CENTRAL)
    elif program == "curl":
        reply = send_with_curl(house.service, ANA, message, tmp_path, door, CENTRAL)
    else:
        reply = send(house.service, ANA, message, CENTRAL, door=door)
    copies = arrived(house, reference_in(reply))
    for mail in copies.values():
        assert mail.message["Message-ID"] == f"<{program}.{door}@douanes.example>"
        assert ALERT.strip() in mail.text()


@pytest.fixture(scope="module")
def rich(house):
    """A post with all that must not leave, to two lists: its reference and its copies."""
    message = make_post(
        ANA,
        "Re: Saisie de défenses",
        "Cent défenses d'éléphant ont été saisies au port.\n",
        to=f"{CENTRAL}, {SPECIES}",
        message_id="<rich@douanes.example>",
        html="<p onclick='steal()'>Cent <b>défenses</b></p><script>alert(1)</script><img src='https://track.example/x'>",
        Cc=PRIVATE[0],
        Bcc=PRIVATE[0],
        Reply_To=PRIVATE[1],
        X_Originating_IP=f"[{PRIVATE[2]}]",
        User_Agent=PRIVATE[3],
        X_Mailer=PRIVATE[3],
        Received=f"from [{PRIVATE[2]}] by {PRIVATE[4]}; Mon, 2 Mar 2026 09:59:59 +0000",
        References="<first@douanes.example> <second@police.example>",
        In_Reply_To="<second@police.example>",
        Resent_From=PRIVATE[0],
        Disposition_Notification_To=ANA,
    )
    message.add_attachment(
        b"MZ\x90\x00 no picture", maintype="application", subtype="octet-stream", filename="list.exe"
    )
    reference = reference_in(send(house.service, ANA, message, CENTRAL, SPECIES))
    return reference, arrived(house, reference)


def test_a_member_of_two_addressed_lists_gets_one_copy(house, rich):
    reference, _ = rich
    assert house.smarthost.copies(reference) == everybody_but(ANA)
    assert len(house.site.rows("posts", "show", reference)) == 2


def test_a_copy_carries_the_contracts_fields_each_once_and_no_others(rich):
    """Rows 38, 39 and 44."""
    for mail in rich[1].values():
        names = mail.message.keys()
        assert set(names) - PART_FIELDS == COPY_FIELDS
        assert {name for name in names if names.count(name) > 1} == {"DKIM-Signature"}
        assert names.count("DKIM-Signature") == 2


def test_the_fields_of_a_copy_say_what_the_contract_says(rich):
    reference, copies = rich
    message = copies[PAUL].message
    assert str(message["From"]) == f"Ana Example via Central Africa <{CENTRAL}>"
    assert (message["To"].addresses[0].addr_spec, message["Reply-To"].addresses[0].addr_spec) == (CENTRAL, ANA)
    assert message["Subject"] == "[CAFR][TLP:GREEN] Re: Saisie de défenses"
    assert message["Message-ID"] == "<rich@douanes.example>"
    assert message["References"].split() == ["<first@douanes.example>", "<second@police.example>"]
    assert message["List-Id"].endswith(f"<central-africa.{DOMAIN}>")
    assert message["List-Post"] == f"<mailto:{CENTRAL}>"
    assert (message["X-WEN-Reference"], message["Precedence"]) == (reference, "list")


def test_nothing_of_the_authors_own_header_leaves(rich):
    """Rows 38 and 39."""
    for mail in rich[1].values():
        for private in PRIVATE:
            assert private.encode() not in mail.received.octets


def test_both_signatures_of_a_copy_verify_with_the_sites_keys(house, rich):
    lookup = dns(house.site.data / "keys")
    octets = rich[1][JEAN].received.octets
    found = [dkim.DKIM(octets) for _ in range(2)]
    assert all(found[place].verify(idx=place, dnsfunc=lookup) for place in range(2))
    assert {one.signature_fields[b"a"] for one in found} == {b"rsa-sha256", b"ed25519-sha256"}


def test_each_copy_has_a_return_path_that_names_its_delivery(house, rich):
    reference, copies = rich
    key = (house.site.data / "keys" / "verp.key").read_bytes()
    rows = house.site.rows("queue", "list", "--reference", reference)
    numbers = {row["recipient"]: row["id"] for row in rows if row["kind"] == "copy"}
    for recipient, mail in copies.items():
        assert read_return_path(address(mail.received.mail_from), key) == numbers[recipient]


def test_the_default_marking_stands_first_and_in_the_footer(rich):
    text = rich[1][CLAIRE].text()
    assert text.startswith("TLP:GREEN\n")
    assert "TLP:GREEN · " in text.rpartition("-- \n")[2]


def test_html_is_sanitised_and_attachments_are_removed_and_counted_in_the_members_language(rich):
    _, copies = rich
    page = copies[CLAIRE].text("html")
    assert "<b>défenses</b>" in page
    assert not re.search(r"script|onclick|img|track\.example", page)
    assert "[1 attachment removed]" in copies[CLAIRE].text()
    assert "[1 pièce jointe retirée]" in copies[PAUL].text()
    for mail in copies.values():
        assert not list(mail.message.iter_attachments())
        assert b"list.exe" not in mail.received.octets


@pytest.mark.parametrize(
    ("author", "words"), [(ANA, "a été envoyé à 4 membres dans"), (MARIA, "se envió a 4 miembros en")]
)
def test_the_author_gets_a_receipt_in_their_own_language(house, author, words):
    reference = reference_in(send(house.service, author, make_post(author, "Aviso", ALERT, message_id=f"<r.{author}>")))
    arrived(house, reference, author)
    receipt = house.smarthost.notice(reference, "relay")
    assert (receipt.recipient, receipt.received.mail_from) == (author, "")
    assert f"{reference} {words}" in receipt.text()
    assert receipt.message["Auto-Submitted"] == "auto-replied"


def test_a_post_that_is_sent_again_gets_its_first_reference_and_nobody_a_second_copy(house):
    message = make_post(ANA, "Once", ALERT, message_id="<once@douanes.example>")
    reference = reference_in(send(house.service, ANA, message))
    arrived(house, reference)
    del message["Subject"]
    message["Subject"] = "Once, from the outbox"  # the header may differ when a mail program sends again
    assert reference_in(send(house.service, ANA, message)) == reference
    later = reference_in(send(house.service, ANA, make_post(ANA, "After", ALERT, message_id="<after@douanes.example>")))
    arrived(house, later)
    assert house.smarthost.copies(reference) == everybody_but(ANA)


def test_nobody_sends_without_a_login(house):
    with connect(house.service) as client:
        client.ehlo()
        assert client.mail("curious@press.example")[0] == 530


def test_a_wrong_password_and_an_unknown_user_get_the_same_words(house):
    answers = []
    for login in (ANA, "nobody@douanes.example"):
        with connect(house.service) as client, pytest.raises(smtplib.SMTPAuthenticationError) as refused:
            client.login(login, "wrong-password")
        answers.append((refused.value.smtp_code, refused.value.smtp_error))
    assert answers == [(535, b"5.7.8 Wrong user name or password")] * 2


def test_a_stranger_at_the_door_for_other_servers_reaches_nobody(house):
    with smtplib.SMTP("localhost", house.service.ports["smtp"]) as client:
        client.ehlo()
        assert client.mail("curious@press.example")[0] == 250
        assert client.rcpt(CENTRAL)[0] == 550


@pytest.mark.parametrize("sender", [f"Jean Example <{JEAN}>", f"{ANA}, {JEAN}", f"{JEAN}\nFrom: {ANA}"])
def test_a_member_cannot_write_in_somebody_elses_name(house, sender):
    """Row 40."""
    octets = f"From: {sender}\nTo: {CENTRAL}\nSubject: Forged\nMessage-ID: <forged@d.example>\n\nText.\n"
    assert send(house.service, ANA, octets.replace("\n", "\r\n").encode()).startswith("550 5.")


def test_a_member_cannot_use_another_mail_from(house):
    reply = send(house.service, ANA, make_post(ANA, "Not mine", ALERT), mail_from=JEAN)
    assert reply.startswith("550 5.7.1 ")


def test_an_unknown_list_and_a_forbidden_one_are_refused_in_the_same_words(house):
    forbidden = send(house.service, ANA, make_post(ANA, "Wrong list", ALERT), EASTERN)
    unknown = send(house.service, ANA, make_post(ANA, "No list", ALERT), f"nothing@{DOMAIN}")
    inactive = send(house.service, ANA, make_post(ANA, "Asleep", ALERT), f"south-east-asia@{DOMAIN}")
    assert forbidden == unknown == inactive
    assert forbidden.startswith("550 5.1.1 ")


def test_refusals_left_no_post_and_no_mail(house):
    """Row 33."""
    posts = house.site.rows("posts", "list")
    assert {row["decision"] for row in posts} == {"relay"}
    assert not [mail for mail in house.smarthost.mails if mail.recipient == EVA]


def test_no_message_waits_for_a_module_to_be_loaded(house):
    post = make_post(ANA, "Seizure at the airport", ALERT, html="<p>Two hundred kilograms</p>")
    arrived(house, reference_in(send(house.service, ANA, post)))
    before, _, since = house.service.log.partition(b"service.ready")
    assert b"relay.store.queue" in before
    assert b"import time:" not in since


def processors(processes_or_threads):
    """On which processors each may run; without those that have ended meanwhile."""
    found = {}
    for number in processes_or_threads:
        with suppress(ProcessLookupError):
            found[number] = os.sched_getaffinity(number)
    return found


def test_threads_that_take_turns_stay_on_one_processor_and_logins_and_scanners_use_all(house):
    send(house.service, ANA, make_post(ANA, "Une saisie", "Une saisie de plus.\n", message_id="<one@douanes.example>"))
    pid, own = house.service.process.pid, os.sched_getaffinity(0)
    threads = processors(int(task.name) for task in Path(f"/proc/{pid}/task").iterdir())
    assert len(threads[pid]) == 1
    together = [thread for thread, allowed in threads.items() if allowed == threads[pid]]
    assert len(together) >= 3  # the event loop's, the database's writer, whoever judged the post
    elsewhere = [allowed for allowed in threads.values() if allowed != threads[pid]]
    assert all(allowed == own for allowed in elsewhere)
    assert len(own) == 1 or len(elsewhere) >= 2  # who started the scanners, who checked the password
    assert set(map(frozenset, processors(house.service.children()).values())) == {frozenset(own)}
