"""S/MIME's envelope (RFC 5652 §6), AES-256: by `cryptography` for RSA, by openssl where a certificate has another kind of key.

It is AES in CBC mode, which has no check of its own: the authenticated form (RFC 5083) can't be read by most mail programs in use. That
nobody changed it on the way is what our DKIM signature says.
"""

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7EnvelopeBuilder, PKCS7Options

from relay.scan.aside import in_memory, read_aside

_ROOM = 2 * 64 * 1024 * 1024  # octets: more than any message that we compose


def envelop(octets: bytes, certificates: Sequence[bytes]) -> bytes | None:
    """Encrypt for these certificates.

    Args:
        octets: a MIME entity.
        certificates: DER, each as it was registered.

    Returns:
        EnvelopedData in DER; None when it can't be made for one of them.

    Raises:
        Unavailable: openssl is needed and can't be run now.
    """
    readers = [x509.load_der_x509_certificate(one) for one in certificates]
    if all(isinstance(one.public_key(), RSAPublicKey) for one in readers):
        builder = PKCS7EnvelopeBuilder().set_data(octets).set_content_encryption_algorithm(AES256)
        for reader in readers:
            builder = builder.add_recipient(reader)
        return builder.encrypt(Encoding.DER, [PKCS7Options.Binary])
    with in_memory(octets, *(one.public_bytes(Encoding.PEM) for one in readers)) as (content, *shown):
        command = ["relay.scan.confine", "openssl", "cms", "-encrypt", "-binary", "-aes-256-cbc", "-outform", "DER"]
        command += ["-in", f"/proc/self/fd/{content}", *(f"/proc/self/fd/{one}" for one in shown)]
        code, enveloped = read_aside(command, (content, *shown), _ROOM)
    return enveloped if code == 0 and enveloped else None
