"""A detector: which signals must stand together, and which must not, for a text to be sensitive. Data, evaluated here."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

from relay.detectors.words import Signal

_LONGEST = 400  # characters of a signal

Scope = Literal["sentence", "line", "paragraph", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """One rule. Kinds are sums of bits.

    A finding needs one signal of each of `needs` in one `scope`, not overlapping, each at most `within` characters from
    the one before (0: anywhere in the scope), in that order if `ordered`; and no signal of `unless` in the scope (within
    `unless_within` characters of the finding, unless that is 0), nor one of `unless_in_text` anywhere.

    `words` are those of its needs that only words fulfil, `kinds` everything that it asks for.
    """

    rule: str
    code: str
    needs: tuple[int, ...]
    unless: int = 0
    unless_within: int = 0
    unless_in_text: int = 0
    scope: Scope = "sentence"
    within: int = 0
    ordered: bool = False
    words: tuple[int, ...] = ()
    kinds: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """One sentence, line, paragraph or text: its signals in order, and the sum of their kinds."""

    signals: Sequence[Signal]
    kinds: int


def detect(detector: Detector, pieces: Sequence[Piece], all_kinds: int) -> Iterator[tuple[int, int]]:
    """The spans in which a detector finds what it looks for: at most one for each signal of its first need."""
    if all_kinds & detector.unless_in_text or any(not all_kinds & need for need in detector.needs):
        return
    for piece in pieces:
        blocked = piece.kinds & detector.unless
        if (blocked and not detector.unless_within) or any(not piece.kinds & need for need in detector.needs):
            continue
        for signal in piece.signals:
            if not signal.kind & detector.needs[0] or not (span := _complete(detector, piece.signals, [signal])):
                continue
            if not blocked or not _is_near(span, detector, piece.signals):
                yield span


def _is_near(span: tuple[int, int], detector: Detector, signals: Sequence[Signal]) -> bool:
    """Whether a signal that must not stand near a finding does."""
    first, last = span[0] - detector.unless_within, span[1] + detector.unless_within
    near = signals[bisect_left(signals, first - _LONGEST, key=_start) : bisect_left(signals, last, key=_start)]
    return any(one.kind & detector.unless and first < one.end for one in near)


def _reach(detector: Detector, signals: Sequence[Signal], last: Signal) -> Sequence[Signal]:
    """The signals among which the next one can be: those within reach of the last, where that is bounded."""
    if not detector.within:
        return signals[bisect_left(signals, last.end, key=_start) :] if detector.ordered else signals
    first = last.end if detector.ordered else last.start - detector.within - _LONGEST
    return signals[
        bisect_left(signals, first, key=_start) : bisect_right(signals, last.end + detector.within, key=_start)
    ]


_start = attrgetter("start")


def _complete(detector: Detector, signals: Sequence[Signal], chosen: list[Signal]) -> tuple[int, int] | None:
    """The span of the chosen signals with one for each further need; None if there is none."""
    if len(chosen) == len(detector.needs):
        return min(one.start for one in chosen), max(one.end for one in chosen)
    last = chosen[-1]
    for signal in _reach(detector, signals, last):
        if not signal.kind & detector.needs[len(chosen)] or any(
            signal.start < one.end and one.start < signal.end for one in chosen
        ):
            continue
        if detector.ordered and signal.start < last.end:
            continue
        gap = signal.start - last.end if signal.start >= last.end else last.start - signal.end
        if detector.within and gap > detector.within:
            continue
        if span := _complete(detector, signals, [*chosen, signal]):
            return span
    return None
