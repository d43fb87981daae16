"""Signatures, verified by an independent implementation."""

import base64
from datetime import UTC, datetime

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from relay.delivery.signing import SigningKey, read_signing_key, sign
from relay.errors import ConfigurationError

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RSA = generate_private_key(public_exponent=65537, key_size=2048)
ED25519 = Ed25519PrivateKey.generate()
KEYS = (
    SigningKey(algorithm="rsa-sha256", selector="r1", domain="relay.example", key=RSA),
    SigningKey(algorithm="ed25519-sha256", selector="e1", domain="relay.example", key=ED25519),
)
MESSAGE = (
    b"Date: Sun, 01 Mar 2026 12:00:00 +0000\r\n"
    b'From: "Aline via Central Africa"\r\n <central-africa@relay.example>\r\n'
    b"To: <central-africa@relay.example>\r\n"
    b"Subject: [CAFR][TLP:GREEN]   two\t spaces\r\n"
    b"List-Id: <central-africa.relay.example>\r\n"
    b"List-Unsubscribe:\r\n <mailto:central-africa-owner@relay.example>\r\n"
    b"X-WEN-Reference: CAFR-2026-000001\r\n"
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"\r\n"
    b"TLP:GREEN \t \r\n\r\nIvory  at the\tport. \r\n\r\n\r\n"
)


def record(name: bytes, timeout: int = 5) -> bytes:
    """The DNS of relay.example."""
    if name.startswith(b"r1."):
        public = base64.b64encode(RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
        return b"v=DKIM1; k=rsa; p=" + public
    return b"v=DKIM1; k=ed25519; p=" + base64.b64encode(ED25519.public_key().public_bytes_raw())


def verified(octets: bytes) -> list[bool]:
    return [verify(octets, place) for place in range(2)]


def verify(octets: bytes, place: int) -> bool:
    try:
        return dkim.DKIM(octets).verify(idx=place, dnsfunc=record)
    except dkim.ValidationError:  # its way of saying that the body's hash differs
        return False


@pytest.mark.parametrize("message", [MESSAGE, MESSAGE.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"])
def test_both_signatures_verify(message):
    signed = sign(message, KEYS, NOW)
    assert signed.endswith(message)
    assert signed.count(b"DKIM-Signature: ") == 2
    assert all(len(line) <= 78 for line in signed.split(b"\r\n"))
    assert verified(signed) == [True, True]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Ivory", b"ivory"),
        (b"Subject: [CAFR]", b"Subject: "),
        (b"\r\nSubject:", b"\r\nSubject: another\r\nSubject:"),
        (b"\r\nSubject:", b"\r\nFrom: <x@evil.example>\r\nSubject:"),
        (b"\r\nSubject:", b"\r\nReply-To: <x@evil.example>\r\nSubject:"),
        (b"\r\nSubject:", b"\r\nList-Unsubscribe: <mailto:x@evil.example>\r\nSubject:"),
        (b"\r\nSubject:", b"\r\nContent-Transfer-Encoding: base64\r\nSubject:"),
        (b"CAFR-2026-000001", b"CAFR-2026-000002"),
        (b"Ivory  at the\tport. \r\n", b"Ivory  at the\tport. \r\nCall me.\r\n"),
    ],
)
def test_any_change_or_added_field_breaks_both(old, new):
    assert verified(sign(MESSAGE, KEYS, NOW).replace(old, new, 1)) == [False, False]


def test_what_relays_may_change_breaks_neither():
    signed = (
        sign(MESSAGE, KEYS, NOW).replace(b"two\t spaces", b"two spaces").replace(b"port. \r\n\r\n\r\n", b"port.\r\n")
    )
    assert verified(signed) == [True, True]


def test_a_second_field_of_one_name_is_signed_too():
    message = MESSAGE.replace(
        b"\r\nSubject:", b"\r\nReferences: <a@x.example>\r\nReferences: <b@x.example>\r\nSubject:", 1
    )
    assert verified(sign(message, KEYS, NOW)) == [True, True]


def test_a_key_is_never_shown():
    assert "key=" not in repr(KEYS[0])


def pem(key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_a_key_is_read_from_its_file_and_says_its_algorithm():
    read = tuple(read_signing_key(pem(one.key), one.selector, one.domain) for one in KEYS)
    assert [one.algorithm for one in read] == ["rsa-sha256", "ed25519-sha256"]
    assert verified(sign(MESSAGE, read, NOW)) == [True, True]


@pytest.mark.parametrize("octets", [b"", b"-----BEGIN PRIVATE KEY-----\nhello\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused_without_being_shown(octets):
    with pytest.raises(ConfigurationError, match=r"^the DKIM key “r1” is not a readable private key in PEM$"):
        read_signing_key(octets, "r1", "relay.example")


def test_a_weak_or_foreign_key_is_refused():
    short = generate_private_key(public_exponent=65537, key_size=1024)
    for key in (short, X25519PrivateKey.generate()):
        with pytest.raises(ConfigurationError, match="must be Ed25519, or RSA of at least 2048 bits"):
            read_signing_key(pem(key), "r1", "relay.example")
