"""CMS SignedData (RFC 5652 §5), read as far as it must be known before a signature is verified.

A strict and small reader of BER: programs write S/MIME signatures in indefinite lengths too. It verifies nothing, opens no
certificate, and takes time in proportion to the octets. What it finds of the content is what is given to be verified, so
that no other reader's idea of the content counts.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

_DEPTH = 24
_ELEMENTS = 100_000  # a large content may come in segments of a thousand octets
_INTEGER, _OCTETS, _OBJECT, _UTC_TIME, _GENERAL_TIME, _SEQUENCE, _SET = 0x02, 0x04, 0x06, 0x17, 0x18, 0x30, 0x31
_CONSTRUCTED = 0x20
_FIRST, _SECOND = 0xA0, 0xA1  # context tags [0] and [1], constructed
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


class _MalformedError(Exception):
    """It isn't what it should be."""


@dataclass(frozen=True, slots=True)
class _Element:
    tag: int
    start: int
    end: int
    next: int


class _Reader:
    """The octets and how many elements may still be looked at. Where indefinite lengths end is found once."""

    __slots__ = ("_ends", "_left", "octets")

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self._left = _ELEMENTS
        self._ends: dict[int, int] = {}

    def element(self, at: int, end: int, depth: int = 0) -> _Element:
        """The element at a place (X.690 §8.1)."""
        self._left -= 1
        if self._left < 0 or depth > _DEPTH or at + 2 > end:
            raise _MalformedError
        tag, length, start = self.octets[at], self.octets[at + 1], at + 2
        if tag & 0x1F == 0x1F:
            raise _MalformedError  # numbers above 30 have no place here
        if length == 0x80:
            if not tag & _CONSTRUCTED:
                raise _MalformedError
            stop = self._end_of_contents(start, end, depth)
            return _Element(tag, start, stop, stop + 2)
        if length > 0x80:
            size = length & 0x7F
            if size > 4 or start + size > end:
                raise _MalformedError
            length, start = int.from_bytes(self.octets[start : start + size], "big"), start + size
        if start + length > end:
            raise _MalformedError
        return _Element(tag, start, start + length, start + length)

    def _end_of_contents(self, start: int, end: int, depth: int) -> int:
        if start not in self._ends:
            at = start
            while self.octets[at : at + 2] != b"\0\0":
                at = self.element(at, end, depth + 1).next
            if at + 2 > end:
                raise _MalformedError
            self._ends[start] = at
        return self._ends[start]

    def children(self, parent: _Element, tag: int) -> list[_Element]:
        """What an element of this tag holds."""
        if parent.tag != tag:
            raise _MalformedError
        found, at = [], parent.start
        while at < parent.end:
            found.append(self.element(at, parent.end))
            at = found[-1].next
        return found

    def value(self, element: _Element, tag: int) -> bytes:
        """A primitive value of this tag."""
        if element.tag != tag:
            raise _MalformedError
        return self.octets[element.start : element.end]

    def string(self, element: _Element, depth: int = 0) -> bytes:
        """An OCTET STRING, in one piece or in segments (X.690 §8.7)."""
        if element.tag == _OCTETS:
            return self.octets[element.start : element.end]
        if depth > 2:
            raise _MalformedError
        return b"".join(self.string(one, depth + 1) for one in self.children(element, _OCTETS | _CONSTRUCTED))


def read_signed_data(octets: bytes) -> SignedData | None:
    """Read a ContentInfo that holds SignedData with exactly one signer and signed attributes.

    Returns:
        None when it is anything else: encrypted, without a signer or with several, over another type than plain data, or
        not to be read without doubt.
    """
    reader = _Reader(octets)
    try:
        whole = reader.element(0, len(octets))
        kind, explicit = reader.children(whole, _SEQUENCE)
        if reader.value(kind, _OBJECT) != _SIGNED_DATA or octets[whole.next :].strip(b"\0\r\n"):
            return None
        [signed] = reader.children(explicit, _FIRST)
        _version, _digests, inside, *rest = reader.children(signed, _SEQUENCE)
        content, span = _content(reader, inside)
        while rest and rest[0].tag in {_FIRST, _SECOND}:  # certificates and revocation lists: ours are registered
            del rest[0]
        [signers] = rest
        [signer] = reader.children(signers, _SET)
        strong, signing_time = _signer(reader, signer)
    except (_MalformedError, ValueError):  # also of an unpacking that doesn't fit
        return None
    return SignedData(
        content=content, rest=octets[: span[0]] + octets[span[1] :], strong=strong, signing_time=signing_time
    )


def _content(reader: _Reader, inside: _Element) -> tuple[bytes | None, tuple[int, int]]:
    """The encapsulated content, and where it lies; None for a detached signature."""
    kind, *explicit = reader.children(inside, _SEQUENCE)
    if reader.value(kind, _OBJECT) != _DATA or len(explicit) > 1:
        raise _MalformedError
    if not explicit:
        return None, (inside.end, inside.end)
    [content] = reader.children(explicit[0], _FIRST)
    return reader.string(content), (explicit[0].start, explicit[0].end)


def _signer(reader: _Reader, signer: _Element) -> tuple[bool, datetime | None]:
    """Whether a SignerInfo's algorithms are strong, and its signing time."""
    _version, _identifier, digest, attributes, algorithm, _signature, *_unsigned = reader.children(signer, _SEQUENCE)
    times: list[datetime] = []
    digests = 0
    for attribute in reader.children(attributes, _FIRST):  # without them content could be taken for attributes
        kind, values = reader.children(attribute, _SEQUENCE)
        match reader.value(kind, _OBJECT):
            case oid if oid == _SIGNING_TIME:
                [value] = reader.children(values, _SET)
                times.append(_time(reader, value))
            case oid if oid == _MESSAGE_DIGEST:
                digests += 1
    if digests != 1 or len(times) > 1:
        raise _MalformedError
    strong = _algorithm(reader, digest) in _STRONG_DIGESTS and _algorithm(reader, algorithm) in _STRONG_SIGNATURES
    return strong, times[0] if times else None


def _algorithm(reader: _Reader, identifier: _Element) -> bytes:
    oid, *_parameters = reader.children(identifier, _SEQUENCE)
    return reader.value(oid, _OBJECT)


def _time(reader: _Reader, value: _Element) -> datetime:
    """UTCTime up to 2049, else GeneralizedTime, both in seconds and in UTC (RFC 5652 §11.3)."""
    text = reader.octets[value.start : value.end].decode("ascii")
    if value.tag == _UTC_TIME:
        text = ("20" if text[:2] < "50" else "19") + text
    elif value.tag != _GENERAL_TIME:
        raise _MalformedError
    if len(text) != 15:
        raise _MalformedError
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
