"""Certificates as proofs: the key counts, its strength, the dates."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from relay.mail.certificate import CERTIFICATE_OCTETS, is_valid, pin_of, read_certificate, weakness_of
from tests.certificates import DAY, make_identity


def pin(identity):
    return pin_of(identity.certificate.public_bytes(Encoding.DER))


def test_the_pin_is_the_keys_and_not_the_certificates(tmp_path):
    first = make_identity(tmp_path, "first")
    renewed, other = make_identity(tmp_path, "renewed", key=first.key), make_identity(tmp_path, "first")
    assert pin(first) == pin(renewed) != pin(other)
    key = first.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert pin(first) == hashlib.sha256(key).digest()


def test_pem_and_der_are_read_and_nothing_else(tmp_path):
    one, two = make_identity(tmp_path, "one"), make_identity(tmp_path, "two")
    der, pem = (one.certificate.public_bytes(form) for form in (Encoding.DER, Encoding.PEM))
    assert read_certificate(der) == read_certificate(pem) == one.certificate
    for octets in (b"", b"junk", der[:-1], der + b"x", pem + two.certificate.public_bytes(Encoding.PEM)):
        assert read_certificate(octets) is None
    assert read_certificate(der + bytes(CERTIFICATE_OCTETS)) is None


@pytest.mark.parametrize(
    ("key", "weakness"),
    [
        (ec.generate_private_key(ec.SECP256R1()), ""),
        (ec.generate_private_key(ec.SECP384R1()), ""),
        (rsa.generate_private_key(65537, 2048), ""),
        (rsa.generate_private_key(65537, 1024), "1024 bits"),
        (ec.generate_private_key(ec.SECP192R1()), "kind that isn't taken"),
        (ec.generate_private_key(ec.SECP256K1()), "kind that isn't taken"),
    ],
)
def test_weak_keys_are_named(tmp_path, key, weakness):
    said = weakness_of(make_identity(tmp_path, "one", key=key).certificate)
    assert weakness in said
    assert bool(said) == bool(weakness)


def test_a_certificate_is_valid_within_its_dates_to_the_second(tmp_path):
    certificate = make_identity(tmp_path, "one", since=-DAY, until=DAY).certificate
    second = timedelta(seconds=1)
    assert is_valid(certificate, datetime.now(UTC))
    assert is_valid(certificate, certificate.not_valid_before_utc)
    assert is_valid(certificate, certificate.not_valid_after_utc)
    assert not is_valid(certificate, certificate.not_valid_before_utc - second)
    assert not is_valid(certificate, certificate.not_valid_after_utc + second)
