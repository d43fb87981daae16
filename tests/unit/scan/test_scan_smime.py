"""Security labels of S/MIME: read in detached signatures, which are dropped, and in signed messages, which don't leave."""

from base64 import encodebytes

import pytest

from relay.detectors.definition import read_detectors
from relay.policy.post import Finding
from relay.scan.rules import Rules
from relay.scan.stages import scan_octets
from tests.builders import WORDS
from tests.scanning import FACTS, mail, message, part

RULES = Rules(words=WORDS, detectors=read_detectors({}))
TEXT = part(b"Ten kilograms of scales were seized at the port.\r\n")


def der(tag: int, content: bytes) -> bytes:
    return bytes((tag, 0x82)) + len(content).to_bytes(2, "big") + content


def signed(classification: int | None) -> bytes:
    """What is signed, its label among a signer's attributes (RFC 5652 §5.3)."""
    value = b"" if classification is None else bytes((2, 1, classification))
    label = der(0x31, b"\x06\x03\x2a\x03\x04" + value)
    attribute = der(0x30, bytes.fromhex("060b2a864886f70d0109100202") + der(0x31, label))
    return encodebytes(der(0x30, b"certificates" * 99 + der(0xA0, attribute))).replace(b"\n", b"\r\n")


def found(octets: bytes) -> list[Finding]:
    labels = ("classified.label", "label.unmapped")
    return [one for stage in scan_octets(octets, RULES, FACTS) for one in stage.findings if one.rule in labels]


def detached(octets: bytes, media_type: str = "application/pkcs7-signature") -> bytes:
    return part(octets, f'{media_type}; name="smime.p7s"', "Content-Transfer-Encoding: base64\r\n")


@pytest.mark.parametrize(
    "media_type", ["application/pkcs7-signature", "application/x-pkcs7-signature", "application/octet-stream"]
)
def test_the_label_in_a_signature_is_a_marking(media_type):
    for classification in (2, 3, 4, 5, 99):
        [finding] = found(mail(TEXT, detached(signed(classification), media_type), subtype="signed"))
        assert (finding.code, finding.rule) == ("M1", "classified.label")
        assert finding.place in {"attachments, properties", "attachment 1, properties"}


def test_the_label_of_a_signed_message_is_a_marking():
    octets = message(
        signed(4), "application/pkcs7-mime; smime-type=signed-data", "Content-Transfer-Encoding: base64\r\n"
    )
    assert [one.code for one in found(octets)] == ["M1"]


def test_a_harmless_label_passes_and_one_without_a_level_holds():
    assert not found(mail(TEXT, detached(signed(0)), subtype="signed"))
    assert not found(mail(TEXT, detached(signed(1)), subtype="signed"))
    assert [one.rule for one in found(mail(TEXT, detached(signed(None)), subtype="signed"))] == ["label.unmapped"]


def test_a_signature_without_a_label_and_other_parts_have_none():
    assert not found(mail(TEXT, detached(encodebytes(b"certificates" * 99)), subtype="signed"))
    assert not found(mail(TEXT, part(signed(4), "application/pdf", "Content-Transfer-Encoding: base64\r\n")))
