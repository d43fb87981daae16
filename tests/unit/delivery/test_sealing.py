"""ARC sets, verified by an independent implementation and by our own."""

import base64
from datetime import UTC, datetime

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from relay.delivery.sealing import results, seal
from relay.delivery.signing import SigningKey, body_hash, signatures
from relay.mail.message import split_header
from relay.senders.arc import judge_chain
from relay.senders.canonical import cut
from tests.dkim_signing import lookup_in

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RSA = generate_private_key(public_exponent=65537, key_size=2048)
KEYS = (
    SigningKey(algorithm="ed25519-sha256", selector="e1", domain="relay.example", key=Ed25519PrivateKey.generate()),
    SigningKey(algorithm="rsa-sha256", selector="r1", domain="relay.example", key=RSA),
)
PUBLIC = RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
RECORD = f"v=DKIM1; k=rsa; p={base64.b64encode(PUBLIC).decode()}"
SECTION = (
    b"Date: Sun, 01 Mar 2026 12:00:00 +0000\r\n"
    b'From: "Aline via Central Africa"\r\n <central-africa@relay.example>\r\n'
    b"Subject: [CAFR][TLP:GREEN]   two\t spaces\r\n"
    b"List-Id: <central-africa.relay.example>\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"\r\n"
)
BODY = b"TLP:GREEN \t \r\n\r\nIvory  at the\tport. \r\n\r\n\r\n"


def sealed(found: str = "auth=pass") -> bytes:
    signed = signatures(SECTION, body_hash(BODY), KEYS, NOW) + SECTION
    return seal(signed, body_hash(BODY), found, KEYS, NOW) + signed + BODY


def judged(octets: bytes) -> tuple[bytes, str]:
    """The chain's status, by dkimpy and by ourselves."""
    theirs, _, _ = dkim.ARC(octets).verify(dnsfunc=lambda *_, **__: RECORD.encode())
    message = cut(octets, split_header(octets))
    if message is None:  # can be read in two ways
        return theirs, "fail"
    ours = judge_chain(message, lookup_in({("r1._domainkey.relay.example", "TXT"): (RECORD,)}), NOW)
    return theirs, ours.status


def test_a_sealed_copy_has_a_whole_chain_and_keeps_its_dkim_signature():
    octets = sealed("dkim=pass header.d=police.example; dmarc=pass header.from=police.example")
    assert judged(octets) == (b"pass", "pass")
    assert dkim.DKIM(octets).verify(idx=1, dnsfunc=lambda *_, **__: RECORD.encode())
    assert octets.split(b"\r\n")[0] == b"ARC-Seal: i=1; cv=none;"
    assert b"\r\nARC-Authentication-Results: i=1; relay.example;\r\n dkim=pass header.d=police.example;" in octets
    assert max(map(len, octets.split(b"\r\n"))) <= 78


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"auth=pass", b"dmarc=pass"),
        (b"Ivory", b"Ebony"),
        (b"Subject: [CAFR]", b"Subject: [EAFR]"),
        (b"DKIM-Signature: v=1; a=rsa", b"DKIM-Signature: v=1;  a=RSA"),
        (b"\r\nContent-Type", b"\r\nFrom: <chief@police.example>\r\nContent-Type"),
        (b"cv=none", b"cv=pass"),
    ],
)
def test_whatever_is_changed_breaks_the_chain(old, new):
    octets = sealed()
    assert old in octets
    assert judged(octets.replace(old, new, 1)) == (b"fail", "fail")


@pytest.mark.parametrize(
    ("proof", "domain", "found"),
    [
        ("auth", "police.example", "auth=pass"),
        ("auth, smime", "police.example", "auth=pass; smime=pass"),
        ("dkim", "police.example", "dkim=pass header.d=police.example"),
        ("dmarc", "police.example", "dkim=pass header.d=police.example; dmarc=pass header.from=police.example"),
        ("gateway.dkim", "", "dkim=pass"),
        ("certificate.mx.police.example", "police.example", "none"),
        ("challenge", "police.example", "none"),
        ("auth, openpgp", "", "auth=pass"),
    ],
)
def test_a_set_tells_how_the_author_was_known_in_the_standards_words(proof, domain, found):
    assert results(proof, domain) == found
