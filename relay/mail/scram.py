"""Password verifiers of SCRAM-SHA-256 (RFC 5802 §3, RFC 7677): who reads them can't log in with them.

App passwords are made by this relay from 128 random bits, so no guessing reaches them and the iteration count needs no more than
to keep a stolen verifier as useless as it already is. 15 000 (RFC 7677 §4 asks for 4 096 at least) costs some milliseconds a
login, which a burst of mail programs can afford. They are plain ASCII, on which SASLprep (RFC 4013) changes nothing.
"""

import hashlib
import hmac
from dataclasses import dataclass

ITERATIONS = 15_000


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Verifier:
    """What is kept of a password: enough to check it, not enough to use it."""

    salt: bytes
    iterations: int
    stored_key: bytes
    server_key: bytes

    def __repr__(self) -> str:
        return "Verifier(hidden)"


# Checked for unknown users, so that they cost the same work. No password matches: its stored key is no known hash of anything.
DUMMY = Verifier(salt=bytes(16), iterations=ITERATIONS, stored_key=bytes(32), server_key=bytes(32))


def make_verifier(password: str, salt: bytes, iterations: int = ITERATIONS) -> Verifier:
    """Derive the verifier of a password.

    Args:
        password: the clear text, ASCII when it is one of ours.
        salt: 16 random octets, new for each password.
        iterations: rounds of PBKDF2.
    Source: RFC 5802 §3 (SaltedPassword, ClientKey, StoredKey, ServerKey).
    """
    salted = _salted(password, salt, iterations)
    stored_key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    return Verifier(salt=salt, iterations=iterations, stored_key=stored_key, server_key=server_key)


def matches(verifier: Verifier, password: str) -> bool:
    """Whether this is the password; takes the same time whether it is or not."""
    salted = _salted(password, verifier.salt, verifier.iterations)
    stored_key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    return hmac.compare_digest(stored_key, verifier.stored_key)


def _salted(password: str, salt: bytes, iterations: int) -> bytes:
    """SaltedPassword of RFC 5802 §3. What isn't valid text (lone surrogates) becomes a wrong password, not a fault."""
    return hashlib.pbkdf2_hmac("sha256", password.encode("utf-8", errors="replace"), salt, iterations)
