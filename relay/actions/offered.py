"""KEY by mail: a member's own key, which stands below the word, or the keys of the list that was asked."""

import re
from collections.abc import Iterable
from datetime import datetime

from relay.actions.countersign import read_encryption_key
from relay.actions.judge import Author
from relay.errors import Invalid
from relay.mail.signature import RegisteredKey
from relay.resources import Resources
from relay.roster.request import Request, Word
from relay.store import encryption
from relay.store.engine import Transaction

_BLOCK = re.compile(r"-----BEGIN (PGP PUBLIC KEY BLOCK|CERTIFICATE)-----.{1,100000}?-----END \1-----", re.DOTALL)


def read_offered(
    author: Author, requests: Iterable[Request], text: str, now: datetime
) -> RegisteredKey | Invalid | None:
    """The key that a message with KEY brings, why it can't be used, or None where there is none, or the proof isn't enough to give one.

    Raises:
        Unavailable: a program that tries it can't be run now.
    """
    block = _BLOCK.search(text) if any(one.word is Word.KEY for one in requests) else None
    if block is None or not author.proof.is_personal:
        return None
    lines = (line.strip() for line in block.group().splitlines())
    try:
        return read_encryption_key("\n".join(lines).encode("utf-8"), author.member.address, now)
    except Invalid as error:
        return error


def answer_about_key(
    resources: Resources,
    transaction: Transaction,
    author: Author,
    request: Request,
    text: str,
    offered: RegisteredKey | Invalid | None,
    now: datetime,
) -> dict[str, str | int] | None:
    """What comes of a KEY: the fingerprint of what was registered, or nothing, which shows the list's own; None for another word."""
    if request.word is not Word.KEY:
        return None
    answer: dict[str, str | int] = {"word": Word.KEY.value, "about": "", "outcome": "done"}
    match offered:
        case Invalid():
            return answer | {"outcome": "unknown"}
        case None:
            return answer | {"outcome": "unproven"} if _BLOCK.search(text) else answer
    member, node = author.member, resources.settings.relay.node
    encryption.add(transaction, node, member.address, offered, operator=member.id, now=now)
    encryption.release(transaction, member.id, now)
    return answer | {"about": offered.fingerprint}
