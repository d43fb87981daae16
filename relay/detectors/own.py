"""What is the author's own in a text: their name, their signature block, their ways to be reached. It never counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import regex

from relay.detectors.reading import Reading
from relay.detectors.words import Signal
from relay.policy.shape import fold, shape

_BLOCK_LINES = 8  # of a signature block below or above the author's name
_PERSONAL = ("name", "maybe_name", "phone", "email", "address", "handle")
_WORD = regex.compile(r"[\p{L}\p{N}]{2,}")


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
    """The signals but those that are the author's own: their name anywhere, and what identifies people in their block."""
    named = [*facts.names, *(address.partition("@")[0] for address in facts.addresses)]
    words = {word for name in named for word in _WORD.findall(fold(shape(name).replace("_", " ")))}
    personal = 0
    for kind in _PERSONAL:
        personal |= kinds.get(kind, 0)
    blocks = _blocks(reading, words) if words else []
    kept = []
    for one in signals:
        if one.kind & personal:
            written = reading.folded[one.start : one.end]
            if written in facts.addresses or (words and set(_WORD.findall(written)) <= words):
                continue
            if any(start <= one.start < end for start, end in blocks):
                continue
        kept.append(one)
    return kept


def _blocks(reading: Reading, words: set[str]) -> list[tuple[int, int]]:
    """The signature blocks: from a short line that is the author's name to the end of its paragraph, few lines at most."""
    starts = reading.lines.starts
    blocks = []
    for number, start in enumerate(starts):
        end = starts[number + 1] if number + 1 < len(starts) else len(reading.folded)
        if end - start > 80:
            continue
        line = set(_WORD.findall(reading.folded[start:end]))
        if len(line & words) >= min(2, len(words)) and len(line) <= 8:
            last = min(number + _BLOCK_LINES, len(starts) - 1)
            blocks.append((start, starts[last] if last < len(starts) - 1 else len(reading.folded)))
    return blocks
