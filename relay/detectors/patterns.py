"""Shapes that a pattern finds: numbers with check digits, addresses, coordinates, dates. Each is one kind of signal."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import ahocorasick
import regex

from relay.detectors.reading import Form, Reading
from relay.detectors.words import Covered, Signal

_REACH = 160  # characters on each side of a hint, in which its pattern's whole match stands
_SPACE = regex.compile(r"\s")
MATCHES = 200  # of one pattern in one text; what a thousand numbers say, two hundred say


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A kind of signal with a shape.

    A pattern reads one of three forms: the text as it is `written`; `folded`, small and without accents and look-alikes; or
    `apart`, folded and without the letters of scripts that have no spaces, so that a word's edge is one beside them too. The group
    "value" is what the validator judges and the signal covers, the whole match where there is no such group. `hints` are
    pieces, folded, of which one stands wherever the pattern does; it is looked for around them only. A match that
    overlaps a signal of the kinds in `yields` is none. A pattern of `digits` has at least so many
    in a row, and is looked for around such rows only; an `unspaced` one is looked for only where letters of scripts without
    spaces stand.
    """

    kind: int
    name: str
    pattern: regex.Pattern[str] = field(repr=False)
    form: Form
    hints: tuple[str, ...] = field(repr=False)
    digits: int
    yields: int
    validator: Callable[[str], bool] | None

    valued: bool
    unspaced: bool = False

    def find(self, text: str, spans: Iterable[tuple[int, int]]) -> Iterator[Signal]:
        """Every valid match in these spans of a text, in order."""
        for first, last in spans:
            for match in self.pattern.finditer(text, first, last):
                start, end = match.span("value") if self.valued else match.span()
                if start < 0:
                    start, end = match.span()
                if not self.validator or self.validator(text[start:end]):
                    yield Signal(self.kind, start, end)


class Hints:
    """The hints of many patterns, found in one pass over a text; those that a text in ASCII can't have are looked for in others only."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        """Take those of these patterns."""
        names: dict[str, dict[str, None]] = {}
        for pattern in patterns:
            for hint in pattern.hints:
                names.setdefault(hint, {})[pattern.name] = None
        self._all = _automaton_of(names)
        self._ascii = _automaton_of({hint: some for hint, some in names.items() if hint.isascii()})

    def find(self, folded: str) -> Mapping[str, Sequence[tuple[int, int]]]:
        """Where hints stand in a folded text, by the names of their patterns; those that have none are left out."""
        found: dict[str, list[tuple[int, int]]] = {}
        automaton = self._ascii if folded.isascii() else self._all
        for last, (length, names) in automaton.iter(folded):
            for name in names:
                found.setdefault(name, []).append((last - length + 1, last + 1))
        return found


def _automaton_of(names: Mapping[str, Iterable[str]]) -> ahocorasick.Automaton:
    """What finds hints, with the names of their patterns; it tries letters in the order in which they were added, so the usual ones come first."""
    automaton = ahocorasick.Automaton()
    automaton.add_word("\x00", (1, ()))  # stands in no shaped text; an empty automaton can't search
    for hint in sorted(names):
        automaton.add_word(hint, (len(hint), tuple(names[hint])))
    automaton.make_automaton()
    return automaton


def _around(text: str, hints: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The stretches of a text around the hints in it, to the ends of words."""
    first = last = -1
    for hint_start, hint_end in hints:
        if hint_end <= last:
            continue
        end = _SPACE.search(text, min(len(text), hint_end + _REACH))
        if first >= 0 and hint_start - _REACH > last:
            yield first, last
            first = -1
        if first < 0:
            first = max(text.rfind(sign, 0, max(0, hint_start - _REACH)) for sign in " \n") + 1
        last = end.start() if end else len(text)
    if first >= 0:
        yield first, last


def find_shapes(patterns: Iterable[Pattern], reading: Reading, words: Iterable[Signal], hints: Hints) -> list[Signal]:
    """All shapes of a text, in the order of the patterns; each sees the words and the shapes of those before it.

    Args:
        patterns: what to look for.
        reading: the text.
        words: what the vocabulary knows in it.
        hints: those of the patterns, and perhaps of others.
    """
    seen = list(words)
    found: list[Signal] = []
    whole = ((0, len(reading.text)),)
    around: dict[int, tuple[tuple[int, int], ...]] = {0: whole}
    hinted = hints.find(reading.folded)
    unspaced = reading.apart != reading.folded
    for pattern in patterns:
        if (pattern.hints and pattern.name not in hinted) or (pattern.unspaced and not unspaced):
            continue
        if (spans := around.get(pattern.digits)) is None:
            spans = around[pattern.digits] = tuple(reading.around_rows(pattern.digits))
        if pattern.hints and not pattern.digits:
            spans = tuple(_around(reading.folded, hinted[pattern.name]))
        if not spans:
            continue
        fresh = list(islice(pattern.find(reading.form(pattern.form), spans), MATCHES))
        if fresh and pattern.yields:
            blockers = Covered((one.start, one.end) for one in seen if one.kind & pattern.yields)
            fresh = [one for one in fresh if not blockers.touch(one.start, one.end)]
        found += fresh
        seen += fresh
    return found
