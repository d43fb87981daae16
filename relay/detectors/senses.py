"""What the words of a text mean, whatever its language: by common English words, so that what was learned of one language helps in the others.

The tables (config/policy/detectors/senses_*.toml) give each word its sense: `arrest` for "verhaften" and "interpeller",
`did+arrest` for what is past, `SPECIES` for any animal. In memory they are hashes in order: as words they would take ten times
as much.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import ceil
from typing import NamedTuple
from zlib import crc32

import numpy as np
import regex
from numpy.typing import NDArray

from relay.detectors.marks import NAME_KINDS
from relay.detectors.reading import SCRIPTS, UNSPACED, Reading
from relay.detectors.words import Covered, Signal, kinds_named
from relay.policy.shape import fold, shape

BITS = 18  # of the hash of what stands together
_STEM, _ENDING = 5, 0.4  # letters of a stem, at least, and the share of a word that its ending is, at most
_LAST = 4  # letters of a word that tell how it is inflected
_LONGEST_TOKEN = 40  # of letters; what is longer is no word
# What a word has at most, and what stands between: characters where nothing parts words, syllables where each stands apart.
_LONGEST = {"zh": (6, ""), "vi": (5, " ")}
_DEFAULT = "en"
# Arabic particles that are written together with a word; behind the last two it is to come.
_PARTICLES = ("وبال", "وال", "بال", "فال", "كال", "ولل", "ال", "لل", "وب", "ول", "و", "ف", "ب", "ل", "ك", "وس", "س")
_TO_COME = ("وس", "س")
_TOGETHER = 60  # first different senses of a sentence, of which each two are looked at: so nothing grows with the square of its length
# What parts words where nothing stands between them: their own signs one by one, and runs of others.
_PIECE = regex.compile(rf"{UNSPACED.pattern}|(?:(?!{UNSPACED.pattern}).)+", regex.DOTALL)
# Signs that mean something between words; others are one.
_SIGNS = frozenset(".,:;!?()/@#&+=%$€\n。，：；！？、（）؟،؛")
_OTHER_SIGN = "~"
_A_NAME = "\0"

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

    def known(self, words: Sequence[str], languages: Sequence[str]) -> Mapping[str, int]:
        """How many of the words each language has."""
        found = iter(self.of([f"{language} {word}" for language in languages for word in words]))
        return {language: sum(map(bool, islice(found, len(words)))) for language in languages}


def made_senses(tables: Mapping[str, str], kinds: Mapping[str, int]) -> Senses:
    """What the tables say, by language: lines of a sense, a colon, and words with commas between them.

    Args:
        tables: by language.
        kinds: the bits of signals by name.

    Raises:
        ValueError: a line is none of these, or has a word that no text can have.
    """
    meanings: dict[str, int] = {}
    words: list[int] = []
    of_words: list[int] = []
    for language, table in tables.items():
        looks = _line_of(language)
        for line in filter(None, shape(table).splitlines()):
            if not looks.fullmatch(line):
                raise ValueError(
                    f"“{line}”, of {language}, is no sense with a colon and words behind it that can match"
                )
            sense, _, some = line.partition(": ")
            here = fold(some).split(", ")
            words += [_hash(f"{language} {word}") for word in here]
            of_words += [meanings.setdefault(sense, len(meanings))] * len(here)
    # English words are senses themselves, as far as the table of English doesn't know better.
    own = [sense for sense in meanings if sense.isalpha() and sense.islower()]
    words += [_hash(f"{_DEFAULT} {sense}") for sense in own]
    of_words += [meanings[sense] for sense in own]
    ordered, first = np.unique(np.array(words, np.uint32), return_index=True)
    return Senses(
        words=ordered,
        meanings=np.array(of_words, np.int64)[first],
        senses=tuple(tuple(map(_hash, sense.split("+"))) for sense in meanings),
        languages=frozenset(tables),
        named=kinds_named(kinds, [name for name in NAME_KINDS if name != "capital"]),
    )


def _line_of(language: str) -> regex.Pattern[str]:
    """How a line of its table looks: words that texts can have, and stems."""
    longest, between = _LONGEST.get(language, (1, " "))
    word = rf"\p{{L}}{{1,{longest}}}" if not between else rf"\p{{L}}+(?: \p{{L}}+){{0,{longest - 1}}}"
    word = rf"(?:{word}|\p{{L}}{{{_STEM},}}\*)"
    return regex.compile(rf"[A-Za-z]+(?:\+[A-Za-z]+){{0,3}}: {word}(?:, {word})*")


class _Atom(NamedTuple):
    """What words are made of: a token, or a sign where nothing parts words; where it stands, and of which language it is. _A_NAME is a name, however long."""

    text: str
    start: int
    language: str


class Meant(NamedTuple):
    """What a text's words mean, in order; n senses, as a word has several where its meaning has parts.

    `senses` are their numbers, shape (n,); `sentences` are those that they stand in (n,); `forms` are the numbers of the word as it
    is written, with its language, and of its ending (n, 2), 0 for what is no word.
    """

    senses: Numbers
    sentences: Places
    forms: Numbers


def senses_of(reading: Reading, signals: Iterable[Signal], language: str, senses: Senses) -> Meant:
    """The senses in a text; linear time.

    Args:
        reading: the text.
        signals: what was seen in it: a name among it is a name, whatever its words mean.
        language: the text's.
        senses: what words mean.
    """
    language = language if language in senses.languages else _DEFAULT
    words = _joined(list(_atoms(reading, signals, language, senses.named)), senses)
    known = senses.of([f"{word.language} {word.text}" for word in words])
    _know_more(known, words, senses)
    numbers: list[int] = []
    places: list[int] = []
    forms: list[tuple[int, int]] = []
    for sense, word in zip(known, words, strict=True):
        parts = sense or _otherwise(word.text, is_capital=reading.text[word.start].isupper())
        numbers += parts
        places += [word.start] * len(parts)
        forms += [_forms_of(word)] * len(parts)
    starts = np.array(reading.sentences.starts)
    sentences = np.searchsorted(starts, np.array(places, np.int64), side="right") - 1
    return Meant(np.array(numbers, np.uint64), sentences, np.array(forms, np.uint64).reshape(-1, 2))


def _forms_of(word: _Atom) -> tuple[int, int]:
    if not word.text[0].isalpha():
        return 0, 0
    return _hash(f"{word.language} {word.text}"), _hash(f"{word.language} -{word.text[-_LAST:]}")


def _atoms(reading: Reading, signals: Iterable[Signal], language: str, named: int) -> Iterator[_Atom]:
    """What a text's words are made of, in order; of a name only that one stands there."""
    names = Covered((start, end) for kind, start, end in signals if kind & named)
    in_name = False
    for token, start in zip(reading.tokens, reading.starts, strict=True):
        for text, at in _pieces(token, start):
            was_in_name, in_name = in_name, names.touch(at, at + len(text))
            if not in_name:
                yield _Atom(text, at, _language_of(text, language))
            elif not was_in_name:
                yield _Atom(_A_NAME, at, language)


def _pieces(token: str, start: int) -> Iterable[tuple[str, int]]:
    if token.isascii() or not UNSPACED.search(token):
        return ((token, start),)
    return [(piece.group(), start + piece.start()) for piece in _PIECE.finditer(token)]


def _language_of(word: str, language: str) -> str:
    """A word's, by the script of its first letter where that tells it, else its text's."""
    if word.isascii():
        return language
    return next((one for one, letter in SCRIPTS.items() if letter.match(word)), language)


def _joined(atoms: list[_Atom], senses: Senses) -> list[_Atom]:
    """The same with those put together that are one word: the longest first."""
    several = [
        (first, _LONGEST[one.language][1].join([atom.text for atom in atoms[first : first + count]]), count)
        for first, one in enumerate(atoms)
        if one.language in _LONGEST
        for count in range(min(_LONGEST[one.language][0], len(atoms) - first), 1, -1)
    ]
    if not several:
        return atoms
    known = senses.of([f"{atoms[first].language} {text}" for first, text, _ in several])
    longest_at: dict[int, tuple[str, int]] = {}
    for (first, text, count), sense in zip(several, known, strict=True):
        if sense:
            longest_at.setdefault(first, (text, count))
    words, place = [], 0
    while place < len(atoms):
        one = atoms[place]
        text, count = longest_at.get(place, (one.text, 1))
        words.append(one._replace(text=text))
        place += count
    return words


def _know_more(known: list[Sense], words: Sequence[_Atom], senses: Senses) -> None:
    """Those that no table has as they are, as far as one has their stem, or English has them."""
    unknown = [number for number, sense in enumerate(known) if not sense and words[number].text.isalpha()]
    forms = [list(_forms(words[number].text, words[number].language)) for number in unknown]
    found = iter(senses.of([form for some in forms for form, _ in some]))
    for number, some in zip(unknown, forms, strict=True):
        for (_, is_to_come), sense in zip(some, islice(found, len(some)), strict=True):
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
    if word == _A_NAME:
        return _NAME
    if word[0].isdigit():
        return _FEW_DIGITS if len(word) < _MANY else _MANY_DIGITS
    if not word[0].isalpha():
        return (_hash(word if word in _SIGNS else _OTHER_SIGN),)
    return _CAPITAL if is_capital else _UNKNOWN


def together(meant: Meant) -> tuple[Places, Places]:
    """The hash of each sense, of each two beside each other and of each two different ones in a sentence; and in which sentence they stand."""
    numbers, of_sentence, _ = meant
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
    order = np.lexsort((numbers, of_sentence))  # stable: of equal ones the first stands first
    again = np.zeros(len(numbers), bool)
    again[order[1:]] = (np.diff(numbers[order]) == 0) & (np.diff(of_sentence[order]) == 0)
    numbers, of_sentence = numbers[~again], of_sentence[~again]
    kept = np.arange(len(numbers)) - np.searchsorted(of_sentence, of_sentence) < _TOGETHER
    numbers, of_sentence = numbers[kept], of_sentence[kept]
    here = np.arange(len(numbers))
    partners = np.searchsorted(of_sentence, of_sentence, side="right") - here - 1  # those behind it
    first = np.repeat(here, partners)
    second = first + 1 + np.arange(len(first)) - np.repeat(partners.cumsum() - partners, partners)
    return numbers[first], numbers[second], of_sentence[first]
