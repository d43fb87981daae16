"""OpenPGP by way of pysequoia, the only module that knows it: reading a public key, verifying a detached signature, encrypting, decrypting.

Sequoia is written in Rust and judges by a policy of its own: revoked and expired keys, SHA-1 and MD5 don't count. gpgv would
say of a signature by a revoked key that it is good, leaves the rest to whoever reads its lines, and parses in C. pysequoia's
interface isn't stable, so its version is pinned and nothing of it is seen outside.

`python -m relay.scan.openpgp KEY SIGNATURE CONTENT` verifies in a process of its own, behind the scanners' walls: the words are open
descriptors, the exit code is the place of the outcome in OUTCOMES.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pysequoia import Cert, CipherSuite, Profile, Sig, Tsk, decrypt, encrypt, verify
from pysequoia.packet import HashAlgorithm, SignatureType

from relay.mail.signature import OUTCOMES, SignatureFault
from relay.scan.confine import behind_walls, end_with

_MEMORY = 256 * 1024 * 1024
_STRONG = (
    HashAlgorithm.SHA256,
    HashAlgorithm.SHA384,
    HashAlgorithm.SHA512,
    HashAlgorithm.SHA3_256,
    HashAlgorithm.SHA3_512,
)
_OVER_A_DOCUMENT = (SignatureType.Binary, SignatureType.Text)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """What an OpenPGP certificate says of itself, as far as it is valid now."""

    fingerprint: str
    user_ids: tuple[str, ...]
    expires_at: datetime | None
    revoked: bool
    secret: bool


def read_public_key(octets: bytes) -> PublicKey | None:
    """Read one certificate, binary or in ASCII armour; None when it is none."""
    try:
        [cert] = Cert.split_bytes(octets)
        return PublicKey(
            fingerprint=cert.fingerprint,
            user_ids=tuple(str(one) for one in cert.user_ids),
            expires_at=cert.expiration,
            revoked=cert.is_revoked,
            secret=_holds_secret(cert),
        )
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - whatever it raises, a panic too, this is no key that can be used
        return None


def _holds_secret(cert: Cert) -> bool:
    with warnings.catch_warnings():  # it advises another class for secret keys, which doesn't tell
        warnings.simplefilter("ignore", DeprecationWarning)
        return cert.has_secret_keys


def encrypt_for(octets: bytes, keys: Sequence[bytes]) -> bytes | None:
    """Encrypt for all of these certificates that can be used now: neither expired nor revoked, with a key for encryption.

    Returns:
        A message in ASCII armour; None when none of them can be used.
    """
    certs = [cert for key in keys if (cert := _unrevoked(key)) is not None]
    if len(certs) > 1:  # one that can't be used must not spoil the others; of a single one the encryption itself tells
        certs = [cert for cert in certs if _encrypt(b"", [cert]) is not None]
    return _encrypt(octets, certs) if certs else None


def _unrevoked(key: bytes) -> Cert | None:
    """The certificate, unless it is none, or is revoked as a whole: that isn't asked when something is encrypted."""
    try:
        [cert] = Cert.split_bytes(key)
        revoked = cert.is_revoked
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - whatever it raises, a panic too, this is no key that can be used
        return None
    return None if revoked else cert


def _encrypt(octets: bytes, certs: list[Cert]) -> bytes | None:
    try:
        return encrypt(octets, certs)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - its way to say that there is no part for encryption that is valid now
        return None


def make_key(person: str) -> tuple[bytes, bytes]:
    """A fresh key that every OpenPGP program can read, which doesn't expire.

    Returns:
        The secret and the public half, in ASCII armour.
    """
    made = Tsk.generate(user_id=person, profile=Profile.RFC4880, cipher_suite=CipherSuite.Cv25519)
    return str(made).encode("ascii"), str(made.extract_certificate()).encode("ascii")


def decrypt_with(octets: bytes, secret: bytes, signers: Sequence[bytes]) -> tuple[bytes, frozenset[str]] | None:
    """Decrypt a message, and verify what signatures it has inside against these certificates.

    Returns:
        The content, and the fingerprints of the certificates that have signed it; None when it can't be decrypted.

    Raises:
        BaseException: whatever pysequoia raises on hostile octets, which is for a process of its own.
    """
    certs = [Cert.from_bytes(one) for one in signers]
    decryptor = Tsk.from_bytes(secret).decryptor()
    # With a store, it gives nothing without a good signature, nor what was compressed between signing and encrypting.
    for store in (lambda _: certs, None):
        try:
            found = decrypt(octets, decryptor=decryptor, store=store)
        except Exception:  # noqa: BLE001, S112 - its way to say no
            continue
        signed_by = frozenset(str(one.certificate).lower() for one in found.valid_sigs) if store else frozenset()
        return found.bytes or b"", signed_by
    return None


def judge(
    key: bytes, signature: bytes, content: bytes, signed_between: tuple[datetime, datetime]
) -> SignatureFault | None:
    """Say what is wrong with a detached signature over this content by this one key; None when it proves its owner.

    Raises:
        BaseException: whatever pysequoia raises on hostile octets, which is for a process of its own.
    """
    detached = Sig.from_bytes(signature)
    if detached.signature_type not in _OVER_A_DOCUMENT:
        return SignatureFault.UNREADABLE
    if detached.hash_algorithm not in _STRONG:
        return SignatureFault.WEAK
    if detached.created is None or not signed_between[0] <= detached.created <= signed_between[1]:
        return SignatureFault.UNTIMELY
    cert = Cert.from_bytes(key)
    try:
        verified = verify(bytes=content, store=lambda _: [cert], signature=detached)
    except Exception:  # noqa: BLE001 - its way to say no
        return SignatureFault.WRONG
    good = [one for one in verified.valid_sigs if one.certificate == cert.fingerprint]
    return None if good and len(good) == len(verified.valid_sigs) else SignatureFault.WRONG


def main(words: Sequence[str]) -> int:
    """Verify what the descriptors hold; the place of the outcome."""
    since, until = (datetime.fromtimestamp(int(word), UTC) for word in words[:2])
    key, signature, content = (Path(f"/proc/self/fd/{word}").read_bytes() for word in words[2:])
    return behind_walls(
        _MEMORY,
        lambda: OUTCOMES.index(judge(key, signature, content, (since, until))),
        failed=OUTCOMES.index(SignatureFault.UNREADABLE),
    )


if __name__ == "__main__":
    end_with(main)
