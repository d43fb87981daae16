"""What a message answers or quotes, as far as it says so itself: Message-IDs in its header, and references of ours that it quotes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from relay.policy.post import CleanPart, plain_text
from relay.policy.thread import quotation

QUOTED = 20  # references in one message; a copy's footer has one

_LIKE_ONE = re.compile(r"-\d{4}-\d{6}")  # stands in each, and is found at once where there is none
_REFERENCE = re.compile(r"(?<![\w-])[A-Z]{4,12}-\d{4}-\d{6,12}(?![\w-])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Posts that a message answers or quotes, by Message-ID or by our reference; each perhaps of nobody's."""

    message_ids: tuple[str, ...] = ()
    references: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether it names any."""
        return bool(self.message_ids or self.references)


@dataclass(frozen=True, slots=True, kw_only=True)
class Same:
    """By what a message is known that was sent before: its own Message-ID, and keyed hashes of it without its lists."""

    message_id: str | None = None
    content_keys: tuple[bytes, ...] = ()


def what_it_answers(message_ids: Iterable[str], parts: Iterable[CleanPart], domain: str) -> Answered:
    """Read what a message answers and quotes.

    A copy of a post that came without a Message-ID has one of ours, which is its reference; every copy names its reference in
    its footer, which stands in what mail programs quote.

    Args:
        message_ids: of References or In-Reply-To.
        parts: the scanned text.
        domain: the relay's.
    """
    named = tuple(dict.fromkeys(message_ids))
    ours = (one.removeprefix("<").removesuffix(f"@{domain}>") for one in named if one.endswith(f"@{domain}>"))
    text = plain_text(parts)
    quoted = _REFERENCE.findall(quotation(text)) if _LIKE_ONE.search(text) else ()
    references = dict.fromkeys((*(one for one in ours if _REFERENCE.fullmatch(one)), *quoted))
    return Answered(message_ids=named, references=tuple(references)[:QUOTED])
