"""[ACK] in a subject: its author wants to know who has read a post, within a day or so many hours ([ACK 4h])."""

import re

from relay.mail.subject import without_reply_prefixes

HOURS, LONGEST = 24, 168  # without a number; and a week at most

_ASKED = re.compile(r"\[ACK(?:[ :]{0,2}([0-9]{1,3}) ?h?)?\]", re.IGNORECASE)


def hours_for_acknowledgement(subject: str, *, answers: bool) -> int:
    """Within how many hours a post asks to be acknowledged; 0 when it doesn't.

    Args:
        subject: the message's.
        answers: whether it answers another one: then the subject is that one's, and so was the question.
    """
    found = _ASKED.search(subject)
    if found is None or answers or without_reply_prefixes(subject) != subject:
        return 0
    return min(max(int(found.group(1) or HOURS), 1), LONGEST)
