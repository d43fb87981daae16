"""Shapes that a pattern finds: numbers with check digits, addresses, coordinates, dates. Each is one kind of signal."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

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
    "value" is what the validator judges and the signal covers, the whole match where there is no such group. `hint` finds
    pieces of which one stands wherever the pattern does; it is looked for around them only. A match that
    overlaps a signal of the kinds in `yields` is none. A pattern of `digits` has at least so many
    in a row, and is looked for around such rows only.
    """

    kind: int
    name: str
    pattern: regex.Pattern[str] = field(repr=False)
    form: Form
    hint: regex.Pattern[str] | None = field(repr=False)
    digits: int
    yields: int
    validator: Callable[[str], bool] | None

    valued: bool

    def find(self, text: str, spans: Iterable[tuple[int, int]]) -> Iterator[Signal]:
        """Every valid match in these spans of a text, in order."""
        for first, last in spans:
            for match in self.pattern.finditer(text, first, last):
                start, end = match.span("value") if self.valued else match.span()
                if start < 0:
                    start, end = match.span()
                if not self.validator or self.validator(text[start:end]):
                    yield Signal(self.kind, start, end)


def _around(text: str, hint: regex.Pattern[str]) -> Iterator[tuple[int, int]]:
    """The stretches of a text around a hint, to the ends of words."""
    first = last = -1
    for match in hint.finditer(text):
        if match.end() <= last:
            continue
        end = _SPACE.search(text, min(len(text), match.end() + _REACH))
        if first >= 0 and match.start() - _REACH > last:
            yield first, last
            first = -1
        if first < 0:
            first = max(text.rfind(sign, 0, max(0, match.start() - _REACH)) for sign in " \n") + 1
        last = end.start() if end else len(text)
    if first >= 0:
        yield first, last


def find_shapes(patterns: Iterable[Pattern], reading: Reading, words: Iterable[Signal]) -> list[Signal]:
    """All shapes of a text, in the order of the patterns; each sees the words and the shapes of those before it."""
    seen = list(words)
    found: list[Signal] = []
    whole = ((0, len(reading.text)),)
    around: dict[int, tuple[tuple[int, int], ...]] = {0: whole}
    for pattern in patterns:
        if (spans := around.get(pattern.digits)) is None:
            spans = around[pattern.digits] = tuple(reading.around_rows(pattern.digits))
        if pattern.hint and not pattern.digits:
            spans = tuple(_around(reading.folded, pattern.hint))
        if not spans or (pattern.hint and pattern.digits and not pattern.hint.search(reading.folded)):
            continue
        fresh = list(islice(pattern.find(reading.form(pattern.form), spans), MATCHES))
        if fresh and pattern.yields:
            blockers = Covered((one.start, one.end) for one in seen if one.kind & pattern.yields)
            fresh = [one for one in fresh if not blockers.touch(one.start, one.end)]
        found += fresh
        seen += fresh
    return found
