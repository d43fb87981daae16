"""The keys of a list, with which posts can be encrypted for the relay, in values."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKeys:
    """One generation: an OpenPGP key in ASCII armour, and an X.509 certificate for S/MIME with its private key in PEM.

    The secret halves go to the process that opens a message, and nowhere else.
    """

    openpgp: bytes
    openpgp_secret: bytes = field(repr=False)
    certificate: bytes
    certificate_secret: bytes = field(repr=False)
