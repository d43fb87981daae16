"""Certificates and keys of invented people, made when a test asks for them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Identity:
    """A certificate with its key, as objects and as files: `file` has both, `shown` the certificate alone."""

    certificate: x509.Certificate
    key: PrivateKey
    file: Path
    shown: Path


def make_identity(
    folder: Path,
    name: str,
    *,
    address: str = "",
    key: PrivateKey | None = None,
    issuer: Identity | None = None,
    authority: bool = False,
    since: timedelta = -DAY,
    until: timedelta = 30 * DAY,
    purposes: tuple[x509.ObjectIdentifier, ...] = (),
) -> Identity:
    """Make a certificate, self-signed or issued by another; `since` and `until` count from now."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signer = issuer.certificate.subject if issuer else subject
    builder = (
        x509.CertificateBuilder(subject_name=subject, issuer_name=signer, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + since)
        .not_valid_after(now + until)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key((issuer.key if issuer else key).public_key()),
            critical=False,
        )
    )
    if authority:
        usage = dict.fromkeys(
            (
                "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
                "encipher_only", "decipher_only",
            ),
            False,
        )  # fmt: skip
        builder = builder.add_extension(x509.KeyUsage(**usage, key_cert_sign=True, crl_sign=True), critical=True)
    if address:
        names = x509.SubjectAlternativeName([x509.RFC822Name(address)])
        builder = builder.add_extension(names, critical=False)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    certificate = builder.sign((issuer.key if issuer else key), hashes.SHA256())
    folder.mkdir(parents=True, exist_ok=True)
    file, shown = folder / f"{name}.pem", folder / f"{name}.crt"
    pem = certificate.public_bytes(Encoding.PEM)
    shown.write_bytes(pem)
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + pem)
    return Identity(certificate, key, file, shown)


FOR_MAIL = (ExtendedKeyUsageOID.EMAIL_PROTECTION,)


def make_signature(identity: Identity, content: bytes, *, detached: bool = True, attributes: bool = True) -> bytes:
    """CMS SignedData in DER, made in this process (pyca's, which can't verify)."""
    options = [pkcs7.PKCS7Options.Binary]
    options += [pkcs7.PKCS7Options.DetachedSignature] if detached else []
    options += [] if attributes else [pkcs7.PKCS7Options.NoAttributes]
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
    return builder.add_signer(identity.certificate, identity.key, hashes.SHA256()).sign(Encoding.DER, options)


def in_indefinite_lengths(octets: bytes, *, segments: int = 0) -> bytes:
    """The same DER as programs write it that don't know a length in advance (X.690 §8.1.3.6).

    With `segments`, an OCTET STRING longer than that becomes a constructed one, in such pieces.
    """
    out, at = b"", 0
    while at < len(octets):
        tag, length, start = octets[at], octets[at + 1], at + 2
        if length > 0x80:
            size = length & 0x7F
            length, start = int.from_bytes(octets[start : start + size], "big"), start + size
        inside = octets[start : start + length]
        if tag & 0x20:
            out += bytes([tag, 0x80]) + in_indefinite_lengths(inside, segments=segments) + b"\0\0"
        elif tag == 0x04 and segments and length > segments:
            pieces = (inside[place : place + segments] for place in range(0, length, segments))
            out += b"\x24\x80" + b"".join(bytes([0x04, len(one)]) + one for one in pieces) + b"\0\0"
        else:
            out += octets[at : start + length]
        at = start + length
    return out
