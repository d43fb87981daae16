"""Decrypt an OpenPGP message with a list's key, in a process of its own: `python -m relay.scan.unlock SECRET MESSAGE [SIGNER…]`.

The words are open descriptors. It writes to its standard output the fingerprints of those of the signers who have signed it, a line feed,
and the content; its exit code says whether it could.
"""

import os
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

from relay.scan.confine import CANNOT_RUN, PROCESSOR_SECONDS
from relay.scan.openpgp import decrypt_with
from relay.scan.sandbox import enter_sandbox

_MEMORY = 384 * 1024 * 1024
_SHUT = 1
_LONGEST = 60 * 1024 * 1024  # octets of content; what unpacks to more is no message


def main(words: Sequence[str]) -> int:
    """Decrypt what the descriptors hold; 0 when that was done."""
    secret, message, *signers = (Path(f"/proc/self/fd/{word}").read_bytes() for word in words)
    os.closerange(3, 64)
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    enter_sandbox(_MEMORY)
    try:
        found = decrypt_with(message, secret, signers)
    except BaseException:  # noqa: BLE001 - a panic is one
        return _SHUT
    if found is None or len(found[0]) > _LONGEST:
        return _SHUT
    content, signed_by = found
    left = memoryview(" ".join(sorted(signed_by)).encode("ascii") + b"\n" + content)
    while left:
        left = left[os.write(1, left) :]
    return 0


if __name__ == "__main__":
    try:
        code = main(sys.argv[1:])
    except BaseException:  # noqa: BLE001 - nothing but the exit code leaves
        code = CANNOT_RUN
    os._exit(code)
