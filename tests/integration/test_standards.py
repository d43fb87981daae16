"""What the standards ask of a mailing list in 2026, each under the number that it has in our list of them.

S4 any letters (RFC 6531, 6532) · S10 DKIM (RFC 6376, 8301, 8463) · S11 DMARC (RFC 9989) · S12 ARC (RFC 8617) · S15 TLS on all the way (RFC 8689)
"""

import base64
import re
from contextlib import closing, contextmanager

import dkim
import pytest

from relay.transport.sink import MESSAGE_OCTETS, Sink
from tests.faults import tls_contexts
from tests.integration.clients import connect, make_post, octets_of, send
from tests.integration.nameserver import NameServer
from tests.integration.service import (
    ANA,
    CENTRAL,
    CLAIRE,
    DOMAIN,
    EVA,
    JEAN,
    MARIA,
    PAUL,
    House,
    Service,
    Site,
    Smarthost,
    eventually,
)
from tests.integration.test_service_relay import dns

ZOE = "zoé@aduanas.example"  # MARIA's colleague
ALERT = "Two hundred kilograms of pangolin scales were seized at the port on 18 November.\n"
OFFERED = ("PIPELINING", "8BITMIME", f"SIZE {MESSAGE_OCTETS}", "REQUIRETLS", "SMTPUTF8")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A relay whose copies leave under TLS with all that a server can offer; central-africa wants that, and authors in From."""
    folder = tmp_path_factory.mktemp("relay")
    server, _ = tls_contexts(folder, "localhost")
    smarthost = Smarthost(Sink(tls=server, extensions=OFFERED))
    records = {("_dmarc.aduanas.example", "TXT"): ('"v=DMARC1; p=quarantine"',)}
    try:
        with NameServer(records) as nameserver:
            site = Site(folder, smarthost.port)
            site.enrol(ANA, MARIA, EVA)
            _add_zoe(site)
            for section, key, value in (
                ("delivery", "smarthost", "localhost"),
                ("delivery", "tls", "required"),
                ("delivery", "arc_seal", True),
                ("smtp", "resolver", nameserver.address),
            ):
                site.configure(section, key, value)
            site.edit_list("central-africa", "\nactive = true", '\nactive = true\ntls = "required"')
            site.edit_list("central-africa", 'from = "list"', 'from = "author"')
            with Service(site, environment={"SSL_CERT_FILE": str(folder / "localhost.pem")}) as service:
                yield House(site, smarthost, service)
    finally:
        smarthost.close()


def _add_zoe(site):
    person = ("--name", "Zoé Example", "--agency", "Aduanas", "--agency-type", "customs", "--country", "GQ")
    vouched = ("--nominated-by", "one@network.example", "--confirmed-by", "two@network.example")
    wishes = ("--language", "es", "--lists", "central-africa", "--issue-password", "--no-welcome")
    [issued] = site.rows("members", "add", ZOE, *person, *vouched, *wishes)
    site.passwords[ZOE] = issued["password"]


def post(house, author, subject, to=CENTRAL, **fields):
    """Send a post; its reference."""
    message = make_post(author, subject, ALERT, to=to, **fields)
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


# — S4: any letters —


def test_s4_a_member_with_an_address_in_its_own_letters_posts_and_everybody_gets_it_without_smtputf8(house):
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


def test_s4_what_goes_to_such_an_address_is_never_rewritten_and_its_signatures_hold(house):
    reference = post(house, ANA, "Ivory")
    mail = arrived(house, reference, {ZOE, PAUL})[ZOE]
    assert "SMTPUTF8" in mail.received.asked
    assert mail.received.mail_from.isascii()
    told = eventually(lambda: [one for one in house.smarthost.mails if one.recipient == ZOE and not one.is_copy])[0]
    assert f"<{ZOE}>\r\n".encode() in told.received.octets.partition(b"\r\n\r\n")[0]
    lookup = dns(house.site.data / "keys")
    for one in (mail, told):
        assert all(dkim.DKIM(one.received.octets).verify(idx=place, dnsfunc=lookup) for place in range(2))


def test_s4_without_smtputf8_it_fails_in_clear_words_and_everybody_else_gets_theirs(house):
    with offering(house, *(one for one in OFFERED if one != "SMTPUTF8")):
        reference = post(house, ANA, "Rosewood")
        arrived(house, reference, {PAUL, JEAN, MARIA, CLAIRE})
        row = eventually(lambda: (row := rows(house, reference)[ZOE])["status"] == "failed" and row)
    assert "SMTPUTF8" in row["last_reply"]
    assert ZOE not in house.smarthost.copies(reference)


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
        for name in (b"from", b"subject", b"list-id", b"list-post", b"list-help", b"list-owner", b"list-unsubscribe"):
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
        eventually(lambda: {word in row["last_reply"] for row in rows(house, reference).values()} == {True})
        assert house.smarthost.about(reference) == [] or keywords
        assert house.smarthost.copies(reference) == []
        assert {row["status"] for row in rows(house, reference).values()} == {"queued"}
    house.site.run("queue", "retry", "--all")
    arrived(house, reference, {PAUL, JEAN, MARIA, CLAIRE, ZOE})
    assert all("REQUIRETLS" in mail.received.asked for mail in house.smarthost.about(reference) if mail.is_copy)
