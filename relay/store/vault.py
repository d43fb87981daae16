"""Posts at rest: each under a key of its own, which is wrapped by the week's key from the keys' directory.

To destroy a post is to destroy its wrapped key. The post's random uid is bound to both ciphertexts, so that a row's content can't
be put into another's place unseen.
"""

import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from relay.errors import Unavailable
from relay.store.keys import Keys

_NONCE_OCTETS = 12  # what GCM is made for (NIST SP 800-38D §5.2.1.1)


class SealError(Unavailable):
    """One post can't be opened: its key is away, or it was damaged or moved. Others may be whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A ciphertext with all that is needed to open it, except the week's key named `key_id`."""

    key_id: str
    wrapped_key: bytes = field(repr=False)
    nonce: bytes = field(repr=False)
    content: bytes = field(repr=False)


def seal(keys: Keys, uid: str, plaintext: bytes) -> Sealed:
    """Encrypt under a fresh data key (AES-256-GCM), and that key under the newest week's key."""
    key_id = list(keys.vault)[-1]
    data_key = AESGCM.generate_key(bit_length=256)
    wrapping_nonce, nonce = secrets.token_bytes(_NONCE_OCTETS), secrets.token_bytes(_NONCE_OCTETS)
    wrapped = wrapping_nonce + AESGCM(keys.vault[key_id]).encrypt(wrapping_nonce, data_key, _key_label(uid))
    return Sealed(
        key_id=key_id,
        wrapped_key=wrapped,
        nonce=nonce,
        content=AESGCM(data_key).encrypt(nonce, plaintext, _content_label(uid)),
    )


def unseal(keys: Keys, uid: str, sealed: Sealed) -> bytes:
    """Decrypt what `seal` made for the same uid.

    Raises:
        SealError: the week's key is not there, or the row was damaged or moved.
    """
    if (week_key := keys.vault.get(sealed.key_id)) is None:
        raise SealError(
            f"a stored post can't be opened: put the key vault-{sealed.key_id}.key back into the keys directory"
        )
    wrapping_nonce, wrapped = sealed.wrapped_key[:_NONCE_OCTETS], sealed.wrapped_key[_NONCE_OCTETS:]
    try:
        data_key = AESGCM(week_key).decrypt(wrapping_nonce, wrapped, _key_label(uid))
        return AESGCM(data_key).decrypt(sealed.nonce, sealed.content, _content_label(uid))
    except (InvalidTag, ValueError):  # a nonce or key of a wrong length is damage as well
        raise SealError(
            "a stored post can't be opened: it does not match its seal, restore the database from a backup"
        ) from None


def _key_label(uid: str) -> bytes:
    """What the wrapped key is bound to; different from the content's label, so that one can never pass for the other."""
    return f"key:{uid}".encode("ascii")


def _content_label(uid: str) -> bytes:
    return f"content:{uid}".encode("ascii")
