"""`make learn`: config/policy/detectors/likeness_learned.toml from sentences/*.tsv, letters/*.tsv and the messages of the halves `tune` and `weigh`.

Logistic regressions tell whether a letter names people, threatens them or betrays operations (what is withheld), and whether
it is open (what is held because nobody can tell), by its sequences of characters, by what stands together in its sentences (words,
names, what rules found), and by what its words mean; a small network over the last two tells the codes apart (network.py).

Bounds are set where the messages of the half `weigh` and the newest letters fare best, judged by what all others tell: by writers
whom it has never read, as those will be who write to a list. Letters by known writers that were left out one by one promised
0.6 % let out and 3.4 % held where new writers' came to 4.8 and 7.5. Then all is learned again with these. The same sources make
the same file on one machine; a test tells when they have changed since.
"""

import hashlib
import os
import zlib
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import expit

from relay.detectors.definition import read_detectors
from relay.detectors.facts import Facts
from relay.detectors.find import Detectors, seen_and_found
from relay.detectors.language import UNKNOWN, language_of
from relay.detectors.likeness import (
    CODES,
    FEW,
    FEW_PAIRS,
    FEW_SENSES,
    GRAVE,
    MODELS,
    OPEN,
    Bounds,
    Likeness,
    blank_likeness,
    scores_of,
    things_of,
)
from relay.detectors.network import Network, written_network
from relay.detectors.reading import Reading, read
from relay.detectors.senses import BITS as BITS_OF_SENSES
from relay.detectors.senses import Meant, senses_of, together
from relay.detectors.sequences import BITS, sequences
from relay.policy.shape import fold, shape
from tests.evaluation.corpus import FOLDER, HARMLESS, Skeleton, fill, read_skeletons, with_lines
from tests.evaluation.network import learn_network
from tests.evaluation.slots import Slots

HERE = Path(__file__).parent
DETECTORS = HERE.parents[1] / "config" / "policy" / "detectors"
CODE = HERE.parents[1] / "relay" / "detectors"
LEARNED = DETECTORS / "likeness_learned.toml"
_LEARNED = "*_learned.toml"  # what this and talk.py write
TODAY = date(2026, 11, 24)
_PASSES = frozenset({HARMLESS})
_SENTENCE, _LETTER = 0.02, 0.3  # what one teaches, of a message
_NEWEST = frozenset({"16", "17"})  # the files of letters whose writers have written no others
_WEIGHS = 0.1  # what a letter of theirs weighs where bounds are set, of a message
_EACH, _BESIDE = 5, (1, 3)  # of how many letters one is learned within others as well, and within how many
_ROUNDS = 200
_WEAKEST = 3e-7  # how much weights are drawn to nothing
_STEPS = 127  # of a weight, on each side of 0
# What a leak is worth in needless holds; a needless hold against a moderator's question that isn't asked; and how much other
# languages count where the bounds of one are set.
_LEAK, _QUESTION, _OTHERS = 3.0, 0.5, 0.3
_FARTHER = 1.0  # than the bound of all languages that of one may lie, at most
_NEEDLESSLY_WITHHELD = 0.001  # of harmless letters, at most; of new writers it comes to three times as many
_SMOOTH = 0.3  # how far each letter's score reaches where shares of few are taken

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Text:
    """What somebody wrote, by whom, and its code by POLICY (HARMLESS for none).

    `teaches` is what it counts where weights are learned, `weighs` where bounds are set; `is_new` are those that aren't learned from
    before bounds are.
    """

    text: str
    code: str
    is_new: bool = False
    teaches: float = 1.0
    weighs: float = 0.0
    author: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A text with the things of each sentence, what its words mean, whether a grave rule found something, and its language."""

    text: Text
    things: Mapping[int, Sequence[int]]
    meant: Meant
    found: bool
    language: str


def sources() -> list[Path]:
    """All files that are learned from, those that say what is seen and how, and this one."""
    return [
        *sorted((HERE / "sentences").glob("*.tsv")),
        *sorted((HERE / "letters").glob("*.tsv")),
        *sorted((FOLDER / "tune").glob("*.toml")),
        *sorted((FOLDER / "weigh").glob("*.toml")),
        *sorted(path for path in DETECTORS.glob("*.toml") if not path.match(_LEARNED)),
        *(HERE / "regions" / f"{half}.toml" for half in ("tune", "weigh")),
        *(
            CODE / f"{module}.py" for module in ("language", "senses", "sequences", "network")
        ),  # what a weight belongs to
        HERE / "network.py",
        Path(__file__),
    ]


def digest() -> str:
    """Of all that is learned from."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources())).hexdigest()


def sentences() -> Iterator[Text]:
    """What stands in sentences/*.tsv: code, tab, text."""
    for _, _, code, text in _lines("sentences"):
        yield Text(text, code, teaches=_SENTENCE)


def letters() -> Iterator[Text]:
    """What stands in letters/*.tsv in the same way, with its slots filled; and of each file some letters within harmless ones, as in the long texts that people write."""
    if missing := _NEWEST - {path.stem.partition("-")[2] for path in (HERE / "letters").glob("*.tsv")}:
        raise FileNotFoundError(f"no letters of {', '.join(sorted(missing))} are there to set bounds by")
    for path, some in groupby(_letters(), key=itemgetter(0)):
        of_file = [text for _, text in some]
        yield from of_file
        yield from within_others(of_file, Random(path.stem))


def within_others(some: Sequence[Text], chance: Random) -> Iterator[Text]:
    """Every so many letters with the texts of harmless ones, each another, before and behind theirs; for learning alone."""
    with_text = [one for one in some if "\n\n" in one.text]
    harmless = [one for one in with_text if one.code == HARMLESS]
    for one in with_text[::_EACH]:
        count = chance.randint(*_BESIDE)
        drawn = chance.sample(harmless, min(len(harmless), count + 1))
        if others := [other for other in drawn if other is not one][:count]:
            subject, _, text = one.text.partition("\n\n")
            texts = [other.text.partition("\n\n")[2] for other in others]
            texts.insert(chance.randint(0, len(texts)), text)
            yield replace(one, text="\n\n".join([subject, *texts]), weighs=0.0)


def _letters() -> Iterator[tuple[Path, Text]]:
    for path, number, code, text in _lines("letters"):
        language, _, written = path.stem.partition("-")
        slots = Slots(language, "weigh", Random(f"{path.stem} {number}"), TODAY)
        is_new = written in _NEWEST
        author = slots.value("author") if "{author" in text else ""
        yield path, Text(slots.fill(text), code, is_new, _LETTER, _WEIGHS if is_new else 0.0, author)


def _lines(folder: str) -> Iterator[tuple[Path, int, str, str]]:
    for path in sorted((HERE / folder).glob("*.tsv")):
        for number, line in enumerate(path.read_text("utf-8").splitlines()):
            code, text = line.split("\t")
            yield path, number, code, with_lines(text)


def messages(skeletons: Sequence[Skeleton]) -> Iterator[Text]:
    """The messages of `tune` and `weigh` that are written as people write, each once."""
    for skeleton in skeletons:
        if skeleton.half != "test" and skeleton.kind != "adversarial":
            message = fill(skeleton, 0, TODAY)
            code = skeleton.codes[0] if skeleton.codes else HARMLESS
            text = f"{message.subject}\n\n{message.text}"
            is_new = skeleton.half == "weigh"
            yield Text(text, code, is_new, weighs=float(is_new), author=message.author)


def reading_of(text: str) -> Reading:
    shaped = shape(text)
    return read(shaped, fold(shaped))


@cache
def detectors_as_shipped() -> Detectors:
    files = {path.name: path.read_text("utf-8") for path in DETECTORS.glob("*.toml") if not path.match(_LEARNED)}
    return read_detectors(files)


@cache
def blank() -> Likeness:
    """All things that there are, without weights."""
    detectors = detectors_as_shipped()
    return blank_likeness(sorted({*detectors.kinds, *detectors.rules(), *GRAVE, *OPEN}), detectors.kinds)


def seen(text: Text) -> Seen:
    """What is seen in a text, and what rules find in it."""
    reading = reading_of(text.text)
    facts = Facts(on=TODAY, names=(text.author,) if text.author else ())
    signals, found = seen_and_found(reading, detectors_as_shipped(), facts)
    language = language_of(reading, detectors_as_shipped().senses)
    things = things_of(reading, signals, found, blank())
    meant = senses_of(reading, signals, language, detectors_as_shipped().senses)
    return Seen(text, things, meant, any(one.code in GRAVE for one in found), language)


def features_of(one: Seen) -> tuple[Array, Array]:
    """The sequences, pairs of things and senses that stand together in a text: their places among the weights, and the share of each in it."""
    hashes, counts = np.unique(sequences(reading_of(one.text.text).folded)[0], return_counts=True)
    senses, of_senses = np.unique(together(one.meant)[0], return_counts=True)
    count = len(blank().places)
    pairs = Counter(
        (1 << BITS) + first * count + second
        for things in one.things.values()
        for place, first in enumerate(things)
        for second in things[place:]
    )
    numbers = np.fromiter(pairs.values(), np.float64, len(pairs))
    shares = [
        some / np.sqrt(max(few, some.sum()))
        for some, few in ((counts, FEW), (numbers, FEW_PAIRS), (of_senses, FEW_SENSES))
    ]
    places = (hashes, np.fromiter(pairs, np.int64, len(pairs)), (1 << BITS) + count**2 + senses)
    return np.concatenate(places).astype(np.int32), np.concatenate(shares).astype(np.float32)


def tables_of(features: Iterable[tuple[Array, Array]]) -> tuple[csr_array, csr_array]:
    """One row for each text, one column for each weight: of its sequences and things, and of its senses."""
    places, shares = zip(*features, strict=True)
    ends = np.cumsum([0, *map(len, places)])
    columns = (1 << BITS) + len(blank().places) ** 2
    shape = len(places), columns + (1 << BITS_OF_SENSES)
    table = csr_array((np.concatenate(shares), np.concatenate(places), ends), shape=shape)
    return table[:, :columns], table[:, columns:]


def fit(table: csr_array, told: Array, worth: Array) -> tuple[Array, float]:
    """Weights and bias that tell the texts that are `told` from the others, both weighing the same in sum (Adam, Kingma and Ba 2015)."""
    share = worth * np.where(told, 0.5 / worth[told].sum(), 0.5 / worth[~told].sum())
    turned = table.T.tocsr()
    state = np.zeros(
        (3, table.shape[1] + 1), np.float32
    )  # the weights and the bias; the first and the second moment of their slope
    for number in range(1, _ROUNDS + 1):
        off = (share * (expit(table @ state[0, :-1] + state[0, -1]) - told)).astype(np.float32)
        slope = np.append(turned @ off + _WEAKEST * state[0, :-1], off.sum())
        state[1] = 0.9 * state[1] + 0.1 * slope
        state[2] = 0.99 * state[2] + 0.01 * slope**2
        step = 0.3 * (1 - number / (_ROUNDS + 1))
        state[0] -= step * (state[1] / (1 - 0.9**number)) / (np.sqrt(state[2] / (1 - 0.99**number)) + 1e-7)
    return state[0, :-1], float(state[0, -1])


def learn(some: Sequence[Seen], tables: Sequence[csr_array]) -> Likeness:
    """Learn from texts and their features; without bounds. What either table tells is learned by itself, and the mean taken: together, the one leaves nothing to learn of the other."""
    count = len(blank().places)
    fitted = []
    for told_codes in MODELS.values():
        codes = {HARMLESS, *told_codes}
        rows = [row for row, one in enumerate(some) if one.text.code in codes]
        told, worth = ([some[row].text.code != HARMLESS for row in rows], [some[row].text.teaches for row in rows])
        fitted.append([fit(table[rows], np.array(told), np.array(worth)) for table in tables])
    of_text, of_senses = (
        np.stack([weights / len(tables) for weights, _ in of_table]).astype(np.float32)
        for of_table in zip(*fitted, strict=True)
    )
    return replace(
        blank(),
        network=_network(some),
        letters=of_text[:, : 1 << BITS],
        pairs=of_text[:, 1 << BITS :].reshape(len(MODELS), count, count),
        senses=of_senses,
        bias=tuple(sum(bias for _, bias in each) / len(tables) for each in fitted),
    )


def _network(some: Sequence[Seen]) -> Network:
    """The network. A text counts the root of what it teaches: there are few messages, and more to learn by heart."""
    classes = {code: number for number, code in enumerate((HARMLESS, *CODES))}
    learned = [one for one in some if one.text.code in classes]
    told = np.array([classes[one.text.code] for one in learned])
    worth = np.sqrt([one.text.teaches for one in learned])
    counts = len(blank().places), len(CODES)
    return learn_network([one.meant for one in learned], [one.things for one in learned], told, worth, counts)


@dataclass(frozen=True, slots=True)
class Scored:
    """A text that was not learned from: what it weighs, how grave its gravest sentence is and how open its most open one, and whether rules found something grave."""

    code: str
    weighs: float
    language: str
    grave: float
    open: float
    found: bool


def scored(some: Sequence[Seen], tables: Sequence[csr_array]) -> list[Scored]:
    """The new texts that weigh something, by what the others tell."""
    rows = [row for row, one in enumerate(some) if not one.text.is_new]
    likeness = learn([some[row] for row in rows], [table[rows] for table in tables])
    weighing = [one for one in some if one.text.weighs]
    scores = [scores_of(reading_of(one.text.text), one.things, one.meant, likeness) for one in weighing]
    return [
        Scored(one.text.code, one.text.weighs, one.language, its.grave.max(), its.open.max(), one.found)
        for one, its in zip(weighing, scores, strict=True)
    ]


def bounds_of(all_scored: Sequence[Scored]) -> dict[str, Bounds]:
    """Of each language, and of all; by texts that no rule was written with."""
    languages = sorted({UNKNOWN, *(one.language for one in all_scored)})
    found = {language: _bounds(all_scored, language) for language in languages}
    highest = found[UNKNOWN].certain + _FARTHER  # few messages of one language tell little
    return {language: replace(one, certain=min(one.certain, highest)) for language, one in found.items()}


def _bounds(some: Sequence[Scored], language: str) -> Bounds:
    def weights(chosen: Sequence[Scored]) -> Array:
        return np.array([one.weighs * (1.0 if language in {one.language, UNKNOWN} else _OTHERS) for one in chosen])

    def taken(codes: frozenset[str]) -> tuple[Array, Array, Array]:
        chosen = [one for one in some if one.code in codes]
        return np.array([one.grave for one in chosen]), np.array([one.open for one in chosen]), weights(chosen)

    harmless, open_, weigh = taken(_PASSES)
    sensitive = _best(taken(GRAVE)[::2], (harmless, weigh), _LEAK)
    found = np.array([one.found for one in some if one.code == HARMLESS])
    certain = next(
        bound
        for bound in np.arange(sensitive, 20, 0.05)
        if (weigh * found * (harmless >= bound)).sum() <= _NEEDLESSLY_WITHHELD * weigh.sum()
    )
    asked = _best(taken(OPEN)[1:], (open_, weigh), _QUESTION)
    return Bounds(sensitive=round(sensitive, 3), certain=round(float(certain), 3), open=round(asked, 3))


def _best(wanted: tuple[Array, Array], harmless: tuple[Array, Array], worth: float) -> float:
    """The bound with the least loss: what is wanted and lies below it, and what is harmless and doesn't."""

    def below(some: tuple[Array, Array], bound: float) -> float:
        return float((some[1] / (1 + np.exp((some[0] - bound) / _SMOOTH))).sum() / some[1].sum())

    return float(min(np.arange(-12, 12, 0.05), key=lambda bound: worth * below(wanted, bound) - below(harmless, bound)))


def packed(weights: Array) -> tuple[str, float]:
    """Weights in whole steps, as text, and the step."""
    step = round(float(np.abs(weights).max()) / _STEPS, 9)
    return b64encode(zlib.compress(np.round(weights / (step or 1)).astype(np.int8).tobytes(), 9)).decode(), step


def encoded(likeness: Likeness) -> str:
    """The file of what was learned."""
    weights = map(packed, (likeness.letters, likeness.pairs, likeness.senses))
    (letters, pairs, senses), steps = zip(*weights, strict=True)
    tables = (
        f"[likeness.bounds.'{language}']\nsensitive = {one.sensitive}\ncertain = {one.certain}\nopen = {one.open}\n"
        for language, one in likeness.bounds.items()
    )
    arrays, network_steps = written_network(likeness.network)
    network = "".join(f"{name} = '{text}'\n" for name, text in arrays.items())
    return (
        "# How sensitive letters are, made by `make learn` (tests/evaluation/learn.py): nobody edits it.\n"
        f"[likeness]\nlearned_from = '{digest()}'\nthings = {list(likeness.places)}\ncodes = {list(CODES)}\n"
        f"bias = {[round(bias, 4) for bias in likeness.bias]}\nsteps = {list(steps)}\n"
        f"letters = '{letters}'\npairs = '{pairs}'\nsenses = '{senses}'\nnetwork_steps = {network_steps}\n"
        f"[likeness.network]\n{network}" + "".join(tables)
    )


def told(all_scored: Sequence[Scored], bounds: Mapping[str, Bounds]) -> Iterator[str]:
    """How messages that were not learned from fare, by language."""
    for language in bounds:
        some = [one for one in all_scored if one.weighs == 1 and language in {one.language, UNKNOWN}]
        limit = bounds[language].sensitive

        def share(codes: frozenset[str], limit: float = limit, some: Sequence[Scored] = some) -> float:
            scores = [one.grave >= limit for one in some if one.code in codes]
            return 100 * sum(scores) / max(1, len(scores))

        yield f"{language or 'all':4} {len(some):5} messages; passed {100 - share(GRAVE):4.1f} % of the grave, kept {share(_PASSES):4.1f} % of the harmless; {bounds[language]}"


def main() -> None:
    """Learn, and write the file."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        some = list(pool.map(seen, [*sentences(), *letters(), *messages(read_skeletons())], chunksize=50))
        tables = tables_of(pool.map(features_of, some, chunksize=50))
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # all of them share the tables
        whole = pool.submit(learn, some, tables)
        all_scored = pool.submit(scored, some, tables).result()
    bounds = bounds_of(all_scored)
    LEARNED.write_text(encoded(replace(whole.result(), bounds=bounds)), "utf-8")
    print(f"{len(some)} texts; {LEARNED.stat().st_size} octets", *told(all_scored, bounds), sep="\n")


if __name__ == "__main__":
    main()
