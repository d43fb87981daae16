"""What is read of CMS SignedData before anybody verifies it."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from relay.mail.cms import read_signed_data
from tests.certificates import in_indefinite_lengths, make_identity, make_signature

CONTENT = b"Content-Type: text/plain\r\n\r\nSixty pangolins.\r\n"
SHA256 = bytes.fromhex("608648016503040201")
SHA224, SHA1_INSTEAD = bytes.fromhex("608648016503040204"), bytes.fromhex("608648016503040207")
DATA = bytes.fromhex("2a864886f70d010701")


@pytest.fixture(scope="module")
def ana(tmp_path_factory):
    return make_identity(tmp_path_factory.mktemp("ana"), "ana", address="ana@douanes.example")


def test_a_detached_signature_has_no_content_and_says_when_it_was_made(ana):
    found = read_signed_data(make_signature(ana, CONTENT))
    assert found is not None
    assert (found.content, found.strong) == (None, True)
    assert abs(found.signing_time - datetime.now(UTC)) < timedelta(minutes=5)


def test_content_inside_is_given_whole_and_the_rest_is_what_stands_around_it(ana):
    octets = make_signature(ana, CONTENT, detached=False)
    found = read_signed_data(octets)
    assert found.content == CONTENT
    assert CONTENT not in found.rest
    assert len(found.rest) > len(octets) - len(CONTENT) - 10


@pytest.mark.parametrize("segments", [0, 10, 100])
@pytest.mark.parametrize("detached", [True, False])
def test_indefinite_lengths_and_segments_read_the_same(ana, detached, segments):
    octets = make_signature(ana, CONTENT, detached=detached)
    first, second = read_signed_data(octets), read_signed_data(in_indefinite_lengths(octets, segments=segments))
    assert (first.content, first.strong, first.signing_time) == (second.content, second.strong, second.signing_time)


def test_rsa_is_read_too(tmp_path):
    person = make_identity(tmp_path, "rsa", key=rsa.generate_private_key(65537, 2048))
    assert read_signed_data(make_signature(person, CONTENT)).strong


@pytest.mark.parametrize("weak", [SHA224, SHA1_INSTEAD])
def test_a_digest_that_is_not_known_to_be_strong_is_told(ana, weak):
    assert not read_signed_data(make_signature(ana, CONTENT).replace(SHA256, weak)).strong


def test_without_signed_attributes_it_is_no_signature(ana):
    """Else octets that were signed as content could be shown as the attributes of another, and the other way round."""
    assert read_signed_data(make_signature(ana, CONTENT, attributes=False)) is None


def test_another_type_of_content_is_no_mail(ana):
    octets = make_signature(ana, CONTENT, detached=False)
    assert read_signed_data(octets.replace(DATA, DATA[:-1] + b"\x03")) is None


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\x30",
        b"\x30\x80",
        b"\x30\x80\0\0",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x85\0\0\0\0\1",
        b"\x3f\x81\x01\0",
        b"\x04\x80\0\0",
        b"\x30\x80" * 1000,
    ],
)
def test_what_is_no_ber_is_nothing(octets):
    assert read_signed_data(octets) is None


def test_every_prefix_and_what_stands_behind_is_nothing(ana):
    octets = make_signature(ana, CONTENT)
    assert all(read_signed_data(octets[:end]) is None for end in range(len(octets)))
    assert read_signed_data(octets + b"more") is None
    assert read_signed_data(octets + b"\r\n") is not None
