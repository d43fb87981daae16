"""Posts at rest: each under a key of its own, which is wrapped by the week's key from the keys' directory.

To destroy a post is to destroy its wrapped key. What an old page, log or copy of the database still holds of it goes with the
week's key: living posts are wrapped anew under the next one (store.renewal). The post's random uid is bound to both ciphertexts,
so that a row's content can't be put into another's place unseen.
"""

import os
import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from relay.errors import ConfigurationError, Unavailable
from relay.store.keys import VAULT, Keys, find_vault_key

_NONCE_OCTETS = 12  # what GCM is made for (NIST SP 800-38D §5.2.1.1)
_DAMAGED = "a stored post can't be opened: it does not match its seal, restore the database from a backup"


class SealError(Unavailable):
    """One post can't be opened: its key is away, or it was damaged or moved. Others may be whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A ciphertext with all that is needed to open it, except the week's key named `key_id`."""

    key_id: str
    wrapped_key: bytes = field(repr=False)
    nonce: bytes = field(repr=False)
    content: bytes = field(repr=False)
    originals: bytes | None = field(default=None, repr=False)


def seal(keys: Keys, uid: str, plaintext: bytes, originals: bytes | bytearray = b"") -> Sealed:
    """Encrypt under a fresh data key (AES-256-GCM), and that key under the newest week's key.

    `originals`, if there are any, go under the same data key with the other nonce.

    Raises:
        Unavailable: the newest key that this process knows is no longer there. Nothing may be sealed under it.
    """
    key_id = newest(keys)
    if not _lies_there(keys, key_id):  # else a process that missed a fortnight would write what nobody can read
        raise Unavailable(f"the key vault-{key_id}.key is gone: reload the relay")
    data_key = AESGCM.generate_key(bit_length=256)
    nonce = secrets.token_bytes(_NONCE_OCTETS)
    return Sealed(
        key_id=key_id,
        wrapped_key=_wrap(keys.vault[key_id], uid, data_key),
        nonce=nonce,
        content=AESGCM(data_key).encrypt(nonce, plaintext, _content_label(uid)),
        originals=AESGCM(data_key).encrypt(_other(nonce), originals, _originals_label(uid)) if originals else None,
    )


def _lies_there(keys: Keys, key_id: str) -> bool:
    """Whether a week's key has not been destroyed; as text, since to make a Path takes half as long as to seal."""
    return os.path.exists(f"{keys.directory}/{VAULT}-{key_id}.key")  # noqa: PTH110


def _other(nonce: bytes) -> bytes:
    """The nonce of the second and last text under a data key: the first one's with its last bit turned."""
    return nonce[:-1] + bytes((nonce[-1] ^ 1,))


def unseal(keys: Keys, uid: str, sealed: Sealed) -> bytes:
    """Decrypt the content that `seal` encrypted for the same uid.

    Raises:
        SealError: the week's key is not there, or the row was damaged or moved.
    """
    return _open(keys, uid, sealed, sealed.nonce, sealed.content, _content_label(uid))


def unseal_originals(keys: Keys, uid: str, sealed: Sealed) -> bytes:
    """Decrypt the originals that `seal` encrypted for the same uid; empty when there are none.

    Raises:
        SealError: as `unseal`.
    """
    if sealed.originals is None:
        return b""
    return _open(keys, uid, sealed, _other(sealed.nonce), sealed.originals, _originals_label(uid))


def _open(keys: Keys, uid: str, sealed: Sealed, nonce: bytes, ciphertext: bytes, label: bytes) -> bytes:
    data_key = _unwrap(keys, uid, sealed.key_id, sealed.wrapped_key)
    try:
        return AESGCM(data_key).decrypt(nonce, ciphertext, label)
    except (InvalidTag, ValueError):  # a nonce or key of a wrong length is damage as well
        raise SealError(_DAMAGED) from None


def rewrap(keys: Keys, uid: str, key_id: str, wrapped_key: bytes) -> bytes:
    """Wrap a post's data key anew, under the newest week's key.

    Raises:
        SealError: the week's key is not there, or the row was damaged or moved.
    """
    return _wrap(keys.vault[newest(keys)], uid, _unwrap(keys, uid, key_id, wrapped_key))


def newest(keys: Keys) -> str:
    """The id of the week's key that seals."""
    return list(keys.vault)[-1]


def _wrap(week_key: bytes, uid: str, data_key: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_OCTETS)
    return nonce + AESGCM(week_key).encrypt(nonce, data_key, _key_label(uid))


def _unwrap(keys: Keys, uid: str, key_id: str, wrapped_key: bytes) -> bytes:
    try:
        week_key = find_vault_key(keys, key_id)
    except ConfigurationError as error:
        raise SealError(f"a stored post can't be opened: {error}") from None
    if week_key is None:
        raise SealError(f"a stored post can't be opened: put the key vault-{key_id}.key back into the keys directory")
    nonce, wrapped = wrapped_key[:_NONCE_OCTETS], wrapped_key[_NONCE_OCTETS:]
    try:
        return AESGCM(week_key).decrypt(nonce, wrapped, _key_label(uid))
    except (InvalidTag, ValueError):
        raise SealError(_DAMAGED) from None


def _key_label(uid: str) -> bytes:
    """What the wrapped key is bound to; different from the content's label, so that one can never pass for the other."""
    return f"key:{uid}".encode("ascii")


def _content_label(uid: str) -> bytes:
    return f"content:{uid}".encode("ascii")


def _originals_label(uid: str) -> bytes:
    return f"originals:{uid}".encode("ascii")
