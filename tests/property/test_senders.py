"""Promises about mail from other servers that hold whatever octets come."""

import contextlib
import re

import dkim
from hypothesis import example, given
from hypothesis import strategies as st

from relay.mail.address import Address
from relay.mail.body_form import relaxed_body
from relay.mail.message import read_message, split_header
from relay.senders.arc import judge_chain
from relay.senders.canonical import cut
from relay.senders.dkim import TRIES, verify
from relay.senders.dmarc import LABELS, find_policy, read_record
from relay.senders.public_key import read_public_key
from relay.senders.signature import read_signature
from relay.senders.spf import SpfResult, check_host
from relay.senders.tags import read_tags
from tests.builders import AUTHOR, address
from tests.dkim_signing import NOW, ed25519_key, key_record, lookup_in, signed
from tests.unit.senders.test_dkim import LIST, PLAIN, ZONE

RSA, ED25519 = signed(PLAIN), signed(PLAIN, ed25519_key(), selector="e1")
BOTH = ZONE | {("e1._domainkey.customs.example", "TXT"): (key_record(ed25519_key()),)}
PIECES = st.sampled_from(
    [b"", b" ", b"\r\n", b"\n", b"\r", b"\r\n ", b";", b"=", b":", b"\0", b"From: eve@evil.example\r\n", b"Subject: x\r\n",
     b"l=1;", b"x=1;", b"h=from;", b"DKIM-Signature: v=1\r\n", b"\xff", b"A", b"b=", b"To: x@y.example\r\n"]
)  # fmt: skip


def dkimpy_passes(octets):
    """Whether dkimpy passes any of the signatures; by itself it looks at the topmost one alone."""

    def record(name, timeout=5):
        return next(iter(BOTH.get((name.decode().removesuffix("."), "TXT"), ("",)))).encode()

    for place in range(octets.lower().count(b"dkim-signature:")):
        with contextlib.suppress(dkim.DKIMException):
            if dkim.DKIM(octets, minkey=2048).verify(idx=place, dnsfunc=record):
                return True
    return False


@given(st.sampled_from([RSA, ED25519]), st.data())
def test_whatever_is_changed_in_a_signed_message_the_author_s_words_stay_theirs(octets, data):
    """A message that proves its author says what its author said, in each field and in its text, as any reader has it."""
    place = data.draw(st.integers(0, len(octets)))
    gone = data.draw(st.integers(0, 40))
    changed = octets[:place] + data.draw(PIECES) + octets[place + gone :]
    changed += (
        b"" if changed.endswith(b"\r\n") else b"\r\n"
    )  # as mail ends; dkimpy reads a last line without it otherwise
    header = split_header(changed)
    message = cut(changed, header)
    proofs = [] if message is None else list(verify(message, address(AUTHOR), (LIST,), lookup_in(BOTH), NOW))
    if any(not one.fault for one in proofs):
        before = read_message(split_header(octets))
        after = read_message(header)
        assert (after.author, after.subject, after.date, after.message_id) == (
            before.author,
            before.subject,
            before.date,
            before.message_id,
        )
        body, text = (re.sub(rb"[ \t]+", b" ", one.partition(b"\r\n\r\n")[2]).split() for one in (changed, octets))
        assert body == text
        assert dkimpy_passes(changed)


@given(st.binary(max_size=400))
@example(b"DKIM-Signature: v=1; a=rsa-sha256; d=customs.example; s=s1; h=from; bh=AA==; b=AA==\r\nFrom: a\r\n\r\n")
def test_no_octets_break_the_judgement_and_none_asks_for_more_than_a_few_keys(octets):
    header = split_header(octets)
    if message := cut(octets, header):
        lookup = lookup_in({})
        found = list(verify(message, address(AUTHOR), (LIST,), lookup, NOW))
        assert len(found) <= TRIES
        assert all(one.fault for one in found)
        judge_chain(message, lookup, NOW)


@given(st.lists(st.sampled_from([b" ", b"\t", b"a", b"\r\n", b"  ", b"\r\n\r\n"]), max_size=30).map(b"".join))
def test_a_relaxed_body_is_as_the_rfc_has_it_line_by_line(body):
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    assert relaxed_body(body) == b"".join(line + b"\r\n" for line in lines)


@given(st.text(max_size=80))
@example("k=rsa; p=MAA=")
@example("v=DMARC1; p=reject")
def test_no_record_breaks_a_reader(text):
    read_tags(text)
    read_record(text, "a.example")
    for algorithm in ("rsa-sha256", "ed25519-sha256"):
        read_public_key(text, algorithm)
    message = cut(PLAIN, split_header(PLAIN))
    assert message is not None
    assert all(read_signature(one) is None for one in message.fields)


TERMS = st.sampled_from(
    ["a", "mx", "ptr", "-all", "~all", "include:b.example", "redirect=b.example", "exists:%{ir}.%{d}", "ip4:192.0.2.0/24",
     "ip6:2001:db8::/32", "a:%{l1r-}.example", "a/24//64", "%", "exp=x", "=", "x=%{", "mx:b.example/33", "include:", "include:a.example"]
)  # fmt: skip


@given(st.lists(TERMS, max_size=14), st.lists(TERMS, max_size=6), st.ip_addresses())
def test_spf_ends_and_asks_a_bounded_number_of_questions(own, other, ip):
    zone = {("a.example", "TXT"): (" ".join(["v=spf1", *own]),), ("b.example", "TXT"): (" ".join(["v=spf1", *other]),)}
    zone |= {("a.example", "MX"): tuple(f"mx{one}.a.example" for one in range(10)), ("a.example", "A"): ("192.0.2.9",)}
    zone |= {
        (f"mx{one}.a.example", kind): (where,)
        for one in range(10)
        for kind, where in (("A", "192.0.2.8"), ("AAAA", "2001:db8::1"))
    }
    lookup = lookup_in(zone)
    assert check_host(str(ip), Address(local="ana", domain="a.example"), "mx.a.example", lookup) in set(SpfResult)
    assert len(lookup.asked) <= 1 + 10 * 12


@given(st.lists(st.sampled_from(["a", "bb", "example", "co", "x-y"]), min_size=1, max_size=40), st.text(max_size=40))
def test_a_policy_costs_a_bounded_number_of_questions(labels, text):
    lookup = lookup_in({(f"_dmarc.{labels[-1]}", "TXT"): (f"v=DMARC1; {text}",)})
    find_policy(".".join(labels), lookup)
    assert len(lookup.asked) <= LABELS + 3
