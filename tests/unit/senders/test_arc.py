"""ARC chains, sealed by hand on cryptography's primitives; dkimpy judges each of them too."""

import re
from base64 import b64encode
from hashlib import sha256

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from relay.mail.message import split_header
from relay.senders.arc import LINKS, judge_chain
from relay.senders.canonical import cut
from tests.dkim_signing import NOW, key_record, lookup_in, rsa_key
from tests.unit.senders.test_dkim import PLAIN

FORWARDER = "list.example"
ZONE = {("s1._domainkey.list.example", "TXT"): (key_record(rsa_key()),)}
NAMES = ("from", "to", "subject", "date", "message-id", "mime-version", "content-type")


def relaxed(line):
    name, _, value = line.partition(b":")
    return name.strip().lower() + b":" + re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip(b" ")


def made(content):
    return b64encode(rsa_key().sign(content, PKCS1v15(), SHA256()))


def sets_of(octets):
    """The ARC fields that a message has, oldest set first, each set in the order in which it is sealed."""
    order = (b"arc-authentication-results", b"arc-message-signature", b"arc-seal")
    lines = [line for line in octets.partition(b"\r\n\r\n")[0].split(b"\r\n") if line.lower().startswith(b"arc-")]
    instance = re.compile(rb"i=([0-9]+)")
    return sorted(
        lines,
        key=lambda line: (int(instance.search(line).group(1)), order.index(line.partition(b":")[0].lower())),
    )


def seal(octets, status="none", *, results="dkim=pass", names=NAMES, seal_more=""):
    """One more link in front of a message."""
    head, _, body = octets.partition(b"\r\n\r\n")
    place = len(sets_of(octets)) // 3 + 1
    own = f"ARC-Authentication-Results: i={place}; {FORWARDER}; {results}".encode()
    text = re.sub(rb"[ \t]+", b" ", body + b"\r\n").replace(b" \r\n", b"\r\n").rstrip(b"\r\n") + b"\r\n"
    digest = b64encode(sha256(text).digest()).decode()
    fields = {line.partition(b":")[0].lower().decode(): line for line in head.split(b"\r\n")}
    tags = f"i={place}; a=rsa-sha256; c=relaxed/relaxed; d={FORWARDER}; s=s1; t={int(NOW.timestamp())};"
    signature = f"ARC-Message-Signature: {tags} h={':'.join(names)}; bh={digest}; b=".encode()
    content = b"".join(relaxed(fields[name]) + b"\r\n" for name in names) + relaxed(signature)
    signature += made(content)
    sealed = f"ARC-Seal: i={place}; a=rsa-sha256; cv={status}; d={FORWARDER}; s=s1;{seal_more} b=".encode()
    stands_on = [*sets_of(octets), own, signature, sealed]
    sealed += made(b"\r\n".join(map(relaxed, stands_on)))
    return b"\r\n".join([sealed, signature, own, octets])


def judge(octets, zone=ZONE):
    message = cut(octets, split_header(octets))
    return judge_chain(message, lookup_in(zone), NOW)


def dkimpy_says(octets):
    status, _, _ = dkim.arc_verify(octets, dnsfunc=lambda *_, **__: key_record(rsa_key()).encode())
    return status.decode() if status else "fail"


def test_a_chain_that_holds_names_the_last_forwarder():
    one = seal(PLAIN)
    two = seal(one, "pass")
    for octets in (one, two, seal(two, "pass")):
        assert (judge(octets).status, judge(octets).forwarder) == ("pass", FORWARDER)
        assert dkimpy_says(octets) == "pass"


def test_without_a_chain_there_is_none():
    assert (judge(PLAIN).status, judge(PLAIN).forwarder) == ("none", "")


@pytest.mark.parametrize(
    "broken",
    [
        seal(PLAIN, "pass"),
        seal(seal(PLAIN), "none"),
        seal(seal(PLAIN), "fail"),
        seal(PLAIN).replace(b"pangolin", b"ivory"),
        seal(PLAIN).replace(b"dkim=pass", b"dkim=PASS"),
        seal(seal(PLAIN), "pass").replace(b"Subject: S", b"Subject: s"),
        seal(PLAIN).replace(b"ARC-Seal: i=1", b"ARC-Seal: i=2"),
        re.sub(rb"ARC-Authentication-Results: [^\r]*\r\n", b"", seal(PLAIN)),
        re.sub(rb"ARC-Seal: [^\r]*\r\n", b"", seal(PLAIN)),
        b"ARC-Seal: i=1; forged\r\n" + seal(PLAIN),
        seal(PLAIN, seal_more=" h=from;"),
    ],
)
def test_a_chain_that_does_not_hold_names_nobody(broken):
    assert (judge(broken).status, judge(broken).forwarder) == ("fail", "")
    assert dkimpy_says(broken) in {"fail", "none"}


def test_a_long_chain_is_not_followed():
    octets = seal(PLAIN)
    for _ in range(LINKS):
        octets = seal(octets, "pass")
    lookup = lookup_in(ZONE)
    assert judge_chain(cut(octets, split_header(octets)), lookup, NOW).status == "fail"
    assert lookup.asked == []


@pytest.mark.parametrize("records", [(), ("?",), ("v=DKIM1; p=",)])
def test_without_a_key_a_chain_does_not_hold(records):
    assert judge(seal(PLAIN), {("s1._domainkey.list.example", "TXT"): records}).status == "fail"
