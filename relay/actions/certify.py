"""Whom a client's TLS certificate stands for.

TLS has shown that the client has the key; nothing else in a certificate is believed but its dates, and where `[smtp] client_ca`
is set, that one of those authorities has issued it. So the pin decides, which a person has registered.
"""

from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

from relay.errors import Invalid
from relay.mail.address import Address
from relay.mail.certificate import is_valid, pin_of, read_certificate, weakness_of
from relay.resources import Resources
from relay.roster.gateway import Gateway
from relay.roster.member import Member
from relay.store import certificates, members
from relay.store.certificates import Pin


def recognise(resources: Resources, certificate: bytes, now: datetime) -> Member | Gateway | None:
    """The member, active or dormant, or the gateway whose certificate this is; None for every other one.

    Args:
        resources: the database, and the authorities that settings ask for.
        certificate: DER, of a client that has proved to have its key.
        now: the time, UTC.

    Raises:
        Unavailable: the database can't be read.
    """
    holder = _holder(resources, certificate, now)
    return None if isinstance(holder, Member) and not holder.may_write(now.date()) else holder


def represented(resources: Resources, gateway: Gateway, address: Address, now: datetime) -> Member | None:
    """The member with this address, active or dormant, if the gateway may speak for them.

    Raises:
        Unavailable: the database can't be read.
    """
    with resources.database.read() as connection:
        member = members.find(connection, address)
    return member if member and member.may_write(now.date()) and gateway.speaks_for(member) else None


def still_stands_for(resources: Resources, certificate: bytes | None, member: Member, now: datetime) -> bool:
    """Whether a certificate proves this member now: it may have been taken away, or run out, since the session began.

    Raises:
        Unavailable: the database can't be read.
    """
    holder = _holder(resources, certificate, now) if certificate else None
    if isinstance(holder, Gateway):
        return holder.speaks_for(member)
    return holder is not None and holder.id == member.id


def _holder(resources: Resources, octets: bytes, now: datetime) -> Member | Gateway | None:
    """Whom a key stands for, if the certificate around it is good. Only one that is registered is looked into."""
    pin = pin_of(octets)
    if pin is None:
        return None
    with resources.database.read() as connection:
        holder = certificates.holder_of(connection, pin)
    certificate = read_certificate(octets) if holder else None
    if certificate is None or weakness_of(certificate) or not is_valid(certificate, now):
        return None
    if resources.client_cas and not is_issued_by(certificate, resources.client_cas, now):
        return None
    return holder


def is_issued_by(certificate: x509.Certificate, authorities: tuple[x509.Certificate, ...], now: datetime) -> bool:
    """Whether one of these authorities has issued the certificate, itself or through another one of them.

    What a leaf may be used for isn't asked: agencies' own authorities write that in many ways, and the pin says it here.
    """
    policy = PolicyBuilder().store(Store(list(authorities))).time(now)
    policy = policy.extension_policies(
        ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all()
    )
    try:
        policy.build_client_verifier().verify(certificate, [])
    except (VerificationError, ValueError):  # names are read no sooner than here
        return False
    return True


def read_pin(resources: Resources, octets: bytes, now: datetime) -> Pin:
    """Read a certificate that somebody wants to be known by.

    Raises:
        Invalid: it can't be used; one sentence says why.
    """
    if b"PRIVATE KEY" in octets:
        raise Invalid("this file holds a private key: give the certificate alone, and leave that where it is")
    certificate = read_certificate(octets)
    if certificate is None:
        raise Invalid("this is not one X.509 certificate: give the client's own, in PEM or DER, without key and chain")
    if weak := weakness_of(certificate):
        raise Invalid(f"this certificate can't be used: {weak}")
    if not is_valid(certificate, now):
        since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        raise Invalid(f"this certificate is valid from {since:%Y-%m-%d} to {until:%Y-%m-%d}, not now")
    if resources.client_cas and not is_issued_by(certificate, resources.client_cas, now):
        raise Invalid("this certificate was issued by none of the authorities in [smtp] client_ca")
    pin = pin_of(certificate.public_bytes(Encoding.DER))
    if pin is None:
        raise Invalid("this certificate's key can't be found in it")
    return Pin(pin=pin, expires_at=certificate.not_valid_after_utc)
