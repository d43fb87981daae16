"""What the words of a text mean, whatever its language: by common English words, so that what was learned of one language helps in the others.

The tables (config/policy/detectors/senses_*.toml) give each word its sense: `arrest` for "verhaften" and "interpeller",
`did+arrest` for what is past, `SPECIES` for any animal. In memory they are hashes in order: as words they would take ten times
as much.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from zlib import crc32

import numpy as np
import regex
from numpy.typing import NDArray

from relay.detectors.marks import NAME_KINDS
from relay.detectors.reading import UNSPACED, Reading
from relay.detectors.words import Signal, kinds_named
from relay.policy.shape import fold, shape

BITS = 18  # of the hash of what stands together
_STEM, _ENDING = 5, 0.4  # letters of a stem, at least, and the share of a word that its ending is, at most
_LONGEST_TOKEN = 40  # of letters; what is longer is no word
# What a word has at most, and what stands between: characters where nothing parts words, syllables where each stands apart.
_LONGEST = {"zh": (6, ""), "vi": (4, " ")}
_DEFAULT = "en"
# Arabic particles that are written together with a word; behind the last two it is to come.
_PARTICLES = ("وبال", "وال", "بال", "فال", "كال", "ولل", "ال", "لل", "وب", "ول", "و", "ف", "ب", "ل", "ك", "وس", "س")
_TO_COME = ("وس", "س")
_SENSE = regex.compile(r"[A-Za-z]+(?:\+[A-Za-z]+){0,3}")
_TOGETHER = 60  # different senses of a sentence of which each two are looked at, so that nothing grows with the square of its length

Numbers = NDArray[np.uint64]
Places = NDArray[np.int64]
Sense = tuple[int, ...]


def _hash(text: str) -> int:
    return crc32(text.encode("utf-8", "surrogatepass"))


# What no table knows: names, other words with and without a capital, numbers of few digits and of many.
_NAME, _CAPITAL, _UNKNOWN, _FEW_DIGITS, _MANY_DIGITS = (
    (_hash(name),) for name in ("NAME", "CAPITAL", "UNKNOWN", "0", "00000")
)
_MANY = 5
_WILL = _hash("will")
_GOLD, _BEFORE, _TWO = (np.uint64(odd) for odd in (0x9E37_79B9_7F4A_7C15, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9))


@dataclass(frozen=True, slots=True, kw_only=True)
class Senses:
    """What was read from the tables.

    `words` are the hashes of words and stems, each with its language, in order, and `meanings` says which of `senses` each has:
    these in their parts, as numbers. `named` are the kinds of signals that are names.
    """

    words: NDArray[np.uint32] = field(repr=False)
    meanings: NDArray[np.int64] = field(repr=False)
    senses: tuple[Sense, ...] = field(repr=False)
    languages: frozenset[str]
    named: int

    def of(self, keys: Sequence[str]) -> list[Sense]:
        """The sense of each word, () where no table has it: of "de verhaften", or of a stem, "de verhaft*"."""
        if not len(self.words) or not keys:
            return [()] * len(keys)
        wanted = np.fromiter(map(_hash, keys), np.uint32, len(keys))
        places = np.minimum(np.searchsorted(self.words, wanted), len(self.words) - 1)
        found = np.where(self.words[places] == wanted, self.meanings[places], -1)
        return [self.senses[place] if place >= 0 else () for place in found.tolist()]


def made_senses(tables: Mapping[str, str], kinds: Mapping[str, int]) -> Senses:
    """What the tables say, by language: lines of a sense, a colon, and words with commas between them.

    Args:
        tables: by language.
        kinds: the bits of signals by name.

    Raises:
        ValueError: a line is none of these.
    """
    meanings: dict[str, int] = {}
    words: list[int] = []
    of_words: list[int] = []
    for language, table in tables.items():
        for line in filter(None, shape(table).splitlines()):
            sense, parted, some = line.partition(": ")
            if not (parted and _SENSE.fullmatch(sense)):
                raise ValueError(f"“{line}”, of {language}, is no sense with a colon and its words behind it")
            meaning = meanings.setdefault(sense, len(meanings))
            some_words = [_hash(f"{language} {word}") for word in fold(some).split(", ")]
            words += some_words
            of_words += [meaning] * len(some_words)
    ordered, first = np.unique(np.array(words, np.uint32), return_index=True)
    return Senses(
        words=ordered,
        meanings=np.array(of_words, np.int64)[first],
        senses=tuple(tuple(map(_hash, sense.split("+"))) for sense in meanings),
        languages=frozenset(tables),
        named=kinds_named(kinds, [name for name in NAME_KINDS if name != "capital"]),
    )


def senses_of(reading: Reading, signals: Iterable[Signal], language: str, senses: Senses) -> tuple[Numbers, Places]:
    """The senses in a text, in order: the number of each, and in which sentence it stands; linear time.

    Args:
        reading: the text.
        signals: what was seen in it: a name among it is a name, whatever its words mean.
        language: the text's.
        senses: what words mean.
    """
    language = language if language in senses.languages else _DEFAULT
    words = _joined(list(_atoms(reading, signals, language, senses.named)), language, senses)
    known = senses.of([f"{language} {word}" for word, _ in words])
    _know_more(known, words, language, senses)
    numbers: list[int] = []
    places: list[int] = []
    for sense, (word, place) in zip(known, words, strict=True):
        parts = sense or _otherwise(word, is_capital=reading.text[reading.starts[place]].isupper())
        numbers += parts
        places += [place] * len(parts)
    starts = np.array(reading.starts, np.int64)[places]
    of_sentence = np.searchsorted(np.array(reading.sentences.starts), starts, side="right") - 1
    return np.array(numbers, np.uint64), of_sentence


def _atoms(reading: Reading, signals: Iterable[Signal], language: str, named: int) -> Iterator[tuple[str, int]]:
    """What words are made of, with the place of its token: tokens, or characters where nothing parts words; a name is empty."""
    names = set[int]()
    for kind, start, end in signals:
        if kind & named:
            names.update(range(bisect_left(reading.starts, start), bisect_left(reading.starts, end)))
    for place, token in enumerate(reading.tokens):
        if place in names:
            if place - 1 not in names:
                yield "", place
        elif language == "zh" and UNSPACED.match(token):
            yield from ((character, place) for character in token)
        else:
            yield token, place


def _joined(atoms: list[tuple[str, int]], language: str, senses: Senses) -> list[tuple[str, int]]:
    """The same with those put together that are one word: the longest first."""
    if language not in _LONGEST:
        return atoms
    longest, between = _LONGEST[language]
    texts = [text for text, _ in atoms]
    several = [
        (first, between.join(texts[first : first + count]), count)
        for first in range(len(texts))
        for count in range(min(longest, len(texts) - first), 1, -1)
    ]
    known = senses.of([f"{language} {text}" for _, text, _ in several])
    longest_at: dict[int, tuple[str, int]] = {}
    for (first, text, count), sense in zip(several, known, strict=True):
        if sense:
            longest_at.setdefault(first, (text, count))
    words, place = [], 0
    while place < len(atoms):
        text, count = longest_at.get(place, (texts[place], 1))
        words.append((text, atoms[place][1]))
        place += count
    return words


def _know_more(known: list[Sense], words: Sequence[tuple[str, int]], language: str, senses: Senses) -> None:
    """Those that no table has as they are, as far as one has their stem, or English has them."""
    unknown = [number for number, sense in enumerate(known) if not sense and words[number][0].isalpha()]
    forms = [list(_forms(words[number][0], language)) for number in unknown]
    found = iter(senses.of([form for some in forms for form, _ in some]))
    for number, some in zip(unknown, forms, strict=True):
        for (_, is_to_come), sense in zip(some, found, strict=False):
            if sense and not known[number]:
                known[number] = (_WILL, *sense) if is_to_come else sense


def _forms(word: str, language: str) -> Iterator[tuple[str, bool]]:
    """How else a table may have a word, the surest first, and whether it is then to come: without its particle, in English, by its stem."""
    if len(word) > _LONGEST_TOKEN:
        return
    parted = [(word, False)]
    if language == "ar":
        parted += [(word.removeprefix(one), one in _TO_COME) for one in _PARTICLES if word.startswith(one)]
    yield from ((f"{language} {rest}", is_to_come) for rest, is_to_come in parted[1:] if len(rest) > 2)
    if language != _DEFAULT:
        yield f"{_DEFAULT} {word}", False
    for rest, is_to_come in parted:
        shortest = max(_STEM, ceil(len(rest) * (1 - _ENDING)))
        for length in range(len(rest), shortest - 1, -1):
            yield f"{language} {rest[:length]}*", is_to_come


def _otherwise(word: str, *, is_capital: bool) -> Sense:
    """What is known of a word whose sense isn't."""
    if not word:
        return _NAME
    if word[0].isdigit():
        return _FEW_DIGITS if len(word) < _MANY else _MANY_DIGITS
    if not word[0].isalpha():
        return (_hash(word),)  # a sign
    return _CAPITAL if is_capital else _UNKNOWN


def together(numbers: Numbers, of_sentence: Places) -> tuple[Places, Places]:
    """The hash of each sense, of each two beside each other and of each two different ones in a sentence; and in which sentence they stand."""
    beside = of_sentence[1:] == of_sentence[:-1]
    first, second, of_two = _each_two(numbers, of_sentence)
    mixed = numbers * _GOLD
    hashes = (mixed, (mixed[:-1] * _BEFORE + mixed[1:])[beside], (first * _TWO) * (second * _TWO))
    return (
        (np.concatenate(hashes) * _GOLD >> np.uint64(64 - BITS)).astype(np.int64),
        np.concatenate([of_sentence, of_sentence[1:][beside], of_two]),
    )


def _each_two(numbers: Numbers, of_sentence: Places) -> tuple[Numbers, Numbers, Places]:
    """Each two different ones of a sentence, and the sentence."""
    order = np.lexsort((numbers, of_sentence))
    numbers, of_sentence = numbers[order], of_sentence[order]
    other = np.ones(len(numbers), bool)
    other[1:] = (numbers[1:] != numbers[:-1]) | (of_sentence[1:] != of_sentence[:-1])
    numbers, of_sentence = numbers[other], of_sentence[other]
    kept = np.arange(len(numbers)) - np.searchsorted(of_sentence, of_sentence) < _TOGETHER
    numbers, of_sentence = numbers[kept], of_sentence[kept]
    here = np.arange(len(numbers))
    partners = np.searchsorted(of_sentence, of_sentence, side="right") - here - 1  # those behind it
    first = np.repeat(here, partners)
    second = first + 1 + np.arange(len(first)) - np.repeat(partners.cumsum() - partners, partners)
    return numbers[first], numbers[second], of_sentence[first]
