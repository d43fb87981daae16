"""The address on the web by which a member leaves a list at one click (RFC 8058), which only we can make.

    https://relay.example/leave/central-africa/TOKEN       TOKEN = base64url(member's id, 16 octets · HMAC-SHA256 cut to 16 octets)

Whoever holds it can take this member off this list and do nothing else; it says of the member only a random id.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

ID_OCTETS = 16
MAC_OCTETS = 16

_PATH = re.compile(r"/leave/(?P<list>[a-z0-9-]{1,31})/(?P<token>[A-Za-z0-9_-]{43})")


def leave_url(public_url: str, list_name: str, member_id: str, key: bytes) -> str:
    """Make the address.

    Args:
        public_url: where the web door is reached, "https://relay.example".
        list_name: which list they leave.
        member_id: 32 hexadecimal digits.
        key: the key that seals return paths; these addresses are sealed under another word, so that neither passes for the other.
    """
    octets = bytes.fromhex(member_id)
    token = urlsafe_b64encode(octets + _mac(list_name, octets, key)).decode("ascii").rstrip("=")
    return f"{public_url.rstrip('/')}/leave/{list_name}/{token}"


def read_leave_path(path: str, key: bytes) -> tuple[str, str] | None:
    """The list's name and the member's id of such an address's path; None when it isn't one that this key made."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    octets = urlsafe_b64decode(match.group("token") + "=")
    member, mac = octets[:ID_OCTETS], octets[ID_OCTETS:]
    # The last character has two bits to spare: only the token as we write it counts.
    if urlsafe_b64encode(octets).decode("ascii").rstrip("=") != match.group("token"):
        return None
    if not hmac.compare_digest(mac, _mac(match.group("list"), member, key)):
        return None
    return match.group("list"), member.hex()


def _mac(list_name: str, member: bytes, key: bytes) -> bytes:
    """The list's name can hold no NUL, so that no other list and member give the same octets."""
    return hmac.digest(key, b"\0".join((b"wen-relay leave", list_name.encode(), member)), "sha256")[:MAC_OCTETS]
