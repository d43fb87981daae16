"""Addresses that say what is answered, and that only we can make (an HMAC).

    central-africa-bounces+TOKEN@relay.example       the return path of a copy: reports about it come there (VERP)
    central-africa-bounces+POST@relay.example        one that all copies of a post share
    central-africa-bounces+POST+ana=police.example@relay.example     what a server makes of that for each recipient (XVERP)
    central-africa-request+TOKEN@relay.example       the reply address of a letter that asks: its reader's answer comes there

    TOKEN = base32(number of the delivery or challenge, 5 octets · HMAC-SHA256 cut to 10 octets)
    POST = base32(number of the post, 30 bits · HMAC-SHA256 cut to 10 octets)

Base32 in lower case, because servers on the way may change the case of a local part; fifteen octets are exactly
twenty-four characters, and thirty bits with ten octets twenty-two, so that no bit is left over that could differ unseen. That of a
post is as short as can be, to leave room for the recipient: a local part has 64 octets. What a server writes behind it is not under
the seal: whether that recipient had the post is for the caller to find out.
"""

import hmac
import re
from base64 import b32decode, b32encode
from dataclasses import dataclass
from typing import Literal

from relay.mail.address import LOCAL_PART_OCTETS, Address, parse_address

NUMBER_OCTETS = 5
MAC_OCTETS = 10  # 80 bits: RFC 2104 §5 allows no fewer
POST_BITS = 30

Asked = Literal["invitation", "challenge"]
Sealed = Literal["return path", "post"] | Asked

_ASKED: tuple[Asked, ...] = ("invitation", "challenge")
_SUFFIXES: dict[Sealed, str] = {
    "return path": "-bounces",
    "post": "-bounces",
    "invitation": "-request",
    "challenge": "-request",
}
_LOCAL = re.compile(r"(?P<list>.+)(?P<suffix>-bounces|-request)\+(?P<token>[a-z2-7]{24})")
_POST_LOCAL = re.compile(r"(?P<list>.+)-bounces\+(?P<token>[a-z2-7]{22})(?P<recipient>\+.*)?")
_POST_MAC = 8 * MAC_OCTETS
_POST_OCTETS = (POST_BITS + _POST_MAC + 7) // 8


@dataclass(frozen=True, slots=True, kw_only=True)
class PostPath:
    """A return path that a post's copies share: its post, and the recipient that a server wrote behind it.

    `recipient` is None where there is none, or nothing that is an address. `names_one` is whether one was to be there.
    """

    post_id: int
    recipient: Address | None
    names_one: bool


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


def post_path(list_local: str, domain: str, post_id: int, key: bytes) -> Address | None:
    """Make the return path that a post's copies share; None for a post beyond the numbers that fit.

    Args:
        list_local: as in `return_path`, and so are `domain` and `key`.
        domain: the relay's.
        post_id: which post.
        key: 32 octets.
    """
    if post_id >> POST_BITS:
        return None
    mac = int.from_bytes(_post_mac(list_local, domain, post_id, key), "big")
    spare = 8 * _POST_OCTETS - POST_BITS - _POST_MAC
    octets = ((post_id << _POST_MAC | mac) << spare).to_bytes(_POST_OCTETS, "big")
    return Address(local=f"{list_local}-bounces+{b32encode(octets).decode('ascii').lower()[:22]}", domain=domain)


def fits(path: Address, recipient: Address) -> bool:
    """Whether a server can write this recipient behind a post's return path (XVERP), and every other server can read it there."""
    behind = len(recipient.local) + len(recipient.domain) + 2
    return recipient.is_ascii and len(path.local) + behind <= LOCAL_PART_OCTETS


def read_post_path(address: Address, key: bytes) -> PostPath | None:
    """What a post's return path stands for; None when it isn't one that this key made."""
    match = _POST_LOCAL.fullmatch(address.local.lower())
    if match is None:
        return None
    octets = b32decode(match.group("token").upper() + "A=")
    number = int.from_bytes(octets, "big") >> (8 * _POST_OCTETS - POST_BITS - _POST_MAC)
    post_id, mac = number >> _POST_MAC, (number & ((1 << _POST_MAC) - 1)).to_bytes(MAC_OCTETS, "big")
    if not hmac.compare_digest(mac, _post_mac(match.group("list"), address.domain, post_id, key)):
        return None
    user, _, domain = (match.group("recipient") or "").removeprefix("+").rpartition("=")
    return PostPath(
        post_id=post_id, recipient=parse_address(f"{user}@{domain}"), names_one=match.group("recipient") is not None
    )


def _post_mac(list_local: str, domain: str, post_id: int, key: bytes) -> bytes:
    return _mac("post", list_local, domain, post_id.to_bytes(NUMBER_OCTETS, "big"), key)


def is_return_path(address: Address, key: bytes) -> bool:
    """Whether this key made it, for a delivery or for a post."""
    return read_return_path(address, key) is not None or read_post_path(address, key) is not None


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
