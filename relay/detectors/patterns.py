"""Shapes that a pattern finds: numbers with check digits, addresses, coordinates, dates. Each is one kind of signal."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

import regex

from relay.detectors.numbers import VALIDATORS
from relay.detectors.reading import Form, Reading
from relay.detectors.words import Signal

MATCHES = 200  # of one pattern in one text; what a thousand numbers say, two hundred say


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A kind of signal with a shape.

    A pattern reads one of three forms: the text as it is `written`; `folded`, small and without accents and look-alikes; or
    `apart`, folded and without the letters of scripts that have no spaces, so that a word's edge is one beside them too. The group
    "value" is what the validator judges and the signal covers, the whole match where there is no such group. `hints` are
    pieces of which one stands wherever the pattern does, folded; a text without any is left at once. A match that
    overlaps a signal of the kinds in `yields` is none. A pattern of `digits` has at least so many
    in a row, and is looked for around such rows only.
    """

    kind: int
    name: str
    pattern: regex.Pattern[str] = field(repr=False)
    form: Form
    hints: tuple[str, ...]
    digits: int
    yields: int
    validator: Callable[[str], bool] | None

    def find(self, reading: Reading) -> Iterator[Signal]:
        """Every valid match in a text, in order."""
        if self.hints and not any(hint in reading.folded for hint in self.hints):
            return
        text, valued = reading.form(self.form), "value" in self.pattern.groupindex
        for first, last in reading.around_rows(self.digits) if self.digits else ((0, len(text)),):
            for match in self.pattern.finditer(text, first, last):
                start, end = match.span("value") if valued else (-1, -1)
                if start < 0:
                    start, end = match.span()
                if not self.validator or self.validator(text[start:end]):
                    yield Signal(self.kind, start, end)


def find_shapes(patterns: Iterable[Pattern], reading: Reading, words: Iterable[Signal]) -> list[Signal]:
    """All shapes of a text, in the order of the patterns; each sees the words and the shapes of those before it."""
    seen = list(words)
    found: list[Signal] = []
    for pattern in patterns:
        blockers = [one for one in seen if one.kind & pattern.yields] if pattern.yields else []
        fresh = [
            one
            for one in islice(pattern.find(reading), MATCHES)
            if not any(one.start < other.end and other.start < one.end for other in blockers)
        ]
        found += fresh
        seen += fresh
    return found


def validator_named(name: str) -> Callable[[str], bool]:
    """A validator by its name in a definition.

    Raises:
        KeyError: there is none.
    """
    return VALIDATORS[name]
