"""KEY by mail: a member's own key, which stands below the word, or the keys of the list that was asked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from relay.actions.countersign import read_encryption_key
from relay.actions.judge import Author
from relay.errors import Conflict, Invalid
from relay.mail.signature import RegisteredKey
from relay.resources import Resources
from relay.roster.request import Request, Word
from relay.store import encryption
from relay.store.engine import Transaction

_KINDS = ("PGP PUBLIC KEY BLOCK", "CERTIFICATE")
_LONGEST = 100_000  # characters


@dataclass(frozen=True, slots=True)
class Unproven:
    """There is a key, but the proof of who sent it isn't enough to give one."""


Offered = RegisteredKey | Invalid | Unproven | None


def read_offered(author: Author, requests: Iterable[Request], text: str, now: datetime) -> Offered:
    """The key that a message with KEY brings, or why it isn't taken; None where there is none.

    Raises:
        Unavailable: a program that tries it can't be run now.
    """
    block = key_block(text) if any(one.word is Word.KEY for one in requests) else ""
    if not block:
        return None
    if not author.proof.is_personal:
        return Unproven()
    lines = (line.strip() for line in block.splitlines())
    try:
        return read_encryption_key("\n".join(lines).encode("utf-8"), author.member.address, now)
    except Invalid as error:
        return error


def key_block(text: str) -> str:
    """The first public key or certificate in a text, from its first line to its last; "" where none begins, or that one doesn't end.

    It takes time by the length of the text alone, whatever stands there.
    """
    begins = [(place, kind) for kind in _KINDS if (place := text.find(f"-----BEGIN {kind}-----")) >= 0]
    if not begins:
        return ""
    start, kind = min(begins)
    last = f"-----END {kind}-----"
    end = text.find(last, start, start + _LONGEST)
    return text[start : end + len(last)] if end >= 0 else ""


def answer_about_key(
    resources: Resources, transaction: Transaction, author: Author, request: Request, offered: Offered, now: datetime
) -> dict[str, str | int] | None:
    """What comes of a KEY: the fingerprint of what was registered, or nothing, which shows the list's own; None for another word."""
    if request.word is not Word.KEY:
        return None
    answer: dict[str, str | int] = {"word": Word.KEY.value, "about": "", "outcome": "done"}
    match offered:
        case Invalid():
            return answer | {"outcome": "unknown"}
        case Unproven():
            return answer | {"outcome": "unproven"}
        case None:
            return answer
    member, node = author.member, resources.settings.relay.node
    try:
        encryption.add(transaction, node, member.address, offered, operator=member.id, now=now)
    except Conflict:
        return answer | {"outcome": "unknown"}
    encryption.release(transaction, member.id, now)
    return answer | {"about": offered.fingerprint}
