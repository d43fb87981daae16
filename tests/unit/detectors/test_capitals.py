"""The quick look for names: where it sees none, those that find and weigh them see no more than single words."""

import pytest

from relay.detectors.capitals import may_have_names
from relay.detectors.find import words_of
from relay.detectors.marks import Marks
from relay.detectors.names import find_names
from relay.detectors.reading import Reading, read
from relay.policy.shape import fold, shape
from tests.builders import shipped_rules

DETECTORS = shipped_rules().detectors
KINDS = DETECTORS.names


def seen_in(text: str) -> tuple[Reading, Marks, bool]:
    shaped = shape(text)
    reading = read(shaped, fold(shaped))
    words = words_of(reading, DETECTORS)
    kinds = 0
    for one in words:
        kinds |= one.kind
    return reading, Marks(reading, words, KINDS), may_have_names(reading, kinds, KINDS)


def test_what_the_quick_look_leaves_out_has_no_name_of_several_words_and_none_that_is_called_one() -> None:
    left_out = 0
    for example in DETECTORS.examples:
        _, marks, may = seen_in(example.text)
        if not may:
            left_out += 1
            names = [one for one in find_names(marks) if one.kind & (KINDS.name | KINDS.maybe_name)]
            assert names == [], example.text
    assert left_out > 100


@pytest.mark.parametrize(
    "text",
    [
        "He said that Zorblatt Quimby came.",
        "Z. Quimby came",
        "that Zorblatt de Quimby came",
        "that Zorblatt-Quimby's brother came",
        "the driver:\nZorblatt\n> Quimby by name",
        "it was Mr Quimby",
        "we met maria quimbyson there",
        "التقينا محمد هناك",
        "\u093eA Zorblatt Quimby",
    ],
)
def test_whatever_may_be_one_is_looked_at(text: str) -> None:
    assert seen_in(text)[2]


@pytest.mark.parametrize("text", ["", "Scales were found at Exampleville.", "nothing\nOf that kind", "\u093eA", "…"])
def test_single_words_are_none(text: str) -> None:
    assert not seen_in(text)[2]
