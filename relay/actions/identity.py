"""What makes a message the same one when it is sent again, as octets of which keyed hashes alone are kept."""

import hashlib
import hmac

from relay.mail.body_form import relaxed_body
from relay.policy.post import Scan
from relay.roster.member import Member


def identity_of(author: Member, scan: Scan, octets: bytes) -> bytes:
    """What stays the same when a client that lost our 250 sends a message again, or somebody else hands it in.

    Its author, Message-ID and body (everything behind the header section). Without a Message-ID: author, Date, subject and body, which a
    signature covers, so that two short posts of the same words stay two; and all octets where there is no Date either. Of the
    body what DKIM lets change makes no other message: somebody who has a member's signed mail could hand it in again with a space more.
    """
    message = scan.message
    named = message.message_id if message else None
    if message and not named and message.date:
        named = f"{message.date.isoformat()}\n{message.subject}"
    start = 0
    if named:
        end = octets.find(b"\r\n\r\n")
        start = end + 4 if end >= 0 else len(octets)
    body = hashlib.sha256(relaxed_body(octets[start:]))
    return f"{author.id}\n{named or ''}\n".encode() + body.digest()


def keyed(keys: tuple[bytes, ...], identity: bytes, sent_to: str) -> tuple[bytes, ...]:
    """Keyed hashes of a message that was sent to these lists, or for this purpose: one for each key."""
    return tuple(hmac.digest(key, sent_to.encode() + b"\n" + identity, "sha256") for key in keys)
