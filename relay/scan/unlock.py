"""Decrypt an OpenPGP message with a list's key, in a process of its own: `python -m relay.scan.unlock SECRET MESSAGE [SIGNER…]`.

The words are open descriptors. It writes to its standard output the fingerprints of those of the signers who have signed it, a line feed,
and the content; its exit code says whether it could.
"""

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from relay.scan.confine import behind_walls, end_with
from relay.scan.openpgp import decrypt_with

_MEMORY = 384 * 1024 * 1024
_SHUT = 1
_LONGEST = 60 * 1024 * 1024  # octets of content; what unpacks to more is no message


def main(words: Sequence[str]) -> int:
    """Decrypt what the descriptors hold; 0 when that was done."""
    secret, message, *signers = (Path(f"/proc/self/fd/{word}").read_bytes() for word in words)
    return behind_walls(_MEMORY, partial(_write, message, secret, signers), failed=_SHUT)


def _write(message: bytes, secret: bytes, signers: Sequence[bytes]) -> int:
    found = decrypt_with(message, secret, signers)
    if found is None or len(found[0]) > _LONGEST:
        return _SHUT
    content, signed_by = found
    left = memoryview(" ".join(sorted(signed_by)).encode("ascii") + b"\n" + content)
    while left:
        left = left[os.write(1, left) :]
    return 0


if __name__ == "__main__":
    end_with(main)
