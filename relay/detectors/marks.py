"""A text's tokens with what the vocabulary knows of them: what names are found and weighed by."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import NamedTuple

from relay.detectors.reading import Reading
from relay.detectors.words import Signal, kinds_named

# What is made of names: a person's name by its words; a run of capitalised words that may be one; one word that the lists
# know as a name; one capitalised word that nothing knows; a name beside an official's role, from that role on; a name in
# something that was published.
NAME_KINDS = ("name", "maybe_name", "lone_name", "capital", "official_name", "published_name")

_STOPS = (
    "title", "role", "agency", "carrier", "place", "head", "head_before", "common", "taxon", "suspect", "naming", "alias", "greeting",
    "press", "locative", "from_where",
)  # fmt: skip
# Little words between a preposition, a role or a kind of place and its name.
LINKS = frozenset((
    "de", "du", "des", "da", "do", "dos", "das", "del", "della", "di", "of", "the", "la", "le", "les", "los", "las", "el", "al",
    "en", "un", "une", "a", "an", ":", "der", "die", "dem", "den", "van", "het", "ya", "wa", "cha", "za", "l", "d", "st", ".", "ال",
))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class NameKinds:
    """The kinds that names are made of and into; each a bit, 0 where no definition has words of it.

    `head` stands behind a name that is a place's or a thing's ("Road"), `head_before` before one ("rue", "vessel");
    `stops` is what a name does not go over; `locative` stands before a place, `from_where` before a place or a person; `common` words are capitalised for other reasons.
    """

    name: int
    maybe_name: int
    lone_name: int
    capital: int
    official_name: int
    published_name: int
    given: int
    surname: int
    title: int
    role: int
    agency: int
    carrier: int
    place: int
    head: int
    head_before: int
    locative: int
    from_where: int
    common: int
    taxon: int
    suspect: int
    naming: int
    alias: int
    kin: int
    consign: int
    greeting: int
    press: int

    stops: int

    @classmethod
    def of(cls, kinds: Mapping[str, int]) -> "NameKinds":
        """Take them from all kinds."""
        return cls(
            **{name: kinds.get(name, 0) for name in cls.__slots__ if name != "stops"},
            stops=kinds_named(kinds, _STOPS),
        )


class Word(NamedTuple):  # many are made of each text, as of signals
    """A word of a run: its tokens (first and behind the last), its place, the kinds that the vocabulary knows it by."""

    first: int
    last: int
    start: int
    end: int
    kinds: int


class Marks:
    """A text's tokens with the kinds of the words that cover them."""

    def __init__(self, reading: Reading, signals: Sequence[Signal], kinds: NameKinds) -> None:
        self.reading = reading
        self.kinds = kinds
        self.tokens, self.starts = reading.tokens, reading.starts
        starts = (*self.starts, len(reading.text))
        marks = [0] * len(self.starts)
        for kind, start, end in signals:
            at = bisect_left(starts, start)
            while starts[at] < end:
                marks[at] |= kind
                at += 1
        self.marks = marks
        self._before: dict[int, int] = {}

    def at(self, start: int) -> int:
        """The kinds of the token that begins at a place."""
        return self.marks[min(bisect_left(self.starts, start), len(self.marks) - 1)]

    def over(self, first: int, last: int) -> int:
        """The kinds of the tokens from one to before another; there are none beyond the ends."""
        return reduce(or_, self.marks[max(0, first) : max(0, last)], 0)

    def token(self, number: int) -> str:
        """A token, folded; "" beyond the ends."""
        return self.tokens[number] if 0 <= number < len(self.tokens) else ""

    def words(self, start: int, end: int) -> list[Word]:
        """The words between two places; a hyphen or an apostrophe parts none."""
        words: list[Word] = []
        starts = self.starts
        for number in range(bisect_left(starts, start), bisect_left(starts, end)):
            token, at = self.tokens[number], starts[number]
            if token[0].isalpha():
                behind = at + len(token)
                if words and at == words[-1].end + 1 and self.reading.text[at - 1] in "-'’":
                    last = words.pop()
                    kinds = 0 if self.tokens[last.first] in {"al", "el"} else last.kinds  # "Al-Example"
                    words.append(Word(last.first, number + 1, last.start, behind, kinds | self.marks[number]))
                else:
                    words.append(Word(number, number + 1, at, behind, self.marks[number]))
        return words

    def is_parted(self, one: int, other: int) -> bool:
        """Whether a line ends between two tokens, and not because a mail program broke it."""
        text = self.reading.text
        between = text.rfind("\n", self.starts[one], self.starts[other])
        if between < 0:
            return False
        sentences = self.reading.sentences
        return not text[between - 1].isalpha() or sentences.of(self.starts[one]) != sentences.of(self.starts[other])

    def _ends_behind(self, number: int) -> bool:
        """Whether what is greeted with a name that begins at a token ends with it: "Thanks, Ana Example."."""
        text = self.reading.text
        end = next((at for at in range(self.starts[number], len(text)) if text[at] in ".,!:;\n"), len(text))
        return end - self.starts[number] < 45 and text[end : end + 1] != ","

    def before(self, number: int) -> int:
        """The kinds of the word before a token, over articles and prepositions."""
        if (kinds := self._before.get(number)) is None:
            kinds = self._before[number] = self._looked_before(number)
        return kinds

    def _looked_before(self, number: int) -> int:
        kinds = 0
        for back in range(1, 4):
            word = self.token(number - back)
            if word not in LINKS:
                break
            kinds |= self.marks[number - back] & self.kinds.locative
            if self.marks[number - back] & self.kinds.head_before:
                break
        if number - back < 0 or self.is_parted(number - back, number):
            return kinds
        if word == "sao" and self.reading.text[self.starts[number - back]].islower():
            return kinds  # "são", which means "are"
        if word == "o" and "đ" not in self.reading.folded:
            return kinds  # the article, which is a preposition in Vietnamese
        if word == "," and self.marks[number - back - 1] & self.kinds.greeting:
            return kinds | self.kinds.greeting if self._ends_behind(number) else kinds
        if number > back and self.marks[number - back] & self.kinds.title:
            kinds |= self.marks[number - back - 1] & self.kinds.greeting
        return kinds | (self.marks[number - back] & ~(self.kinds.locative if back > 1 and kinds else 0))
