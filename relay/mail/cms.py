"""CMS SignedData (RFC 5652 §5), read as far as it must be known before a signature is verified.

It verifies nothing, opens no certificate, and takes time in proportion to the octets. What it finds of the content is what is given to be verified, so
that no other reader's idea of the content counts.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from relay.mail.ber import FIRST, GENERAL_TIME, OBJECT, SECOND, SEQUENCE, SET, UTC_TIME, Element, MalformedError, Reader

_SIGNED_DATA, _DATA = bytes.fromhex("2a864886f70d010702"), bytes.fromhex("2a864886f70d010701")
_SIGNING_TIME, _MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010905"), bytes.fromhex("2a864886f70d010904")
_STRONG_DIGESTS = {
    bytes.fromhex(f"6086480165030402{number}") for number in ("01", "02", "03", "08", "09", "0a")
}  # SHA-256, -384, -512, SHA3-256, -384, -512 (RFC 5754, RFC 8702)
_STRONG_SIGNATURES = {
    bytes.fromhex(identifier)
    for identifier in (
        "2a864886f70d010101",  # rsaEncryption: with the digest that is named beside it
        "2a864886f70d01010a",  # RSASSA-PSS: OpenSSL holds its digest to the one beside it
        "2a864886f70d01010b", "2a864886f70d01010c", "2a864886f70d01010d",  # RSA with SHA-256, -384, -512
        "2a8648ce3d0201",  # id-ecPublicKey, as some write for ECDSA
        "2a8648ce3d040302", "2a8648ce3d040303", "2a8648ce3d040304",  # ECDSA with SHA-256, -384, -512
        "2b6570", "2b6571",  # Ed25519, Ed448
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedData:
    """A signature by one signer. `content` is None where it stands elsewhere; `rest` are the octets around it.

    `signing_time` is what the signer says, under the signature; `strong` whether its algorithms can't be forged.
    """

    content: bytes | None = field(repr=False)
    rest: bytes = field(repr=False)
    strong: bool
    signing_time: datetime | None


def read_signed_data(octets: bytes) -> SignedData | None:
    """Read a ContentInfo that holds SignedData with exactly one signer and signed attributes.

    Returns:
        None when it is anything else: encrypted, without a signer or with several, over another type than plain data, or
        not to be read without doubt.
    """
    reader = Reader(octets)
    try:
        whole = reader.element(0, len(octets))
        kind, explicit = reader.children(whole, SEQUENCE)
        if reader.value(kind, OBJECT) != _SIGNED_DATA or octets[whole.next :].strip(b"\0\r\n"):
            return None
        [signed] = reader.children(explicit, FIRST)
        _version, _digests, inside, *rest = reader.children(signed, SEQUENCE)
        content, span = _content(reader, inside)
        while rest and rest[0].tag in {FIRST, SECOND}:  # certificates and revocation lists: ours are registered
            del rest[0]
        [signers] = rest
        [signer] = reader.children(signers, SET)
        strong, signing_time = _signer(reader, signer)
    except (MalformedError, ValueError):  # also of an unpacking that doesn't fit
        return None
    return SignedData(
        content=content, rest=octets[: span[0]] + octets[span[1] :], strong=strong, signing_time=signing_time
    )


def _content(reader: Reader, inside: Element) -> tuple[bytes | None, tuple[int, int]]:
    """The encapsulated content, and where it lies; None for a detached signature."""
    kind, *explicit = reader.children(inside, SEQUENCE)
    if reader.value(kind, OBJECT) != _DATA or len(explicit) > 1:
        raise MalformedError
    if not explicit:
        return None, (inside.end, inside.end)
    [content] = reader.children(explicit[0], FIRST)
    return reader.string(content), (explicit[0].start, explicit[0].end)


def _signer(reader: Reader, signer: Element) -> tuple[bool, datetime | None]:
    """Whether a SignerInfo's algorithms are strong, and its signing time."""
    _version, _identifier, digest, attributes, algorithm, _signature, *_unsigned = reader.children(signer, SEQUENCE)
    times: list[datetime] = []
    digests = 0
    for attribute in reader.children(attributes, FIRST):  # without them content could be taken for attributes
        kind, values = reader.children(attribute, SEQUENCE)
        match reader.value(kind, OBJECT):
            case oid if oid == _SIGNING_TIME:
                [value] = reader.children(values, SET)
                times.append(_time(reader, value))
            case oid if oid == _MESSAGE_DIGEST:
                digests += 1
    if digests != 1 or len(times) > 1:
        raise MalformedError
    strong = _algorithm(reader, digest) in _STRONG_DIGESTS and _algorithm(reader, algorithm) in _STRONG_SIGNATURES
    return strong, times[0] if times else None


def _algorithm(reader: Reader, identifier: Element) -> bytes:
    oid, *_parameters = reader.children(identifier, SEQUENCE)
    return reader.value(oid, OBJECT)


def _time(reader: Reader, value: Element) -> datetime:
    """UTCTime up to 2049, else GeneralizedTime, both in seconds and in UTC (RFC 5652 §11.3)."""
    text = reader.octets[value.start : value.end].decode("ascii")
    if value.tag == UTC_TIME:
        text = ("20" if text[:2] < "50" else "19") + text
    elif value.tag != GENERAL_TIME:
        raise MalformedError
    if len(text) != 15:
        raise MalformedError
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
