"""What all findings together say of an author: the proof, and whether their domain forbids to believe anything else."""

import pytest

from relay.errors import DnsError
from relay.mail.auth_results import Method, Proof
from relay.mail.envelope import Client
from relay.mail.message import split_header
from relay.senders.evidence import Claim, Evidence, gather
from tests.builders import address
from tests.dkim_signing import NOW, key_record, lookup_in, rsa_key, signed
from tests.unit.senders.test_arc import FORWARDER, seal
from tests.unit.senders.test_dkim import KEY, LIST, PLAIN, ZONE

IP = "192.0.2.5"
DMARC = ("_dmarc.customs.example", "TXT")
SPF = ("customs.example", "TXT")
REJECT = {DMARC: ("v=DMARC1; p=reject",)}
NOT_SIGNED = ("dkim.no_signature",)


def find(octets, zone, *wanted, author="ana@customs.example", lookup=None):
    client = Client(ip=IP, helo_name="mx.customs.example", tls=True, login=None)
    header = split_header(octets)
    claim = Claim(octets=octets, header=header, author=address(author), client=client, recipients=(LIST,))
    return gather(claim, wanted or tuple(Proof), lookup or lookup_in(zone), NOW)


@pytest.mark.parametrize(
    ("policy", "wanted", "method"),
    [
        ((), {Proof.DKIM}, Method.DKIM),
        ((), {Proof.DMARC}, Method.DKIM),
        (("v=DMARC1; p=reject",), {Proof.DKIM}, Method.DKIM),
        (("v=DMARC1; p=reject",), {Proof.DMARC}, Method.DMARC),
        (("v=DMARC1; p=quarantine",), {Proof.DKIM, Proof.DMARC}, Method.DMARC),
        (("v=DMARC1; p=none",), {Proof.DMARC}, Method.DKIM),
        (("v=DMARC1; p=quarantine; t=y",), {Proof.DMARC}, Method.DKIM),
    ],
)
def test_a_sound_signature_is_proof_by_dkim_and_by_dmarc_where_a_policy_forbids_everybody_else(policy, wanted, method):
    assert find(signed(PLAIN), ZONE | {DMARC: policy}, *wanted) == Evidence(method=method)


@pytest.mark.parametrize("spf", ["v=spf1 +all", "v=spf1 ip4:192.0.2.5 -all", "v=spf1 include:provider.example -all"])
def test_spf_alone_proves_nobody(spf):
    """Whoever is a customer of the same provider passes it for this domain."""
    zone = REJECT | {SPF: (spf,), ("provider.example", "TXT"): ("v=spf1 ip4:192.0.2.0/24 -all",)}
    found = find(PLAIN, zone)
    assert (found.method, found.refused) == (None, False)


@pytest.mark.parametrize(
    ("zone", "refused"),
    [
        ({}, False),
        ({DMARC: ("v=DMARC1; p=none",)}, False),
        (REJECT, True),
        ({DMARC: ("v=DMARC1; p=quarantine",)}, True),
        (REJECT | {SPF: ("v=spf1 -all",)}, True),
        (REJECT | {SPF: ("v=spf1 ~all",)}, True),
        (REJECT | {SPF: ("v=spf1 garbage",)}, True),
        (REJECT | {SPF: ("v=spf1 ip4:192.0.2.5 -all",)}, False),
    ],
)
def test_what_fails_dmarc_is_refused_whatever_else_is_said(zone, refused):
    found = find(PLAIN, zone)
    assert (found.method, found.refused) == (None, refused)
    assert found.faults == (*NOT_SIGNED, "dmarc.fail") if refused else NOT_SIGNED


@pytest.mark.parametrize(
    ("octets", "zone", "refused"),
    [
        # A signature that proves nobody here, but passes as the RFCs have it, keeps DMARC from failing.
        (signed(PLAIN, rsa_key(1024)), {KEY: (key_record(rsa_key(1024)),)}, False),
        (signed(PLAIN, fields=("from",)), ZONE, False),
        (
            signed(PLAIN, domain="mail.customs.example"),
            {("s1._domainkey.mail.customs.example", "TXT"): ZONE[KEY]},
            False,
        ),
        # One that is none doesn't.
        (signed(PLAIN, length=True), ZONE, True),
        (signed(PLAIN), {KEY: (key_record(rsa_key(), "t=y; "),)}, True),
        (signed(PLAIN).replace(b"pangolin", b"ivory"), ZONE, True),
        (signed(PLAIN, domain="evil.example"), {("s1._domainkey.evil.example", "TXT"): ZONE[KEY]}, True),
    ],
)
def test_dmarc_counts_signatures_as_the_rfcs_do(octets, zone, refused):
    found = find(octets, zone | REJECT)
    assert (found.method, found.refused) == (None, refused)


def test_strict_alignment_is_heeded():
    octets = signed(PLAIN, domain="mail.customs.example")
    zone = {("s1._domainkey.mail.customs.example", "TXT"): ZONE[KEY], DMARC: ("v=DMARC1; p=reject; adkim=s",)}
    assert find(octets, zone).refused


def test_a_message_with_two_readings_is_refused_before_anything_is_asked():
    lookup = lookup_in(ZONE)
    found = find(b"Subject: another\r\n" + signed(PLAIN), {}, lookup=lookup)
    assert (found.method, found.refused, found.faults) == (None, True, ("dkim.ambiguous",))
    assert lookup.asked == []


@pytest.mark.parametrize(
    ("octets", "zone"),
    [
        (signed(PLAIN), {KEY: ("?",)}),
        (signed(PLAIN), ZONE | {DMARC: ("?",)}),
        (PLAIN, {DMARC: ("?",)}),
        (PLAIN, REJECT | {SPF: ("?",)}),
    ],
)
def test_no_answer_is_never_an_answer(octets, zone):
    with pytest.raises(DnsError):
        find(octets, zone)


def test_no_answer_about_one_signature_matters_nothing_when_another_proves():
    octets = signed(PLAIN, selector="lost").removesuffix(PLAIN) + signed(PLAIN)
    assert find(octets, ZONE | {("lost._domainkey.customs.example", "TXT"): ("?",)}, Proof.DKIM).method is Method.DKIM


def test_a_policy_is_not_asked_for_where_no_list_wants_one():
    lookup = lookup_in(ZONE)
    find(signed(PLAIN), {}, Proof.DKIM, lookup=lookup)
    find(PLAIN, {}, Proof.DKIM, lookup=lookup)
    assert lookup.asked == [KEY]


def test_a_forwarder_that_broke_a_signature_is_named_and_believed_nothing():
    sealed = seal(signed(PLAIN))
    head, blank, body = sealed.partition(b"\r\n\r\n")
    broken = seal(signed(PLAIN) + b"-- \r\na list's footer\r\n", results="dkim=pass header.d=customs.example")
    zone = ZONE | {(f"s1._domainkey.{FORWARDER}", "TXT"): ZONE[KEY]}
    found = find(broken, zone, Proof.DKIM)
    assert (found.method, found.faults, found.forwarder) == (None, ("dkim.body_changed",), FORWARDER)
    assert find(head + blank + body, zone, Proof.DKIM).forwarder == ""  # nothing is broken, so nothing is explained
