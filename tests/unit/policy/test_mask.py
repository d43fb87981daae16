"""What a moderator sees at first: the lines for which a post is held without their values, everything else as it is."""

import pytest

from relay.policy.decision import Reason
from relay.policy.mask import COVER, MANY, mask_subject, mask_text

TEXT = "Forty tusks at Exampleville.\nJonas Beispiel, +49 30 1234567, says so.\n> quoted Ana wrote\nToday in Douala.\n"
HIDDEN = COVER * 4


def reason(code="N1", place="text, line 2", rule="a.rule"):
    return Reason(code, rule, place)


def test_values_are_covered_in_the_line_that_is_named_and_words_stay():
    masked = mask_text(TEXT, [reason()])
    assert masked == TEXT.replace("Jonas Beispiel", f"{HIDDEN} {HIDDEN}").replace(
        "+49 30 1234567", f"{HIDDEN} {HIDDEN} {HIDDEN}"
    )


def test_what_is_held_for_something_else_is_not_covered():
    assert mask_text(TEXT, [reason("H2"), reason("H7", "whole message"), reason("P1", "whole message")]) == TEXT


@pytest.mark.parametrize("place", ["text, hidden part", "whole message", "text"])
def test_everything_is_covered_when_the_place_is_not_sure(place):
    assert not {"Jonas", "Douala", "Ana", "Exampleville"} & set(mask_text(TEXT, [reason(place=place)]).split())


def test_everything_is_covered_when_there_are_many():
    assert "Douala" not in mask_text(TEXT, [reason(place=f"text, line {number + 50}") for number in range(MANY)])


def test_quoted_lines_are_covered_for_what_is_quoted():
    masked = mask_text(TEXT, [reason(place="quoted text")])
    assert "Ana" not in masked
    assert "Jonas" in masked


def test_a_sentence_that_goes_on_is_covered_to_its_end():
    text = f"The suspect who was seen there again is Jonas {'x' * 20}\nBeispiel of Douala, they say.\n\nAna\n"
    masked = mask_text(text, [reason(place="text, line 1")])
    assert "Beispiel" not in masked
    assert masked.endswith("\n\nAna\n")


@pytest.mark.parametrize("value", ["张三", "محمد", "a@b.example", "example.org/x", "CM21", "Иван"])
def test_values_of_every_kind_are_covered(value):
    assert mask_text(f"it is {value} here", [reason(place="text, line 1")]) == f"it is {HIDDEN} here"


def test_a_subject_is_covered_for_what_stands_in_it():
    assert mask_subject("About Jonas", [reason(place="subject")]) == f"{HIDDEN} {HIDDEN}"
    assert mask_subject("About Jonas", [reason()]) == "About Jonas"
