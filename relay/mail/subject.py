"""What mail programs put before the subject of a message that is answered or passed on, in the languages of our members."""

import re

_WORDS = "re|fw|fwd|tr|rv|enc|res|resp|aw|wg|vs|sv|ref|réf|回复|转发|答复"
# Nothing is given back once it was matched (`*+`): a long run of spaces would take quadratic time.
REPLY_PREFIX = rf"(?:{_WORDS})\s*+(?:\[\d+\]\s*+)?[:：]"  # a pattern for one of them, to be used without regard to case
_PREFIXES = re.compile(rf"\s*+(?:{REPLY_PREFIX}\s*+)+", re.IGNORECASE)


def without_reply_prefixes(subject: str) -> str:
    """The subject as its first author wrote it; the same when it stands before no answer."""
    return _PREFIXES.sub("", subject, count=1) if _PREFIXES.match(subject) else subject
