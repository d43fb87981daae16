"""Which signals must stand together for a finding, and which must not."""

from dataclasses import replace

import pytest

from relay.detectors.detector import Detector, Piece, Scope, detect
from relay.detectors.words import Signal

RED, BLUE, GREEN = 1, 2, 4
BOTH = Detector(rule="a.b", code="O1", needs=(RED, BLUE))
_LETTERS = {"r": RED, "b": BLUE, "g": GREEN, "x": RED | BLUE}


def _found(detector: Detector, *texts: str) -> list[tuple[int, int]]:
    """The findings in pieces whose letters are signals of one character each."""
    pieces = []
    for text in texts:
        signals = [Signal(_LETTERS[sign], at, at + 1) for at, sign in enumerate(text) if sign in _LETTERS]
        pieces.append(Piece(signals, _sum(signals)))
    return list(detect(detector, pieces, _sum([one for piece in pieces for one in piece.signals])))


def _sum(signals: list[Signal]) -> int:
    kinds = 0
    for one in signals:
        kinds |= one.kind
    return kinds


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("r..b", [(0, 4)]), ("b..r", [(0, 4)]), ("r", []), ("", []), ("b", []),
        ("r.r.b", [(0, 5), (2, 5)]),
        ("x", []),  # one signal is not two
        ("x.x", [(0, 3), (0, 3)]),
    ],
)  # fmt: skip
def test_each_need_has_a_signal_of_its_own(text: str, found: list[tuple[int, int]]) -> None:
    assert _found(BOTH, text) == found


def test_signals_that_overlap_do_not_make_a_finding_together() -> None:
    signals = [Signal(RED, 0, 9), Signal(BLUE, 4, 12)]
    assert not list(detect(BOTH, [Piece(signals, RED | BLUE)], RED | BLUE))
    signals += [Signal(BLUE, 9, 12)]
    assert list(detect(BOTH, [Piece(signals, RED | BLUE)], RED | BLUE)) == [(0, 12)]


def test_all_signals_must_stand_in_one_piece() -> None:
    assert _found(BOTH, "r...", "...b") == []
    assert _found(BOTH, "r...", "r..b", "b..r") == [(0, 4), (0, 4)]


@pytest.mark.parametrize(
    ("text", "found"), [("r...b", True), ("b...r", True), ("r....b", False), ("b....r", False), ("r....b..r", True)]
)
def test_within_bounds_what_stands_between_two(text: str, found: bool) -> None:
    assert bool(_found(replace(BOTH, within=3), text)) is found


def test_within_counts_from_the_one_before() -> None:
    three = Detector(rule="a.b", code="O1", needs=(RED, BLUE, GREEN), within=3)
    assert _found(three, "r..b..g") == [(0, 7)]
    assert _found(three, "b..r..g") == []
    assert _found(three, "r..b....b.g") == []


@pytest.mark.parametrize("within", [0, 3])
def test_ordered_needs_stand_in_their_order(within: int) -> None:
    ordered = replace(BOTH, ordered=True, within=within)
    assert _found(ordered, "r..b") == [(0, 4)]
    assert _found(ordered, "b..r") == []
    assert _found(ordered, "b..r..b") == [(3, 7)]


def test_what_must_not_stand_in_the_piece_blocks_that_piece_only() -> None:
    unless = replace(BOTH, unless=GREEN)
    assert _found(unless, "r.b...............g") == []
    assert _found(unless, "r.b", "g") == [(0, 3)]


@pytest.mark.parametrize(
    ("text", "found"), [("r.b.g", []), ("r.b....g", [(0, 3)]), ("g....r.b", [(5, 8)]), ("g.r.b", []), ("rgb", []), ("r.b......g.r.b", [(0, 3)])]
)  # fmt: skip
def test_what_must_not_stand_near_blocks_what_is_near_only(text: str, found: list[tuple[int, int]]) -> None:
    # Each red takes the first blue that it finds; the second pair's would be the first one's.
    assert _found(replace(BOTH, unless=GREEN, unless_within=3, within=2), text) == found


def test_what_must_not_stand_in_the_text_blocks_every_piece() -> None:
    assert _found(replace(BOTH, unless_in_text=GREEN), "r.b", "g") == []
    assert _found(replace(BOTH, unless_in_text=GREEN), "r.b", ".") == [(0, 3)]


@pytest.mark.parametrize("scope", ["sentence", "line", "paragraph", "text"])
def test_a_scope_is_where_the_pieces_come_from(scope: Scope) -> None:
    assert _found(replace(BOTH, scope=scope), "r.b") == [(0, 3)]


def test_any_of_several_kinds_fulfils_a_need() -> None:
    either = Detector(rule="a.b", code="O1", needs=(RED | GREEN, BLUE))
    assert _found(either, "r.b") == _found(either, "g.b") == [(0, 3)]
