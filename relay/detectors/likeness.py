"""How sensitive a letter is by all that was seen in it: linear models, and a small network, learned from what people wrote.

Words and rules find what somebody thought of; threats and plans are told in ever new words, and everyday words stand where
nobody meant them. What is learned weighs all: sequences of characters, which words, names and rules stand together in a
sentence, and what its words mean. It is data like the words (config/policy/detectors/likeness_learned.toml, made by `make
learn`). Sequences, and senses that stand together, are known by a hash alone: no sentence can be read in it.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relay.detectors.language import UNKNOWN
from relay.detectors.network import Network, blank_network, heard
from relay.detectors.packing import unpacked
from relay.detectors.reading import Reading
from relay.detectors.senses import BITS as BITS_OF_SENSES
from relay.detectors.senses import Meant, together
from relay.detectors.sequences import BITS, by_length
from relay.detectors.words import Signal
from relay.policy.post import Finding

# Characters on each side of a sentence with which it is read: a letter, or what belongs together in a long one.
_AROUND = 600
# Sequences, pairs of things, and senses that stand together: a shorter text counts as if it had so many.
FEW, FEW_PAIRS, FEW_SENSES = 1000, 10, 100
_NETWORK_COUNTS = 0.75  # beside them
# The models, and the codes that each tells from harmless letters: what names people, threatens them, or betrays operations is
# grave, and withheld; what is open is held, as nobody can tell.
MODELS: Mapping[str, frozenset[str]] = {
    "people": frozenset({"N1", "N2"}),
    "threats": frozenset({"T1"}),
    "operations": frozenset({"O1", "O2", "O3"}),
    "open": frozenset({"H3", "H4", "H5", "H9"}),
}
*_GRAVE, OPEN = MODELS.values()
_THREATS = list(MODELS).index("threats")
GRAVE = frozenset().union(*_GRAVE)
# The network tells these apart, as a birthday is told in other words than a name: each model's one after the other, from here on.
CODES = tuple(chain.from_iterable(map(sorted, MODELS.values())))
_BEGIN = np.cumsum([0, *map(len, MODELS.values())])[:-1]

Places = NDArray[np.int64]
Weights = NDArray[np.int8] | NDArray[np.float32]
Sums = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Of one language: a letter is sensitive from `sensitive` on, certainly so from `certain` on, and open from `open` on."""

    sensitive: float
    certain: float
    open: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What was learned, for each of MODELS.

    `letters` are the weights of sequences by hash, of shape (models, 2 ** BITS), `pairs` those of things that stand in one
    sentence, of shape (models, things, things), with nothing below the diagonal, on which a thing alone has its weight;
    `senses` are those of senses by the hash of what stands together, of shape (models, 2 ** BITS_OF_SENSES). All count in `steps`,
    as whole numbers where they were read: so they take a quarter of the memory.
    Each one's weights of all models lie side by side in memory once they were read: they are fetched together.
    Things are kinds of signals, rules and codes: `places` has the place of each by its name, `of_bits` that of a kind by the
    number of its bit. `bounds` are by language, UNKNOWN has those of all.
    """

    letters: Weights = field(repr=False)
    pairs: Weights = field(repr=False)
    senses: Weights = field(repr=False)
    steps: tuple[float, float, float]
    bias: tuple[float, ...]
    network: Network
    places: Mapping[str, int] = field(repr=False)
    of_bits: Mapping[int, int] = field(repr=False)
    bounds: Mapping[str, Bounds]

    def bounds_of(self, language: str) -> Bounds:
        """Those of a language, or of all."""
        return self.bounds.get(language, self.bounds[UNKNOWN])


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Of each sentence of a text: how grave it is with what is around it, and alone; how much of a threat, and how open, with what is around it; and how many sequences there are with that."""

    grave: Sums
    threat: Sums
    alone: Sums
    open: Sums
    length: Sums


def made_likeness(
    *,
    weights: Sequence[str],
    things: Sequence[str],
    steps: Sequence[float],
    bias: Sequence[float],
    network: Network,
    bounds: Mapping[str, Bounds],
    kinds: Mapping[str, int],
) -> Likeness:
    """What `make learn` has written: weights are zlib over octets, whole steps from -127 to 127, in base64.

    Args:
        weights: of sequences, of things and of senses.
        things: their names, in order.
        steps: of the weights of each.
        bias: of each model.
        network: over senses and things.
        bounds: by language.
        kinds: the bits of signals by name; a thing that is none of them, nor a rule, is never seen.

    Raises:
        ValueError: it isn't.
    """
    read, models = unpacked(weights), len(MODELS)
    shapes = (models, 1 << BITS), (models, len(things), len(things)), (models, 1 << BITS_OF_SENSES)
    if len(bias) != models or any(len(some) != np.prod(shape) for some, shape in zip(read, shapes, strict=True)):
        raise ValueError(
            f"it needs {1 << BITS} weights of sequences, one of each two things, {1 << BITS_OF_SENSES} of senses, and a bias, for each model"
        )
    if UNKNOWN not in bounds:
        raise ValueError("it needs the bounds of all languages together")
    of_letters, of_pairs, of_senses = (
        np.asfortranarray(some.reshape(models, -1)).reshape(shape) for some, shape in zip(read, shapes, strict=True)
    )
    return Likeness(
        letters=of_letters,
        pairs=of_pairs,
        senses=of_senses,
        steps=(steps[0], steps[1], steps[2]),
        bias=tuple(bias),
        network=network,
        bounds=bounds,
        **_placed(things, kinds),
    )


def blank_likeness(things: Sequence[str], kinds: Mapping[str, int]) -> Likeness:
    """All things that there are, and no weights: what learning begins with."""
    count = len(things)
    shared = [-np.log(len(codes)) for codes in MODELS.values() for _ in codes]  # so that each model's odds are even
    return Likeness(
        letters=np.zeros((len(MODELS), 1 << BITS), np.float32),
        pairs=np.zeros((len(MODELS), count, count), np.float32),
        senses=np.zeros((len(MODELS), 1 << BITS_OF_SENSES), np.float32),
        steps=(1.0, 1.0, 1.0),
        bias=(0.0,) * len(MODELS),
        network=replace(blank_network(count, len(CODES)), out_bias=np.array(shared)),
        bounds={},
        **_placed(things, kinds),
    )


def _placed(things: Iterable[str], kinds: Mapping[str, int]) -> dict[str, dict[Any, int]]:
    """The places of things by name, and by bit."""
    places = {name: place for place, name in enumerate(things)}
    return {
        "places": places,
        "of_bits": {bit.bit_length() - 1: places[name] for name, bit in kinds.items() if name in places},
    }


def things_of(
    reading: Reading, signals: Iterable[Signal], found: Iterable[Finding], likeness: Likeness
) -> dict[int, list[int]]:
    """The things that stand in each sentence that has some, by their places, in order.

    Args:
        reading: the text.
        signals: what was seen in it.
        found: what rules found in it.
        likeness: which things there are.
    """
    starts = reading.sentences.starts
    kinds = [0] * len(starts)
    for kind, start, _ in signals:
        kinds[bisect_right(starts, start) - 1] |= kind
    things: dict[int, set[int]] = {}
    for number, some in enumerate(kinds):
        of_sentence, rest = things.setdefault(number, set()), some
        while rest:
            bit = rest.bit_length() - 1
            rest ^= 1 << bit
            if (thing := likeness.of_bits.get(bit)) is not None:
                of_sentence.add(thing)
    for finding in found:
        things[reading.sentences.of(finding.start)] |= {
            likeness.places[name] for name in (finding.rule, finding.code) if name in likeness.places
        }
    return {number: sorted(some) for number, some in things.items() if some}


def scores_of(reading: Reading, things: Mapping[int, Sequence[int]], meant: Meant, likeness: Likeness) -> Scores:
    """How sensitive each sentence is, with what stands around it and alone; linear time.

    Args:
        reading: the text.
        things: of each sentence that has some.
        meant: by its words.
        likeness: what was learned.
    """
    starts = np.array(reading.sentences.starts, np.int64)
    ends = np.append(starts[1:], len(reading.folded))
    letters, lengths = _running(reading.folded, np.append(starts, len(reading.folded)), likeness)
    summed = (
        (FEW, letters, lengths),
        (FEW_PAIRS, *_pairs(things, len(starts), likeness)),
        (FEW_SENSES, *_of_senses(meant, len(starts), likeness)),
    )
    bias = np.array(likeness.bias)[:, None]

    def score(first: Places, last: Places) -> Sums:
        scores: Sums = bias + sum(
            (sums[:, last + 1] - sums[:, first]) / np.sqrt(np.maximum(few, counts[last + 1] - counts[first]))
            for few, sums, counts in summed
        )
        return scores

    here = np.arange(len(starts))
    first = np.minimum(np.searchsorted(starts, starts - _AROUND), here)
    last = np.maximum(np.searchsorted(ends, ends + _AROUND, side="right") - 1, here)
    both = score(np.append(first, here), np.append(last, here))
    of_codes = np.concatenate(heard(meant, things, (first, last), likeness.network), 1)
    both += _NETWORK_COUNTS * np.logaddexp.reduceat(of_codes, _BEGIN)
    *near, open_ = both[:, : len(here)]
    *alone, _ = both[:, len(here) :]
    return Scores(
        grave=np.logaddexp.reduce(near),  # what is grave in one way is grave
        threat=near[_THREATS],
        alone=np.logaddexp.reduce(alone),
        open=open_,
        length=lengths[last + 1] - lengths[first],
    )


def _pairs(things: Mapping[int, Sequence[int]], sentences: int, likeness: Likeness) -> tuple[Sums, Sums]:
    """Up to each sentence, and to the end, the sum of each model's weights of the things that stand together, and how many pairs these are."""
    pairs, counts = np.zeros((len(MODELS), sentences + 1)), np.zeros(sentences + 1)
    if not things:
        return pairs, counts
    sizes = np.array([len(some) for some in things.values()])
    some = np.array(list(chain.from_iterable(things.values())))
    here = np.arange(len(some))
    partners = np.repeat(sizes.cumsum(), sizes) - here  # of each, itself and those behind it in its sentence
    begun = partners.cumsum() - partners
    others = np.arange(partners.sum()) + np.repeat(here - begun, partners)
    width = likeness.pairs.shape[1]
    table = likeness.pairs.reshape(len(MODELS), -1).T
    weights = table.take(width * np.repeat(some, partners) + some[others], 0)
    numbers = np.array([number + 1 for number in things])
    sums = np.add.reduceat(weights, begun[sizes.cumsum() - sizes], dtype=np.float64)
    pairs[:, numbers] = likeness.steps[1] * sums.T
    counts[numbers] = sizes * (sizes + 1) / 2
    return pairs.cumsum(1), counts.cumsum()


def _of_senses(meant: Meant, sentences: int, likeness: Likeness) -> tuple[Sums, Sums]:
    """Up to each sentence, and to the end, the sum of each model's weights of the senses that stand together, and how many these are."""
    hashes, places = together(meant)
    weights = likeness.senses.T.take(hashes, 0)
    sums, counts = np.zeros((len(MODELS), sentences + 1)), np.zeros(sentences + 1)
    for model in range(len(MODELS)):
        sums[model, 1:] = np.bincount(places, weights[:, model], sentences)
    counts[1:] = np.bincount(places, minlength=sentences)
    return likeness.steps[2] * sums.cumsum(1), counts.cumsum()


def _running(folded: str, places: Places, likeness: Likeness) -> tuple[Sums, Sums]:
    """Before each of these places in a text, in order and the first of them 0, the sum of each model's weights of the sequences that began already, and how many these are."""
    hashes, begun = by_length(folded)
    before = np.searchsorted(begun, places)
    sums, counts = np.zeros((len(begun) + 1, len(MODELS))), np.zeros(len(places))
    table = likeness.letters.T
    for some in hashes:
        sums[: len(some)] += table.take(some, 0)
        counts += np.minimum(before, len(some))
    between = np.add.reduceat(sums, before[:-1])
    between[before[1:] == before[:-1]] = 0  # where nothing stands it has taken the next one
    running = np.zeros((len(MODELS), len(places)))
    running[:, 1:] = likeness.steps[0] * between.cumsum(0).T
    return running, counts
