"""A small neural network over what words mean and how they are written (senses.py) and what was seen and found: it hears what neighbours and sentences say together, in any language.

Each sense is a point, to which those of its word's form and ending are added. Filters look at five senses in a row, and of
each the strongest answer in a sentence counts, with what the sentence's things (likeness.py) add to it; others look at these
answers in a sentence and its two neighbours. Of the sentences that are read together the strongest answers are weighed (max
pooling: Collobert et al. 2011, Kim 2014). Learned by `make learn` with the rest of likeness.py.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any
from zlib import compress, decompress
from zlib import error as zlib_error

import numpy as np
from numpy.typing import NDArray

from relay.detectors.senses import Meant

REACH = 2  # senses on each side of one with which it is heard
NOTHING, UNKNOWN, FIRST = (
    0,
    1,
    2,
)  # rows of `points`: of what stands outside a text, of a sense that isn't known, of the first that is
_NONE_KNOWN = np.iinfo(np.uint64).max  # no number of 32 bits
_WORDS, _SENTENCES = 4096, 1024  # that are heard at once: so memory stays bounded, whatever the text

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What was learned; s senses and forms, points of d numbers, t things, f filters, c classes: what a text is told to be.

    `known` are the numbers of senses and forms in order and one that is higher than all, shape (s + 1,); `points` (s + 2, d), which
    count in `step`, as whole numbers where they were read, for they are many; `near` (2 REACH + 1, d, f) with `near_bias` (f,);
    `things` (t, f) with `things_bias` (f,); `beside` (3, f, f) with `beside_bias` (f,); `out` (2, f, c) with `out_bias` (c,).
    """

    known: Array = field(repr=False)
    points: Array = field(repr=False)
    step: float = 1.0
    near: Array = field(repr=False)
    near_bias: Array = field(repr=False)
    things: Array = field(repr=False)
    things_bias: Array = field(repr=False)
    beside: Array = field(repr=False)
    beside_bias: Array = field(repr=False)
    out: Array = field(repr=False)
    out_bias: Array = field(repr=False)

    def rows(self, meant: Meant) -> Array:
        """The rows of `points` that senses, words and their endings have, shape (n, 3): that of UNKNOWN for a sense, that of NOTHING for a form that isn't known."""
        numbers = np.column_stack([meant.senses, meant.forms])
        places = np.searchsorted(self.known, numbers)
        return np.where(self.known[places] == numbers, places + FIRST, (UNKNOWN, NOTHING, NOTHING))


def in_order(numbers: Array) -> Array:
    """The numbers that are known, each once, as `Network.known` has them."""
    return np.append(np.unique(numbers).astype(np.uint64), _NONE_KNOWN)


def shapes_of(known: int, things: int, points: int, filters: int, classes: int) -> Mapping[str, tuple[int, ...]]:
    """The shape of each array but `known`, in the order in which they are written."""
    return {
        "points": (known + FIRST, points),
        "near": (2 * REACH + 1, points, filters),
        "near_bias": (filters,),
        "things": (things, filters),
        "things_bias": (filters,),
        "beside": (3, filters, filters),
        "beside_bias": (filters,),
        "out": (2, filters, classes),
        "out_bias": (classes,),
    }


def made_network(texts: Mapping[str, str], steps: Sequence[float], things: int, classes: int) -> Network:
    """What `make learn` has written.

    Args:
        texts: zlib in base64: of `known` over their numbers of 32 bits, of each other array over whole steps from -127 to 127.
        steps: of each of these, in the order of `shapes_of`.
        things: how many things there are.
        classes: how many there are.

    Raises:
        ValueError: it isn't.
    """
    names = shapes_of(0, 0, 0, 0, 0)
    if set(texts) != {"known", *names} or len(steps) != len(names):
        raise ValueError(f"its network needs what is known, {', '.join(names)}, and a step for each but the first")
    try:
        octets = {name: decompress(b64decode(text, validate=True)) for name, text in texts.items()}
    except zlib_error as error:
        raise ValueError("its network can't be unpacked") from error
    known = in_order(np.frombuffer(octets["known"], np.uint32))
    count, filters = len(known) - 1, len(octets["near_bias"])
    shapes = shapes_of(count, things, len(octets["points"]) // (count + FIRST), filters, classes)
    if any(len(octets[name]) != np.prod(shape) for name, shape in shapes.items()):
        raise ValueError("the arrays of its network don't fit each other")
    read = {name: np.frombuffer(octets[name], np.int8).reshape(shape) for name, shape in shapes.items()}
    of_points, *others = steps
    scaled = {name: read[name] * np.float32(step) for name, step in zip(list(shapes)[1:], others, strict=True)}
    return Network(known=known, points=read["points"], step=of_points, **scaled)


def written_network(network: Network) -> tuple[dict[str, str], list[float]]:
    """What `made_network` reads."""
    arrays = {name: getattr(network, name) for name in shapes_of(0, 0, 0, 0, 0)}
    arrays["points"] = network.points * np.float32(network.step)
    steps = {name: round(float(np.abs(array).max(initial=0)) / 127, 9) or 1.0 for name, array in arrays.items()}
    octets = {name: np.round(array / steps[name]).astype(np.int8) for name, array in arrays.items()}
    octets = {"known": network.known[:-1].astype(np.uint32), **octets}
    texts = {name: b64encode(compress(array.tobytes(), 9)).decode() for name, array in octets.items()}
    return texts, list(steps.values())


def blank_network(things: int, classes: int) -> Network:
    """One that hears nothing."""
    shapes = shapes_of(0, things, 1, 1, classes)
    arrays: dict[str, Any] = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    return Network(known=in_order(np.zeros(0)), **arrays)


def heard(
    meant: Meant, things: Mapping[int, Sequence[int]], windows: tuple[Array, Array], network: Network
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How much of each class is heard in each sentence, with what stands around it and alone, shape (classes, sentences); linear time where windows are bounded.

    Args:
        meant: by the words of a text.
        things: the places of those of each sentence that has some.
        windows: the first and the last sentence with which each is read; both never fall.
        network: what was learned.
    """
    of_sentence, (first, last) = meant.sentences, windows
    count, classes = len(first), len(network.out_bias)
    near, alone = np.zeros((classes, count)), np.zeros((classes, count))
    rows = np.pad(network.rows(meant), ((REACH, REACH), (0, 0)), constant_values=NOTHING)
    begun = np.searchsorted(of_sentence, np.arange(count + 1))
    for begin in range(0, count, _SENTENCES):
        end = min(count, begin + _SENTENCES)
        low, high = max(0, first[begin] - 1), min(count, last[end - 1] + 2)
        words = np.zeros((high - low + 2, len(network.near_bias)), np.float32)  # with nothing before and behind
        for sentences, strongest in _in_sentences(rows, of_sentence, (begun[low], begun[high]), network):
            words[sentences - low + 1] = np.maximum(words[sentences - low + 1], strongest)
        if with_things := [number for number in range(low, high) if number in things]:
            words[np.array(with_things) - low + 1] += _said_by([things[number] for number in with_things], network)
        here = words[1:-1]
        said = here.any(1, keepdims=True)
        beside = _answers([words[:-2], here, words[2:]], network) * said
        by_itself = _answers([np.zeros_like(here), here, np.zeros_like(here)], network) * said
        chosen = slice(begin - low, end - low)
        near[:, begin:end] = _weighed(
            _strongest(here, beside, (first[begin:end] - low, last[begin:end] - low)), network
        )
        alone[:, begin:end] = _weighed(np.concatenate([here, by_itself], 1)[chosen], network)
    return near, alone


def _in_sentences(
    rows: Array, of_sentence: Array, span: tuple[int, int], network: Network
) -> Iterator[tuple[Array, Array]]:
    """The strongest answers of the filters in each sentence of a span of senses, piece by piece: sentences, and their answers."""
    for start in range(*span, _WORDS):
        stop = min(span[1], start + _WORDS)
        points = network.points[rows[start : stop + 2 * REACH]].sum(1, dtype=np.float32) * np.float32(network.step)
        answers = sum(points[shift : shift + stop - start] @ weights for shift, weights in enumerate(network.near))
        answers = np.maximum(answers + network.near_bias, 0)
        some = of_sentence[start:stop]
        begins = np.flatnonzero(np.append(True, some[1:] != some[:-1]))
        yield some[begins], np.maximum.reduceat(answers, begins)


def _said_by(things: Sequence[Sequence[int]], network: Network) -> Array:
    """What sentences' things add to the answers in them."""
    sizes = np.array([len(some) for some in things])
    summed = np.add.reduceat(network.things[list(chain.from_iterable(things))], sizes.cumsum() - sizes)
    added: Array = np.maximum(summed + network.things_bias, 0)
    return added


def _answers(parts: Sequence[Array], network: Network) -> Array:
    """What the second filters answer to a sentence and its neighbours."""
    summed = sum(part @ weights for part, weights in zip(parts, network.beside, strict=True))
    answers: Array = np.maximum(summed + network.beside_bias, 0)
    return answers


def _strongest(words: Array, beside: Array, windows: tuple[Array, Array]) -> Array:
    """The strongest of both sorts of answers in each window: by windows of 1, 2, 4 … sentences, of which two make each."""
    both = np.concatenate([words, beside], 1)
    first, last = windows
    sizes = last - first + 1
    strongest = np.empty((len(first), both.shape[1]), both.dtype)
    size = 1
    while True:
        fitting = np.flatnonzero((sizes >= size) & (sizes < 2 * size))
        strongest[fitting] = np.maximum(both[first[fitting]], both[last[fitting] - size + 1])
        if 2 * size > sizes.max(initial=0):
            return strongest
        both = np.maximum(both[:-size], both[size:])
        size *= 2


def _weighed(answers: Array, network: Network) -> Array:
    weighed: Array = answers @ network.out.reshape(-1, len(network.out_bias)) + network.out_bias
    return weighed.T
