"""Runs of words that name a person, in the scripts that officers write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import regex

from relay.detectors.reading import Reading
from relay.detectors.words import Signal

# Kinds of signals that this module makes: a person's name by the words of it, a run that may be one, an official's name.
NAME_KINDS = ("name", "maybe_name", "official_name")

_RUN = regex.compile(
    r"\p{Lu}[\p{L}'’.\-]*(?:[ \t]+(?:(?:de|da|do|dos|das|du|van|von|der|den|bin|binti|ben|al|el|ibn|la|le|y|e)[ \t]+){0,2}\p{Lu}[\p{L}'’.\-]*){0,5}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NameKinds:
    """The kinds that names are made of and into; each a bit, 0 where no definition has words of it."""

    name: int
    maybe_name: int
    official_name: int
    given: int
    surname: int
    title: int
    role: int
    no_name: int

    @classmethod
    def of(cls, kinds: Mapping[str, int]) -> "NameKinds":
        """Take them from all kinds."""
        return cls(**{name: kinds.get(name, 0) for name in cls.__slots__})


def find_names(reading: Reading, signals: Sequence[Signal], kinds: NameKinds) -> list[Signal]:
    """Every run of capitalised words that may be a person's name, and how sure that is."""
    found = []
    for match in _RUN.finditer(reading.text):
        inside = 0
        for one in signals:
            if one.start < match.end() and match.start() < one.end:
                inside |= one.kind
        if inside & kinds.no_name:
            continue
        if inside & (kinds.given | kinds.surname):
            found.append(Signal(kinds.name, match.start(), match.end()))
        elif " " in match.group():
            found.append(Signal(kinds.maybe_name, match.start(), match.end()))
    return found
