"""SPF beyond the public suite (tests/conformance): bounds against hostile records, and what trouble with the DNS is."""

import pytest

from relay.mail.address import Address
from relay.senders.spf import ADDRESSES, SpfResult, check_host
from relay.senders.spf_macros import expand, is_domain_spec
from relay.senders.spf_record import read_record
from tests.dkim_signing import lookup_in

ANA = Address(local="ana", domain="a.example")


def judge(zone, ip="192.0.2.1", sender=ANA):
    return check_host(ip, sender, "mx.a.example", lookup_in(zone))


def record(text, **more):
    return {("a.example", "TXT"): (text,)} | {(name.replace("_", "."), "A"): rows for name, rows in more.items()}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("v=spf1 ip4:192.0.2.0/24 -all", SpfResult.PASS),
        ("v=spf1 ip4:192.0.2.9 -all", SpfResult.FAIL),
        ("v=spf1 ip4:192.0.2.9 ~all", SpfResult.SOFTFAIL),
        ("v=spf1 ?all", SpfResult.NEUTRAL),
        ("v=spf1", SpfResult.NEUTRAL),
        ("v=spf10 -all", SpfResult.NONE),
        ("v=spf1 \ufffdall", SpfResult.PERMERROR),
        ("v=spf1 " + "ip4:192.0.2.1 " * 1000, SpfResult.PERMERROR),
        (f"v=spf1 a:{'a.' * 400}example -all", SpfResult.PERMERROR),
    ],
)
def test_a_record_is_read_to_its_first_match(text, wanted):
    assert judge(record(text)) is wanted


def test_a_name_with_hundreds_of_addresses_is_an_error_and_no_work():
    few = tuple(f"198.51.100.{place}" for place in range(ADDRESSES))
    assert judge(record("v=spf1 a -all", a_example=few)) is SpfResult.FAIL
    assert judge(record("v=spf1 a -all", a_example=(*few, "192.0.2.1"))) is SpfResult.PERMERROR


def test_a_client_behind_ipv4_in_ipv6_is_known_by_its_ipv4_address():
    assert judge(record("v=spf1 ip4:192.0.2.1 -all"), ip="::ffff:192.0.2.1") is SpfResult.PASS


def test_the_null_sender_stands_for_the_postmaster_of_the_greeting():
    zone = {
        ("mx.a.example", "TXT"): ("v=spf1 exists:%{l}.%{o} -all",),
        ("postmaster.mx.a.example", "A"): ("127.0.0.2",),
    }
    assert judge(zone, sender=None) is SpfResult.PASS


@pytest.mark.parametrize("macro", ["%{l}", "%{s}"])
def test_a_local_part_outside_ascii_is_in_no_name_and_asks_nothing(macro):
    lookup = lookup_in(record(f"v=spf1 exists:{macro}.b.example ?all"))
    assert check_host("192.0.2.1", Address(local="инна", domain="a.example"), "mx", lookup) is SpfResult.NEUTRAL
    assert lookup.asked == [("a.example", "TXT")]


@pytest.mark.parametrize("place", [("a.example", "TXT"), ("b.example", "A"), ("c.example", "TXT")])
def test_no_answer_is_trouble_and_no_result(place):
    zone = record("v=spf1 a:b.example include:c.example -all", b_example=("198.51.100.1",))
    zone |= {("c.example", "TXT"): ("v=spf1 -all",)}
    assert judge(zone) is SpfResult.FAIL
    assert judge(zone | {place: ("?",)}) is SpfResult.TEMPERROR


def test_an_endless_chain_of_records_ends_in_an_error():
    assert judge(record("v=spf1 include:a.example -all")) is SpfResult.PERMERROR
    assert judge(record("v=spf1 redirect=a.example")) is SpfResult.PERMERROR


def test_a_long_expansion_keeps_its_last_labels():
    facts = type("Facts", (), {"ip": None, "sender": ANA, "helo": "h" * 60 + ".example", "domain": "a.example"})
    made = expand("%{h}." * 10 + "b.example", facts)
    assert len(made) <= 253
    assert made.endswith(".example.b.example")
    assert ("." + ("%{h}." * 10).replace("%{h}", facts.helo) + "b.example").endswith("." + made)


@pytest.mark.parametrize(
    "text", ["", "example", "%{d", "%{x}.example", "a.%{d0}", "a b.example", "a.123", "a" * 501 + ".example"]
)
def test_what_is_no_domain_is_none(text):
    assert not is_domain_spec(text)


@pytest.mark.parametrize("text", ["v=spf1 a=b c=d", "v=spf1 unknown=%{s}x -all", "v=spf1  -all "])
def test_unknown_modifiers_and_spaces_are_no_faults(text):
    assert read_record(text) is not None
