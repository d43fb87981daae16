"""Messages signed by dkimpy, which shares nothing with the relay's own verifier, and the DNS that goes with them."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache

import dkim
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from relay.errors import DnsError
from relay.senders.lookup import RecordType

NOW = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
DOMAIN = "customs.example"
COVERED = ("from", "to", "subject", "date", "message-id", "mime-version", "content-type")
Zone = Mapping[tuple[str, str], tuple[str, ...]]  # (name, type) → records; a record "?" means no answer


@cache
def rsa_key(bits: int = 2048) -> RSAPrivateKey:
    """A key, made once in a process."""
    return generate_private_key(65537, bits)


@cache
def ed25519_key() -> Ed25519PrivateKey:
    """The same of the other kind."""
    return Ed25519PrivateKey.generate()


def key_record(key: RSAPrivateKey | Ed25519PrivateKey, tags: str = "v=DKIM1; ") -> str:
    """What belongs into the DNS."""
    if isinstance(key, Ed25519PrivateKey):
        return f"{tags}k=ed25519; p={b64encode(key.public_key().public_bytes_raw()).decode()}"
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"{tags}p={b64encode(der).decode()}"


def signed(
    octets: bytes,
    key: RSAPrivateKey | Ed25519PrivateKey | None = None,
    *,
    selector: str = "s1",
    domain: str = DOMAIN,
    fields: tuple[str, ...] = COVERED,
    forms: str = "relaxed/relaxed",
    identity: str | None = None,
    at: datetime = NOW,
    length: bool = False,
) -> bytes:
    """The message with a DKIM-Signature in front."""
    key = key or rsa_key()
    header, body = (one.encode() for one in forms.split("/"))
    if isinstance(key, Ed25519PrivateKey):
        secret, algorithm = b64encode(key.private_bytes_raw()), b"ed25519-sha256"
    else:
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        algorithm = b"rsa-sha256"
    signer = dkim.DKIM(octets, signature_algorithm=algorithm)
    time, dkim.time.time = dkim.time.time, at.timestamp
    try:
        made = signer.sign(
            selector.encode(),
            domain.encode(),
            secret,
            identity=identity.encode() if identity else None,
            canonicalize=(header, body),
            include_headers=[one.encode() for one in fields],
            length=length,
        )
    finally:
        dkim.time.time = time
    return bytes(made) + octets


def lookup_in(zone: Zone):
    """A lookup that answers from a table, and notes in `asked` what it was asked."""
    asked: list[tuple[str, RecordType]] = []

    def lookup(name: str, kind: RecordType) -> tuple[str, ...]:
        asked.append((name, kind))
        found = zone.get((name, kind), ())
        if found == ("?",):
            raise DnsError("no answer")
        return found

    lookup.asked = asked
    return lookup
