"""Does a refusal say that an address is dead, or something else: that a mailbox is full, a message unwelcome, the sender unknown?

Only the former is held against a member's address. Status codes are those of RFC 3463 and the registry of RFC 5248.
"""

import re
from collections.abc import Collection

# Below the class: bad mailbox, bad system, bad syntax, moved, no mail accepted (null MX); mailbox disabled; no answer from the host,
# unable to route, no such domain (Microsoft's servers say 5.4.1 of an unknown recipient and 5.4.310 of an unknown domain).
_DEAD = frozenset({"1.1", "1.2", "1.3", "1.6", "1.10", "2.1", "4.1", "4.4", "4.310"})
_VAGUE = frozenset({"", "0.0", "1.0", "5.0"})  # these say nothing beyond the reply's code
# 550 no such mailbox, 551 not here, 553 no such name (RFC 5321 §4.2.3); 521 and 556 no mail is taken there (RFC 7504). Not 552 (full,
# or too big) and 554 (mostly what the message is).
_DEAD_CODES = frozenset({521, 550, 551, 553, 556})

_REPLY = re.compile(r"([0-9]{3})(?:[ -]([245])\.([0-9]{1,3}\.[0-9]{1,3})(?![0-9.]))?")


def reply_blames_address(reply: str, *, to_rcpt: bool) -> bool:
    """Whether a server's final refusal means the recipient's address.

    Args:
        reply: its line, "550 5.1.1 words".
        to_rcpt: whether it answers RCPT; in other places a code alone may mean the sender, or the message.
    """
    match = _REPLY.match(reply)
    if match is None or match.group(2) not in {None, "5"}:
        return False
    return _blames(int(match.group(1)), match.group(3) or "", about_recipient=to_rcpt)


def report_blames_address(code: int | None, status: str) -> bool:
    """Whether a report of failure (RFC 3464) means the recipient's address; `status` is an enhanced status code or ""."""
    return status[:1] in {"", "5"} and _blames(code or 0, status[2:], about_recipient=True)


def said_blames_address(statuses: Collection[str], codes: Collection[int]) -> bool:
    """Whether a failure that is told in free text means the recipient's address.

    A server that gives no reason counts: it says for good that it can't deliver, and a probe asks the address itself before
    anything follows. One that names a full mailbox, or the message, doesn't; nor does one that says both.

    Args:
        statuses: the enhanced status codes that it tells.
        codes: those of the replies that it quotes, for what tells no status.
    """
    if told := [one for one in statuses if one[2:] not in _VAGUE]:
        return all(report_blames_address(None, one) for one in told)
    return all(report_blames_address(one, "") for one in codes)


def _blames(code: int, detail: str, *, about_recipient: bool) -> bool:
    if detail in _DEAD:
        return code == 0 or code >= 500
    return detail in _VAGUE and about_recipient and code in _DEAD_CODES
