"""Signatures on a message as a further proof of its author (RFC 8551, RFC 3156), in values."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class SignatureMethod(StrEnum):
    """A kind of signature; each list says which it wants beside the first proof (`second_proof`, lists/README.md)."""

    SMIME = "smime"
    OPENPGP = "openpgp"


class SignatureFault(StrEnum):
    """Why a message's signature proves nothing. The values are rule names."""

    MISSING = "signature.missing"  # there is none, or it isn't of a kind that the list wants
    NOT_WHOLE = "signature.not_whole"  # it doesn't cover the whole message
    UNREADABLE = "signature.unreadable"
    WEAK = "signature.weak"  # a digest or key that can be forged
    UNTIMELY = "signature.untimely"  # made long ago, in time to come, or nobody can say when
    NO_KEY = "signature.no_key"  # nothing is registered for the author that is valid now
    WRONG = "signature.wrong"  # made with another key, or over another content


# What a process that verifies can say, by the place of its exit code.
OUTCOMES = (None, SignatureFault.WRONG, SignatureFault.UNREADABLE, SignatureFault.WEAK, SignatureFault.UNTIMELY)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredKey:
    """What a member signs with: a certificate (DER) or an OpenPGP certificate (binary), exactly as it was registered."""

    fingerprint: str
    method: SignatureMethod
    octets: bytes = field(repr=False)
    expires_at: datetime | None

    def is_valid(self, now: datetime) -> bool:
        """Whether it hasn't expired; what was registered was valid then."""
        return self.expires_at is None or now <= self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureResult:
    """What became of a message's signature: None for `fault` when it has passed."""

    method: SignatureMethod | None
    fault: SignatureFault | None

    @property
    def passed(self) -> bool:
        """Whether it proves the author."""
        return self.method is not None and self.fault is None
