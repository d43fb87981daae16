"""Fresh keys for a list: an OpenPGP key and a certificate of its own, in the forms that every mail program can read."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from relay.mail.list_keys import ListKeys
from relay.roster.mailing_list import MailingList

_RSA_BITS = 3072
_VALID = timedelta(days=3650)  # mail programs want an end; what ends the keys' use is that their files are taken away


def make_list_keys(one: MailingList, now: datetime) -> ListKeys:
    """Make one generation of a list's keys."""
    from relay.scan.openpgp import make_key  # noqa: PLC0415 - a large library, for this alone

    secret, public = make_key(f"{one.tag} <{one.address}>")
    key = generate_private_key(65537, _RSA_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, str(one.address)[:64])])
    unused = dict.fromkeys(
        ("digital_signature", "content_commitment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign"),
        False,
    )
    certificate = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _VALID)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(**unused, key_encipherment=True, encipher_only=False, decipher_only=False), critical=True
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.RFC822Name(str(one.address))]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )
    return ListKeys(
        openpgp=public,
        openpgp_secret=secret,
        certificate=certificate.public_bytes(Encoding.PEM),
        certificate_secret=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )
