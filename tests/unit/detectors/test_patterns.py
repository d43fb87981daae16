"""Shapes in a text: the stretches in which they are looked for, their values, their validators, what they yield to."""

from collections.abc import Callable

import regex

from relay.detectors.patterns import MATCHES, Hints, Pattern, find_shapes
from relay.detectors.reading import Form, Reading, read
from relay.detectors.words import Signal
from relay.policy.shape import fold, shape


def _pattern(
    text: str,
    *,
    kind: int = 1,
    form: Form = "folded",
    hints: tuple[str, ...] = (),
    digits: int = 0,
    yields: int = 0,
    validator: Callable[[str], bool] | None = None,
    unspaced: bool = False,
) -> Pattern:
    pattern = regex.compile(text, regex.MULTILINE | regex.V1)
    return Pattern(
        kind=kind, name="it", pattern=pattern, form=form, hints=hints, digits=digits, yields=yields,
        validator=validator, valued="value" in pattern.groupindex, unspaced=unspaced,
    )  # fmt: skip


def _read(text: str) -> Reading:
    shaped = shape(text)
    return read(shaped, fold(shaped))


def _found(text: str, *patterns: Pattern, words: tuple[Signal, ...] = ()) -> list[tuple[int, str]]:
    reading = _read(text)
    return [
        (one.kind, reading.text[one.start : one.end]) for one in find_shapes(patterns, reading, words, Hints(patterns))
    ]


def test_a_pattern_reads_one_form_of_the_text() -> None:
    assert _found("Rot ROT", _pattern("ROT", form="written")) == [(1, "ROT")]
    assert _found("Rot RÓT", _pattern("rot")) == [(1, "Rot"), (1, "ROT")]
    assert _found("车牌AB12号", _pattern(r"\bab12\b", form="apart")) == [(1, "AB12")]
    assert _found("车牌AB12号", _pattern(r"\bab12\b")) == []


def test_a_validator_judges_the_value_and_the_signal_covers_it() -> None:
    even = _pattern(r"no (?P<value>\d+)", validator=lambda text: int(text) % 2 == 0)
    assert _found("No 12, no 13, no 14", even) == [(1, "12"), (1, "14")]
    assert _found("it 7", _pattern(r"it \d|no (?P<value>\d+)")) == [(1, "it 7")]


def test_what_overlaps_a_kind_that_it_yields_to_is_none() -> None:
    ours = _pattern(r"\d+", kind=2, yields=1 | 8)
    assert _found("12-34 56 78", _pattern(r"\d+-\d+"), ours) == [(1, "12-34"), (2, "56"), (2, "78")]
    assert _found("12 34", ours, words=(Signal(8, 0, 2), Signal(16, 3, 5))) == [(2, "34")]


def test_a_pattern_of_digits_is_looked_for_around_rows_of_so_many() -> None:
    text = f"pin 123456 {'x' * 100} pin here"
    assert _found(text, _pattern("pin", digits=6)) == [(1, "pin")]
    assert _found(text, _pattern("pin")) == [(1, "pin"), (1, "pin")]
    assert _found(text, _pattern("pin", digits=7)) == []


def test_a_pattern_with_hints_is_looked_for_around_them_only() -> None:
    far = "x " * 300
    pattern = _pattern(r"\d+", hints=("pin", "code"))
    assert _found(f"1 {far} 2 Pin: 3, PIN 4 {far} 5 {far} code 6", pattern) == [(1, "2"), (1, "3"), (1, "4"), (1, "6")]
    assert _found("1 2 3", pattern) == []
    assert _found("pin 1", pattern) == [(1, "1")]


def test_a_pattern_with_hints_and_digits_needs_a_hint_somewhere() -> None:
    pattern = _pattern(r"\d{6}", hints=("pin",), digits=6)
    assert _found("123456", pattern) == []
    assert _found(f"123456 {'x ' * 300} pin", pattern) == [(1, "123456")]


def test_an_unspaced_pattern_is_looked_for_only_where_such_letters_stand() -> None:
    pattern = _pattern(r"\w", form="written", unspaced=True)
    assert _found("a я", pattern) == []
    assert _found("a 象", pattern) == [(1, "a"), (1, "象")]


def test_of_a_thousand_matches_some_hundreds_are_enough() -> None:
    assert len(_found("1 " * 1_000, _pattern(r"\d"))) == MATCHES
