"""Labels that a sentence only mentions, as talk about labels does: "who may see TLP:RED?".

By the rules (relay/policy/house_rule.py, sentence.py), and by what was learned (relay/detectors/talk.py), of which policy knows a
function alone. That is asked of labels in sentences, never of one in a marking's place or beside such a one, and no sentence is
let go that points at the message or may have been cut.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence

from relay.policy.pointing import pointing
from relay.policy.post import Finding
from relay.policy.sentence import REACH, THIS, THIS_LIST, in_marking_place, is_a_rule, sentence_around
from relay.policy.shape import Version

# What was learned of sentences: whether one only talks about labels, by what stands around the one that stands there in it.
Talks = Callable[[Version, tuple[int, int]], bool]

IN_PROSE = ".in_prose"  # how rules end that find a label in a sentence
# The list that a sentence was sent to, and not one of something: "this list of names".
_THIS_FORUM = re.compile(rf"{THIS_LIST.pattern}\b(?!\s+(?:of|de|d|des|do|da|dos|with|is|est|es|e)\b)")


def only_mentioned(version: Version, finding: Finding, certain: Sequence[int], learned: Talks | None) -> bool:
    """Whether the sentence of a finding in prose only talks about labels.

    Args:
        version: the text.
        finding: in it.
        certain: where labels in a marking's place begin, in order.
        learned: what was learned, if anything was.
    """
    start, end = finding.start, finding.end
    if is_a_rule(version.folded, start, end):
        return True
    if learned is None or not finding.rule.endswith(IN_PROSE):
        return False
    first, last = sentence_around(version.folded, start, end)
    if bisect_left(certain, first) < bisect_left(certain, last) or max(start - first, last - end) >= REACH:
        return False  # what stands beside a marking, and what may point here where it was cut
    if in_marking_place(version.text, start, end, finding.place):
        return False
    sentence, span = sentence_of(version, start, end)
    return learned(sentence, span) and not points_here(sentence.folded)


def points_here(folded: str) -> bool:
    """Whether a sentence points at this message, or at something in it or with it: whatever else it sounds like, its label may be that one's."""
    elsewhere = _THIS_FORUM.sub("", folded)
    return THIS.search(elsewhere) is not None or any(
        one.has("all", elsewhere) or (one.has("point", elsewhere) and one.has("noun", elsewhere)) for one in pointing()
    )


def sentence_of(version: Version, start: int, end: int) -> tuple[Version, tuple[int, int]]:
    """The sentence around a label, with the sign that ends it, and where the label stands in that."""
    first, last = sentence_around(version.folded, start, end)
    last = min(last + 1, len(version.text))
    while first < start and version.text[first].isspace():
        first += 1
    while last > end and version.text[last - 1].isspace():
        last -= 1
    sentence = slice(first, last)
    return Version(version.text[sentence], version.folded[sentence]), (start - first, end - first)
