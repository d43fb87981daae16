"""Addresses that say what is answered, and that only we can make (an HMAC).

    central-africa-bounces+TOKEN@relay.example       the return path of a copy: reports about it come there (VERP)
    central-africa-request+TOKEN@relay.example       the reply address of a letter that asks: its reader's answer comes there

    TOKEN = base32(number of the delivery or challenge, 5 octets · HMAC-SHA256 cut to 10 octets)

Base32 in lower case, because servers on the way may change the case of a local part; fifteen octets are exactly
twenty-four characters, so that no bit is left over that could differ unseen.
"""

import hmac
import re
from base64 import b32decode, b32encode
from typing import Literal

from relay.mail.address import Address

NUMBER_OCTETS = 5
MAC_OCTETS = 10  # 80 bits: RFC 2104 §5 allows no fewer

Asked = Literal["invitation", "challenge"]
Sealed = Literal["return path"] | Asked

_ASKED: tuple[Asked, ...] = ("invitation", "challenge")
_SUFFIXES: dict[Sealed, str] = {"return path": "-bounces", "invitation": "-request", "challenge": "-request"}
_LOCAL = re.compile(r"(?P<list>.+)(?P<suffix>-bounces|-request)\+(?P<token>[a-z2-7]{24})")


def return_path(list_local: str, domain: str, delivery_id: int, key: bytes) -> Address:
    """Make the return path of one delivery.

    Args:
        list_local: the list's local part, 31 characters at most (RFC 5321 §4.5.3.1.1).
        domain: the relay's.
        delivery_id: below 2^40.
        key: 32 octets, used for these addresses alone.
    """
    return _seal("return path", list_local, domain, delivery_id, key)


def read_return_path(address: Address, key: bytes) -> int | None:
    """The delivery that a return path stands for; None when it isn't one that this key made."""
    return _open("return path", address, key)


def answer_address(asked: Asked, list_local: str, domain: str, number: int, key: bytes) -> Address:
    """Make the address to which a letter of ours is answered: only who gets the letter knows it.

    Args:
        asked: what the letter asks; an address for one thing answers no other.
        list_local: as in `return_path`, and so are `domain` and `key`.
        domain: the relay's.
        number: of an invitation's delivery, or of a challenge; below 2^40.
        key: 32 octets.
    """
    return _seal(asked, list_local, domain, number, key)


def read_answer_address(address: Address, key: bytes) -> tuple[Asked, int] | None:
    """What is answered at an address, and its number; None when it isn't one that this key made."""
    for asked in _ASKED:
        if (number := _open(asked, address, key)) is not None:
            return asked, number
    return None


def _seal(what: Sealed, list_local: str, domain: str, sealed_number: int, key: bytes) -> Address:
    number = sealed_number.to_bytes(NUMBER_OCTETS, "big")
    token = b32encode(number + _mac(what, list_local, domain, number, key)).decode("ascii").lower()
    return Address(local=f"{list_local}{_SUFFIXES[what]}+{token}", domain=domain)


def _open(what: Sealed, address: Address, key: bytes) -> int | None:
    match = _LOCAL.fullmatch(address.local.lower())
    if match is None or match.group("suffix") != _SUFFIXES[what]:
        return None
    octets = b32decode(match.group("token").upper())
    number, mac = octets[:NUMBER_OCTETS], octets[NUMBER_OCTETS:]
    if not hmac.compare_digest(mac, _mac(what, match.group("list"), address.domain, number, key)):
        return None
    return int.from_bytes(number, "big")


def _mac(what: Sealed, list_local: str, domain: str, number: bytes, key: bytes) -> bytes:
    """List and domain belong under the seal, or a token could be carried to another list; none of them can hold a NUL."""
    sealed = b"\0".join((f"wen-relay {what}".encode(), list_local.lower().encode(), domain.lower().encode(), number))
    return hmac.digest(key, sealed, "sha256")[:MAC_OCTETS]
