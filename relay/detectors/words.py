"""A vocabulary of many languages, found in one pass over a text (Aho and Corasick, CACM 18:6, 1975).

A word is compared folded and without accents, as whole tokens; `*` at its end stands for any ending. Languages without
spaces have no edges; Arabic words are also known with the particles that are written together with them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate
from typing import NamedTuple

import ahocorasick
import numpy as np
import regex

from relay.detectors.reading import UNSPACED, Reading, flatten
from relay.policy.shape import fold, shape

_ARABIC = regex.compile(r"\p{Arabic}")
_ANY_ENDING = "*"
_AFTER_AN_ARTICLE = ("", "و", "ف", "ب", "ك")  # a noun that has its article takes no second one
_PARTICLES = ("", "و", "ف", "ب", "ل", "ك", "ال", "وال", "بال", "فال", "كال", "لل", "ولل", "وب", "ول")


class Signal(NamedTuple):  # many are made of each text, and a tuple is made in a third of the time
    """Something that was seen in a text: of which kind (one bit), and where."""

    kind: int
    start: int
    end: int


class Covered:
    """Stretches of a text, asked whether they hold or touch another in little time, however many they are."""

    def __init__(self, stretches: Iterable[tuple[int, int]]) -> None:
        """Take them in any order."""
        ordered = sorted(stretches)
        self._starts = [start for start, _ in ordered]
        self._ends = list(accumulate((end for _, end in ordered), max))

    def hold(self, start: int, end: int) -> bool:
        """Whether one of them begins no later and ends no earlier."""
        before = bisect_right(self._starts, start)
        return before > 0 and self._ends[before - 1] >= end

    def touch(self, start: int, end: int) -> bool:
        """Whether one of them has a character in common."""
        before = bisect_left(self._starts, end)
        return before > 0 and self._ends[before - 1] > start


# What accuses somebody, or says what identifies a party.
ACCUSING = (
    "suspect", "alias", "third_party", "crime_role", "criminal_role", "named_person", "kin_theirs", "birth_label", "id_label",
)  # fmt: skip
# How somebody can be reached.
WAYS = ("phone", "phone_national", "long_number", "email")


def kinds_named(kinds: Mapping[str, int], names: Iterable[str]) -> int:
    """The sum of the kinds of these names; those that no definition has are none."""
    return sum(kinds.get(name, 0) for name in names)


_made = partial(tuple.__new__, Signal)  # all at once this takes a third of the time


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All words with their kinds (sums of bits), as two automata: words with edges, and words of languages without spaces.

    Most texts need the first alone; and as all of its words begin with a space, little is tried at each letter.
    """

    edged: ahocorasick.Automaton = field(repr=False)
    unspaced: ahocorasick.Automaton = field(repr=False)

    def find(self, reading: Reading) -> list[Signal]:
        """Every word in a text; of words that begin at the same place the longest of each kind comes last."""
        found = list(self.edged.iter(reading.flat))
        if reading.apart != reading.folded:
            found = sorted([*found, *self.unspaced.iter(reading.flat)], key=_by_end)
        if not found:
            return []
        lasts, words = zip(*found, strict=True)
        backs, aheads, kinds = zip(*words, strict=True)
        last = np.array(lasts)
        starts, ends = reading.place(last - backs), reading.place(last - aheads) + 1
        return list(map(_made, zip(kinds, starts.tolist(), ends.tolist(), strict=True)))


def _by_end(found: tuple[int, tuple[int, int, int]]) -> tuple[int, int]:
    """Words by where they end, the longer first."""
    return found[0], -found[1][0]


def make_vocabulary(words: Mapping[int, Iterable[str]]) -> Vocabulary:
    """Build the automata from words by kind (one bit, or several); a text may hold several with commas between them."""
    entries: dict[str, int] = {}
    for kind, some in words.items():
        for word in _folded(",".join(some)):
            for entry in _entries(word):
                entries[entry] = entries.get(entry, 0) | kind
    edged, unspaced = ahocorasick.Automaton(), ahocorasick.Automaton()
    for automaton in (edged, unspaced):
        automaton.add_word("\n", (0, 0, 0))  # stands in no flat text; an empty automaton can't search
    for entry, kinds in entries.items():
        # How far a word's first and last letter are from the match's end: both spaces are its edges, where it has edges.
        is_edged = entry.startswith(" ")
        place = (len(entry) - 1 - is_edged, int(entry.endswith(" ")), kinds)
        (edged if is_edged else unspaced).add_word(entry, place)
    edged.make_automaton()
    unspaced.make_automaton()
    return Vocabulary(edged, unspaced)


def _folded(words: str) -> set[str]:
    """The words of a text with commas between them, folded; all at once, because there are tens of thousands."""
    if words.isascii():
        return set(words.lower().split(","))
    some = words.split(",")
    plain = {word for word in some if word.isascii()}
    others = ",".join(word for word in some if not word.isascii())
    return {*",".join(plain).lower().split(","), *fold(shape(others)).split(",")}


def _entries(word: str) -> Iterator[str]:
    """The strings that stand for a folded word in a flat text."""
    stem = word.strip().removesuffix(_ANY_ENDING)
    end = " " if len(stem) == len(word.strip()) else ""
    if not stem.isalpha():  # letters alone are a token as they are
        stem = " ".join(stem.split()) if stem.replace(" ", "").isalpha() else flatten(stem)
    if not stem:
        return
    if not stem.isascii():
        if UNSPACED.search(stem):
            yield stem
            return
        if _ARABIC.search(stem):
            for particle in _AFTER_AN_ARTICLE if stem.startswith("ال") else _PARTICLES:
                yield f" {particle}{stem}{end}"
            return
    yield f" {stem}{end}"
