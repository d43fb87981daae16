"""A message that is going to be encrypted: what of its header is shown outside, and what stands inside, under the encryption.

Inside is the whole header (RFC 9788, `hp="cipher"`; Thunderbird and others know its forerunner, `protected-headers="v1"`), and what the
outside shows of it (HP-Outer). Outside there are no words of the post: the subject is the list's tag and the marking, the names of
people are left away, and only their addresses stay, so that answers find their way also in programs that read the outer header alone.
References stay, so that threads hold together. What is given is always a message that we composed ourselves.
"""

import re
from base64 import encodebytes
from dataclasses import dataclass, field
from hashlib import sha256

from relay.delivery.body import multipart
from relay.delivery.header_fields import text_field
from relay.mail.message import split_header

# What stands outside for every post's subject, behind the tag and the marking with which ours begin (`header_fields.stamp_subject`).
_SUBJECT = "..."
_STAMP = re.compile(rb"Subject: (\[[A-Z]{4,12}\]\[TLP:[A-Z+]+\])")
_FIELD = re.compile(rb"([!-9;-~]+):[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*")
_ADDRESS = re.compile(rb"<[^<>@\s]+@[^<>@\s]+>")
_STRUCTURE = (b"content-", b"mime-version")
_NAMING = frozenset({b"from", b"reply-to"})
_PARAMETERS = b';\r\n protected-headers="v1"; hp="cipher"\r\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """`outside` are the header fields that everybody on the way sees, `inside` is the MIME entity to be encrypted."""

    outside: bytes
    inside: bytes = field(repr=False)


def protect(octets: bytes) -> Protected:
    """Divide a message into what is shown and what is to be encrypted.

    Args:
        octets: the whole message, as we composed it, not signed yet: CRLF line ends, one Content-Type.
    """
    offset = split_header(octets).body_offset
    fields = [(one.group(1).lower(), one.group()) for one in _FIELD.finditer(octets[:offset])]
    about = [(name, raw) for name, raw in fields if not name.startswith(_STRUCTURE)]
    outside = [_shown(name, raw) for name, raw in about]
    entity = [_marked(name, raw) for name, raw in fields if name.startswith(b"content-")]
    inside = (
        *(raw for _, raw in about),
        *(b"HP-Outer: " + raw for raw in outside),
        *entity,
        b"\r\n",
        octets[offset:],
    )
    return Protected(outside=b"".join(outside), inside=b"".join(inside))


def _shown(name: bytes, raw: bytes) -> bytes:
    """One field as the outside has it. Names hold no @ (`header_fields.addressed`), so what has one is the address."""
    if name == b"subject":
        stamp = _STAMP.match(raw)
        words = [stamp.group(1).decode("ascii"), _SUBJECT] if stamp else [_SUBJECT]
        return text_field("Subject", " ".join(words)).encode("ascii")
    if name in _NAMING:
        label = raw.partition(b":")[0]
        return label + b": " + b",\r\n ".join(_ADDRESS.findall(raw)) + b"\r\n"
    return raw


def _marked(name: bytes, raw: bytes) -> bytes:
    return raw.removesuffix(b"\r\n") + _PARAMETERS if name == b"content-type" else raw


def as_pgp_mime(outside: bytes, armour: bytes) -> bytes:
    """The message to be sent (RFC 3156 §4).

    Args:
        outside: the fields to show.
        armour: an OpenPGP message in ASCII armour.
    """
    text = armour.replace(b"\r\n", b"\n").rstrip(b"\n").replace(b"\n", b"\r\n") + b"\r\n"
    parts = (
        b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n",
        b'Content-Type: application/octet-stream; name="encrypted.asc"\r\n'
        b'Content-Disposition: inline; filename="encrypted.asc"\r\n\r\n' + text,
    )
    boundary = "=_" + sha256(text).hexdigest()[:24]
    body = multipart("encrypted", parts, boundary)
    protocol = b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted";\r\n boundary="'
    return outside + b"MIME-Version: 1.0\r\n" + protocol + body.partition(b'boundary="')[2]


def as_smime(outside: bytes, enveloped: bytes) -> bytes:
    """The message to be sent (RFC 8551 §3.3).

    Args:
        outside: the fields to show.
        enveloped: CMS EnvelopedData in DER.
    """
    header = (
        b'MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data;\r\n name="smime.p7m"\r\n'
        b'Content-Disposition: attachment; filename="smime.p7m"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    )
    return outside + header + encodebytes(enveloped).replace(b"\n", b"\r\n")
