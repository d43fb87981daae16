"""A message that was encrypted for a list, opened with the list's own key: in a process beside, and in memory alone.

Only the whole message counts: PGP/MIME (RFC 3156 §4) and S/MIME's envelope (RFC 8551 §3.3), and only once; whatever else is encrypted, or
inside once more, is for scanners a part that can't be read (H1). What comes out is a message like any other: the outer header, with the
subject from inside where there is one (RFC 9788) and whatever else the header inside says, and the content. It is read and judged as that:
a marking in a field inside counts like one outside, and what may stand once and says two things is doubtful (H7). The process gets the key and the
message by anonymous memory, stands behind the scanners' walls, and lives for one message.
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from relay.errors import Busy
from relay.mail.ber import OBJECT, SEQUENCE, MalformedError, Reader
from relay.mail.list_keys import KeyFiles
from relay.mail.message import Field, HeaderSection, read_message, split_header
from relay.scan.aside import in_memory, read_aside
from relay.scan.boundary import split_parts
from relay.scan.parameters import read_field_value
from relay.scan.walker import decode_body

_PGP = ("application/pgp-encrypted", "application/octet-stream")
_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_ENVELOPES = {
    bytes.fromhex("2a864886f70d010703"),
    bytes.fromhex("2a864886f70d0109100117"),
}  # enveloped, and authenticated
_ENCODINGS = {b"": "", b"7bit": "7bit", b"8bit": "8bit", b"binary": "binary", b"base64": "base64", b"quoted-printable": "quoted-printable"}  # fmt: skip
# Of the fields outside, those that are of the envelope's own content.
_STRUCTURE = frozenset(
    {"content-type", "content-transfer-encoding", "content-disposition", "content-id", "mime-version"}
)
# Who writes to whom, and how it came: what stands outside was proven, and a copy of it inside is nobody's own words.
_ENVELOPE = frozenset({"from", "to", "cc", "bcc", "date", "message-id", "mime-version", "received", "return-path"})
_AT_ONCE = threading.BoundedSemaphore(2)
_WAIT = 30.0  # seconds for a turn
_ROOM = 64 * 1024 * 1024  # octets of what comes out: more than a message may have, less than a bomb


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The message in clear. `signed_by` are the fingerprints of OpenPGP keys that signed it under the encryption, `said_at` is when, as the signed header says."""

    octets: bytes = field(repr=False)
    signed_by: frozenset[str] = frozenset()
    said_at: datetime | None = None


def is_encrypted(header: HeaderSection) -> bool:
    """Whether a message says that the whole of it is encrypted, or may be."""
    return read_field_value(header.first("content-type")).value in {"multipart/encrypted", *_SMIME}


def open_encrypted(
    octets: bytes, header: HeaderSection, keys: Iterable[KeyFiles], signers: Sequence[bytes]
) -> Opened | None:
    """Open a message that was encrypted with one of these keys.

    Args:
        octets: the message exactly as it came, lines in CRLF.
        header: its top header section, as `split_header` read it.
        keys: of the lists that it was sent to, and of no others: what was written to one list is not opened for another.
        signers: the author's OpenPGP certificates, whose signatures count.

    Returns:
        None when it isn't encrypted as a whole, or none of the keys opens it.

    Raises:
        Busy: too many are being opened.
        Unavailable: a key can't be read, or the process not be run.
    """
    kind = read_field_value(header.first("content-type"))
    if len(header.all("content-type")) != 1:
        return None
    armour = _armour(octets, header) if kind.value == "multipart/encrypted" else b""
    envelope = _envelope(octets, header) if kind.value in _SMIME else b""
    if not armour and not envelope:
        return None
    if not _AT_ONCE.acquire(timeout=_WAIT):
        raise Busy("too many messages are being opened")
    try:
        for key in keys:
            found = _decrypt_openpgp(armour, key, signers) if armour else _decrypt_smime(envelope, key)
            if found is not None:
                return _rebuilt(octets, header, *found)
    finally:
        _AT_ONCE.release()
    return None


def _armour(octets: bytes, header: HeaderSection) -> bytes:
    """The OpenPGP message of a PGP/MIME one; b"" when it isn't exactly that."""
    kind = read_field_value(header.first("content-type"))
    boundary = kind.first("boundary").encode("utf-8", "replace")
    if kind.first("protocol").lower() != _PGP[0] or not boundary or {"boundary", "protocol"} & kind.doubtful:
        return b""
    spans, closed = split_parts(octets, header.body_offset, len(octets), boundary, 4)
    if not closed or len(spans) != 4:
        return b""
    bodies = []
    for place, wanted in zip(spans[1:3], _PGP, strict=True):
        part = octets[slice(*place)]
        inner = split_header(part)
        if read_field_value(inner.first("content-type")).value != wanted:
            return b""
        bodies.append(_decoded(part, inner))
    return bodies[1] if b"Version: 1" in bodies[0] else b""


def _envelope(octets: bytes, header: HeaderSection) -> bytes:
    """The CMS of an S/MIME message that is encrypted; b"" when it is anything else."""
    blob = _decoded(octets, header)
    reader = Reader(blob)
    try:
        kind = reader.children(reader.element(0, len(blob)), SEQUENCE)[0]
        return blob if reader.value(kind, OBJECT) in _ENVELOPES else b""
    except (MalformedError, IndexError):
        return b""


def _decoded(part: bytes, header: HeaderSection) -> bytes:
    encoding = _ENCODINGS.get(header.first("content-transfer-encoding").strip().lower())
    octets, sound = decode_body(part[header.body_offset :], encoding) if encoding is not None else (b"", False)
    return octets if sound else b""


def _decrypt_openpgp(armour: bytes, key: KeyFiles, signers: Sequence[bytes]) -> tuple[bytes, frozenset[str]] | None:
    with in_memory(Path(key.openpgp_secret), armour, *signers) as places:
        code, written = read_aside(["relay.scan.unlock", *map(str, places)], places, _ROOM)
    signed_by, _, content = written.partition(b"\n")
    return (content, frozenset(signed_by.decode("ascii", "replace").split())) if code == 0 and content else None


def _decrypt_smime(envelope: bytes, key: KeyFiles) -> tuple[bytes, frozenset[str]] | None:
    with in_memory(envelope, Path(key.certificate), Path(key.certificate_secret)) as places:
        message, certificate, secret = (f"/proc/self/fd/{one}" for one in places)
        command = ["relay.scan.confine", "openssl", "cms", "-decrypt", "-inform", "DER", "-binary", "-in", message]
        command += ["-recip", certificate, "-inkey", secret]
        code, written = read_aside(command, places, _ROOM)
    return (written, frozenset()) if code == 0 and written else None


def _rebuilt(octets: bytes, header: HeaderSection, content: bytes, signed_by: frozenset[str]) -> Opened | None:
    """The message with its content in clear; None when that is no MIME entity."""
    if b"\r\n" not in content:
        content = content.replace(b"\n", b"\r\n")
    inner = split_header(content)
    if not inner.all("content-type") or inner.defects or _names_another(header, inner):
        return None
    dropped = _STRUCTURE | ({"subject"} if inner.all("subject") else set())
    outside = [
        one for one in _lines(octets, header) if one.partition(b":")[0].strip().lower().decode("latin-1") not in dropped
    ]
    said = {_said(one) for one in header.fields if one.name not in dropped}
    inside = [
        line
        for one, line in zip(inner.fields, _lines(content, inner), strict=True)
        if one.name not in _ENVELOPE and _said(one) not in said
    ]
    said_at = read_message(inner).date if signed_by else None
    whole = b"".join((*outside, b"MIME-Version: 1.0\r\n", *inside, b"\r\n", content[inner.body_offset :]))
    return Opened(octets=whole, signed_by=signed_by, said_at=said_at)


def _said(one: Field) -> tuple[str, bytes]:
    """A field, however its line is folded."""
    return one.name, b" ".join(one.body.split())


def _names_another(header: HeaderSection, inner: HeaderSection) -> bool:
    """Whether the header inside names another author: then somebody hands in what another has encrypted, perhaps to have it opened."""
    outside, inside = read_message(header).author, read_message(inner).author
    return bool(inner.all("from")) and (inside is None or outside is None or inside.address != outside.address)


def _lines(octets: bytes, header: HeaderSection) -> list[bytes]:
    """The fields of a header section as they stand there, each with its continuation lines."""
    fields: list[bytes] = []
    for line in octets[: header.body_offset].splitlines(keepends=True):
        if line.strip(b"\r\n"):
            if line[:1] in b" \t" and fields:
                fields[-1] += line
            else:
                fields.append(line)
    return fields
