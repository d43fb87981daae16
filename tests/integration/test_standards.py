"""What the standards ask of a mailing list, each under the number that it has in our list of them: one relay, ordinary clients, and what leaves.

    S1 RFC 5321, 5322   S2 replies and limits   S3 TLS and AUTH   S4 any letters (RFC 6531, 6532)   S5 RFC 2369   S6 RFC 2919
    S7 RFC 8058   S8 RFC 3834   S9 loops   S10 DKIM (RFC 6376, 8301, 8463)   S11 DMARC (RFC 9989)   S12 ARC (RFC 8617)
    S13 RFC 3461 to 3464   S14 RFC 5965, 9477   S15 TLS all the way (RFC 8689)   S16 RFC 8551, 9788   S17 markings   S18 RFC 2142
    S19 RFC 5064   S20 RFC 7505, 7208, 2920

Much of it is proved more deeply elsewhere; here it stands together, from outside.
"""

import base64
import http.client
import re
import smtplib
import socket
import ssl
from contextlib import closing, contextmanager

import dkim
import pytest

from relay.delivery.bounce import read_return_path
from relay.transport.sink import MESSAGE_OCTETS, Sink
from tests.builders import address, make_list
from tests.certificates import FOR_MAIL, make_identity
from tests.encrypting import reads_by_openssl, shown_outside
from tests.faults import tls_contexts
from tests.integration.clients import connect, in_data, make_post, octets_of, send, transact
from tests.integration.nameserver import NameServer
from tests.integration.service import (
    ANA,
    CENTRAL,
    CLAIRE,
    DOMAIN,
    EASTERN,
    EVA,
    JEAN,
    MARIA,
    PATIENCE,
    PAUL,
    SPECIES,
    House,
    Service,
    Site,
    Smarthost,
    eventually,
)
from tests.integration.test_service_relay import dns
from tests.programs import need
from tests.unit.mail.test_complaint import feedback
from tests.unit.mail.test_report import GROUP, dsn

ZOE = "zoé@aduanas.example"  # MARIA's colleague
READERS = {PAUL, JEAN, MARIA, CLAIRE, ZOE}
ALERT = "Two hundred kilograms of pangolin scales were seized at the port on 18 November.\n"
OFFERED = ("PIPELINING", "8BITMIME", f"SIZE {MESSAGE_OCTETS}", "REQUIRETLS", "SMTPUTF8", "DSN")
POSTMASTER, STRANGER = "ops@agency.example", "stranger@elsewhere.example"
CLICK, FORM = "List-Unsubscribe=One-Click", {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def name_server():
    records = {
        ("_dmarc.aduanas.example", "TXT"): ('"v=DMARC1; p=quarantine"',),
        ("nomail.example", "MX"): ("0 .",),
        (DOMAIN, "TXT"): ('"v=spf1 mx -all"',),
    }
    with NameServer(records) as server:
        yield server


@pytest.fixture(scope="module")
def house(tmp_path_factory, name_server):
    """A relay whose copies leave under TLS with all that a server can offer; central-africa wants that, and authors in From; species-id lets its members leave at one click."""
    folder = tmp_path_factory.mktemp("relay")
    server, _ = tls_contexts(folder, "localhost")
    smarthost = Smarthost(Sink(tls=server, extensions=OFFERED))
    try:
        site = Site(folder, smarthost.port)
        site.enrol(ANA, PAUL, MARIA, EVA)
        _add_zoe(site)
        for section, key, value in (
            ("delivery", "smarthost", "localhost"),
            ("delivery", "tls", "required"),
            ("delivery", "arc_seal", True),
            ("delivery", "cfbl_address", True),
            ("smtp", "resolver", name_server.address),
            ("smtp", "max_recipients", 2),
            ("relay", "postmaster", POSTMASTER),
            ("web", "public_url", f"https://{DOMAIN}"),
        ):
            site.configure(section, key, value)
        site.edit_list("central-africa", "\nactive = true", '\nactive = true\ntls = "required"')
        site.edit_list("central-africa", 'from = "list"', 'from = "author"')
        site.edit_list("species-id", "\nactive = true", "\nactive = true\none_click_leave = true")
        with Service(site, environment={"SSL_CERT_FILE": str(folder / "localhost.pem")}) as service:
            yield House(site, smarthost, service)
    finally:
        smarthost.close()


def _add_zoe(site):
    person = ("--name", "Zoé Example", "--agency", "Aduanas", "--agency-type", "customs", "--country", "GQ")
    vouched = ("--nominated-by", "one@network.example", "--confirmed-by", "two@network.example")
    wishes = ("--language", "es", "--lists", "central-africa", "--issue-password")
    [issued] = site.rows("members", "add", ZOE, *person, *vouched, *wishes)
    site.passwords[ZOE] = issued["password"]


def post(house, author, subject, to=CENTRAL, *, text=ALERT, **fields):
    """Send a post; its reference."""
    message = make_post(author, subject, text, to=to, **fields)
    return reference_in(send(house.service, author, message, to))


def reference_in(reply):
    match = re.fullmatch(r"250 2\.0\.0 ([A-Z]+-\d{4}-\d{6})", reply)
    assert match, reply
    return match.group(1)


def arrived(house, reference, readers):
    """The copies by recipient, once all have come."""
    eventually(lambda: set(house.smarthost.copies(reference)) >= set(readers))
    return {mail.recipient: mail for mail in house.smarthost.about(reference) if mail.is_copy}


def rows(house, reference):
    """What the queue knows of a post's copies, by recipient."""
    found = house.site.rows("queue", "list", "--reference", reference)
    return {row["recipient"]: row for row in found if row["kind"] == "copy"}


@contextmanager
def offering(house, *keywords, starttls=True):
    """For as long as this lasts, the smarthost offers only this."""
    words = ["sink.example", *keywords, *(["STARTTLS"] if starttls else [])]
    greeting = "\r\n".join([*(f"250-{one}" for one in words[:-1]), f"250 {words[-1]}"])
    house.smarthost.stop()  # kept connections have learnt something else
    house.smarthost.sink.behave = lambda stage, _: greeting if stage == "ehlo" else None
    house.smarthost.start()
    try:
        yield
    finally:
        house.smarthost.stop()
        house.smarthost.sink.behave = None
        house.smarthost.start()


@pytest.fixture(scope="module")
def sent(house):
    """A post with fields of its own for nearly everything, and its copies."""
    reference = post(
        house,
        ANA,
        "Scales at the port",
        Return_Path="<trap@elsewhere.example>",
        List_Id="News <news.elsewhere.example>",
        List_Post="<mailto:news@elsewhere.example>",
        List_Unsubscribe="<https://elsewhere.example/leave>",
        List_Archive="<https://elsewhere.example/archive>",
        Archived_At="<https://elsewhere.example/1>",
        DKIM_Signature="v=1; a=rsa-sha256; d=elsewhere.example; s=x; h=from; bh=AAAA; b=AAAA",
        Authentication_Results=f"{DOMAIN}; dkim=pass header.d=elsewhere.example",
    )
    return reference, arrived(house, reference, READERS)


def each(sent, name):
    """All values of a field in every copy."""
    return [mail.message.get_all(name, []) for mail in sent[1].values()]


def deliveries(house, reference):
    return house.site.rows("posts", "show", reference)[0]["deliveries"]


# — S1 —


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r\n"])
def test_s01_nothing_but_crlf_dot_crlf_ends_a_message_and_bare_line_ends_are_refused(house, end):
    before = len(house.site.rows("posts", "list"))
    smuggled = (
        b"MAIL FROM:<" + ANA.encode() + b">\r\nRCPT TO:<" + CENTRAL.encode() + b">\r\nDATA\r\nSubject: x\r\n\r\nx"
    )
    with in_data(house.service, ANA, b"Subject: x\r\n\r\nx" + end + smuggled + b"\r\n.\r\n") as client:
        assert 500 <= client.getreply()[0] < 600
    assert len(house.site.rows("posts", "list")) == before


def test_s01_lines_of_998_octets_and_commands_of_512_are_taken_and_endless_ones_are_not(house):
    copied = arrived(house, post(house, ANA, "Long line", text="x" * 998 + "\n"), {PAUL})
    assert "x" * 998 in copied[PAUL].text()
    assert max(len(line) for line in copied[PAUL].received.octets.split(b"\r\n")) <= 998
    with connect(house.service) as client:
        client.ehlo()
        assert client.docmd("NOOP " + "x" * 505)[0] == 250
    with connect(house.service) as client:
        assert client.docmd("NOOP " + "x" * 20_000)[0] == 500


def test_s01_a_copy_shows_no_way_that_the_post_has_come(sent):
    assert each(sent, "Return-Path") == each(sent, "Received") == [[]] * len(READERS)


def test_s01_what_was_answered_250_is_on_record_at_that_moment(house):
    reference = post(house, ANA, "On record")
    assert [row["reference"] for row in house.site.rows("posts", "show", reference)] == [reference]


# — S2 —


def test_s02_a_recipient_too_many_is_452_and_the_others_get_it(house):
    with connect(house.service) as client:
        client.login(ANA, house.site.passwords[ANA])
        client.mail(ANA)
        replies = [client.rcpt(one) for one in (CENTRAL, SPECIES, f"alerts@{DOMAIN}")]
    assert [code for code, _ in replies] == [250, 250, 452]
    assert replies[-1][1].startswith(b"4.5.3 ")


def test_s02_a_size_is_judged_at_mail_and_announced(house):
    with connect(house.service) as client:
        client.login(ANA, house.site.passwords[ANA])
        limit = int(client.esmtp_features["size"])
        assert client.docmd("MAIL", f"FROM:<{ANA}> SIZE={limit}")[0] == 250
        client.rset()
        code, words = client.docmd("MAIL", f"FROM:<{ANA}> SIZE={limit + 1}")
        assert (code, words.split()[0]) == (552, b"5.3.4")


def test_s02_every_reply_after_ehlo_has_an_enhanced_code_of_its_class(house):
    strange = ("NOOP", "MAIL FROM:<x@y.example>", "RCPT TO:<x@y.example>", "DATA", "XYZZY", "VRFY x", "RSET", "AUTH PLAIN AAAA")  # fmt: skip
    theirs = ("MAIL FROM:<x@y.example>", f"MAIL FROM:<{ANA}>", "RCPT TO:<none@relay.example>", f"RCPT TO:<{EASTERN}>")
    with connect(house.service) as client:
        client.ehlo()
        said = [client.docmd(line) for line in strange]
        client.login(ANA, house.site.passwords[ANA])
        said += [client.docmd(line) for line in theirs]
        said.append(client.quit())
    for code, words in said:
        assert re.match(rf"{code // 100}\.\d{{1,3}}\.\d{{1,3}} ".encode(), words), (code, words)
    unknown, forbidden = said[-3:-1]
    assert (unknown[0], unknown[1].split()[0]) == (550, b"5.1.1")
    assert unknown == forbidden, "a list that isn't theirs is as unknown as none"


# — S3 —


def test_s03_starttls_forgets_what_was_said_before_and_what_was_injected_behind_it(house):
    context = ssl.create_default_context(cafile=str(house.service.certificate))
    with socket.create_connection(("localhost", house.service.ports["submission"]), timeout=PATIENCE) as plain:
        lines = plain.makefile("rb")
        assert lines.readline().startswith(b"220 ")
        plain.sendall(b"EHLO client.example\r\n")
        while (line := lines.readline())[3:4] == b"-":
            pass
        assert line.startswith(b"250 ")
        plain.sendall(b"STARTTLS\r\nNOOP injected\r\n")
        assert lines.readline().startswith(b"220 ")
        with context.wrap_socket(plain, server_hostname="localhost") as secured:
            secured.sendall(f"MAIL FROM:<{ANA}>\r\n".encode())
            assert secured.makefile("rb").readline().startswith(b"503 "), (
                "EHLO is to be said again, and NOOP had no answer"
            )


def test_s03_no_password_is_asked_for_or_taken_without_tls(house):
    with smtplib.SMTP("localhost", house.service.ports["submission"], timeout=PATIENCE) as client:
        client.ehlo()
        assert "starttls" in client.esmtp_features
        assert "auth" not in client.esmtp_features
        proof = base64.b64encode(f"\0{ANA}\0{house.site.passwords[ANA]}".encode()).decode()
        assert client.docmd("AUTH", f"PLAIN {proof}")[0] >= 500
        assert client.docmd("MAIL", f"FROM:<{ANA}>")[0] == 530


# — S4: any letters —


def test_s04_a_member_with_an_address_in_its_own_letters_posts_and_everybody_gets_it_without_smtputf8(house):
    message = octets_of(make_post(ANA, "Escamas", ALERT)).replace(ANA.encode(), ZOE.encode())
    with closing(connect(house.service)) as client:
        client.ehlo()
        login = base64.b64encode(f"\0{ZOE}\0{house.site.passwords[ZOE]}".encode()).decode()
        assert client.docmd("AUTH", f"PLAIN {login}")[0] == 235
        assert client.docmd("MAIL", f"FROM:<{ANA}>")[0] == 550
        client.command_encoding = "utf-8"
        assert client.docmd("MAIL", f"FROM:<{ZOE}>")[0] == 553  # only where it was asked for
        assert client.mail(ZOE, ["SMTPUTF8", "BODY=8BITMIME"])[0] == 250
        assert client.rcpt(CENTRAL)[0] == 250
        code, words = client.data(message)
    copies = arrived(house, reference_in(f"{code} {words.decode()}"), {ANA, PAUL, JEAN, MARIA, CLAIRE})
    for mail in copies.values():
        assert mail.received.octets.partition(b"\r\n\r\n")[0].isascii()
        assert "SMTPUTF8" not in mail.received.asked
        assert mail.message["From"].addresses[0].addr_spec == CENTRAL
        assert mail.message["Reply-To"].addresses[0].addr_spec == f"central-africa-owner@{DOMAIN}"
        assert ZOE in mail.text()


def test_s04_what_goes_to_such_an_address_is_never_rewritten_and_its_signatures_hold(house):
    reference = post(house, ANA, "Ivory")
    mail = arrived(house, reference, {ZOE, PAUL})[ZOE]
    assert "SMTPUTF8" in mail.received.asked
    assert mail.received.mail_from.isascii()
    told = eventually(lambda: [one for one in house.smarthost.mails if one.recipient == ZOE and not one.is_copy])[0]
    assert f"<{ZOE}>\r\n".encode() in told.received.octets.partition(b"\r\n\r\n")[0]
    lookup = dns(house.site.data / "keys")
    for one in (mail, told):
        assert all(dkim.DKIM(one.received.octets).verify(idx=place, dnsfunc=lookup) for place in range(2))


def test_s04_without_smtputf8_it_waits_in_clear_words_and_everybody_else_gets_theirs(house):
    with offering(house, *(one for one in OFFERED if one != "SMTPUTF8")):
        reference = post(house, ANA, "Rosewood")
        arrived(house, reference, {PAUL, JEAN, MARIA, CLAIRE})
        row = eventually(lambda: (row := rows(house, reference)[ZOE])["last_reply"] and row)
        assert (row["status"], "SMTPUTF8" in row["last_reply"]) == ("queued", True)
        assert ZOE not in house.smarthost.copies(reference)
    house.site.run("queue", "retry", "--all")
    arrived(house, reference, {ZOE})


# — S5, S6 —


def test_s05_list_fields_stand_once_are_ours_and_name_addresses_that_exist(house, sent):
    for name, value in {
        "List-Help": f"<mailto:central-africa-request@{DOMAIN}?subject=HELP>",
        "List-Post": f"<mailto:{CENTRAL}>",
        "List-Owner": f"<mailto:central-africa-owner@{DOMAIN}>",
        "List-Unsubscribe": f"<mailto:central-africa-owner@{DOMAIN}?subject=unsubscribe>",
    }.items():
        assert [[str(one).strip() for one in found] for found in each(sent, name)] == [[value]] * len(READERS)
    assert each(sent, "List-Subscribe") == each(sent, "List-Archive") == [[]] * len(READERS), (
        "nobody subscribes, nothing is archived"
    )
    assert not any(b"elsewhere.example" in mail.received.octets for mail in sent[1].values())


def test_s06_a_list_has_one_identifier_without_an_at_sign_whatever_its_title(sent):
    for [found] in each(sent, "List-Id"):
        assert re.fullmatch(rf'"?[^<>]+"? <central-africa\.{re.escape(DOMAIN)}>', str(found))
    assert make_list(title="Another title").list_id == make_list().list_id


# — S7 —


def ask(house, method, path, body=None):
    with closing(http.client.HTTPConnection("127.0.0.1", house.service.ports["web"], timeout=PATIENCE)) as connection:
        connection.request(method, path, body, FORM if body else {})
        reply = connection.getresponse()
        reply.read()
        return reply.status


def test_s07_where_members_may_leave_one_post_without_cookies_does_it_and_a_look_does_not(house):
    reference = post(house, ANA, "Which scales", to=SPECIES)
    mail = arrived(house, reference, {MARIA})[MARIA]
    [offered], [button] = mail.message.get_all("List-Unsubscribe"), mail.message.get_all("List-Unsubscribe-Post")
    url, by_mail = str(offered).split(",")
    assert (button, by_mail.strip()) == (CLICK, f"<mailto:species-id-request@{DOMAIN}?subject=STOP>")
    path = url.strip("<> ").removeprefix(f"https://{DOMAIN}")
    assert MARIA not in path
    for signature in mail.message.get_all("DKIM-Signature"):
        signed = re.sub(r"\s", "", re.search(r"h=([^;]+);", str(signature), re.DOTALL)[1]).split(":")
        assert {"list-unsubscribe", "list-unsubscribe-post"} <= set(signed)
    assert ask(house, "GET", path) == 200
    assert "species-id" in house.site.rows("members", "show", MARIA)[0]["lists"]
    assert ask(house, "POST", path, CLICK) == 200, "no redirect"
    assert "species-id" not in house.site.rows("members", "show", MARIA)[0]["lists"]


def test_s07_lists_that_are_a_duty_offer_their_owners_address_and_no_button(sent):
    assert each(sent, "List-Unsubscribe-Post") == [[]] * len(READERS)


# — S8, S9 —


@pytest.mark.parametrize(
    "field",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated"},
        {"Precedence": "bulk"},
        {"Precedence": "junk"},
        {"Precedence": "list"},
        {"List_Id": "<news.elsewhere.example>"},
        {"List_Unsubscribe": "<mailto:x@elsewhere.example>"},
    ],
)
def test_s08_what_a_machine_or_a_list_sent_is_never_answered(house, field):
    [(name, value)] = field.items()
    before = len(house.service.events("request.answered"))
    request = make_post(ANA, "HELP", "HELP\n", message_id=f"<{name}{value[:9].strip('<>:')}@douanes.example>", **field)
    assert send(house.service, ANA, request, f"central-africa-request@{DOMAIN}").startswith("250 ")
    assert len(house.service.events("request.answered")) == before


def test_s08_nobody_answers_the_null_sender_and_our_notices_have_it_and_say_what_they_are(house, sent):
    with smtplib.SMTP("localhost", house.service.ports["smtp"], timeout=PATIENCE) as client:
        client.ehlo()
        assert transact(client, "", octets_of(make_post(ANA, "x", "x\n"))).startswith("550 ")
    notice = house.smarthost.notice(sent[0], "relay")
    assert (notice.received.mail_from, notice.message["Auto-Submitted"]) == ("", "auto-replied")


@pytest.mark.parametrize(
    "field",
    [
        f"List-Id: <central-africa.{DOMAIN}>",
        f"List-Id: Another of ours <eastern-africa.{DOMAIN}>",
        "\r\n".join(["Received: from a.example by b.example"] * 101),
    ],
    ids=["own", "other", "hops"],
)
def test_s09_a_loop_ends_at_its_first_turn(house, field):
    before = len(house.service.events("post.discarded"))
    message = octets_of(make_post(ANA, "Loop", ALERT, message_id=f"<{len(field)}@douanes.example>"))
    assert send(house.service, ANA, field.encode() + b"\r\n" + message) == "250 2.0.0 Ok"
    assert len(house.service.events("post.discarded")) == before + 1


def test_s09_a_copy_that_a_mailbox_sends_back_stops_too(house, sent):
    octets = sent[1][PAUL].received.octets
    back = re.sub(rb"(?m)^From: .*(\r\n\s.*)*\r\n", f"From: {PAUL}\r\n".encode(), octets, count=1)
    assert send(house.service, PAUL, back) == "250 2.0.0 Ok"


# — S10: DKIM —


def test_s10_a_copy_bears_our_two_signatures_over_one_field_more_than_there_is_and_none_of_others(house):
    foreign = {
        "DKIM_Signature": "v=1; a=rsa-sha256; d=douanes.example; s=s1; h=from; bh=AAAA; b=AAAA",
        "Authentication_Results": f"{DOMAIN}; dkim=pass header.d=douanes.example",
        "ARC_Seal": "i=1; cv=none; a=rsa-sha256; d=douanes.example; s=s1; b=AAAA",
    }
    mail = arrived(house, post(house, ANA, "Orchids", **foreign), {PAUL})[PAUL]
    lookup = dns(house.site.data / "keys")
    found = [dkim.DKIM(mail.received.octets) for _ in range(2)]
    assert all(one.verify(idx=place, dnsfunc=lookup) for place, one in enumerate(found))
    assert {one.signature_fields[b"a"] for one in found} == {b"rsa-sha256", b"ed25519-sha256"}
    for one in found:
        covered = re.sub(rb"\s", b"", one.signature_fields[b"h"]).split(b":")
        there = [name.lower().encode() for name in mail.message.keys()]  # noqa: SIM118 — a message's fields
        for name in (
            b"from",
            b"subject",
            b"list-id",
            b"list-post",
            b"list-help",
            b"list-owner",
            b"list-unsubscribe",
            b"list-archive",
        ):
            assert covered.count(name) == there.count(name) + 1
        assert b"l" not in one.signature_fields
    assert len(mail.message.get_all("DKIM-Signature")) == 2
    assert mail.message["Authentication-Results"] is None
    assert b"douanes.example; s=s1" not in mail.received.octets


# — S11: DMARC —


def test_s11_from_is_the_list_as_soon_as_the_authors_domain_publishes_a_policy(house):
    free = arrived(house, post(house, ANA, "Turtles"), {PAUL})[PAUL]
    bound = arrived(house, post(house, MARIA, "Tortugas"), {PAUL})[PAUL]
    assert [one.addr_spec for one in free.message["From"].addresses] == [ANA]
    assert [one.addr_spec for one in bound.message["From"].addresses] == [CENTRAL]
    assert [one.addr_spec for one in bound.message["Reply-To"].addresses] == [MARIA]
    signed_by = re.findall(rb"d=([^;]+);", bound.received.octets.partition(b"\r\nFrom:")[0])
    assert set(signed_by) == {DOMAIN.encode()}  # which is From's: aligned


# — S12: ARC —


def test_s12_a_sealed_copy_s_chain_is_whole_and_says_how_the_author_was_known(house):
    mail = arrived(house, post(house, ANA, "Parrots"), {PAUL})[PAUL]
    status, results, _ = dkim.ARC(mail.received.octets).verify(dnsfunc=dns(house.site.data / "keys"))
    assert status == b"pass"
    assert [one[b"cv"] if b"cv" in one else one.get("cv") for one in results] == [b"none"]
    assert mail.message["ARC-Authentication-Results"] == f"i=1; {DOMAIN}; auth=pass"


# — S13, S14 —


def come_back(house, path, octets):
    with smtplib.SMTP("localhost", house.service.ports["smtp"], timeout=PATIENCE) as client:
        client.ehlo()
        assert transact(client, "", octets, path) == "250 2.0.0 Ok"


def test_s13_each_copy_has_a_return_path_of_its_own_and_failures_are_asked_for_without_text(house, sent):
    key = (house.site.data / "keys" / "verp.key").read_bytes()
    paths = {mail.received.mail_from for mail in sent[1].values()}
    assert len(paths) == len({read_return_path(address(path), key) for path in paths}) == len(READERS)
    for recipient, mail in sent[1].items():
        assert "RET=HDRS" in mail.received.asked
        named = (f"ORCPT=rfc822;{recipient}",) if recipient != ZOE else ()
        assert mail.received.asked_of == (("NOTIFY=FAILURE", *named),)


def test_s13_a_delay_is_no_failure_and_of_several_recipients_each_has_its_own_fate(house, sent):
    reference, copied = sent
    before = deliveries(house, reference)["delivered"]
    about_claire = GROUP.replace(PAUL, CLAIRE)
    delayed = about_claire.replace("failed", "delayed").replace("5.1.1", "4.4.1")
    fine = about_claire.replace("failed", "delivered").replace("5.1.1", "2.0.0")
    for other in (dsn(delayed), dsn(fine, GROUP)):
        come_back(house, copied[CLAIRE].received.mail_from, other)
    assert deliveries(house, reference)["delivered"] == before
    come_back(house, copied[CLAIRE].received.mail_from, dsn(about_claire, GROUP.replace("failed", "relayed")))
    assert deliveries(house, reference) == {"delivered": before - 1, "failed": 1}


def test_s13_a_refusal_in_the_session_counts_as_a_report_does(house):
    house.smarthost.sink.behave = lambda stage, what: (
        "550 5.1.1 no such user" if (stage, what) == ("rcpt", JEAN) else None
    )
    try:
        reference = post(house, ANA, "Refused for one")
        eventually(lambda: deliveries(house, reference) == {"delivered": len(READERS) - 1, "failed": 1})
    finally:
        house.smarthost.sink.behave = None
    assert house.site.rows("members", "show", JEAN)[0]["failing_since"]


def test_s14_copies_that_come_from_the_list_say_where_complaints_go_and_sign_it(house):
    reference = post(house, MARIA, "Corales")
    copy = arrived(house, reference, {PAUL})[PAUL]
    assert copy.message["CFBL-Address"] == f"abuse@{DOMAIN}; report=arf"
    verifier = dkim.DKIM(copy.received.octets)
    assert verifier.verify(dnsfunc=dns(house.site.data / "keys"))
    assert re.sub(rb"\s", b"", verifier.signature_fields[b"h"]).split(b":").count(b"cfbl-address") == 2
    assert house.smarthost.notice(reference, "relay").message["CFBL-Address"] is None


def test_s14_a_complaint_marks_the_member_and_changes_nothing_else(house, sent):
    path = sent[1][MARIA].received.mail_from
    come_back(house, path, feedback("not-spam"))
    assert house.site.rows("members", "show", MARIA)[0]["marked_unwanted_on"] is None
    with smtplib.SMTP("localhost", house.service.ports["smtp"], timeout=PATIENCE) as client:
        client.ehlo()
        named = feedback(fields=f"Original-Mail-From: <{path}>\r\n", returned="")
        assert transact(client, "loop@provider.example", named, f"abuse@{DOMAIN}") == "250 2.0.0 Ok"
    [member] = house.site.rows("members", "show", MARIA)
    assert member["marked_unwanted_on"]
    assert (member["state"], member["failing_since"]) == ("active", None)
    assert [event["kind"] for event in house.service.events("complaint.noted")] == ["abuse"]


# — S15: TLS all the way —


def test_s15_copies_of_a_list_that_wants_it_ask_for_tls_all_the_way_and_those_of_others_do_not(house):
    strict = arrived(house, post(house, ANA, "Seahorses"), {PAUL})[PAUL]
    assert "REQUIRETLS" in strict.received.asked
    plain = house.smarthost.notice(strict.reference, "relay")
    assert "REQUIRETLS" not in plain.received.asked  # a receipt holds no word of the post


@pytest.mark.parametrize(
    "keywords", [("PIPELINING", "8BITMIME", "SMTPUTF8"), None], ids=["not promised", "STARTTLS withdrawn"]
)
def test_s15_where_it_is_not_promised_nothing_is_sent_and_what_waits_goes_when_it_is(house, keywords):
    with offering(house, *(keywords or OFFERED), starttls=keywords is not None):
        reference = post(house, ANA, f"Eels {keywords}")
        word = "REQUIRETLS" if keywords else "STARTTLS"
        waiting = {(True, "queued")}  # not tried again just now
        eventually(
            lambda: {(word in row["last_reply"], row["status"]) for row in rows(house, reference).values()} == waiting
        )
        assert house.smarthost.about(reference) == [] or keywords
        assert house.smarthost.copies(reference) == []
    house.site.run("queue", "retry", "--all")
    arrived(house, reference, {PAUL, JEAN, MARIA, CLAIRE, ZOE})
    assert all("REQUIRETLS" in mail.received.asked for mail in house.smarthost.about(reference) if mail.is_copy)


# — S16: encrypted copies —


def test_s16_an_encrypted_copy_shows_no_word_outside_and_has_the_protected_header_inside(house, tmp_path):
    need("openssl")
    identity = make_identity(tmp_path, "claire", address=CLAIRE, purposes=FOR_MAIL)
    reader = reads_by_openssl(identity, CLAIRE)
    house.site.run("members", "encryption-key", "add", CLAIRE, str(reader.file))
    try:
        copy = arrived(house, post(house, MARIA, "Quetzal feathers", text="Forty zucchettos.\n"), {CLAIRE, PAUL})[
            CLAIRE
        ]
    finally:
        house.site.run("members", "encryption-key", "stop", CLAIRE)
    assert copy.message["Subject"] == "[CAFR][TLP:GREEN] ..."
    assert not re.search(rb"quetzal|feathers|zucchettos", shown_outside(copy.received.octets), re.IGNORECASE)
    inside = reader.open(copy.received.octets)
    assert inside["Subject"] == "[CAFR][TLP:GREEN] Quetzal feathers"
    assert inside.get_param("hp") == "cipher"
    assert "Subject: [CAFR][TLP:GREEN] ..." in inside.get_all("HP-Outer")
    assert "Forty zucchettos." in inside.get_content()


# — S17 —


LABELLED = (
    ("withhold", "Alert", ALERT, {"X_Protective_Marking": "VER=2018.4, NS=gov.au, SEC=SECRET"}),
    ("withhold", "[TLP:RED] Alert", ALERT, {}),
    ("withhold", "Alert", "TLP:AMBER\n\n" + ALERT, {}),
    ("withhold", "[TLP:CLEAR] Alert", "TLP:RED\n\n" + ALERT, {}),
    ("hold", "[TLP:PURPLE] Alert", ALERT, {}),
    ("hold", "Alert", ALERT, {"Sensitivity": "Company-Confidential"}),
    ("relay", "[TLP:GREEN] Alert", "TLP:GREEN\n\n" + ALERT, {}),
)


def test_s17_labels_are_read_everywhere_the_highest_wins_and_what_is_unknown_does_not_pass(house, tmp_path):
    for number, (_, subject, text, fields) in enumerate(LABELLED):
        (tmp_path / f"{number}.eml").write_bytes(octets_of(make_post(ANA, subject, text, **fields)))
    rows = house.site.rows("check", "--sender", ANA, "--list", CENTRAL, *map(str, sorted(tmp_path.iterdir())))
    assert [row["decision"] for row in rows] == [decision for decision, *_ in LABELLED]


def test_s17_a_label_goes_on_with_every_copy(house):
    copied = arrived(house, post(house, ANA, "[TLP:CLEAR] Open news", text="TLP:CLEAR\n\n" + ALERT), READERS)
    for mail in copied.values():
        assert str(mail.message["Subject"]).startswith("[CAFR][TLP:CLEAR] ")
        assert mail.text().startswith("TLP:CLEAR\n")


# — S18, S19 —


def test_s18_postmaster_abuse_owner_bounces_and_request_are_answered(house, sent):
    letter = octets_of(make_post(STRANGER, "A question", "Who runs this?\n"))
    for to in (f"postmaster@{DOMAIN}", f"abuse@{DOMAIN}", f"POSTMASTER@{DOMAIN}"):
        with smtplib.SMTP("localhost", house.service.ports["smtp"], timeout=PATIENCE) as client:
            client.ehlo()
            assert transact(client, STRANGER, letter, to) == "250 2.0.0 Ok"
    eventually(lambda: sum(mail.recipient == POSTMASTER for mail in house.smarthost.mails) == 3)
    come_back(house, sent[1][PAUL].received.mail_from, b"Subject: nothing clear\r\n\r\nx\r\n")
    owner = make_post(ANA, "To the moderators", ALERT, to=f"central-africa-owner@{DOMAIN}")
    assert send(house.service, ANA, owner, f"central-africa-owner@{DOMAIN}").startswith("250 2.0.0 CAFR-")
    request = make_post(ANA, "HELP", "HELP\n", to=f"central-africa-request@{DOMAIN}")
    assert send(house.service, ANA, request, f"central-africa-request@{DOMAIN}").startswith("250 ")
    eventually(lambda: house.service.events("request.answered"))


def test_s19_no_copy_says_that_it_is_archived_because_none_is(sent):
    assert each(sent, "Archived-At") == [[]] * len(READERS)


# — S20 —


def test_s20_nobody_is_added_whose_domain_takes_no_mail_and_the_doctor_looks_for_spf(house, name_server):
    def add(member):
        return house.site.try_run(
            *("members", "add", member, "--name", "Nina Example", "--agency", "Douanes", "--agency-type", "customs"),
            *("--country", "CM", "--language", "fr", "--lists", "central-africa", "--no-welcome"),
            *("--nominated-by", "one@network.example", "--confirmed-by", "two@network.example"),
        )

    refused = add("nina@nomail.example")
    assert refused.code == 65
    assert "nomail.example" in refused.sentence
    assert add("nina@somewhere.example").code == 0, "without an MX record mail goes to the domain's own address"
    house.site.run("members", "remove", "nina@somewhere.example")
    found = house.site.try_run("doctor", "--json", "--dns", name_server.address).rows
    assert [row["level"] for row in found if row["check"] == "SPF"] == ["ok"]
    assert {mail.received.mail_from.rpartition("@")[2] for mail in house.smarthost.mails} == {"", DOMAIN}


def test_s20_a_group_of_commands_is_answered_one_by_one_in_order(house):
    with connect(house.service) as client:
        client.login(ANA, house.site.passwords[ANA])
        assert "pipelining" in client.esmtp_features
        client.send(f"MAIL FROM:<{ANA}>\r\nRCPT TO:<none@{DOMAIN}>\r\nRCPT TO:<{CENTRAL}>\r\nRSET\r\nNOOP\r\n".encode())
        assert [client.getreply()[0] for _ in range(5)] == [250, 550, 250, 250, 250]
