"""Signed messages under arbitrary octets: nothing raises, and what counts as signed is what scanners read."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.mail.cms import read_signed_data
from relay.mail.message import split_header
from relay.scan.signed import read_signed
from tests.certificates import in_indefinite_lengths, make_identity, make_signature
from tests.growth import assert_linear
from tests.signing import header, opaque, smime

HEAD = header("ana@douanes.example", "Pangolins")
BER = st.lists(
    st.sampled_from([b"\x30\x80", b"\xa0\x80", b"\x24\x80", b"\x04\x02ab", b"\0\0", b"\x30\x06", b"\x06\x01*", b"\x31\0", b"\x30\x84\0\0\1\0"])
    | st.binary(max_size=4),
    max_size=60,
).map(b"".join)  # fmt: skip
PIECES = st.sampled_from([
    b"--=_b\r\n", b"--=_b--\r\n", b"--=_c\r\n", b"\r\n", b"Content-Type: application/pkcs7-signature\r\n", b"MIIB", b"text",
    b"Content-Transfer-Encoding: base64\r\n", b"Content-Type: text/plain\r\n\r\n", b"\n", b"\r", b" ", b"--=_b", b"\0",
])  # fmt: skip
FIELD = b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary="=_b"\r\n\r\n'
CONTENT = b"Content-Type: text/plain\r\n\r\nSixty pangolins.\r\n"


@pytest.fixture(scope="module")
def signature(tmp_path_factory):
    return make_signature(make_identity(tmp_path_factory.mktemp("ana"), "ana"), CONTENT, detached=False)


def read(message):
    return read_signed(message, split_header(message))


@given(BER)
def test_arbitrary_ber_is_read_without_raising(octets):
    found = read_signed_data(octets)
    assert found is None or isinstance(found.strong, bool)
    assert read(opaque(HEAD, octets)).readable


@given(st.lists(PIECES, max_size=30).map(b"".join))
def test_what_counts_as_signed_is_one_piece_of_the_message_and_nothing_follows_it_but_the_signature(body):
    message = HEAD.encode() + FIELD + body
    found = read(message)
    assert found.readable is message
    if found.fault is None:
        before, _, after = message.partition(b"--=_b\r\n" + bytes(found.content) + b"\r\n--=_b\r\n")
        assert before.endswith((b"\r\n", b"\n"))
        assert after.count(b"--=_b--") >= 1


@given(at=st.integers(0, 5000), octet=st.integers(0, 255))
def test_one_changed_octet_never_raises_and_never_hides_the_content(signature, at, octet):
    changed = bytearray(signature)
    changed[at % len(changed)] = octet
    message = opaque(HEAD, bytes(changed))
    found = read(message)
    assert found.readable is message or bytes(found.content) in found.readable


def test_reading_takes_time_in_proportion(signature):
    """Row 75."""

    def seconds(count):
        inside = b"\x24\x80" + b"\x04\x01a" * count + b"\0\0"
        blob = in_indefinite_lengths(signature).replace(
            in_indefinite_lengths(b"\x04" + bytes([len(CONTENT)]) + CONTENT), inside
        )
        start = process_time()
        read_signed_data(blob)
        return process_time() - start

    assert_linear(seconds, 10_000, 80_000)

    def deep(count):
        start = process_time()
        read_signed_data(b"\x30\x80\xa0\x80" * count)
        return process_time() - start

    assert_linear(deep, 10_000, 80_000)

    def boundaries(count):
        message = smime(HEAD, "--=_x\r\n" * count, b"signature")
        start = process_time()
        read(message)
        return process_time() - start

    assert_linear(boundaries, 10_000, 80_000)
