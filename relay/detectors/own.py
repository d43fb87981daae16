"""What is the author's own in a text: their name, their signature block, their ways to be reached. It never counts.

Who the author is comes from the member's record, or from the header where nobody asks for a record; the text alone is not
believed. A block of theirs begins with a line that is their name.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import regex

from relay.detectors.correspondence import is_header
from relay.detectors.reading import Reading
from relay.detectors.words import Covered, Signal
from relay.policy.shape import fold, shape

_BLOCK_LINES = 8  # of a signature block below the author's name
_LINE = 80  # characters at most of a line that is a name, perhaps with a title
_BESIDE = 60  # characters between the author's name and a number that they sign with
_PERSONAL = (
    "name",
    "maybe_name",
    "lone_name",
    "capital",
    "phone",
    "phone_national",
    "long_number",
    "email",
    "street",
    "handle",
    "house_number",
)
_WAYS = ("phone", "phone_national", "long_number", "email")
_WORD = regex.compile(r"[^\W_]{2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What detectors know beside the text: the day (UTC), and the author as the header and their record name them.

    `names` are the author's names as written ("Ana Example"), `addresses` their e-mail addresses; `domains` are those of the
    relay itself.
    """

    on: date
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


def without_own(signals: Sequence[Signal], reading: Reading, kinds: Mapping[str, int], facts: Facts) -> list[Signal]:
    """The signals but those that are the author's own: their name anywhere, what identifies people in their block, and that again elsewhere."""
    personal, ways = _sum(kinds, _PERSONAL), _sum(kinds, _WAYS)
    known = [set(_WORD.findall(fold(shape(one)))) for one in facts.names]
    known += [set(_WORD.findall(fold(shape(one.partition("@")[0].replace("_", " "))))) for one in facts.addresses]
    known = [words for words in known if words]
    if not known:
        return list(signals)
    everything = set().union(*known)
    named = [one for one in signals if one.kind & personal and _is_of(reading.folded[one.start : one.end], everything)]
    blocks = Covered(_blocks(reading, known))
    beside = Covered((one.start - _BESIDE, one.end + _BESIDE) for one in named if not one.kind & ways)
    own = {id(one) for one in named}
    own |= {id(one) for one in signals if one.kind & personal and blocks.hold(one.start, one.start + 1)}
    own |= {id(one) for one in signals if one.kind & ways and beside.hold(one.start, one.start + 1)}
    own_ways = {_plain(reading, one) for one in signals if id(one) in own and one.kind & ways} | {*facts.addresses}
    return [one for one in signals if id(one) not in own and not (one.kind & ways and _plain(reading, one) in own_ways)]


def _sum(kinds: Mapping[str, int], names: Sequence[str]) -> int:
    return sum(kinds.get(name, 0) for name in names)


def _is_of(written: str, words: set[str]) -> bool:
    """Whether all words of a signal are the author's."""
    found = set(_WORD.findall(written))
    return bool(found) and found <= words


def _plain(reading: Reading, signal: Signal) -> str:
    """A number or address as it is compared: the last digits, because the beginning is written in several ways."""
    written = reading.folded[signal.start : signal.end]
    return written if "@" in written else regex.sub(r"\D", "", written)[-8:]


def _blocks(reading: Reading, known: Sequence[set[str]]) -> Iterator[tuple[int, int]]:
    """The signature blocks: from a short line that is the author's name, few lines on."""
    starts = [*reading.lines.starts, len(reading.folded)]
    for number, (start, end) in enumerate(pairwise(starts)):
        if end - start > _LINE:
            continue
        line = set(_WORD.findall(reading.folded[start:end]))
        if len(line) <= _BLOCK_LINES and any(len(line & words) >= min(2, len(words)) for words in known):
            last = number + 1
            while last < min(number + _BLOCK_LINES, len(starts) - 1) and not is_header(reading, starts[last]):
                last += 1
            if not is_header(reading, start):
                yield start, starts[last]
