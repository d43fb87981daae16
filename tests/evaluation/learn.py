"""`make learn`: config/policy/detectors/likeness_learned.toml from sentences/*.tsv, letters/*.tsv, the
cases that rules are tested with, and the messages of the half `tune`.

A logistic regression tells whether a text is sensitive. What decides is bounded so that of messages it was not learned from
(each quarter judged by the other three) few harmless ones sound sensitive, and hardly one that tells of threats or operations
sounds harmless. The same sources make the same file on one machine; a test tells when they have changed since.
"""

import hashlib
import tomllib
import zlib
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relay.detectors.language import UNKNOWN, language_of
from relay.detectors.likeness import BITS, FEW, Likeness, scores_of, sequences
from relay.detectors.reading import Reading, read
from relay.policy.shape import fold, shape
from tests.evaluation.corpus import FOLDER, Skeleton, fill, read_skeletons

HERE = Path(__file__).parent
LEARNED = HERE.parents[1] / "config" / "policy" / "detectors" / "likeness_learned.toml"
CASES = HERE.parent / "unit" / "detectors" / "operations.toml"
TODAY = date(2026, 11, 24)
HARMLESS = "PASS"
_TOLD = frozenset({"T1", "O1", "O2", "O3"})
# How far the bounds lie beyond what nine of ten messages score, times the distance of those from the median.
_ABOVE, _BELOW = 1.5, 1.5
_KNOWN = 12  # messages of a language make bounds of its own
_PARTS = 4
_ROUNDS = 60
_WEAKEST = 1e-5  # how much weights are drawn to nothing
_STEPS = 127  # of a weight, on each side of 0
_MESSAGE = 3  # sentences weigh as much as one message

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Text:
    """What somebody wrote, and its code by POLICY (HARMLESS for none); the part of the cross validation; a sentence or a message."""

    text: str
    code: str
    part: int
    whole: bool


def sources() -> list[Path]:
    """All files that are learned from, and this one."""
    return [
        *sorted((HERE / "sentences").glob("*.tsv")),
        *sorted((HERE / "letters").glob("*.tsv")),
        *sorted((FOLDER / "tune").glob("*.toml")),
        CASES,
        HERE / "regions" / "tune.toml",
        Path(__file__),
    ]


def digest() -> str:
    """Of all that is learned from."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources())).hexdigest()


def written(folder: str) -> Iterator[Text]:
    """What stands in sentences/*.tsv or letters/*.tsv: code, tab, text; ⏎ is a line's end."""
    for path in sorted((HERE / folder).glob("*.tsv")):
        for number, line in enumerate(path.read_text("utf-8").splitlines()):
            code, text = line.split("\t")
            whole = folder == "letters"  # a pair belongs together
            yield Text(text.replace(" ⏎ ", "\n"), code, _part(f"{path.stem} {number // (1 + whole)}"), whole)


def cases() -> Iterator[Text]:
    """What the tests of rules say of texts that look alike."""
    for by_code in tomllib.loads(CASES.read_text("utf-8")).values():
        for code, texts in by_code.items():
            if code in {"pass", *_TOLD}:
                yield from (
                    Text(text, HARMLESS if code == "pass" else code, _part(text), whole=False) for text in texts
                )


def messages(skeletons: Sequence[Skeleton]) -> Iterator[Text]:
    """The messages of `tune` that pass or are withheld, each once."""
    for skeleton in skeletons:
        if skeleton.half == "tune" and skeleton.label != "hold" and skeleton.kind != "adversarial":
            message = fill(skeleton, 0, TODAY)
            code = skeleton.codes[0] if skeleton.codes else HARMLESS
            yield Text(f"{message.subject}\n\n{message.text}", code, _part(skeleton.id), whole=True)


def _part(text: str) -> int:
    return hashlib.sha256(text.encode()).digest()[0] % _PARTS


def reading_of(text: str) -> Reading:
    shaped = shape(text)
    return read(shaped, fold(shaped))


@dataclass(frozen=True, slots=True)
class Features:
    """Sequences of many texts: of each its number, the sequence's hash, and its share in the text."""

    rows: Array
    hashes: Array
    shares: Array
    size: int


def features_of(texts: Sequence[str]) -> Features:
    rows, hashes, shares = [], [], []
    for number, text in enumerate(texts):
        found, counts = np.unique(sequences(f" {fold(shape(text))} ")[0], return_counts=True)
        rows.append(np.full(len(found), number))
        hashes.append(found)
        shares.append(counts / np.sqrt(max(FEW, counts.sum())))
    return Features(np.concatenate(rows), np.concatenate(hashes), np.concatenate(shares), len(texts))


def fit(features: Features, told: Array, worth: Array) -> tuple[Array, float]:
    """Weights and bias that tell the texts that are `told` from the others, both weighing the same in sum (Adam, Kingma and Ba 2015)."""
    share = worth * np.where(told, 0.5 / worth[told].sum(), 0.5 / worth[~told].sum())
    state = np.zeros((3, (1 << BITS) + 1))  # the weights and the bias; the first and the second moment of their slope
    for number in range(1, _ROUNDS + 1):
        sums = np.bincount(features.rows, features.shares * state[0, features.hashes], features.size) + state[0, -1]
        off = share * (1 / (1 + np.exp(-sums)) - told)
        slope = np.bincount(features.hashes, features.shares * off[features.rows], 1 << BITS)
        slope = np.append(slope + _WEAKEST * state[0, :-1], off.sum())
        state[1] = 0.9 * state[1] + 0.1 * slope
        state[2] = 0.99 * state[2] + 0.01 * slope**2
        step = 0.3 * (1 - number / (_ROUNDS + 1))
        state[0] -= step * (state[1] / (1 - 0.9**number)) / (np.sqrt(state[2] / (1 - 0.99**number)) + 1e-7)
    return state[0, :-1], float(state[0, -1])


def learn(texts: Sequence[Text], without: int | None = None) -> Likeness:
    """Learn from all parts but one; without bounds."""
    used = [one for one in texts if one.part != without]
    worth = np.array([_MESSAGE if one.whole else 1 for one in used])
    weights, bias = fit(
        features_of([one.text for one in used]), np.array([one.code != HARMLESS for one in used]), worth
    )
    return Likeness(weights=weights.astype(np.float32), bias=bias, above={}, below={})


def highest(text: str, likeness: Likeness) -> float:
    """The score of a message's most sensitive sentence."""
    return float(scores_of(reading_of(text), likeness)[0].max(initial=-100.0))


def bounds(scored: Sequence[tuple[str, float]], tenth: float, beyond: float) -> dict[str, float]:
    """Of each language that has enough messages, and of all; `tenth` is the quantile beyond which they lie."""
    found = {}
    for language in sorted({UNKNOWN, *(language for language, _ in scored)}):
        some = [score for own, score in scored if language in {own, UNKNOWN}]
        if len(some) >= _KNOWN:
            middle = float(np.median(some))
            found[language] = round(middle + beyond * (float(np.quantile(some, tenth)) - middle), 4)
    return found


def encoded(likeness: Likeness) -> str:
    """The file of what was learned."""
    step = float(np.abs(likeness.weights).max()) / _STEPS
    weights = np.round(likeness.weights / step).astype(np.int8)
    tables = (
        f"[likeness.{name}]\n" + "".join(f"'{language}' = {bound}\n" for language, bound in bounds.items())
        for name, bounds in (("above", likeness.above), ("below", likeness.below))
    )
    return (
        "# What letters sound like, made by `make learn` (tests/evaluation/learn.py): nobody edits it.\n"
        f"[likeness]\nlearned_from = '{digest()}'\nbias = {likeness.bias:.4f}\nstep = {step:.6g}\n"
        f"weights = '{b64encode(zlib.compress(weights.tobytes(), 9)).decode()}'\n" + "".join(tables)
    )


def main() -> None:
    """Learn, and write the file."""
    texts = [*written("sentences"), *written("letters"), *cases(), *messages(read_skeletons())]
    passing, telling = [], []
    for part in range(_PARTS):
        likeness = learn(texts, part)
        for one in texts:
            if one.part == part and one.whole:
                scored = language_of(reading_of(one.text)), highest(one.text, likeness)
                if one.code == HARMLESS:
                    passing.append(scored)
                elif one.code in _TOLD:
                    telling.append(scored)
    above, below = bounds(passing, 0.9, _ABOVE), bounds(telling, 0.1, _BELOW)
    below = {
        language: min(0.0, below.get(language, below[UNKNOWN])) for language in above
    }  # above 0 nothing is harmless
    LEARNED.write_text(encoded(replace(learn(texts), above=above, below=below)), "utf-8")
    print(f"{len(texts)} texts; above {above}; below {below}; {LEARNED.stat().st_size} octets")


if __name__ == "__main__":
    main()
