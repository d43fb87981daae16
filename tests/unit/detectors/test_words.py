"""Words in a text: their edges, endings and scripts; and stretches that are asked what they hold."""

import pytest

from relay.detectors.reading import read
from relay.detectors.words import Covered, make_vocabulary
from relay.policy.shape import fold, shape

WORDS = {
    1: ["red"], 2: ["paint*"], 4: ["red paint"], 8: ["象牙"], 16: ["عاج"], 32: ["العاج"], 64: ["крас*"], 128: ["r&d", "state-of", "l'or"],
    256: ["één, twee"],
}  # fmt: skip
VOCABULARY = make_vocabulary(WORDS)


def _found(text: str) -> list[tuple[int, str]]:
    shaped = shape(text)
    return [
        (kind, shaped[one.start : one.end])
        for one in VOCABULARY.find(read(shaped, fold(shaped)))
        for kind in WORDS
        if one.kind & kind
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Red PAINT", [(1, "Red"), (2, "PAINT"), (4, "Red PAINT")]),
        ("infrared redder r ed 1red", []),
        ("painting", [(2, "paint")]),
        ("réd-ＲＥＤ.rЕd_red", [(1, "red"), (1, "RED"), (1, "rЕd"), (1, "red")]),
        ("the red\n> paint", [(1, "red"), (2, "paint"), (4, "red\n> paint")]),
        ("red, paint", [(1, "red"), (2, "paint")]),
        ("运输象牙的人", [(8, "象牙")]),
        ("象 牙", []),
        ("والعاج بالعاج", [(16, "والعاج"), (32, "والعاج"), (16, "بالعاج"), (32, "بالعاج")]),
        ("عاج وعاج للعاج", [(16, "عاج"), (16, "وعاج"), (16, "للعاج")]),
        ("عاجل", []),
        ("красного прекрасного", [(64, "крас")]),
        ("R & D; state of, l’or, l or", [(128, "R & D"), (128, "state of"), (128, "l’or"), (128, "l or")]),
        ("een twee TWEE", [(256, "een"), (256, "twee"), (256, "TWEE")]),
        ("", []),
        ("^ *", []),
    ],
)
def test_words_are_found_whole_in_every_script(text: str, found: list[tuple[int, str]]) -> None:
    assert _found(text) == found


def test_an_empty_vocabulary_finds_nothing() -> None:
    assert not list(make_vocabulary({}).find(read("red\npaint", "red\npaint")))
    assert not list(make_vocabulary({1: ["*", ",", "", "-"]}).find(read("a , * -", "a , * -")))


def test_stretches_know_what_they_hold_and_what_they_touch() -> None:
    covered = Covered([(40, 45), (10, 30), (12, 14)])
    assert [covered.hold(*one) for one in ((10, 30), (15, 29), (9, 12), (29, 31), (30, 40), (41, 45))] == [
        True, True, False, False, False, True,
    ]  # fmt: skip
    assert [covered.touch(*one) for one in ((0, 10), (0, 11), (29, 50), (30, 40), (45, 50), (13, 13))] == [
        False, True, True, False, False, True,
    ]  # fmt: skip
    assert not Covered([]).hold(0, 1)
    assert not Covered([]).touch(0, 1)
