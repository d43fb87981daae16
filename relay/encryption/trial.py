"""Read and try a key that somebody gives, in a process of its own: `python -m relay.encryption.trial KEY`, an open descriptor.

It comes before anything else reads such a key: what would end a process, or take all its memory or time, does so here, behind the
scanners' walls and beside nobody's secrets. Its exit code says that it came to an end, and nothing of what it found.
"""

import os
import resource
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import cryptography.hazmat.backends.openssl.backend  # noqa: F401 - loaded at its first use otherwise, which the walls forbid
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from relay.encryption.smime import envelop
from relay.mail.certificate import read_certificate
from relay.scan.confine import CANNOT_RUN, PROCESSOR_SECONDS
from relay.scan.openpgp import encrypt_for, read_public_key
from relay.scan.sandbox import enter_sandbox

_MEMORY = 256 * 1024 * 1024
_HARMFUL = 1


def main(words: Sequence[str]) -> int:
    """Try what the descriptor holds; 0 when that came to an end, whether anything can be encrypted with it or not."""
    octets = Path(f"/proc/self/fd/{words[0]}").read_bytes()
    os.closerange(3, 64)
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    enter_sandbox(_MEMORY)
    try:
        _use(octets)
    except BaseException:  # noqa: BLE001 - a panic is one
        return _HARMFUL
    return 0


def _use(octets: bytes) -> None:
    """Everything that is done with a key later, but what openssl does: that has walls of its own."""
    certificate = read_certificate(octets)
    if certificate is None:
        if read_public_key(octets) is not None:
            encrypt_for(b"", [octets])
        return
    with suppress(ValueError):  # a certificate that is wrong is told so in words, where these are
        certificate.subject.rfc4514_string()
        list(certificate.extensions)
        if isinstance(certificate.public_key(), RSAPublicKey):
            envelop(b"", [certificate.public_bytes(Encoding.DER)])


if __name__ == "__main__":
    try:
        code = main(sys.argv[1:])
    except BaseException:  # noqa: BLE001 - nothing but the exit code leaves
        code = CANNOT_RUN
    os._exit(code)
