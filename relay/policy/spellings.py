"""What is left of the markings' words in a disguise: written together, cut short, with signs for letters (relay/policy/disguise.py)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from relay.policy.shape import fold

ALONE = 5  # letters of an abbreviation that stands alone
_PART = 3  # letters of a word in which digits are read
BEGINNING = 2  # letters by which most pieces are told to be no marking
# Signs and letters that stand for each other, as one of them; folded, so Cyrillic letters that look Latin are Latin.
ALIKE = str.maketrans("l1!03зч4@5$€7869gб2", "iiioeeaaassetbbbbbz")
_AGENCIES = ("interpol", "europol")  # "Int. Conf." is a conference


@dataclass(frozen=True, slots=True, kw_only=True)
class Spellings:
    """Keys of markings (`banners.key_of`) by what is left of them in a disguise.

    `squashed` has them without blanks, `heads` all beginnings of those, `alike` what those look like; `parts` has every word
    by what it looks like, `beginnings` the first letters of the keys by the same,
    `initials` the keys that are abbreviated by their words' first letters, `cut` what little may be left of a single word.
    `distinct` are keys that mean nothing else. `copy` is a copy's number.
    """

    squashed: Mapping[str, str]
    heads: frozenset[str]
    alike: Mapping[str, str]
    beginnings: frozenset[str]
    parts: Mapping[str, str]
    initials: Mapping[str, tuple[str, ...]]
    cut: frozenset[str]
    distinct: frozenset[str]
    copy: re.Pattern[str]


def spellings_of(
    keys: Iterable[str],
    *,
    abbreviated: Iterable[str],
    cut: frozenset[str],
    distinct: frozenset[str],
    copy: re.Pattern[str],
) -> Spellings:
    """The spellings of these keys; words of those in `abbreviated` may be cut short, single ones to no less than `cut`."""
    known = frozenset(keys)
    parts = {part for key in known for part in key.split(" ") if len(part) >= (ALONE if part in known else _PART)}
    squashed = {squash([key.replace(" ", "")]): key for key in sorted(known)}
    initials: dict[str, tuple[str, ...]] = {}
    for key in sorted(abbreviated):
        if not key.startswith(_AGENCIES):
            first = initials_of(key.split(" "))
            initials[first] = (*initials.get(first, ()), key)
    return Spellings(
        squashed=squashed,
        heads=frozenset(one[:length] for one in squashed for length in range(BEGINNING, len(one))),
        alike={one.translate(ALIKE): key for one, key in squashed.items() if len(one) >= ALONE},
        beginnings=frozenset(one[:BEGINNING].translate(ALIKE) for one in squashed),
        parts={part.translate(ALIKE): part for part in sorted(parts)},
        initials=initials,
        cut=cut,
        distinct=distinct,
        copy=copy,
    )


def squash(words: Iterable[str]) -> str:
    """Words folded and written together; a Greek word's last letter is no longer one."""
    return fold("".join(words)).replace("ς", "σ")


def initials_of(words: Iterable[str]) -> str:
    """The first letters of words."""
    return "".join(word[:1] for word in words)
