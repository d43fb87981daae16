"""Everything sensitive in one view: signals of words, shapes and names, and the detectors over them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from operator import itemgetter
from typing import Literal

from relay.detectors.believing import RULE, believed
from relay.detectors.capitals import may_have_names
from relay.detectors.correspondence import without_writers
from relay.detectors.dates import find_dates
from relay.detectors.detector import Detector, Piece, Scope, detect
from relay.detectors.facts import Facts
from relay.detectors.likeness import Likeness
from relay.detectors.marks import Marks, NameKinds
from relay.detectors.names import find_names
from relay.detectors.officials import as_published, with_officials
from relay.detectors.own import without_own
from relay.detectors.patterns import Hints, Pattern, find_shapes
from relay.detectors.reading import Reading, Spans, read
from relay.detectors.senses import Senses
from relay.detectors.talk import Talk
from relay.detectors.variants import put_back
from relay.detectors.words import Covered, Signal, Vocabulary
from relay.policy.post import Finding
from relay.policy.shape import Version

Form = Literal["letter", "attached", "neither"]
# Rules that find numbers, and their codes: what is somebody's, or may be.
_NUMBERS, _SPELT = ("phone.", "number.", "account.", "device.", "identity.document"), frozenset({"N2", "H4"})
_LOOKED_AT = 200  # findings of a rule in one piece, before they are weighed
FINDINGS_PER_RULE = 20  # in one view
_PIECE = 16_000  # characters read at once: what belongs together stands nearer, and nothing grows with the whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text in which a detector must find something or must not; with a `kind`, a pattern that must show it."""

    file: str
    name: str
    kind: int
    text: str = field(repr=False)
    must: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Detectors:
    """All that config/policy/detectors says: the vocabulary, the shapes with their hints, the rules; and their examples.

    `proven` are the rules that a number alone proves. `always` are the kinds of signals that matter whatever the words: names are made of them. `by_demand` has the detectors by
    the words that they need first, 0 for none.
    """

    vocabulary: Vocabulary = field(repr=False)
    patterns: tuple[Pattern, ...] = field(repr=False)
    hints: Hints = field(repr=False)
    likeness: Likeness | None = field(repr=False)
    senses: Senses = field(repr=False)
    talk: Talk | None = field(repr=False)
    detectors: tuple[Detector, ...] = field(repr=False)
    proven: frozenset[str] = field(repr=False)
    kinds: dict[str, int] = field(repr=False)
    names: NameKinds = field(repr=False)
    always: int
    by_demand: tuple[tuple[int, tuple[Detector, ...]], ...] = field(repr=False)
    examples: tuple[Example, ...] = field(repr=False)

    def rules(self) -> frozenset[str]:
        """The names of all rules."""
        learned = [RULE] if self.likeness else []
        return frozenset([*(one.rule for one in self.detectors), *learned])

    def only(self, detector: Detector) -> "Detectors":
        """The same with this one detector: what it finds, and no more."""
        return replace(self.unweighed(), detectors=(detector,), by_demand=by_demand([detector]))

    def unweighed(self) -> "Detectors":
        """The same without what was learned: every finding of a rule counts."""
        return replace(self, likeness=None, talk=None)

    def patterns_for(self, wanted: int) -> list[Pattern]:
        """The patterns that matter to signals of these kinds: theirs, and those that they yield to, before them."""
        patterns = []
        for pattern in reversed(self.patterns):  # what one yields to comes before it
            if pattern.kind & wanted:
                patterns.append(pattern)
                wanted |= pattern.yields
        return patterns[::-1]


def by_demand(detectors: Iterable[Detector]) -> tuple[tuple[int, tuple[Detector, ...]], ...]:
    """Detectors by the words that they need first."""
    found: dict[int, list[Detector]] = {}
    for one in detectors:
        found.setdefault(min(one.words, key=int.bit_count, default=0), []).append(one)
    return tuple((demand, tuple(some)) for demand, some in found.items())


def find_sensitive(
    versions: Sequence[Version],
    place: str,
    detectors: Detectors,
    facts: Facts,
    *,
    above: int = 0,
    form: Form = "letter",
) -> tuple[Finding, ...]:
    """Find what is sensitive in one view, given every way to read its text; never raises, linear time.

    Args:
        versions: every way to read the view's text, at least one; as it is written first.
        place: the view's.
        detectors: what to look for.
        facts: what is known beside the text.
        above: lines of the subject that the text begins with, and an empty one behind them; 0 for none.
        form: what somebody wrote to others, what is attached to it, or what is neither: a name, a field, a property.

    Returns:
        Findings, each rule and place once; offsets are into the version in which it was found.
    """
    found: dict[tuple[str, str], Finding] = {}
    if place.endswith(", name"):  # in names of files this sign stands for a space
        versions = [Version(one.text.replace("_", " "), one.folded.replace("_", " ")) for one in versions]
    meant, plain = put_back(versions[0]), set[tuple[str, str]]()
    for version in (*versions, meant) if meant else versions:
        for start, end in _cut(version.text):
            piece = Version(version.text[start:end], version.folded[start:end])
            line = version.text.count("\n", 0, start) + 1
            for one in _find_in(piece, detectors, facts, form, plain, spelt=version is meant):
                where = _where(line + piece.text.count("\n", 0, one.start), place, above)
                finding = replace(one, place=where, start=start + one.start, end=start + one.end)
                found.setdefault((finding.rule, finding.place), finding)
    return tuple(found.values())


def _where(line: int, place: str, above: int) -> str:
    if line <= above:
        return "subject"
    return f"text, line {max(1, line - above - bool(above))}" if place == "text" else place


def _cut(text: str) -> Iterator[tuple[int, int]]:
    """A long text in pieces, at the ends of paragraphs or lines where there are such."""
    start = 0
    while len(text) - start > _PIECE:
        end = start + _PIECE
        for sign in ("\n\n", "\n", " "):
            if (at := text.rfind(sign, start + _PIECE // 2, end)) >= 0:
                end = at + len(sign)
                break
        yield start, end
        start = end
    yield start, len(text)


def words_of(reading: Reading, detectors: Detectors) -> list[Signal]:
    """Every word of the vocabulary that stands in a text."""
    return _without_nothing(detectors.vocabulary.find(reading), detectors.kinds["nothing"])


def signals_of(
    reading: Reading, words: list[Signal], patterns: Iterable[Pattern], detectors: Detectors, facts: Facts
) -> list[Signal]:
    """Every signal in a text, with the shapes of these patterns, in order, without what is the author's own."""
    shapes = find_shapes(patterns, reading, words, detectors.hints)
    dates = find_dates(reading, detectors.kinds, facts.on)
    return _that_count([*words, *shapes, *_names(reading, words, shapes, detectors), *dates], reading, detectors, facts)


def _names(reading: Reading, words: list[Signal], shapes: list[Signal], detectors: Detectors) -> list[Signal]:
    marks = Marks(reading, [*words, *shapes], detectors.names)
    return with_officials(find_names(marks), marks)


def _that_count(seen: list[Signal], reading: Reading, detectors: Detectors, facts: Facts) -> list[Signal]:
    signals = without_own(seen, reading, detectors.kinds, facts)
    signals = without_writers(signals, reading, detectors.kinds, facts)
    return sorted(as_published(signals, reading, detectors.names), key=itemgetter(1, 2))  # start and end


def _possible(words: int, detectors: Detectors) -> tuple[list[Detector], list[Pattern]]:
    """The detectors that these kinds of words leave possible, and the patterns that matter to them: most texts need few."""
    possible = []
    wanted = detectors.always
    for demand, some in detectors.by_demand:
        if demand and not words & demand:
            continue
        for one in some:
            if words & one.unless_in_text or (len(one.words) > 1 and not all(words & kinds for kinds in one.words)):
                continue
            possible.append(one)
            wanted |= one.kinds
    return possible, detectors.patterns_for(wanted) if possible else []


def _without_nothing(words: list[Signal], nothing: int) -> list[Signal]:
    """The words but those that are part of a phrase that means something else: "surveillance" in "surveillance unit"."""
    phrases = [(one.start, one.end) for one in words if one.kind & nothing]
    if not phrases:
        return words
    covered = Covered(phrases)
    return [one for one in words if one.kind & nothing or not covered.hold(one.start, one.end)]


def _find_in(
    version: Version, detectors: Detectors, facts: Facts, form: Form, plain: set[tuple[str, str]], *, spelt: bool
) -> list[Finding]:
    """What counts in a piece; numbers that are found only in what was spelt out count whatever the letter sounds like.

    Nobody spells what all may know. `plain` gathers what the rules find in the text as it is written.
    """
    reading = read(version.text, version.folded)
    signals, found = seen_and_found(reading, detectors, facts)
    words = [(one.rule, version.folded[one.start : one.end]) for one in found]
    only_spelt = [
        one
        for one, here in zip(found, words, strict=True)
        if spelt and here not in plain and one.code in _SPELT and one.rule.startswith(_NUMBERS)
    ]
    plain.update(words)
    if not detectors.likeness or form == "neither":
        return _first_of_each(found)
    counted = believed(
        reading, signals, found, detectors.likeness, detectors.senses, detectors.proven, is_letter=form == "letter"
    )
    return _first_of_each([*counted, *only_spelt])


def _first_of_each(found: Iterable[Finding]) -> list[Finding]:
    """As many of each rule as count; before that more are looked at, so that what isn't believed hides nothing."""
    counted: Counter[str] = Counter()
    kept = []
    for one in found:
        counted[one.rule] += 1
        if counted[one.rule] <= FINDINGS_PER_RULE:
            kept.append(one)
    return kept


def seen_and_found(reading: Reading, detectors: Detectors, facts: Facts) -> tuple[list[Signal], list[Finding]]:
    """What was seen in a text, as far as rules ask for it, and what the rules find in that."""
    words = words_of(reading, detectors)
    possible, patterns = _possible(_sum(words), detectors)
    if not possible:
        return words, []
    shapes = find_shapes(patterns, reading, words, detectors.hints)
    dates = find_dates(reading, detectors.kinds, facts.on)
    kinds, names = _sum(words) | _sum(shapes) | _sum(dates), detectors.names
    unsure = names.lone_name | names.capital | names.official_name | names.published_name
    if not _fulfilled(possible, kinds | unsure) and not may_have_names(reading, kinds, names):
        return words, []
    seen = [*words, *shapes, *_names(reading, words, shapes, detectors), *dates]
    # From here on signals are only taken away, or names become published ones: most texts are done.
    possible = _fulfilled(possible, _sum(seen) | names.published_name)
    if not possible or not (signals := _that_count(seen, reading, detectors, facts)):
        return words, []
    return signals, list(_found(possible, signals, reading))


def _fulfilled(detectors: Iterable[Detector], kinds: int) -> list[Detector]:
    """Those that need no more than these kinds."""
    return [one for one in detectors if kinds & one.needs[0] and all(kinds & need for need in one.needs)]


def _found(detectors: Sequence[Detector], signals: Sequence[Signal], reading: Reading) -> Iterator[Finding]:
    all_kinds = _sum(signals)
    pieces: dict[Scope, Sequence[Piece]] = {"text": [Piece(signals, all_kinds)]}
    for scope in {one.scope for one in detectors} - {"text"}:
        pieces[scope] = _pieces(signals, _spans(reading, scope))
    for detector in detectors:
        for start, end in islice(detect(detector, pieces[detector.scope], all_kinds), _LOOKED_AT):
            yield Finding(code=detector.code, rule=detector.rule, place="", start=start, end=end)


def _spans(reading: Reading, scope: Scope) -> Spans:
    if scope == "sentence":
        return reading.sentences
    return reading.lines if scope == "line" else reading.paragraphs


def _pieces(signals: Sequence[Signal], spans: Spans) -> list[Piece]:
    """The signals by the stretch that they begin in."""
    by_number: dict[int, list[Signal]] = {}
    for signal in signals:
        by_number.setdefault(spans.of(signal.start), []).append(signal)
    return [Piece(some, _sum(some)) for some in by_number.values()]


def _sum(signals: Iterable[Signal]) -> int:
    kinds = 0
    for signal in signals:
        kinds |= signal.kind
    return kinds
