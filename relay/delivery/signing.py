"""DKIM signatures on what we send (RFC 6376, RFC 8463), relaxed/relaxed, one for each key.

Our own few lines on `cryptography`, because the one maintained DKIM library signs RSA in pure Python, some thirty times
slower, and signing is most of the work of sending. That library verifies our signatures in the tests.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Literal, assert_never

from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from relay.errors import ConfigurationError
from relay.mail.body_form import relaxed_body

# Each is named once more than it occurs (RFC 6376 §8.15), so that nobody can add a second one under our signature.
SIGNED_FIELDS = (
    "from",
    "to",
    "cc",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "list-id",
    "list-post",
    "list-help",
    "list-owner",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "list-subscribe",
    "list-archive",
    "cfbl-address",
    "auto-submitted",
    "x-wen-reference",
    "x-wen-decision",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
)

RSA_BITS = 2048  # RFC 8301 §3.2

_SPACES = re.compile(rb"[ \t]{2,}|\t")  # all that isn't one space already
_LINE_CHARACTERS = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A private key and where its public half stands: `selector._domainkey.domain`."""

    algorithm: Literal["rsa-sha256", "ed25519-sha256"]
    selector: str
    domain: str
    key: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)


def can_sign(key: RSAPrivateKey) -> bool:
    """Whether the public half verifies what the private half signs: not so where the key was damaged."""
    try:
        key.public_key().verify(key.sign(b"", PKCS1v15(), SHA256()), b"", PKCS1v15(), SHA256())
    except (InvalidSignature, InternalError, ValueError):
        return False
    return True


def read_signing_key(pem: bytes, selector: str, domain: str) -> SigningKey:
    """Read a private key; its kind says the algorithm.

    Args:
        pem: PKCS #8, not encrypted.
        selector: where the public half stands in the DNS.
        domain: whose signature it is.

    Raises:
        ConfigurationError: not a key that can sign mail; the sentence never holds any of it.
    """
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ConfigurationError(f"the DKIM key “{selector}” is not a readable private key in PEM") from None
    if isinstance(key, Ed25519PrivateKey):
        return SigningKey(algorithm="ed25519-sha256", selector=selector, domain=domain, key=key)
    if isinstance(key, RSAPrivateKey) and key.key_size >= RSA_BITS:
        return SigningKey(algorithm="rsa-sha256", selector=selector, domain=domain, key=key)
    raise ConfigurationError(f"the DKIM key “{selector}” must be Ed25519, or RSA of at least {RSA_BITS} bits")


def sign(octets: bytes, keys: Iterable[SigningKey], signed_at: datetime) -> bytes:
    """Put one DKIM-Signature for each key in front of a message.

    Args:
        octets: the whole message with CRLF line ends, as it will be sent.
        keys: all keys to sign with.
        signed_at: becomes t=.
    """
    offset = body_offset(octets)
    return signatures(octets[:offset], body_hash(octets[offset:]), keys, signed_at) + octets


def body_offset(octets: bytes) -> int:
    """Where the body of a message begins that we composed ourselves: its header section needs no stranger's reading."""
    end = octets.find(b"\r\n\r\n")
    return len(octets) if end < 0 else end + 4


def body_hash(body: bytes) -> str:
    """What a signature says of a body (bh=); it can be made once for many copies."""
    return b64encode(sha256(relaxed_body(body)).digest()).decode("ascii")


def signatures(section: bytes, hashed: str, keys: Iterable[SigningKey], signed_at: datetime) -> bytes:
    """One DKIM-Signature field for each key over a header section and a body whose `body_hash` this is."""
    names, content = covered(section)
    return b"".join(_signature(key, names, content, hashed, signed_at) for key in keys)


def _signature(key: SigningKey, names: Sequence[str], content: bytes, hashed: str, signed_at: datetime) -> bytes:
    tags = (
        f"v=1; a={key.algorithm}; c=relaxed/relaxed;",
        f" d={key.domain}; s={key.selector};",
        f" t={int(signed_at.timestamp())};",
        *names,
        f" bh={hashed};",
        " b=",
    )
    return signed_field("DKIM-Signature", tags, content, key)


def covered(section: bytes, also: Sequence[str] = ()) -> tuple[Sequence[str], bytes]:
    """The lines of h= for a header section of ours, and what is signed of it: SIGNED_FIELDS, and these others as often as they occur."""
    fields: dict[str, list[bytes]] = {}
    for line in section.replace(b"\r\n ", b" ").replace(b"\r\n\t", b"\t").split(b"\r\n"):
        name, _, body = line.partition(b":")
        fields.setdefault(name.decode("latin-1").lower(), []).append(body)
    times = [(name, len(fields.get(name, ())) + (name in SIGNED_FIELDS)) for name in (*SIGNED_FIELDS, *also)]
    # Several fields of one name are taken from the last one up (RFC 6376 §5.4.2).
    signed = [relaxed_field(name, body) + b"\r\n" for name, _ in times for body in reversed(fields.get(name, ()))]
    return _h_tag(tuple(times)), b"".join(signed)


@lru_cache(maxsize=64)  # there are few: letters, and copies of lists that differ in their fields
def _h_tag(times: tuple[tuple[str, int], ...]) -> tuple[str, ...]:
    """The lines of h=: each name so many times."""
    names = ":".join(name for name, number in times for _ in range(number))
    return tuple(_folded(f" h={names};", after=":"))


def signed_field(name: str, tags: Iterable[str], content: bytes, key: SigningKey) -> bytes:
    """A field of these tags that signs the content, and itself with an empty b=, which therefore comes last."""
    unsigned = "\r\n".join(tags).encode("ascii")
    made = _sign_octets(key, content + relaxed_field(name.lower(), unsigned.replace(b"\r\n", b"")))
    value = b64encode(made).decode("ascii")
    pieces = [value[place : place + _LINE_CHARACTERS] for place in range(0, len(value), _LINE_CHARACTERS)]
    return f"{name}: ".encode("ascii") + unsigned + "\r\n ".join(pieces).encode("ascii") + b"\r\n"


def _sign_octets(key: SigningKey, octets: bytes) -> bytes:
    match key.key:
        case RSAPrivateKey():
            return key.key.sign(octets, PKCS1v15(), SHA256())
        case Ed25519PrivateKey():
            return key.key.sign(sha256(octets).digest())  # RFC 8463 §3 signs the hash, not the octets
        case _:  # pragma: no cover - the types rule it out
            assert_never(key.key)


def _folded(text: str, *, after: str) -> list[str]:
    """Break a long tag into lines that begin with a space; blanks around the colons of h= mean nothing (RFC 6376 §3.5)."""
    lines = [""]
    for piece in text.split(after):
        word = piece + after
        if len(lines[-1]) + len(word) > _LINE_CHARACTERS:
            lines.append(" ")
        lines[-1] += word
    lines[-1] = lines[-1].removesuffix(after)
    return lines


def relaxed_field(name: str, body: bytes) -> bytes:
    """RFC 6376 §3.4.2, without the line's end."""
    return name.encode("ascii") + b":" + _SPACES.sub(b" ", body).strip(b" ")
