"""X.509 certificates as proofs: which key one holds, whether it is good enough, and on which days it is valid.

What stands for a certificate is the SHA-256 of its SubjectPublicKeyInfo (RFC 5280 §4.1.2.7), its *pin*: names in a
certificate are what its issuer wrote, and a renewed one with the same key stays the same.
"""

import hashlib
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, SECP521R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from relay.mail.ber import FIRST, SEQUENCE, MalformedError, Reader

CERTIFICATE_OCTETS = 20_000  # what is longer is no certificate of a person or a mail server
RSA_BITS = 2048, 8192
_CURVES = (SECP256R1, SECP384R1, SECP521R1)


def read_certificate(octets: bytes) -> x509.Certificate | None:
    """Read one certificate, DER or PEM; None when it is none, holds more than one, or a key that can't be read."""
    if len(octets) > CERTIFICATE_OCTETS:
        return None
    try:
        if b"-----BEGIN " in octets:
            [certificate] = x509.load_pem_x509_certificates(octets)
        else:
            certificate = x509.load_der_x509_certificate(octets)
        certificate.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion):
        return None
    return certificate


def pin_of(octets: bytes) -> bytes | None:
    """The 32 octets that stand for the key of a certificate in DER; None when it isn't one.

    Nothing else of it is read: a stranger's certificate, which nobody has registered, is never looked into any further.
    """
    reader = Reader(octets)
    try:
        [signed, _algorithm, _signature] = reader.children(reader.element(0, len(octets)), SEQUENCE)
        fields = reader.children(signed, SEQUENCE)
        if fields[0].tag == FIRST:  # the version, which the first one leaves out
            del fields[0]
        _serial, _algorithm, _issuer, _validity, subject, key, *_extensions = fields
        reader.children(key, SEQUENCE)
    except (MalformedError, ValueError, IndexError):
        return None
    return hashlib.sha256(octets[subject.next : key.next]).digest()


def is_valid(certificate: x509.Certificate, now: datetime) -> bool:
    """Whether now is within the certificate's own dates."""
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def weakness_of(certificate: x509.Certificate) -> str:
    """Why a certificate's key proves too little, as the end of a sentence; "" when it is good enough."""
    match certificate.public_key():
        case RSAPublicKey(key_size=bits) if RSA_BITS[0] <= bits <= RSA_BITS[1]:
            return ""
        case RSAPublicKey(key_size=bits):
            return f"its RSA key has {bits} bits: {RSA_BITS[0]} to {RSA_BITS[1]} are needed"
        case EllipticCurvePublicKey(curve=curve) if isinstance(curve, _CURVES):
            return ""
        case Ed25519PublicKey() | Ed448PublicKey():
            return ""
        case _:
            return "its key is of a kind that isn't taken: use RSA, P-256, P-384, P-521 or Ed25519"
