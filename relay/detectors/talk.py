"""Which sentences with a label only talk about labels, by what was learned: "who may see TLP:RED?", "TLP:AMBER goes by SIENA".

Whether a label is used or mentioned is told in ever new words, and a rule knows only those that somebody thought of
(relay/policy/house_rule.py). This weighs the sequences of characters of the sentence, what its words mean, and which of them
stand before and which behind the label: the mean of three logistic regressions, learned from sentences of both sorts
(config/policy/detectors/talk_learned.toml, made by `make learn`; tests/evaluation/talk.py). It is asked of labels in sentences
alone, never of one in a marking's place, of joined ones that contradict each other, or of a subject.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relay.detectors.language import language_of
from relay.detectors.packing import unpacked
from relay.detectors.reading import read
from relay.detectors.senses import BITS as BITS_OF_SENSES
from relay.detectors.senses import Numbers, Places, Senses, senses_of, together
from relay.detectors.sequences import BITS, sequences
from relay.policy.shape import Version

BITS_OF_SIDES = 18  # of the hash of a sense that stands on one side of the label
SORTS = (BITS, BITS_OF_SENSES, BITS_OF_SIDES)
_NEAREST = 3  # senses beside the label, of which it counts how far from it they stand
_SIDE, _FAR = np.uint64(0x9E37_79B9_7F4A_7C15), np.uint64(0xC2B2_AE3D_27D4_EB4F)
_ASKED = 50  # labels in sentences of one text, at most: who writes of more waits for a moderator

Weights = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What was learned: weights by hash of each of SORTS, in whole numbers of `steps`. What scores `bound` or more marks, what scores less is talk."""

    weights: tuple[Weights, ...] = field(repr=False)
    steps: tuple[float, ...]
    bias: float
    bound: float

    def score(self, features: Sequence[Places]) -> float:
        """How much a sentence sounds as if it marked something."""
        each = zip(self.weights, self.steps, features, strict=True)
        return self.bias + sum(step * float(weights[some].sum()) * share_of(some) for weights, step, some in each)


def features_of(sentence: Version, span: tuple[int, int], senses: Senses) -> tuple[Places, ...]:
    """The places among the weights of each of SORTS, each once: of sequences, of senses that stand together, of those on either side of the label.

    Its words are those of its own language, for a sentence of another may stand in a text.
    """
    readings = [
        read(sentence.text[part], sentence.folded[part]) for part in (slice(None), slice(span[0]), slice(span[1], None))
    ]
    language = language_of(readings[0], senses)
    whole, before, behind = (senses_of(one, (), language, senses) for one in readings)
    sides = np.concatenate([_on_side(before.senses[::-1], 1), _on_side(behind.senses, 2)])
    return np.unique(sequences(sentence.folded)[0]), np.unique(together(whole)[0]), np.unique(sides)


def _on_side(numbers: Numbers, side: int) -> Places:
    """The hashes of senses on one side of a label, the nearest first: by the side, and of the nearest by how far they stand as well."""
    mixed = numbers * np.uint64(2 * side + 1) * _SIDE
    near = (mixed[:_NEAREST] + np.arange(1, 1 + len(mixed[:_NEAREST]), dtype=np.uint64)) * _FAR
    return (np.concatenate([mixed * _FAR, near]) >> np.uint64(64 - BITS_OF_SIDES)).astype(np.int64)


def share_of(some: Places) -> float:
    """What each of them counts, so that long sentences don't count more than others."""
    return float(max(1, len(some)) ** -0.5)


def made_talk(weights: Sequence[str], steps: Sequence[float], bias: float, bound: float) -> Talk:
    """What `make learn` has written: weights of each of SORTS are zlib over octets, whole steps from -127 to 127, in base64.

    Raises:
        ValueError: it isn't.
    """
    read_weights = unpacked(weights)
    if [len(some) for some in read_weights] != [1 << bits for bits in SORTS] or len(steps) != len(SORTS):
        raise ValueError(f"it needs weights of {len(SORTS)} sorts, {1 << BITS} of sequences, and a step for each")
    return Talk(weights=tuple(read_weights), steps=tuple(steps), bias=bias, bound=bound)


@dataclass(slots=True)
class Talking:
    """Tells of the sentences of one text whether they only talk about labels; of each once, in however many ways the text is read."""

    talk: Talk
    senses: Senses
    answers: dict[tuple[Version, tuple[int, int]], bool] = field(default_factory=dict, repr=False)

    def __call__(self, sentence: Version, span: tuple[int, int]) -> bool:
        """Whether this sentence does, by what stands around the label that stands there in it."""
        asked = sentence, span
        if asked not in self.answers:
            if len(self.answers) == _ASKED:
                return False
            self.answers[asked] = self.talk.score(features_of(sentence, span, self.senses)) < self.talk.bound
        return self.answers[asked]
