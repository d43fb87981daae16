"""What a message's signature covers, and the opened form of one that has its content inside."""

import pytest

from relay.mail.message import read_message, split_header
from relay.mail.signature import SignatureFault, SignatureMethod
from relay.scan.signed import SIGNATURE_OCTETS, read_signed
from relay.scan.walker import walk
from tests.certificates import in_indefinite_lengths, make_identity, make_signature
from tests.signing import header, opaque, pgp_mime, smime

CONTENT = "Content-Type: text/plain\r\n\r\nSixty pangolins.\t \r\n\r\n"
HEAD = header("ana@douanes.example", "Pangolins")
UNSIGNED = "--=_b\r\n\r\nUnsigned words.\r\n"


@pytest.fixture(scope="module")
def ana(tmp_path_factory):
    return make_identity(tmp_path_factory.mktemp("ana"), "ana")


def read(message):
    return read_signed(message, split_header(message))


def test_the_signed_octets_are_exactly_those_between_the_boundaries():
    found = read(smime(HEAD, CONTENT, b"signature"))
    assert (found.method, found.fault, bytes(found.content)) == (SignatureMethod.SMIME, None, CONTENT.encode())
    assert found.signature == b"signature"
    found = read(pgp_mime(HEAD, CONTENT, b"armour\n"))
    assert (found.method, found.fault, bytes(found.content)) == (SignatureMethod.OPENPGP, None, CONTENT.encode())


def test_a_message_without_a_signature_is_read_as_it_is():
    message = (HEAD + "\r\nText\r\n").encode()
    found = read(message)
    assert (found.method, found.fault) == (None, SignatureFault.MISSING)
    assert found.readable is message


GOOD = smime(HEAD, CONTENT, b"signature")


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        (smime(HEAD, CONTENT, b"s", behind=UNSIGNED), SignatureFault.NOT_WHOLE),
        (smime(HEAD, CONTENT, b"s", behind="--=_b\r\n\r\n"), SignatureFault.NOT_WHOLE),
        (GOOD + b"words", SignatureFault.NOT_WHOLE),
        (GOOD.replace(b'boundary="=_b"', b'boundary="=_b" =_c'), SignatureFault.UNREADABLE),
        (GOOD.replace(b'signature"; micalg', b'signature" x; micalg'), SignatureFault.UNREADABLE),
        (GOOD + b"\r\n \r\n", None),
        (GOOD.replace(b"--=_b--\r\n", b""), SignatureFault.NOT_WHOLE),
        (GOOD.replace(b"--=_b\r\nContent-Type: application", b"Content-Type: application"), SignatureFault.NOT_WHOLE),
        (GOOD.replace(b'boundary="=_b"', b'boundary=""'), SignatureFault.UNREADABLE),
        (GOOD.replace(b'boundary="=_b"', b"boundary=\"=_b\"; boundary*=us-ascii''=_c"), SignatureFault.UNREADABLE),
        (GOOD.replace(b"protocol=", b"x="), SignatureFault.UNREADABLE),
        (GOOD.replace(b'protocol="application/pkcs7-signature"', b'protocol="text/plain"'), SignatureFault.MISSING),
        (GOOD.replace(b"base64", b"quoted-printable"), SignatureFault.UNREADABLE),
        (GOOD.replace(b"base64", b"base64 (no)"), SignatureFault.UNREADABLE),
        (GOOD.replace(b"c2ln", b"c2l*n"), SignatureFault.UNREADABLE),
        (
            GOOD.replace(b"\r\nContent-Type: application/pkcs7", b"\r\nContent-Type: text/pkcs7"),
            SignatureFault.UNREADABLE,
        ),
        (smime(HEAD, CONTENT, b"s" * SIGNATURE_OCTETS), None),
        (smime(HEAD, CONTENT, b"s" * (SIGNATURE_OCTETS + 1)), SignatureFault.UNREADABLE),
        (smime(HEAD, CONTENT, b""), SignatureFault.UNREADABLE),
    ],
)
def test_what_two_readers_could_see_differently_proves_nothing(message, fault):
    found = read(message)
    assert found.fault is fault
    assert found.readable is message


@pytest.mark.parametrize("segments", [None, 0, 7])
def test_what_is_inside_of_a_signature_is_opened_under_the_same_header(ana, segments):
    blob = make_signature(ana, CONTENT.encode(), detached=False)
    blob = blob if segments is None else in_indefinite_lengths(blob, segments=segments)
    message = opaque(HEAD + "Received: one\r\n\ttwo\r\n", blob)
    found = read(message)
    assert (found.method, found.fault, found.content) == (SignatureMethod.SMIME, None, CONTENT.encode())
    opened = split_header(found.readable)
    before, after = (read_message(split_header(octets)) for octets in (message, found.readable))
    assert before == after
    assert opened.first("received") == b"one two"
    assert opened.first("content-type").startswith(b"multipart/signed")
    assert len(opened.all("content-type")) == len(opened.all("mime-version")) == 1
    leaves = walk(found.readable, opened).leaves
    assert [leaf.media_type for leaf in leaves] == ["text/plain", "application/pkcs7-signature"]
    assert bytes(leaves[0].body) == b"Sixty pangolins.\t \r\n\r\n"


def test_a_security_label_of_an_opened_message_is_still_there(ana):
    """It stands among the signature's attributes, which follow behind the content."""
    blob = make_signature(ana, CONTENT.encode(), detached=False)
    readable = read(opaque(HEAD, blob)).readable
    leaf = walk(readable, split_header(readable)).leaves[1]
    assert len(leaf.body) > 100


@pytest.mark.parametrize("blob", [b"", b"junk", b"\x30\x80" * 100])
def test_what_is_no_signed_content_stays_as_it_is(blob):
    message = opaque(HEAD, blob)
    found = read(message)
    assert (found.method, found.fault) == (None, SignatureFault.MISSING)
    assert found.readable is message


def test_a_message_without_an_end_of_its_header_is_opened_without_joining_lines(ana):
    blob = make_signature(ana, CONTENT.encode(), detached=False)
    message = opaque(HEAD, blob).replace(b"base64\r\n\r\n", b"base64\r\n")
    readable = read(message).readable
    assert read_message(split_header(readable)).author == read_message(split_header(message)).author
