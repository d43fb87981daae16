"""A public key in the DNS (RFC 6376 §3.6.1, RFC 8463 §4) and what it verifies."""

from base64 import b64decode
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from relay.senders.tags import read_tags, without_space

SOUND_BITS = 2048  # RFC 8301 §3.2; fewer prove nobody
_FEWEST_BITS = 1024  # RFC 8301 §3.2: with fewer a signature isn't one
_MOST_BITS = 8192  # more only cost time
_LARGEST_EXPONENT = 1 << 32  # the same

ALGORITHMS = {"rsa-sha256": "rsa", "ed25519-sha256": "ed25519"}  # rsa-sha1 is none any more (RFC 8301 §3.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A key and what its owner says about it: `testing` (t=y), `exact` (t=s: i= has the very domain of d=)."""

    key: RSAPublicKey | Ed25519PublicKey = field(repr=False)
    testing: bool
    exact: bool

    @property
    def is_sound(self) -> bool:
        """Whether it is strong enough to prove who somebody is."""
        return isinstance(self.key, Ed25519PublicKey) or self.key.key_size >= SOUND_BITS

    def verifies(self, signature: bytes, content: bytes) -> bool:
        """Whether a signature is this key's, over this content. Ed25519 signs the content's hash (RFC 8463 §3)."""
        try:
            if isinstance(self.key, Ed25519PublicKey):
                self.key.verify(signature, sha256(content).digest())
            else:
                self.key.verify(signature, content, PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True


def read_public_key(record: str, algorithm: str) -> PublicKey | None:
    """Read a key record for an algorithm of `ALGORITHMS`; None when it is withdrawn (empty p=), or none that can be used."""
    tags = read_tags(record)
    if tags is None or tags.get("v", "DKIM1") != "DKIM1" or ("v" in tags and next(iter(tags)) != "v"):
        return None
    flags, services, hashes = (
        frozenset(without_space(tags.get(name, usual)).split(":"))
        for name, usual in (("t", ""), ("s", "*"), ("h", "sha256"))
    )
    kind = tags.get("k", "rsa")
    if kind != ALGORITHMS[algorithm] or services.isdisjoint({"*", "email"}) or "sha256" not in hashes:
        return None
    try:
        octets = b64decode(without_space(tags.get("p", "")), validate=True)
        key = Ed25519PublicKey.from_public_bytes(octets) if kind == "ed25519" else load_der_public_key(octets)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    if isinstance(key, RSAPublicKey):
        fits = _FEWEST_BITS <= key.key_size <= _MOST_BITS and key.public_numbers().e < _LARGEST_EXPONENT
        return PublicKey(key=key, testing="y" in flags, exact="s" in flags) if fits else None
    if isinstance(key, Ed25519PublicKey):
        return PublicKey(key=key, testing="y" in flags, exact="s" in flags)
    return None
