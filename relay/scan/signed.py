"""What a message's own signature covers: the structure alone, split on the octets; nothing is verified here.

A signature counts only at the top: `multipart/signed` with one signed part and its signature and nothing else (RFC 1847
§2.1), or `application/pkcs7-mime` with the content inside (RFC 8551 §3.5.2). So what is signed is all that scanners read as the
body. A text before the first boundary ("This is a signed message") is read by detectors and never leaves. The header
above isn't signed; that is covered by the first proof.

Scanners can't read what is inside of the second form, so it is opened here: `readable` is the same message in the first form.
"""

from base64 import encodebytes
from dataclasses import dataclass, field
from hashlib import sha256

from relay.mail.cms import read_signed_data
from relay.mail.message import HeaderSection, split_header
from relay.mail.signature import SignatureFault, SignatureMethod
from relay.scan.boundary import split_parts
from relay.scan.parameters import read_field_value
from relay.scan.walker import decode_body

SIGNATURE_OCTETS = 200_000  # a signature with its certificates has some ten thousand
_PROTOCOLS = {
    "application/pkcs7-signature": SignatureMethod.SMIME,
    "application/x-pkcs7-signature": SignatureMethod.SMIME,
    "application/pgp-signature": SignatureMethod.OPENPGP,
}
_OPAQUE = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_OF_THE_BODY = ("content-", "mime-version")
_ENCODINGS = {b"": "", b"7bit": "7bit", b"8bit": "8bit", b"binary": "binary", b"base64": "base64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A message's signature, as it claims to be: of which kind, over which octets.

    `fault` says why it can't prove anything whatever is in it. `readable` are the octets for scanners.
    """

    method: SignatureMethod | None = None
    fault: SignatureFault | None = None
    content: memoryview | bytes = field(default=b"", repr=False)
    signature: bytes = field(default=b"", repr=False)
    readable: bytes = field(repr=False)


def read_signed(octets: bytes, header: HeaderSection) -> Signed:
    """Find what a message's signature covers; never raises.

    Args:
        octets: the message exactly as it came, lines in CRLF.
        header: its top header section, as `split_header` read it.
    """
    kind = read_field_value(header.first("content-type"))
    if kind.value in _OPAQUE:
        return _read_opaque(octets, header)
    if kind.value != "multipart/signed":
        return Signed(fault=SignatureFault.MISSING, readable=octets)
    method = _PROTOCOLS.get(kind.first("protocol").lower())
    boundary = kind.first("boundary").encode("utf-8", "replace")
    plain = len(kind.all("protocol")) == len(kind.all("boundary")) == len(header.all("content-type")) == 1
    if not boundary or not plain or {"boundary", "protocol"} & kind.doubtful:
        return Signed(method=method, fault=SignatureFault.UNREADABLE, readable=octets)
    if method is None:
        return Signed(fault=SignatureFault.MISSING, readable=octets)
    spans, closed = split_parts(octets, header.body_offset, len(octets), boundary, 4)
    if not closed or len(spans) != 4 or octets[slice(*spans[3])].strip():
        return Signed(method=method, fault=SignatureFault.NOT_WHOLE, readable=octets)
    signature = _read_signature(octets[slice(*spans[2])], kind.first("protocol").lower())
    return Signed(
        method=method,
        fault=None if signature else SignatureFault.UNREADABLE,
        content=memoryview(octets)[slice(*spans[1])],
        signature=signature,
        readable=octets,
    )


def _read_signature(part: bytes, protocol: str) -> bytes:
    """The octets of the signature's own part; b"" when it isn't what the message says."""
    header = split_header(part[: 2 * SIGNATURE_OCTETS])
    named = read_field_value(header.first("content-type")).value
    encoding = _ENCODINGS.get(header.first("content-transfer-encoding").strip().lower())
    if named != protocol or encoding is None or header.defects or len(part) > 2 * SIGNATURE_OCTETS:
        return b""
    octets, sound = decode_body(part[header.body_offset :], encoding)
    return octets if sound and len(octets) <= SIGNATURE_OCTETS else b""


def _read_opaque(octets: bytes, header: HeaderSection) -> Signed:
    """A signed message whose content is inside of the signature; left as it is when it is anything else."""
    encoding = _ENCODINGS.get(header.first("content-transfer-encoding").strip().lower())
    body = memoryview(octets)[header.body_offset :]
    blob, sound = decode_body(body, encoding) if encoding is not None else (b"", False)
    signed = read_signed_data(blob) if sound else None
    if signed is None or signed.content is None:
        return Signed(fault=SignatureFault.MISSING, readable=octets)
    doubtful = len(header.all("content-type")) > 1 or len(signed.rest) > SIGNATURE_OCTETS
    return Signed(
        method=SignatureMethod.SMIME,
        fault=SignatureFault.UNREADABLE if doubtful else None,
        content=signed.content,
        signature=blob,
        readable=_reopened(octets, header, signed.content, signed.rest),
    )


def _reopened(octets: bytes, header: HeaderSection, content: bytes, rest: bytes) -> bytes:
    """The message with its content in clear, and behind it what else is in the signature: it may hold a security label."""
    boundary = b"signed-" + sha256(octets).hexdigest()[:40].encode("ascii")
    section = octets[: header.body_offset]
    lines = (section[:-2] if section.endswith(b"\r\n\r\n") else section).split(b"\n")
    kept: list[bytes] = []
    keeping = True
    for line in (one + b"\n" for one in lines if one):
        if line[:1] not in b" \t":
            keeping = not line.lower().startswith(tuple(name.encode() for name in _OF_THE_BODY))
        if keeping:
            kept.append(line)
    return b"".join((
        *kept,
        b"MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=" + boundary + b"\r\n\r\n",
        b"--" + boundary + b"\r\n" + content + b"\r\n--" + boundary + b"\r\n",
        b"Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n",
        encodebytes(rest).replace(b"\n", b"\r\n") + b"--" + boundary + b"--\r\n",
    ))  # fmt: skip
