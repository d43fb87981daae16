"""`make learn`, its first part: config/policy/detectors/talk_learned.toml from labels/*.tsv, sentences with a label that mark something or talk about labels.

A logistic regression for each sort of evidence, as for letters (learn.py), and their mean. The bound lies where of the sentences
that mark hardly one is taken for talk, each judged by what others wrote than its writers.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from relay.detectors.talk import SORTS, features_of, share_of
from relay.policy.mention import points_here, sentence_of
from relay.policy.shape import Version, fold, shape
from tests.evaluation.learn import CODE, DETECTORS, HERE, detectors_as_shipped, fit, packed

LEARNED = DETECTORS / "talk_learned.toml"
_MARKS = "MARK"  # what its writer says of this message, or of what comes with it; the others are TALK
_LABEL = re.compile("⟦(.+?)⟧")
_MISSED = 0.005  # of what marks, at most

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A sentence, where its labels stand in it, and whether it marks something; its language, and the number of those who wrote it."""

    text: str
    labels: tuple[tuple[int, int], ...]
    marks: bool
    language: str
    writers: str


def sources() -> list[Path]:
    """All files that are learned from, those that say how, and this one."""
    return [
        *sorted((HERE / "labels").glob("*.tsv")),
        *sorted(DETECTORS.glob("senses_*.toml")),
        *(CODE / f"{module}.py" for module in ("language", "senses", "sequences", "talk")),
        *(CODE.parent / "policy" / f"{module}.py" for module in ("mention", "pointing", "sentence")),
        HERE / "learn.py",
        Path(__file__),
    ]


def digest() -> str:
    """Of all that is learned from."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources())).hexdigest()


def labelled() -> Iterator[Labelled]:
    """What stands in labels/LANGUAGE-WRITERS.tsv: MARK or TALK, tab, a sentence with its labels in ⟦ ⟧."""
    for path in sorted((HERE / "labels").glob("*.tsv")):
        language, _, writers = path.stem.partition("-")
        for line in path.read_text("utf-8").splitlines():
            sort, written = line.split("\t")
            found = [
                (match.start() - 2 * number, match.end() - 2 * number - 2)
                for number, match in enumerate(_LABEL.finditer(written))
            ]
            yield Labelled(_LABEL.sub(r"\1", written), tuple(found), sort == _MARKS, language, writers)


@dataclass(frozen=True, slots=True)
class Examples:
    """One for each label of each sentence: a row in the table of each of SORTS; the sentence's number, and what it counts, so that all sentences count the same; and whether it points here, so that nobody asks."""

    tables: tuple[csr_array, ...]
    sentences: Array
    worth: Array
    points: Array


def examples_of(some: Sequence[Labelled]) -> Examples:
    """What there is to learn from, and to judge."""
    senses = detectors_as_shipped().senses
    features, sentences, points = [], [], []
    for number, one in enumerate(some):
        shaped = shape(one.text)
        version = Version(shaped, fold(shaped))
        for start, end in one.labels:
            here, span = sentence_of(version, len(shape(one.text[:start])), len(shaped) - len(shape(one.text[end:])))
            features.append(features_of(here, span, senses))
            points.append(points_here(here.folded))
            sentences.append(number)
    numbers = np.array(sentences)
    tables = (_table(places, bits) for places, bits in zip(zip(*features, strict=True), SORTS, strict=True))
    return Examples(tuple(tables), numbers, 1 / np.bincount(numbers)[numbers], np.array(points))


def _table(places: Sequence[Array], bits: int) -> csr_array:
    shares = [np.full(len(some), share_of(some), np.float32) for some in places]
    ends = np.cumsum([0, *map(len, places)])
    return csr_array((np.concatenate(shares), np.concatenate(places), ends), shape=(len(places), 1 << bits))


def learn(examples: Examples, marks: Array, rows: Array) -> tuple[list[Array], float]:
    """The weights of each sort, and the bias, by these rows; `marks` is by sentence."""
    told = marks[examples.sentences[rows]]
    fitted = [fit(table[rows], told, examples.worth[rows]) for table in examples.tables]
    return [weights / len(fitted) for weights, _ in fitted], sum(bias for _, bias in fitted) / len(fitted)


def scores_by_others(examples: Examples, marks: Array, writers: Array) -> Array:
    """What each sentence scores, by its label that sounds most like a marking, by what others than its writers wrote."""
    scores = np.full(len(marks), -np.inf)
    of_rows = writers[examples.sentences]
    for here in np.unique(writers):
        weights, bias = learn(examples, marks, np.flatnonzero(of_rows != here))
        rows = np.flatnonzero(of_rows == here)
        each = bias + sum(table[rows] @ some for table, some in zip(examples.tables, weights, strict=True))
        np.maximum.at(scores, examples.sentences[rows], np.where(examples.points[rows], np.inf, each))
    return scores


def encoded(weights: Sequence[Array], bias: float, bound: float) -> str:
    """The file of what was learned."""
    texts, steps = zip(*map(packed, weights), strict=True)
    arrays = "".join(f"{name} = '{text}'\n" for name, text in zip(("letters", "senses", "sides"), texts, strict=True))
    return (
        "# Which sentences talk about labels, made by `make learn` (tests/evaluation/talk.py): nobody edits it.\n"
        f"[talk]\nlearned_from = '{digest()}'\nsteps = {list(steps)}\nbias = {round(bias, 4)}\nbound = {round(bound, 3)}\n{arrays}"
    )


def told(some: Sequence[Labelled], scores: Array, bound: float) -> Iterator[str]:
    """How sentences fare that were not learned from, by language."""
    marks, languages = np.array([one.marks for one in some]), np.array([one.language for one in some])
    for language in ("", *np.unique(languages)):
        here = (languages == language) | (not language)
        lost, talk = (100 * np.mean(scores[here & sort] < bound) for sort in (marks, ~marks))
        yield (
            f"{language or 'all':4} {(here & marks).sum():5} that mark, {lost:4.1f} % taken for talk; "
            f"{(here & ~marks).sum():5} talk, {talk:4.1f} % told as such"
        )


def main() -> None:
    """Learn, and write the file."""
    some = list(labelled())
    examples, marks = examples_of(some), np.array([one.marks for one in some])
    scores = scores_by_others(examples, marks, np.array([one.writers for one in some]))
    bound = float(np.quantile(scores[marks], _MISSED, method="lower"))
    weights, bias = learn(examples, marks, np.arange(len(examples.sentences)))
    LEARNED.write_text(encoded(weights, bias, bound), "utf-8")
    print(f"{len(some)} sentences; {LEARNED.stat().st_size} octets", *told(some, scores, bound), sep="\n")


if __name__ == "__main__":
    main()
