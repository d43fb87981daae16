"""A vocabulary of many languages, found in one pass over a text.

A word is compared folded and without accents, as whole tokens; `*` at its end stands for any ending. Languages without
spaces have no edges; Arabic words are also known with the particles that are written together with them.

Whole words, and phrases by their first tokens, are looked up in tables: an automaton of all of them would take a third of the
memory of all processes. Only what goes on within a token is found by one (Aho and Corasick, CACM 18:6, 1975).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate, chain, compress, pairwise, repeat
from operator import itemgetter
from typing import NamedTuple, TypeVar

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
WAYS = ("phone", "phone_national", "phone_by_form", "long_number", "email")


def kinds_named(kinds: Mapping[str, int], names: Iterable[str]) -> int:
    """The sum of the kinds of these names; those that no definition has are none."""
    return sum(map(kinds.get, names, repeat(0)))


_made = partial(tuple.__new__, Signal)  # all at once this takes a third of the time


_Key = TypeVar("_Key")
# Where in a flat text a word's last letter stands, how far that is from its first, and its kinds.
_Piece = tuple[int, tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """All words with their kinds; `kinds` of a word is a sum of bits.

    `words` are single tokens, `pairs` those of two and all beginnings of two tokens (0), `phrases` those of more by their first
    three and what follows these in a flat text. `beginnings` are what goes on within a token, `unspaced` what has no edges, by its first two letters, or its only one.
    """

    words: Mapping[str, int] = field(repr=False)
    pairs: Mapping[tuple[str, str], int] = field(repr=False)
    phrases: Mapping[tuple[str, str, str], Mapping[str, int]] = field(repr=False)
    beginnings: ahocorasick.Automaton = field(repr=False)
    unspaced: Mapping[str, Mapping[str, int]] = field(repr=False)
    letters: frozenset[str] = field(repr=False)  # the first ones of `unspaced`

    def find(self, reading: Reading) -> list[Signal]:
        """Every word in a text, by where they end; of those that end at the same place the longest comes first."""
        tokens = reading.tokens
        known = list(map(self.words.get, tokens))
        starts = list(compress(reading.starts, known))
        ends = [start + len(token) for start, token in zip(starts, compress(tokens, known), strict=True)]
        words = map(_made, zip(compress(known, known), starts, ends, strict=True))
        pieces = list(self.beginnings.iter(reading.flat))
        if reading.apart != reading.folded:
            pieces = [*self._unspaced(reading.flat), *pieces]
        return sorted(chain(_placed(pieces, reading), self._phrases(reading), words), key=itemgetter(2))

    def _phrases(self, reading: Reading) -> Iterator[Signal]:
        tokens, starts = (*reading.tokens, ""), reading.starts
        for number, kinds in enumerate(map(self.pairs.get, pairwise(tokens))):
            if kinds is None:
                continue
            first, second, third = tokens[number : number + 3]
            for rest, kinds_of_all in self.phrases.get((first, second, third), {}).items():
                if reading.flat.startswith(rest, reading.flat_starts[number + 2] + len(third)):
                    last = number + 1 + rest.count(" ")
                    yield Signal(kinds_of_all, starts[number], starts[last] + len(tokens[last]))
            if kinds:
                yield Signal(kinds, starts[number], starts[number + 1] + len(second))

    def _unspaced(self, flat: str) -> Iterator[_Piece]:
        for start, letter in enumerate(flat):
            if letter in self.letters:
                for key in (flat[start : start + 2], letter):
                    for word, kinds in self.unspaced.get(key, {}).items():
                        if flat.startswith(word, start):
                            yield start + len(word) - 1, (len(word) - 1, kinds)


def _placed(pieces: Sequence[_Piece], reading: Reading) -> Iterable[Signal]:
    """What was found in a flat text, where it stands in the text."""
    if not pieces:
        return ()
    lasts, words = zip(*pieces, strict=True)
    backs, kinds = zip(*words, strict=True)
    last = np.array(lasts)
    starts, ends = reading.place(last - backs), reading.place(last) + 1
    return map(_made, zip(kinds, starts.tolist(), ends.tolist(), strict=True))


def make_vocabulary(words: Mapping[int, Iterable[str]]) -> Vocabulary:
    """Build the tables from words by kind (one bit, or several); a text may hold several with commas between them."""
    whole: dict[str, int] = {}
    pairs: dict[tuple[str, str], int] = {}
    phrases: dict[tuple[str, str, str], dict[str, int]] = {}
    beginnings: dict[str, int] = {}
    unspaced: dict[str, dict[str, int]] = {}
    shared: dict[str, str] = {}  # most tokens of phrases stand in several
    for kind, some in words.items():
        for word in _folded(",".join(some)):
            stem, goes_on = _stem(word)
            if not stem.isascii() and UNSPACED.search(stem):
                _add(unspaced.setdefault(stem[:2], {}), stem, kind)
                continue
            for form in _forms(stem):
                if goes_on:
                    _add(beginnings, form, kind)
                elif " " not in form:
                    _add(whole, form, kind)
                else:
                    first, second, *others = [shared.setdefault(one, one) for one in form.split(" ")]
                    if not others:
                        _add(pairs, (first, second), kind)
                    else:
                        pairs.setdefault((first, second), 0)
                        third, *rest = others
                        _add(phrases.setdefault((first, second, third), {}), " ".join(["", *rest, ""]), kind)
    return Vocabulary(
        words=whole,
        pairs=pairs,
        phrases=phrases,
        beginnings=_automaton(beginnings),
        unspaced=unspaced,
        letters=frozenset(key[0] for key in unspaced),
    )


def _add(table: dict[_Key, int], key: _Key, kind: int) -> None:
    known = table.get(key)
    table[key] = kind if known is None else known | kind  # most share one number


def _automaton(beginnings: Mapping[str, int]) -> ahocorasick.Automaton:
    automaton = ahocorasick.Automaton()
    automaton.add_word("\n", (0, 0))  # stands in no flat text; an empty automaton can't search
    for stem, kinds in beginnings.items():
        automaton.add_word(f" {stem}", (len(stem) - 1, kinds))  # the space is its edge
    automaton.make_automaton()
    return automaton


def _folded(words: str) -> set[str]:
    """The words of a text with commas between them, folded; all at once, because there are tens of thousands."""
    if words.isascii():
        return set(words.lower().split(","))
    some = words.split(",")
    plain = {word for word in some if word.isascii()}
    others = ",".join(word for word in some if not word.isascii())
    return {*",".join(plain).lower().split(","), *fold(shape(others)).split(",")}


def _stem(word: str) -> tuple[str, bool]:
    """A folded word as it stands in a flat text, "" where nothing is left of it, and whether it has any ending."""
    bare = word.strip()
    stem = bare.removesuffix(_ANY_ENDING)
    goes_on = len(stem) < len(bare)
    if not stem.isalpha():  # letters alone are a token as they are
        stem = " ".join(stem.split()) if stem.replace(" ", "").isalpha() else flatten(stem)
    return stem, goes_on


def _forms(stem: str) -> Iterable[str]:
    """A word with edges as it is, and with what is written together with it."""
    if stem.isascii() or not _ARABIC.search(stem):
        return (stem,) if stem else ()
    return [particle + stem for particle in (_AFTER_AN_ARTICLE if stem.startswith("ال") else _PARTICLES)]
