"""App passwords as SCRAM-SHA-256 keeps them (RFC 5802 §3, RFC 7677): who reads what is stored can't log in with it.

App passwords are made by this relay from 150 random bits, so no guessing reaches them and the iteration count needs no more than
to keep a stolen verifier as useless as it already is. 15 000 (RFC 7677 §4 asks for 4 096 at least) costs some milliseconds a
login, which a burst of mail programs can afford. They are plain ASCII, and members' addresses are
in a form (NFKC) on which SASLprep (RFC 4013) changes nothing; it forbids an address that is partly written from right to left, whose
member logs in by PLAIN or LOGIN.

Every login is looked at as an `Account`, whether anybody has it or not. The passwords of one account share salt and iterations, so
that one derivation answers for all of them; a stranger's account has as many places for keys as a member's, all of them empty.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

ITERATIONS = 15_000
SALT_OCTETS = 16
MOST_PASSWORDS = 10  # of one account


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Verifier:
    """What is kept of a password: enough to check it, not enough to use it."""

    salt: bytes
    iterations: int
    stored_key: bytes
    server_key: bytes

    def __repr__(self) -> str:
        return "Verifier(hidden)"


@dataclass(frozen=True, slots=True, repr=False)
class PasswordKeys:
    """One password of an account: its id, StoredKey and ServerKey (RFC 5802 §3)."""

    password_id: str
    stored_key: bytes
    server_key: bytes


# Takes the places of passwords that an account hasn't. Nothing matches: its stored key is no known hash of anything.
_NOBODY = PasswordKeys("", bytes(32), bytes(32))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Account:
    """What a login is checked against; made by `make_account`. `keys` always has MOST_PASSWORDS places."""

    salt: bytes
    iterations: int
    keys: tuple[PasswordKeys, ...]

    def __repr__(self) -> str:
        return "Account(hidden)"

    def by_password(self, password: str) -> PasswordKeys | None:
        """The password that this is, None when it is none; the same work whether, and which, it is."""
        client_key = hmac.digest(_salted(password, self.salt, self.iterations), b"Client Key", "sha256")
        return self._by_client_keys([client_key] * len(self.keys))

    def by_proof(self, auth_message: bytes, proof: bytes) -> PasswordKeys | None:
        """The password by which a client made this ClientProof (RFC 5802 §3); the same work whether, and which, it is."""
        signatures = [hmac.digest(one.stored_key, auth_message, "sha256") for one in self.keys]
        proof = proof if len(proof) == hashlib.sha256().digest_size else bytes(hashlib.sha256().digest_size)
        return self._by_client_keys([_xor(proof, signature) for signature in signatures])

    def _by_client_keys(self, client_keys: Sequence[bytes]) -> PasswordKeys | None:
        """The place whose StoredKey is the hash of the ClientKey for it."""
        found = None
        for one, client_key in zip(self.keys, client_keys, strict=True):
            matches = hmac.compare_digest(hashlib.sha256(client_key).digest(), one.stored_key)
            found = one if matches else found
        return found


def make_account(keys: Sequence[PasswordKeys], salt: bytes, iterations: int = ITERATIONS) -> Account:
    """An account with these passwords, MOST_PASSWORDS at most; without any it is a stranger's."""
    empty = MOST_PASSWORDS - len(keys)
    return Account(salt=salt, iterations=iterations, keys=(*keys, *(_NOBODY,) * empty))


def salt_of(login: str, secret: bytes) -> bytes:
    """The salt of a login, the same at every time and whether somebody has it or not: so to ask for it tells nothing.

    A member's first password gets this salt too: it does not change on the day on which a stranger becomes a member.

    Args:
        login: an address in the form of `Address.key`, or whatever else was given as a user name.
        secret: the relay's key for this purpose alone.
    """
    return hmac.digest(secret, login.encode("utf-8", errors="replace"), "sha256")[:SALT_OCTETS]


def make_verifier(password: str, salt: bytes, iterations: int = ITERATIONS) -> Verifier:
    """Derive the verifier of a password.

    Args:
        password: the clear text, ASCII when it is one of ours.
        salt: 16 octets, that nobody else's passwords have.
        iterations: rounds of PBKDF2.
    Source: RFC 5802 §3 (SaltedPassword, ClientKey, StoredKey, ServerKey).
    """
    salted = _salted(password, salt, iterations)
    stored_key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    return Verifier(salt=salt, iterations=iterations, stored_key=stored_key, server_key=server_key)


def _salted(password: str, salt: bytes, iterations: int) -> bytes:
    """SaltedPassword of RFC 5802 §3. What isn't valid text (lone surrogates) becomes a wrong password, not a fault."""
    return hashlib.pbkdf2_hmac("sha256", password.encode("utf-8", errors="replace"), salt, iterations)


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
