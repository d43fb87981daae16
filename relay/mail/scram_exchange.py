"""The messages of a SCRAM exchange (RFC 5802 §5, §7): what a client says is read strictly, what we say is made here.

There is no channel binding: Python's `ssl` gives no `tls-exporter` (RFC 9266), and SMTP has no way to say that a server knows
`tls-server-end-point` alone, so clients that pick SCRAM-SHA-256-PLUS would try another and fail. A client that says it could have
bound (`y`) is right in believing that we can't; one that asks to bind (`p=`) all the same is refused (§6).
"""

import hmac
import re
from base64 import b64encode
from dataclasses import dataclass

from relay.mail.sasl import decode_base64
from relay.mail.scram import Account, PasswordKeys

_GS2 = re.compile(rb"([ny]),(?:a=([^,]+))?,")
_BARE = re.compile(
    rb"n=([^,]+),r=([!-+\--~]{1,512})(?:,[A-Za-z]=[^,]*)*"
)  # `m=` in front, mandatory, is nothing we know
_FINAL = re.compile(rb"(c=([A-Za-z0-9+/=]+),r=([!-+\--~]+)(?:,[A-Za-z]=[^,]*)*),p=([A-Za-z0-9+/=]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFirst:
    """The client's first message. `bare` and `gs2_header` are as they came, since both sides sign them."""

    gs2_header: bytes
    bare: bytes
    login: str
    nonce: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One exchange after our first message: what the client must prove, and against what."""

    first: ClientFirst
    server_first: bytes
    nonce: bytes
    account: Account

    def judge(self, client_final: bytes) -> tuple[PasswordKeys, bytes] | None:
        """Judge the client's final message; the password that it proves and our final message, None when it proves none.

        Whatever is wrong, the same work is done (RFC 5802 §7: client-final-message, server-final-message).
        """
        match = _FINAL.fullmatch(client_final)
        without_proof, binding, nonce, proof = match.groups() if match else (b"", b"", b"", b"")
        auth_message = b",".join((self.first.bare, self.server_first, without_proof))
        found = self.account.by_proof(auth_message, decode_base64(proof) or b"")
        if found is None or nonce != self.nonce or decode_base64(binding) != self.first.gs2_header:
            return None
        return found, b"v=" + b64encode(hmac.digest(found.server_key, auth_message, "sha256"))


def read_client_first(octets: bytes) -> ClientFirst | None:
    """Read the client's first message; None when it has another form, or asks for what we don't have.

    To act for somebody else (an authzid that differs) is not offered and reads as an impossible login.

    Source: RFC 5802 §7 (gs2-header, client-first-message-bare, saslname).
    """
    header = _GS2.match(octets)
    bare = octets[header.end() :] if header else b""
    match = _BARE.fullmatch(bare)
    if not header or not match:
        return None
    login, acts_for = _read_name(match[1]), _read_name(header[2] or b"")
    if login is None or acts_for is None:
        return None
    return ClientFirst(gs2_header=header[0], bare=bare, login=login if acts_for in {"", login} else "", nonce=match[2])


def begin(first: ClientFirst, account: Account, server_nonce: bytes) -> Exchange:
    """Answer the client's first message.

    Args:
        first: what it said.
        account: what its login is checked against.
        server_nonce: random, of printable ASCII without a comma, new for each exchange.
    """
    nonce = first.nonce + server_nonce
    server_first = b"r=%b,s=%b,i=%d" % (nonce, b64encode(account.salt), account.iterations)
    return Exchange(first=first, server_first=server_first, nonce=nonce, account=account)


def _read_name(octets: bytes) -> str | None:
    """A saslname: `=2C` and `=3D` stand for a comma and an equals sign, which it can't have otherwise; no NUL."""
    if b"\0" in octets or re.search(rb"=(?!2C|3D)", octets):
        return None
    try:
        return octets.replace(b"=2C", b",").replace(b"=3D", b"=").decode("utf-8")
    except UnicodeDecodeError:
        return None
