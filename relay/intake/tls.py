"""TLS for the listening side: contexts, and the self-signed certificate for trying the relay out on one machine."""

import ipaddress
import ssl
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from relay.errors import ConfigurationError
from relay.intake.ask import ask_for_certificates
from relay.intake.session import KINDS, Kind
from relay.settings import Settings
from relay.store.disk import write_private_file

_VALID_FOR = timedelta(days=825)  # the longest that common clients accept of a certificate they were told to trust


def load_tls(settings: Settings, now: datetime) -> dict[Kind, ssl.SSLContext]:
    """Each door's context, with the certificate and key as they lie there now: a reload takes up renewed ones.

    Where the settings say so clients are asked for their certificate; none is judged in TLS itself (`intake.ask`).

    Raises:
        ConfigurationError: they can't be read or don't belong together.
    """
    files = tls_files(settings, now)
    contexts: dict[Kind, ssl.SSLContext] = {}
    for kind in KINDS:
        contexts[kind] = server_context(*files)
        if kind in settings.smtp.client_certificates:
            ask_for_certificates(contexts[kind])
    return contexts


def tls_files(settings: Settings, now: datetime) -> tuple[Path, Path]:
    """The certificate and key of the SMTP doors; without settings a self-signed pair for localhost is made once."""
    if settings.smtp.tls_certificate:
        return Path(settings.smtp.tls_certificate), Path(settings.smtp.tls_key)
    certificate, key = settings.data / "keys" / "localhost.crt", settings.data / "keys" / "localhost.key"
    if not (certificate.is_file() and key.is_file()):
        pem, key_pem = make_localhost_certificate(now)
        write_private_file(key, key_pem)
        write_private_file(certificate, pem)
    return certificate, key


def make_localhost_certificate(now: datetime) -> tuple[bytes, bytes]:
    """Make a self-signed certificate for localhost, 127.0.0.1 and ::1.

    Args:
        now: an aware time; the certificate is valid from an hour before, since clocks differ.

    Returns:
        The certificate and its P-256 key, both as PEM.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName(
        [
            x509.DNSName("localhost"),
            x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
            x509.IPAddress(ipaddress.ip_address("::1")),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now - timedelta(hours=1) + _VALID_FOR)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


def server_context(cert: Path, key: Path) -> ssl.SSLContext:
    """Load a certificate chain and its key for serving TLS 1.2 and newer.

    Raises:
        ConfigurationError: the files can't be read or don't belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(cert, key, password="")  # an encrypted key fails instead of asking on a terminal
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror or "not a matching certificate and key"
        raise ConfigurationError(f"the TLS certificate can't be used ({reason})", file=str(cert)) from None
    return context
