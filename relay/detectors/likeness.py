"""What a letter sounds like: a linear model over its sequences of characters, learned from what people wrote.

Words and rules find what somebody thought of; threats and plans are told in ever new words. What a letter sounds like is never
certain: where it sounds sensitive it is held, and where it and the sentence itself sound harmless a rule of everyday words is not believed. What was
learned is data like the words (config/policy/detectors/likeness_learned.toml, made by `make learn`). Sequences are known by a
hash alone: no sentence can be read in it.
"""

from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from zlib import decompress
from zlib import error as zlib_error

import numpy as np
from numpy.typing import NDArray

from relay.detectors.language import UNKNOWN, language_of
from relay.detectors.reading import Reading
from relay.detectors.words import Signal

# Kinds of signals that this module makes: the sentence that sounds most sensitive where a letter does, and each harmless one.
LIKENESS_KINDS = ("like_sensitive", "like_harmless")
BITS = 18  # of a sequence's hash
_LENGTHS = range(2, 7)  # characters of a sequence
_AROUND = (
    600  # characters on each side of a sentence with which it is read: a letter, or what belongs together in a long one
)
_SHORTEST = 6  # characters of a sentence
FEW = 400  # sequences: a shorter text counts as if it had so many, and nobody can tell that it is harmless

Places = NDArray[np.int64]
Weights = NDArray[np.float32]
Sums = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What was learned: `weights` by hash, and a `bias`. What scores more than `above` is sensitive, less than `below` harmless.

    Both are by language; UNKNOWN has those of all together.
    """

    weights: Weights = field(repr=False)
    bias: float
    above: Mapping[str, float]
    below: Mapping[str, float]


def made_likeness(
    *, bias: float, step: float, above: Mapping[str, float], below: Mapping[str, float], weights: str
) -> Likeness:
    """What `make learn` has written: weights are zlib over octets, whole steps from -127 to 127, in base64.

    Raises:
        ValueError: it isn't.
    """
    try:
        octets = np.frombuffer(decompress(b64decode(weights, validate=True)), np.int8)
    except zlib_error as error:
        raise ValueError("its weights can't be unpacked") from error
    if len(octets) != 1 << BITS:
        raise ValueError(f"it needs {1 << BITS} weights")
    if UNKNOWN not in above or above.keys() != below.keys():
        raise ValueError("it needs a bound above and one below, of every language and of all together")
    return Likeness(weights=octets * np.float32(step), bias=bias, above=above, below=below)


def find_alike(reading: Reading, likeness: Likeness, kinds: Mapping[str, int]) -> Iterator[Signal]:
    """A signal where a text sounds sensitive, at the sentence that does so most; one for each harmless sentence; linear time."""
    spans = spans_of(reading)
    if not spans:
        return
    language = language_of(reading)
    above, below = (some.get(language, some[UNKNOWN]) for some in (likeness.above, likeness.below))
    scores, alone, lengths = scores_of(reading, likeness)
    sensitive = scores > above
    if sensitive.any():
        yield Signal(kinds["like_sensitive"], *spans[int(np.where(sensitive, alone, -np.inf).argmax())])
    for place in np.flatnonzero((scores < below) & (alone < 0) & (lengths >= FEW)):
        yield Signal(kinds["like_harmless"], *spans[place])


def spans_of(reading: Reading) -> list[tuple[int, int]]:
    """The sentences that are long enough to sound like anything."""
    ends = (*reading.sentences.starts, len(reading.folded))
    return [(start, end) for start, end in pairwise(ends) if end - start >= _SHORTEST]


def scores_of(reading: Reading, likeness: Likeness) -> tuple[Sums, Sums, Sums]:
    """How sensitive each of these sentences sounds with what is around it, and alone; and how many sequences there are with that."""
    hashes, starts = sequences(reading.folded)
    end = len(reading.folded)
    weighed, counted = (_running(starts, weights, end) for weights in (likeness.weights[hashes], None))
    first, last = np.array(spans_of(reading), np.int64).reshape(-1, 2).T

    def score(first: Places, last: Places) -> tuple[Sums, Sums]:
        lengths: Sums = counted[last] - counted[first]
        return (weighed[last] - weighed[first]) / np.sqrt(np.maximum(FEW, lengths)) + likeness.bias, lengths

    alone, _ = score(first, last)
    scores, lengths = score(np.maximum(first - _AROUND, 0), np.minimum(last + _AROUND, end))
    return scores, alone, lengths


def _running(starts: Places, weights: Weights | None, end: int) -> Sums:
    """The sum of the weights of the sequences that begin before each place of a text; without weights their number."""
    return np.concatenate([[0.0], np.cumsum(np.bincount(starts, weights, end + 1))])


def sequences(folded: str) -> tuple[Places, Places]:
    """All sequences of characters in a folded text: the hash of each, and where it begins. Digits are all the same; spaces, and signs of quoting, are one."""
    letters = np.frombuffer(folded.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    letters[(letters >= ord("0")) & (letters <= ord("9"))] = ord("0")
    space = (letters <= ord(" ")) | (letters == ord(">")) | (letters == 0xA0) | (letters == 0x3000)
    letters[space] = ord(" ")
    space[1:] &= space[:-1]
    kept = np.flatnonzero(~space)
    letters = letters[kept]
    hashes, starts, rolled = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], letters
    for length in _LENGTHS:
        if len(letters) < length:
            break
        rolled = rolled[: len(letters) - length + 1] * np.uint64(1_000_003) + letters[length - 1 :]
        hashes.append(((rolled * np.uint64(0x9E37_79B9_7F4A_7C15)) >> np.uint64(64 - BITS)).astype(np.int64))
        starts.append(kept[: len(rolled)])
    return np.concatenate(hashes), np.concatenate(starts)
