"""The client's half of SCRAM-SHA-256 (RFC 5802 §3), written for the tests by itself: nothing of the relay's is used."""

import base64
import hashlib
import hmac
from collections.abc import Callable

NONCE = "fyko+d2lbbFgONRv9qkxdawL"


def log_in(ask: Callable[[str], str], login: str, password: str, *, first: str = "", last: str = "") -> str:
    """Go through the exchange with whatever answers commands; the last reply. The server's own proof is checked.

    Args:
        ask: sends a line and gives the reply.
        login: the user name.
        password: the password.
        first: what is said instead of the first message, as it is.
        last: what is said instead of the empty answer to the server's proof, as it is.
    """
    bare = f"n={login.replace('=', '=3D').replace(',', '=2C')},r={NONCE}"
    challenge = ask(f"AUTH SCRAM-SHA-256 {first or _encode('n,,' + bare)}")
    if not challenge.startswith("334 "):
        return challenge
    server_first = _decode(challenge)
    nonce, salt, iterations = (field[2:] for field in server_first.split(","))
    assert nonce.startswith(NONCE)
    assert len(nonce) > len(NONCE)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(iterations))
    without_proof = f"c=biws,r={nonce}"
    message = f"{bare},{server_first},{without_proof}".encode()
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    signature = hmac.digest(hashlib.sha256(client_key).digest(), message, "sha256")
    proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
    reply = ask(_encode(f"{without_proof},p={base64.b64encode(proof).decode()}"))
    if not reply.startswith("334 "):
        return reply
    expected = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), message, "sha256")
    assert _decode(reply) == f"v={base64.b64encode(expected).decode()}"
    return ask(last)


def salt_told(ask: Callable[[str], str], login: str) -> str:
    """Salt and iterations that the server tells for a user name, as it writes them; the exchange is cancelled then."""
    challenge = ask(f"AUTH SCRAM-SHA-256 {_encode(f'n,,n={login},r={NONCE}')}")
    ask("*")
    return _decode(challenge).partition(",")[2]


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _decode(challenge: str) -> str:
    return base64.b64decode(challenge.removeprefix("334 ")).decode()
