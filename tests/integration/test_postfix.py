"""A real Postfix as smarthost, configured by the files of deploy/postfix: posts go through it into mailboxes."""

import asyncio
import contextlib
import smtplib
import sqlite3

import dkim
import pytest

from relay.delivery.bounce import post_path, read_return_path
from relay.doctor.doors import look_at_trust
from relay.settings import load_settings
from relay.transport.smtp import Connection, Content, Parcel, Smarthost
from tests.builders import address
from tests.integration.clients import make_post, octets_of, send, send_with_swaks
from tests.integration.postfix import OWN_FIELDS, PASSWORD, USER, Postfix, need_postfix
from tests.integration.service import ANA, CENTRAL, CLAIRE, JEAN, MARIA, PAUL, Service, Site, eventually
from tests.integration.test_service_relay import ALERT, COPY_FIELDS, PART_FIELDS, PRIVATE, dns, reference_in
from tests.integration.withheld_posts import post_marked_in, traces, words_of
from tests.programs import need

EVERYBODY = (ANA, PAUL, JEAN, MARIA, CLAIRE)
OTHERS = sorted(set(EVERYBODY) - {ANA})
GATEWAY = "mx.gateway.example"
UNREACHED = "N'a pas atteint tout le monde"
COPIES = (
    "SELECT d.id, m.address AS recipient, d.status, d.last_reply FROM deliveries d JOIN members m ON m.id = d.member_id "
    "JOIN posts p ON p.id = d.post_id WHERE p.reference = :reference AND d.kind = 'copy'"
)
PLACES = ("subject", "body", "html", "attachment")
SECRET = tuple(word for place in PLACES for word in words_of(place))


class House:
    """A relay and a Postfix behind it."""

    def __init__(self, folder, postfix):
        self.folder, self.postfix = folder, postfix
        self.site = Site(folder, postfix.port)
        self.site.enrol(ANA, CLAIRE)
        self.site.configure("smtp", "trusted_gateways", ["127.0.0.1"])
        self.site.configure("smtp", "authserv_id", GATEWAY)
        self.service = Service(self.site)
        postfix.start(self.service.ports["smtp"])

    def post(self, subject, text=ALERT, **fields):
        name = subject.replace(" ", ".")
        message = make_post(ANA, subject, text, message_id=f"<{name}@douanes.example>", **fields)
        return reference_in(send(self.service, ANA, message))

    def copies(self, reference):
        """The copies of a post in everybody's mailboxes, as often as they are there."""
        return {one: mails for one in OTHERS if (mails := self.postfix.about(one, reference))}

    def rows(self, reference):
        rows = self.site.ask(COPIES, reference=reference)
        return {row["recipient"]: row for row in rows}

    def author_is_told(self, reference):
        """Whether the author has got word that not everybody could be reached."""
        return [mail for mail in self.postfix.about(ANA, reference) if UNREACHED in mail.message["Subject"]]

    def arrived(self, reference, *recipients):
        """Wait until these have it and every other copy has come to an end; one mail each, by recipient."""
        eventually(lambda: set(self.copies(reference)) >= set(recipients or OTHERS))
        eventually(lambda: all(row["status"] in {"delivered", "failed"} for row in self.rows(reference).values()))
        copies = self.copies(reference)
        assert {one: len(mails) for one, mails in copies.items()} == dict.fromkeys(recipients or OTHERS, 1)
        return {one: mail for one, [mail] in copies.items()}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    need_postfix()
    with Postfix(EVERYBODY) as postfix:
        house = House(tmp_path_factory.mktemp("relay"), postfix)
        try:
            yield house
        finally:
            if house.service.process.returncode is None:
                house.service.stop()


@pytest.fixture(scope="module")
def rich(house, tmp_path_factory):
    """A post with all that must not leave, sent with swaks: its copies by recipient."""
    need("swaks")
    message = make_post(
        ANA,
        "Saisie de défenses",
        ".\nCent défenses d'éléphant ont été saisies au port.\n..\n",
        message_id="<rich@douanes.example>",
        html="<p>Cent <b>défenses</b></p>",
        Cc=PRIVATE[0],
        Bcc=PRIVATE[0],
        Reply_To=PRIVATE[1],
        X_Originating_IP=f"[{PRIVATE[2]}]",
        X_Mailer=PRIVATE[3],
        Received=f"from [{PRIVATE[2]}] by {PRIVATE[4]}; Mon, 2 Mar 2026 09:59:59 +0000",
        References="<first@douanes.example>",
        In_Reply_To="<first@douanes.example>",
    )
    folder = tmp_path_factory.mktemp("swaks")
    reference = reference_in(send_with_swaks(house.service, ANA, message, folder, "submission", CENTRAL))
    return reference, house.arrived(reference)


def test_a_post_by_swaks_lies_once_in_every_other_members_mailbox_with_the_contracts_fields_and_no_others(rich):
    reference, copies = rich
    for mail in copies.values():
        names = mail.message.keys()
        assert set(names) - OWN_FIELDS - PART_FIELDS == COPY_FIELDS
        assert {name for name in names if names.count(name) > 1} == {"DKIM-Signature"}
        message = mail.message
        assert str(message["From"]) == f"Ana Example via Central Africa <{CENTRAL}>"
        assert message["To"].addresses[0].addr_spec == CENTRAL
        assert message["Subject"] == "[CAFR][TLP:GREEN] Saisie de défenses"
        assert message["Message-ID"] == "<rich@douanes.example>"
        assert (message["X-WEN-Reference"], message["Precedence"]) == (reference, "list")


def test_postfix_changes_nothing_so_both_signatures_verify(house, rich):
    for mail in rich[1].values():
        found = [dkim.DKIM(mail.octets) for _ in range(2)]
        assert all(one.verify(idx=place, dnsfunc=dns(house.site.data / "keys")) for place, one in enumerate(found))
        assert mail.sent.startswith(b"DKIM-Signature: ")


def test_a_dot_that_stood_alone_on_its_line_is_there_still(rich):
    for mail in rich[1].values():
        lines = mail.text().splitlines()
        assert (lines.count("."), lines.count("..")) == (1, 1)


def test_each_copy_came_with_the_return_path_that_names_its_delivery(house, rich):
    reference, copies = rich
    key = (house.site.data / "keys" / "verp.key").read_bytes()
    for recipient, row in house.rows(reference).items():
        assert read_return_path(address(copies[recipient].return_path), key) == row["id"]


def test_nothing_of_the_authors_own_header_is_in_a_mailbox(rich):
    for mail in rich[1].values():
        assert [private for private in PRIVATE if private.encode() in mail.octets] == []


def test_a_notice_comes_with_the_null_return_path(house, rich):
    [receipt] = eventually(lambda: house.postfix.about(ANA, rich[0]))
    assert receipt.return_path == ""
    assert receipt.message["Auto-Submitted"] == "auto-replied"


def test_one_recipient_that_is_refused_costs_the_others_nothing_and_its_author_is_told(house):
    house.postfix.fates[JEAN] = "550 5.1.1 no such mailbox"
    try:
        reference = house.post("Refused by one")
        house.arrived(reference, *sorted(set(OTHERS) - {JEAN}))
    finally:
        del house.postfix.fates[JEAN]
    row = house.rows(reference)[JEAN]
    assert (row["status"], row["last_reply"][:9]) == ("failed", "550 5.1.1")
    eventually(lambda: house.author_is_told(reference))


def test_a_recipient_that_is_put_off_gets_the_copy_when_it_is_tried_again(house):
    house.postfix.fates[JEAN] = "450 4.2.1 mailbox busy"
    try:
        reference = house.post("Put off by one")
        eventually(lambda: set(house.copies(reference)) == set(OTHERS) - {JEAN})
        eventually(lambda: house.rows(reference)[JEAN]["last_reply"].startswith("450 4.2.1"))
    finally:
        del house.postfix.fates[JEAN]
    house.site.run("queue", "retry", reference)
    house.arrived(reference)


def test_a_copy_that_postfix_took_and_must_keep_for_a_while_arrives_once_when_the_mailbox_is_back(house):
    box = house.postfix.mail / PAUL
    box.rename(box.with_suffix(".away"))
    box.mkdir()  # root's: the program that writes into mailboxes is not root
    try:
        reference = house.post("Deferred by Postfix")
        eventually(lambda: [one for one in house.postfix.queue() if one["queue_name"] == "deferred"])
    finally:
        box.rmdir()
        box.with_suffix(".away").rename(box)
    house.postfix.flush()
    house.arrived(reference)
    eventually(lambda: house.postfix.queue() == [])


def test_a_post_that_is_too_big_for_postfix_fails_and_its_author_is_told(house):
    line = "The same line again and again, for a text beyond what this server takes.\n"
    reference = house.post("Too big", line * 1600)
    eventually(lambda: {row["status"] for row in house.rows(reference).values()} == {"failed"})
    assert {row["last_reply"][:9] for row in house.rows(reference).values()} == {"552 5.3.4"}
    assert house.copies(reference) == {}
    eventually(lambda: house.author_is_told(reference))


def test_posts_of_a_time_without_postfix_wait_in_the_relay_and_arrive_once(house):
    house.postfix.stop()
    reference = house.post("While Postfix is down")
    eventually(lambda: all("can't connect" in row["last_reply"] for row in house.rows(reference).values()))
    house.postfix.start(house.service.ports["smtp"])
    house.site.run("queue", "retry", "--all")
    house.arrived(reference)


def test_this_smarthost_takes_nothing_in_strange_names(house):
    with smtplib.SMTP("127.0.0.1", house.postfix.port) as client:
        client.ehlo()
        assert client.esmtp_features.keys() == {
            "pipelining",
            "size",
            "enhancedstatuscodes",
            "8bitmime",
            "smtputf8",
            "xverp",
            "dsn",
        }
        assert client.mail("chief@police.example")[0] == 250
        assert client.rcpt(ANA)[0] == 554


def test_a_copy_that_postfix_bounces_after_it_took_it_is_failed_by_its_report_and_its_author_is_told(house):
    house.postfix.fates[JEAN] = "FILTER error:5.1.1 the mailbox is gone"
    try:
        reference = house.post("Bounced by Postfix")
        row = eventually(lambda: (row := house.rows(reference)[JEAN])["status"] == "failed" and row)
    finally:
        del house.postfix.fates[JEAN]
    assert row["last_reply"] == "5.1.1 (reported later)"
    eventually(lambda: house.author_is_told(reference))
    house.arrived(reference, *sorted(set(OTHERS) - {JEAN}))
    eventually(lambda: house.postfix.queue() == [])
    [noted] = [row for row in house.service.events("bounce.noted") if row["reference"] == reference]
    assert noted["status"] == "5.1.1"


def post_path_of(house, reference):
    """The return path that a post's copies can share."""
    with contextlib.closing(sqlite3.connect(house.site.data / "relay.db")) as database:
        [(number,)] = database.execute("SELECT id FROM posts WHERE reference = ?", (reference,)).fetchall()
    key = (house.site.data / "keys" / "verp.key").read_bytes()
    return str(post_path("central-africa", "relay.example", number, key))


def test_of_a_return_path_that_copies_share_postfix_makes_each_recipients_own_and_reports_come_back_to_it(house):
    reference = house.post("Shared among two")
    house.arrived(reference)
    path, content = post_path_of(house, reference), Content(b"Subject: shared\r\n\r\nThe same for both.\r\n")
    parcels = [
        Parcel(key=key, mail_from=f"one{key}@relay.example", recipient=one, content=content, shared_from=path)
        for key, one in enumerate((JEAN, PAUL))
    ]

    async def hand_over():
        nearby = Smarthost(host="127.0.0.1", port=house.postfix.port, tls="none", helo_name="relay.example")
        connection = await Connection.open(nearby)
        results = await connection.send(parcels)
        await connection.quit()
        return {outcome.reply for _, outcome in results}

    assert len(asyncio.run(hand_over())) == 1, "one reply for both: they shared a transaction"
    for one in (JEAN, PAUL):
        [mail] = eventually(
            lambda one=one: [mail for mail in house.postfix.arrived(one) if mail.message["Subject"] == "shared"]
        )
        assert mail.return_path == path.replace("@", f"+{one.replace('@', '=')}@")
    house.postfix.fates[JEAN] = "FILTER error:5.1.1 the mailbox is gone"
    try:
        asyncio.run(hand_over())
        row = eventually(lambda: (row := house.rows(reference)[JEAN])["status"] == "failed" and row)
    finally:
        del house.postfix.fates[JEAN]
    assert row["last_reply"] == "5.1.1 (reported later)"
    assert {one["status"] for who, one in house.rows(reference).items() if who != JEAN} == {"delivered"}
    eventually(lambda: house.postfix.queue() == [])


# — Postfix in front: a gateway —


def hand_to_front(house, message, *to):
    with smtplib.SMTP("127.0.0.1", house.postfix.front_port) as client:
        client.sendmail(ANA, to or [CENTRAL], octets_of(message))


def test_a_post_through_a_postfix_in_front_reaches_everybody_by_the_gateways_proof(house):
    house.postfix.results = f"{GATEWAY}; dkim=pass header.d=douanes.example"
    message = make_post(ANA, "Through the gateway", ALERT, message_id="<front@douanes.example>")
    hand_to_front(house, message)
    [row] = eventually(
        lambda: [row for row in house.site.rows("posts", "list") if row["message_id"] == message["Message-ID"]]
    )
    assert (row["author"], row["decision"]) == (ANA, "relay")
    for mail in house.arrived(row["reference"]).values():
        assert GATEWAY.encode() not in mail.octets
        assert len(mail.message.get_all("Received")) == 1  # that of the smarthost; not what the message met before


def test_without_the_gateways_proof_it_is_refused_and_the_gateway_tells_its_author_without_the_text(house):
    house.postfix.results = f"{GATEWAY}; dkim=fail header.d=douanes.example"
    hand_to_front(
        house, make_post(ANA, "Not proven", "Twelve unproven words.\n", message_id="<unproven@douanes.example>")
    )
    [report] = eventually(
        lambda: [mail for mail in house.postfix.arrived(ANA) if b"550 5.7.1 Refused by policy" in mail.octets]
    )
    assert b"unproven words" not in report.octets
    assert [mail for one in OTHERS for mail in house.postfix.arrived(one) if b"Not proven" in mail.octets] == []


def test_the_queue_of_a_mail_server_in_front_holds_posts_in_clear_which_the_promise_excludes(house):
    house.postfix.fates[CENTRAL] = "HOLD"
    words = words_of("spanish")
    try:
        hand_to_front(house, post_marked_in("spanish"))
        # What was bounced before leaves the queue only after its report lies in the mailbox.
        eventually(lambda: [one["queue_name"] for one in house.postfix.queue()] == ["hold"])
        assert [path for path, octets in house.postfix.files().items() if traces(octets, words)]
    finally:
        del house.postfix.fates[CENTRAL]
        house.postfix.drop()
    [said] = look_at_trust(load_settings(house.site.file))
    assert said.level == "warning"
    assert "in clear" in said.finding


@pytest.fixture(scope="module")
def withheld(house):
    """Every withheld post and a relayed one have gone through the relay; the references of the former."""
    replies = [send(house.service, ANA, octets_of(post_marked_in(place))) for place in PLACES]
    references = [reply.split()[2] for reply in replies]
    for reference in references:
        eventually(lambda reference=reference: house.postfix.about(ANA, reference))
    house.arrived(house.post("Controlword"))
    return references


def test_no_file_of_postfix_and_none_of_the_relay_has_a_word_of_a_withheld_post(house, withheld):
    for reference in withheld:
        [notice] = house.postfix.about(ANA, reference)
        assert notice.message["X-WEN-Decision"] == "withhold"
        assert house.copies(reference) == {}
    files = house.postfix.files() | {path: path.read_bytes() for path in house.site.data.rglob("*") if path.is_file()}
    assert {str(path): words for path, octets in files.items() if (words := traces(octets, SECRET))} == {}
    assert traces(house.service.log, SECRET) == []


def test_the_search_finds_what_went_through_postfix(house, withheld):
    found = [path for path, octets in house.postfix.files().items() if traces(octets, ("Controlword",))]
    assert {house.postfix.log, *(house.postfix.mail / one for one in OTHERS)} <= {
        path if path == house.postfix.log else path.parents[1] for path in found
    }


@pytest.fixture(scope="module")
def secure(house):
    """The same two, now with a smarthost that demands TLS and a login; no service runs."""
    house.service.stop()
    for key, value in (("port", house.postfix.secure_port), ("tls", "required"), ("username", USER)):
        house.site.configure("delivery", key, value)
    (house.folder / "password").write_text(PASSWORD, "utf-8")
    house.site.configure("delivery", "password_file", str(house.folder / "password"))
    return house


def trusting(house):
    """The environment of a relay that knows who signed Postfix's certificate."""
    return {"SSL_CERT_FILE": str(house.postfix.certificate)}


def test_copies_go_under_verified_tls_and_a_login_and_verify(secure):
    secure.service = Service(secure.site, environment=trusting(secure))
    reference = secure.post("Under TLS")
    for mail in secure.arrived(reference).values():
        assert "with ESMTPSA" in str(mail.message["Received"])
        assert dkim.DKIM(mail.octets).verify(dnsfunc=dns(secure.site.data / "keys"))
    assert f"sasl_username={USER}" in secure.postfix.log.read_text("utf-8")
    secure.service.stop()


@pytest.mark.parametrize("fault", ["certificate", "password"])
def test_without_the_right_certificate_or_password_nothing_is_sent_and_copies_wait(secure, fault):
    if fault == "password":
        (secure.folder / "password").write_text("wrong", "utf-8")
    secure.service = Service(secure.site, environment=trusting(secure) if fault == "password" else {})
    reference = secure.post(f"Without a {fault}")
    words = "certificate is not valid" if fault == "certificate" else "AUTH refused: 535"
    eventually(lambda: all(words in row["last_reply"] for row in secure.rows(reference).values()))
    # In an attempt a row is leased, and for a moment being sent; between two it waits.
    eventually(lambda: {row["status"] for row in secure.rows(reference).values()} == {"queued"})
    secure.service.stop()
    assert secure.copies(reference) == {}
    (secure.folder / "password").write_text(PASSWORD, "utf-8")
