"""What is the author's own in a text: their name, their signature block, their ways to be reached. It never counts.

Who the author is comes from the member's record, or from the header where nobody asks for a record; the text alone is not
believed. A block of theirs begins with a line that is their name.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import regex

from relay.detectors.facts import Facts
from relay.detectors.reading import Reading
from relay.detectors.words import WAYS, Covered, Signal, kinds_named
from relay.policy.shape import fold, shape

_BLOCK_LINES = 8  # of a signature block below the author's name
_LINE = 80  # characters at most of a line that is a name, perhaps with a title
_BESIDE = 60  # characters between the author's name and a number that they sign with
_PERSONAL = ("name", "maybe_name", "lone_name", "capital", *WAYS, "street", "handle", "house_number")
_ACCUSING = (
    "suspect", "alias", "third_party", "crime_role", "criminal_role", "named_person", "kin_theirs", "birth_label", "id_label", "resides",
)  # fmt: skip
_BESIDE_A_NAME = 4  # words: a title, a rank
_SENTENCE_ENDS = (".", "!", "?", ":")
_WORD = regex.compile(r"[^\W_]{2,}")


def without_own(signals: Sequence[Signal], reading: Reading, kinds: Mapping[str, int], facts: Facts) -> list[Signal]:
    """The signals but those that are the author's own: their name anywhere, what identifies people in their block, and that again elsewhere."""
    personal, ways, accusing = (kinds_named(kinds, names) for names in (_PERSONAL, WAYS, _ACCUSING))
    beside = personal & ~kinds.get("name", 0)  # another's name stays one, whoever signs above it
    known = [set(_WORD.findall(fold(shape(one)))) for one in facts.names]
    known += [set(_WORD.findall(fold(shape(one.partition("@")[0].replace("_", " "))))) for one in facts.addresses]
    known = [words for words in known if words]
    if not known:
        return list(signals)
    everything = set().union(*known)
    named = [one for one in signals if one.kind & personal and _is_of(reading.folded[one.start : one.end], everything)]
    accused = {reading.lines.of(one.start) for one in signals if one.kind & accusing}
    blocks = Covered(_blocks(reading, known, accused))
    signing = {reading.lines.of(one.start): one for one in named if not one.kind & ways}
    own = {id(one) for one in named}
    own |= {id(one) for one in signals if one.kind & beside and blocks.hold(one.start, one.start + 1)}
    for one in signals:
        name = signing.get(line := reading.lines.of(one.start)) if one.kind & ways else None
        if name and line not in accused and name.start - _BESIDE <= one.start < name.end + _BESIDE:
            own.add(id(one))
    own_ways = {_plain(reading, one) for one in signals if id(one) in own and one.kind & ways} | {*facts.addresses}
    return [one for one in signals if id(one) not in own and not (one.kind & ways and _plain(reading, one) in own_ways)]


def _is_of(written: str, words: set[str]) -> bool:
    """Whether all words of a signal are the author's."""
    found = set(_WORD.findall(written))
    return bool(found) and found <= words


def _plain(reading: Reading, signal: Signal) -> str:
    """A number or address as it is compared: the last digits, because the beginning is written in several ways."""
    written = reading.folded[signal.start : signal.end]
    return written if "@" in written else regex.sub(r"\D", "", written)[-8:]


def _blocks(reading: Reading, known: Sequence[set[str]], accused: set[int]) -> Iterator[tuple[int, int]]:
    """The signature blocks: from a short line that is the author's name, a few short lines on, as long as nothing accuses."""
    starts = [*reading.lines.starts, len(reading.folded)]
    for number, (start, end) in enumerate(pairwise(starts)):
        line = reading.folded[start:end].strip()
        words = set(_WORD.findall(line))
        if len(line) > _LINE or line.endswith(_SENTENCE_ENDS) or number in accused:
            continue
        if any(len(words & one) >= min(2, len(one)) and len(words - one) <= _BESIDE_A_NAME for one in known):
            last = number + 1
            while last < min(number + _BLOCK_LINES, len(starts) - 1) and last not in accused:
                if starts[last + 1] - starts[last] > _LINE:
                    break
                last += 1
            yield start, starts[last]
