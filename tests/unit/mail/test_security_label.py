"""ESS security labels: what is read of a label's DER, and that nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.mail.security_label import classification_of, classifications_of, name_of

IDENTIFIER = bytes.fromhex("060b2a864886f70d0109100202")
POLICY = b"\x06\x03\x2a\x03\x04"


def der(tag: int, content: bytes) -> bytes:
    if len(content) < 0x80:
        return bytes((tag, len(content))) + content
    size = len(content).to_bytes(3, "big")
    return bytes((tag, 0x83)) + size + content


def label(classification: bytes = b"\x02\x01\x03", more: bytes = b"") -> bytes:
    return der(0x31, POLICY + classification + more)


def signature(*labels: bytes) -> bytes:
    attributes = b"".join(der(0x30, IDENTIFIER + der(0x31, one)) for one in labels)
    return der(0x30, b"certificates" * 30 + der(0xA0, attributes) + b"signature" * 20)


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (label(), 3),
        (label(b"\x02\x01\x00"), 0),
        (label(b"\x02\x02\x00\xc8"), 200),
        (label(b"", b"\x13\x04NATO"), None),
        (label(b"\x02\x01\x02", b"\x13\x04NATO" + b"\x31\x00"), 2),
        (der(0x31, b"\x02\x01\x03" + POLICY), 3),  # a SET in another order
        (b"\x31\x80" + POLICY + b"\x02\x01\x04", 4),  # a length that isn't given
        (b"\x31\x7f" + POLICY + b"\x02\x01\x04", 4),  # one that is too long
        (der(0x31, b"\x02\x01\x03"), None),  # no policy
        (der(0x04, POLICY + b"\x02\x01\x03"), None),
        (b"", None),
        (b"\x31", None),
        (b"\x31\x85\x01\x01\x01\x01\x01", None),
    ],
)
def test_a_label_s_classification(octets, expected):
    assert classification_of(octets) == expected


def test_labels_are_found_in_a_signature_whatever_stands_around_them():
    assert classifications_of(signature(label())) == (3,)
    assert classifications_of(signature(label(), label(b""))) == (3, None)
    assert classifications_of(signature()) == ()
    assert classifications_of(b"x" * 1000 + IDENTIFIER) == ()
    assert len(classifications_of(signature(*[label()] * 50))) == 20


def test_names_of_classifications():
    assert [name_of(one) for one in range(6)] == [
        "UNMARKED",
        "UNCLASSIFIED",
        "RESTRICTED",
        "CONFIDENTIAL",
        "SECRET",
        "TOP SECRET",
    ]
    assert name_of(6) == name_of(200) == name_of(-1) == "TOP SECRET"
    assert name_of(None) == ""


@given(st.binary(max_size=60), st.booleans())
def test_no_octets_raise(octets, with_identifier):
    classification_of(octets)
    classifications_of(IDENTIFIER + octets if with_identifier else octets)
