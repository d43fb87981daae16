"""What a mail program says in AUTH PLAIN and LOGIN (RFC 4954, RFC 4616), read strictly."""

import binascii
from base64 import b64decode
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name and a password. The password is left out of `repr`, so that no traceback or log can show it."""

    login: str
    password: str = field(repr=False)


def decode_base64(octets: bytes) -> bytes | None:
    """Decode strictly (RFC 4648 §3.3); None when it isn't base64. A lone `=` is the empty string (RFC 4954 §4)."""
    if octets == b"=":
        return b""
    try:
        return b64decode(octets, validate=True)
    except (binascii.Error, ValueError):
        return None


def read_plain(octets: bytes) -> Credentials | None:
    """Read the message of PLAIN: authzid NUL authcid NUL password; None when it has another form.

    To act for somebody else (an authzid that differs) is not offered and reads as an impossible login.

    Source: RFC 4616 §2.
    """
    parts = octets.split(b"\0")
    if len(parts) != 3:
        return None
    acts_for, login, password = parts
    if acts_for not in {b"", login}:
        return Credentials("", "")
    return read_login(login, password)


def read_login(login: bytes, password: bytes) -> Credentials | None:
    """Read the two answers of LOGIN; None when one isn't UTF-8 or holds a NUL."""
    if b"\0" in login + password:
        return None
    try:
        return Credentials(login.decode("utf-8"), password.decode("utf-8"))
    except UnicodeDecodeError:
        return None
