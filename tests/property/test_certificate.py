"""Certificates of strangers: whatever is in them, looking at one raises nothing."""

import warnings
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.actions.certify import is_issued_by
from relay.mail.certificate import is_valid, pin_of, read_certificate, weakness_of
from tests.certificates import FOR_MAIL, make_identity

NOW = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    authority = make_identity(folder, "authority", authority=True)
    key = rsa.generate_private_key(65537, 2048)
    made = [
        make_identity(folder, "ec", address="ana@douanes.example", issuer=authority, purposes=FOR_MAIL),
        make_identity(folder, "rsa", key=key, issuer=authority),
    ]
    return authority.certificate, [one.certificate.public_bytes(Encoding.DER) for one in made]


def read_quietly(octets):
    with warnings.catch_warnings():  # of the library, which only reads one that is registered
        warnings.simplefilter("ignore")
        return read_certificate(octets)


@settings(max_examples=1500)
@given(
    which=st.integers(0, 1),
    changes=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=3),
)
def test_a_changed_certificate_is_read_or_not_and_never_raises(certificates, which, changes):
    authority, octets = certificates
    changed = bytearray(octets[which])
    for at, octet in changes:
        changed[at % len(changed)] = octet
    pin = pin_of(bytes(changed))
    assert pin is None or len(pin) == 32
    certificate = read_quietly(bytes(changed))
    if certificate is not None:
        assert pin is not None
        assert isinstance(weakness_of(certificate), str)
        assert isinstance(is_valid(certificate, NOW), bool)
        assert isinstance(is_issued_by(certificate, (authority,), NOW), bool)


def test_a_certificate_with_one_octet_of_nothing_is_read_or_not_and_never_raises(certificates):
    """Each octet in turn: one within the subject makes a certificate whose reading fails only when it is verified."""
    authority, octets = certificates
    for whole in octets:
        for at in range(len(whole)):
            certificate = read_quietly(whole[:at] + b"\0" + whole[at + 1 :])
            if certificate is not None:
                assert isinstance(is_issued_by(certificate, (authority,), NOW), bool)


@given(st.binary(max_size=200))
def test_arbitrary_octets_are_no_certificate(octets):
    assert read_certificate(octets) is None
    assert pin_of(octets) is None
