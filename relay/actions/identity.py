"""What makes a message the same one when it is sent again, as octets of which keyed hashes alone are kept."""

import hashlib
import hmac

from relay.policy.post import Scan
from relay.roster.member import Member
from relay.senders.canonical import relaxed_body


def identity_of(author: Member, scan: Scan, octets: bytes) -> bytes:
    """What makes a message the same one when a client that lost our 250 sends it again.

    Its author, Message-ID and body (everything behind the header section); all octets when there is no Message-ID, so that
    two short posts of the same words stay two. Of the body what DKIM lets change makes no other message: somebody who has a
    member's signed mail could hand it in again with a space more.
    """
    message_id = scan.message.message_id if scan.message else None
    start = 0
    if message_id:
        end = octets.find(b"\r\n\r\n")
        start = end + 4 if end >= 0 else len(octets)
    body = hashlib.sha256(relaxed_body(octets[start:]))
    return f"{author.id}\n{message_id or ''}\n".encode() + body.digest()


def keyed(keys: tuple[bytes, ...], identity: bytes, lists: str) -> tuple[bytes, ...]:
    """Keyed hashes of a message sent to these lists, one for each key."""
    return tuple(hmac.digest(key, lists.encode() + b"\n" + identity, "sha256") for key in keys)
