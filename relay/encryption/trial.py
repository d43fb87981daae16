"""Read and try a key that somebody gives, in a process of its own: `python -m relay.encryption.trial KEY`, an open descriptor.

It comes before anything else reads such a key: what would end a process, or take all its memory or time, does so here, behind the
scanners' walls and beside nobody's secrets. Its exit code says that it came to an end, and nothing of what it found.
"""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import cryptography.hazmat.backends.openssl.backend  # noqa: F401 - loaded at its first use otherwise, which the walls forbid
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from relay.encryption.smime import envelop
from relay.mail.certificate import read_certificate
from relay.scan.confine import behind_walls, end_with
from relay.scan.openpgp import encrypt_for, read_public_key

_MEMORY = 256 * 1024 * 1024
_HARMFUL = 1


def main(words: Sequence[str]) -> int:
    """Try what the descriptor holds; 0 when that came to an end, whether anything can be encrypted with it or not."""
    octets = Path(f"/proc/self/fd/{words[0]}").read_bytes()
    return behind_walls(_MEMORY, partial(_use, octets), failed=_HARMFUL)


def _use(octets: bytes) -> int:
    """Do everything that is done with a key later, but what openssl does: that has walls of its own; 0 when all of it came to an end."""
    certificate = read_certificate(octets)
    if certificate is None:
        if read_public_key(octets) is not None:
            encrypt_for(b"", [octets])
        return 0
    with suppress(ValueError):  # a certificate that is wrong is told so in words, where these are
        certificate.subject.rfc4514_string()
        list(certificate.extensions)
        if isinstance(certificate.public_key(), RSAPublicKey):
            envelop(b"", [certificate.public_bytes(Encoding.DER)])
    return 0


if __name__ == "__main__":
    end_with(main)
