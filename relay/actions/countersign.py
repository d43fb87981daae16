"""What is registered for a member to sign and to read with, and whether a message bears such a signature as a second proof."""

from collections.abc import Callable, Iterable
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from relay.encryption.copies import can_encrypt, is_harmless
from relay.errors import Invalid
from relay.mail.address import Address, parse_address, parse_international_address
from relay.mail.certificate import is_valid, read_certificate, weakness_of
from relay.mail.signature import RegisteredKey, SignatureFault, SignatureMethod, SignatureResult
from relay.resources import Resources
from relay.roster.mailing_list import MailingList
from relay.roster.member import Member
from relay.scan.signed import Signed
from relay.scan.verify import verify_signature
from relay.store import signing_keys

_NO_KEY = "this is neither one X.509 certificate nor one OpenPGP public key"
_FOR_MAIL = frozenset({ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE})


def find_signature(
    resources: Resources,
    signed: Signed,
    author: Member | None,
    lists: Iterable[MailingList],
    now: datetime,
    inside: SignatureResult | None = None,
) -> SignatureResult | None:
    """What a message's signature proves, if any of these lists wants one; else nobody looks, and it is None.

    `inside` is what one proves that was made together with an encryption, which counts where there is no other.

    Raises:
        Unavailable: the database can't be read, or the signature not verified now.
    """
    wanted = frozenset[SignatureMethod]().union(*(one.second_proof for one in lists))
    if not wanted or author is None:
        return None
    if inside is not None and signed.method is None:
        return (
            inside if inside.method in wanted else SignatureResult(method=inside.method, fault=SignatureFault.MISSING)
        )
    if signed.method is not None and signed.method not in wanted:
        return SignatureResult(method=signed.method, fault=SignatureFault.MISSING)
    with resources.database.read() as connection:
        keys = signing_keys.of_member(connection, author.id)
    return verify_signature(signed, keys, now)


def read_signing_key(octets: bytes, address: Address, now: datetime) -> RegisteredKey:
    """Read what a member wants to sign with: an X.509 certificate or an OpenPGP public key, which must name their address.

    Raises:
        Invalid: it can't be used; one sentence says why.
    """
    return _read(octets, address, now, _may_sign, "signing")


def read_encryption_key(octets: bytes, address: Address, now: datetime) -> RegisteredKey:
    """Read what posts to a member shall be encrypted with, in the same way; a trial shows that it can be done.

    Strangers to the node write such keys: they are read here only when a process beside has read and used them unharmed.

    Raises:
        Invalid: it can't be used; one sentence says why.
        Unavailable: no process beside can be run now.
    """
    _refuse_private(octets)
    if not is_harmless(octets):
        raise Invalid(_NO_KEY)
    key = _read(octets, address, now, _may_encrypt, "encrypting")
    if not can_encrypt(key):
        raise Invalid(
            "nothing can be encrypted with this key: it has no part for that, or only one that is revoked or has expired"
        )
    return key


def _read(
    octets: bytes, address: Address, now: datetime, may: Callable[[x509.Certificate], bool], purpose: str
) -> RegisteredKey:
    _refuse_private(octets)
    certificate = read_certificate(octets)
    if certificate:
        return _read_smime(certificate, address, now, may, purpose)
    return _read_openpgp(octets, address, now)


def _refuse_private(octets: bytes) -> None:
    if b"PRIVATE KEY" in octets:
        raise Invalid(
            "this file holds a private key: give the certificate or public key alone, and keep that to yourself"
        )


def _read_smime(
    certificate: x509.Certificate,
    address: Address,
    now: datetime,
    may: Callable[[x509.Certificate], bool],
    purpose: str,
) -> RegisteredKey:
    if weak := weakness_of(certificate):
        raise Invalid(f"this certificate can't be used: {weak}")
    if not is_valid(certificate, now):
        since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        raise Invalid(f"this certificate is valid from {since:%Y-%m-%d} to {until:%Y-%m-%d}, not now")
    try:
        named, fits = _addresses_of(certificate), may(certificate)
    except ValueError:
        raise Invalid("this certificate's extensions can't be read") from None
    if address not in named:
        raise Invalid(
            f"this certificate doesn't name {address}: it names {', '.join(map(str, named)) or 'no mail address'}"
        )
    if not fits:
        raise Invalid(
            f"this certificate is not for {purpose} mail: its key, key usage, or extended key usage, says otherwise"
        )
    return RegisteredKey(
        fingerprint=certificate.fingerprint(SHA256()).hex(),
        method=SignatureMethod.SMIME,
        octets=certificate.public_bytes(Encoding.DER),
        expires_at=certificate.not_valid_after_utc,
    )


def _addresses_of(certificate: x509.Certificate) -> list[Address]:
    """The mail addresses of a certificate, also of one in the older way (RFC 8550 §3)."""
    named = [str(one.value) for one in certificate.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS)]
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        named += names.get_values_for_type(x509.RFC822Name)
    except x509.ExtensionNotFound:
        pass
    return [address for one in named if (address := parse_address(one))]


def _may_sign(certificate: x509.Certificate) -> bool:
    """Whether its key usages, where they are named, allow to sign mail (RFC 8550 §4.4)."""
    usage = _usage(certificate)
    return (usage is None or usage.digital_signature or usage.content_commitment) and _is_for_mail(certificate)


def _may_encrypt(certificate: x509.Certificate) -> bool:
    """Whether its key can encrypt, and its key usages, where they are named, allow it for mail (RFC 8550 §4.4.2)."""
    usage = _usage(certificate)
    match certificate.public_key():
        case RSAPublicKey():
            may = usage is None or usage.key_encipherment
        case EllipticCurvePublicKey():
            may = usage is None or usage.key_agreement
        case _:
            may = False
    return may and _is_for_mail(certificate)


def _usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    return next((one.value for one in certificate.extensions if isinstance(one.value, x509.KeyUsage)), None)


def _is_for_mail(certificate: x509.Certificate) -> bool:
    purposes = next((one.value for one in certificate.extensions if isinstance(one.value, x509.ExtendedKeyUsage)), None)
    return purposes is None or not _FOR_MAIL.isdisjoint(purposes)


def _read_openpgp(octets: bytes, address: Address, now: datetime) -> RegisteredKey:
    from relay.scan.openpgp import read_public_key  # noqa: PLC0415 - a large library, for this alone

    key = read_public_key(octets)
    if key is None:
        raise Invalid(_NO_KEY)
    if key.secret:
        raise Invalid(
            "this file holds a secret key: give the public key alone (gpg --export), and keep that to yourself"
        )
    words = (one.rpartition("<")[2].removesuffix(">") for one in key.user_ids)
    named = [found for one in words if (found := parse_international_address(one))]
    if address not in named:
        raise Invalid(f"this key doesn't name {address}: it names {', '.join(map(str, named)) or 'no mail address'}")
    if key.revoked or (key.expires_at is not None and key.expires_at <= now):
        raise Invalid("this key is revoked or has expired")
    return RegisteredKey(
        fingerprint=key.fingerprint.lower(), method=SignatureMethod.OPENPGP, octets=octets, expires_at=key.expires_at
    )
