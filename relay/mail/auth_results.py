"""By what proof the author is known, in the words of RFC 8601.

Only a proof that passed becomes a value here; a failed one never leaves the session.
"""

from dataclasses import dataclass
from enum import StrEnum

from relay.mail.address import Address


class Method(StrEnum):
    """The kind of proof; RFC 8601 §2.7 names them."""

    AUTH = "auth"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationResults:
    """One passed proof: its method and the address it proves."""

    method: Method
    address: Address

    def __str__(self) -> str:
        return f"{self.method}=pass"
