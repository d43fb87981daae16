"""The keys of a list, with which posts can be encrypted for the relay, in values."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKeys:
    """One generation: an OpenPGP key in ASCII armour, and an X.509 certificate for S/MIME with its private key in PEM.

    It is had whole only while it is made.
    """

    openpgp: bytes
    openpgp_secret: bytes = field(repr=False)
    certificate: bytes
    certificate_secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFiles:
    """The paths of one generation's files. The secret halves are read by the process alone that opens a message."""

    openpgp: str
    openpgp_secret: str
    certificate: str
    certificate_secret: str
