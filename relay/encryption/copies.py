"""A copy for one reader alone: encrypted with the newest of their keys that can be used, or not made at all."""

from collections.abc import Sequence
from datetime import datetime

from relay.delivery.protection import as_pgp_mime, as_smime, protect
from relay.encryption.smime import envelop
from relay.mail.signature import RegisteredKey, SignatureMethod
from relay.scan.aside import in_memory, run_aside


def encrypt_copy(octets: bytes, keys: Sequence[RegisteredKey], now: datetime) -> bytes | None:
    """Encrypt a composed message, not signed yet, for its reader.

    All keys of the newest one's kind are used: who has two devices may have a key on each.

    Args:
        octets: the whole message.
        keys: what is registered for the reader, the newest first.
        now: the time, UTC.

    Returns:
        The message to be signed and sent; None when no key can be used.

    Raises:
        Unavailable: openssl, where a key needs it, can't be run now.
    """
    protected = protect(octets)
    valid = [key for key in keys if key.is_valid(now)]
    for method in dict.fromkeys(key.method for key in valid):
        theirs = [key.octets for key in valid if key.method is method]
        if method is SignatureMethod.SMIME:
            if (enveloped := envelop(protected.inside, theirs)) is not None:
                return as_smime(protected.outside, enveloped)
        elif (armour := _encrypt_openpgp(protected.inside, theirs)) is not None:
            return as_pgp_mime(protected.outside, armour)
    return None


def is_harmless(octets: bytes) -> bool:
    """Whether octets that somebody gives as a key can be read and used without harm, whatever they are; a process of its own finds out.

    Raises:
        Unavailable: it can't be run, or isn't done in time.
    """
    with in_memory(octets) as places:
        return run_aside(["relay.encryption.trial", *map(str, places)], places) == 0


def can_encrypt(key: RegisteredKey) -> bool:
    """Whether something can be encrypted with a key now."""
    if key.method is SignatureMethod.SMIME:
        return envelop(b"", [key.octets]) is not None
    return _encrypt_openpgp(b"", [key.octets]) is not None


def _encrypt_openpgp(octets: bytes, keys: Sequence[bytes]) -> bytes | None:
    from relay.scan.openpgp import encrypt_for  # noqa: PLC0415 - a large library, which most relays never need

    return encrypt_for(octets, keys)
