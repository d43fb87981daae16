"""Which findings of rules count by how sensitive a letter is, and what is sensitive without any."""

from dataclasses import replace

import pytest

from relay.detectors.believing import CODE, RULE, believed
from relay.detectors.language import UNKNOWN
from relay.detectors.likeness import MODELS, Bounds, blank_likeness
from relay.detectors.senses import made_senses
from relay.detectors.words import Signal
from relay.policy.post import Finding
from tests.evaluation.learn import reading_of

TEXT = "It is night. The snake came."
LONG = f"{TEXT} " * 8
WORDS = made_senses({}, {})  # none has a sense
BOUNDS = {UNKNOWN: Bounds(sensitive=-1.0, certain=2.0, open=0.5)}


def finding(code, rule="x.rule"):
    return Finding(code=code, rule=rule, place="", start=15, end=20)


def learned(grave, open_=-5.0):
    """Every letter is that grave and that open."""
    others = len(MODELS) - 2  # of the ways to be grave
    return replace(blank_likeness([], {}), bias=(grave, *[-40.0] * others, open_), bounds=BOUNDS)


def kept(found, grave, open_=-5.0):
    """The rules that count, of a letter that is that grave and that open."""
    likeness = learned(grave, open_)
    return [one.rule for one in believed(reading_of(TEXT), [], found, likeness, WORDS, frozenset({"x.proven"}))]


@pytest.mark.parametrize("code", ["N1", "N2", "O1", "O2", "O3"])
@pytest.mark.parametrize(("grave", "expected"), [(2.0, ["x.rule"]), (1.9, [RULE]), (-1.0, [RULE])])
def test_a_grave_rule_is_certain_in_a_certain_letter_and_held_in_one_that_may_be(code, grave, expected):
    assert kept([finding(code)], grave) == expected


@pytest.mark.parametrize(
    ("code", "expected"), [("N1", []), ("N2", []), ("O1", []), ("O2", []), ("O3", []), ("T1", [RULE])]
)
def test_in_a_harmless_letter_no_rule_counts_but_a_threat_is_looked_at(code, expected):
    assert kept([finding(code)], -1.1) == expected


@pytest.mark.parametrize("grave", [-9.0, 0.0, 9.0])
def test_a_number_that_proves_itself_always_counts(grave):
    assert kept([finding("N2", "x.proven")], grave) == ["x.proven"]


def test_a_letter_can_be_sensitive_with_no_rule_and_is_held_then():
    likeness = learned(0.0, 0.0)
    [found] = believed(reading_of(LONG), [], [], likeness, WORDS, frozenset())
    assert (found.code, found.rule) == (CODE, RULE) == ("H9", "likeness.sensitive")
    assert LONG[found.start : found.end].strip() in {"It is night.", "The snake came."}


@pytest.mark.parametrize("text", ["", "OK", "Photos", "TR: photos"])
def test_of_a_word_or_two_nobody_can_tell(text):
    likeness = learned(9.0, 9.0)
    assert believed(reading_of(text), [], [], likeness, WORDS, frozenset()) == []


def test_what_isnt_certain_is_held_at_its_own_place_and_a_certain_number_hides_no_threat():
    likeness = learned(0.0, 0.0)
    number, told = finding("N2", "x.proven"), replace(finding("O1"), start=3, end=5)
    found = believed(reading_of(TEXT), [], [number, told], likeness, WORDS, frozenset({"x.proven"}))
    assert [(one.rule, one.start) for one in found] == [("x.proven", 15), (RULE, 3)]
    assert kept([finding("N2", "x.proven"), finding("T1")], -9.0) == ["x.proven", RULE]


@pytest.mark.parametrize("code", ["H3", "H4", "H5", "H9"])
@pytest.mark.parametrize(
    ("grave", "open_", "expected"), [(-5.0, 0.5, ["x.rule"]), (-5.0, 0.4, []), (-1.0, -5.0, ["x.rule"])]
)
def test_what_nobody_can_tell_is_asked_where_the_letter_is_open_or_sensitive(code, grave, open_, expected):
    assert kept([finding(code)], grave, open_) == expected


@pytest.mark.parametrize(("code", "rule"), [("H8", "link.shared"), ("H4", "residual.name")])
def test_a_link_and_what_strict_lists_ask_for_are_no_matter_of_belief(code, rule):
    assert kept([finding(code, rule)], -9.0) == [rule]


def test_the_bounds_are_those_of_the_language():
    english = "The truck was stopped at the border with two of them."
    strict = replace(learned(0.0), bounds={**BOUNDS, "en": Bounds(sensitive=1.0, certain=2.0, open=1.0)})
    assert believed(reading_of(english), [], [], strict, WORDS, frozenset()) == []
    assert believed(reading_of(english), [], [], learned(0.0), WORDS, frozenset()) != []


@pytest.mark.parametrize(("grave", "expected"), [(2.0, ["x.rule"]), (1.9, [RULE]), (-1.1, [RULE])])
def test_a_threat_is_held_in_any_letter(grave, expected):
    assert kept([finding("T1")], grave) == expected


@pytest.mark.parametrize(("threat", "expected"), [(-0.9, ["x.rule"]), (-1.1, [RULE])])
def test_a_threat_is_certain_in_a_letter_that_is_sensitive_for_being_one(threat, expected):
    bias = tuple(threat if name == "threats" else -40.0 for name in MODELS)
    likeness = replace(learned(0.0), bias=bias)
    assert [
        one.rule for one in believed(reading_of(TEXT), [], [finding("T1")], likeness, WORDS, frozenset())
    ] == expected


AMID_PAGES = "\n\n".join(["The plan.", *["Thank you for the kind report of may."] * 12])


def one_thing_weighs(thing, weight, kinds):
    """Of all things that one alone counts, and all letters are a little harmless."""
    blank = blank_likeness([thing], kinds)
    told = blank.pairs.copy()
    told[0, 0, 0] = weight
    known = {"places": blank.places, "of_bits": blank.of_bits, "network": blank.network}
    return replace(learned(0.0), **known, pairs=told, letters=blank.letters - 0.9)


def test_a_grave_sentence_stays_one_amid_harmless_pages():
    likeness, reading = one_thing_weighs("x.rule", 40, {}), reading_of(AMID_PAGES)
    one = replace(finding("O1"), start=5, end=8)
    assert [some.rule for some in believed(reading, [], [one], likeness, WORDS, frozenset())] == [RULE]
    assert believed(reading, [], [], likeness, WORDS, frozenset()) == []


@pytest.mark.parametrize(("weight", "expected"), [(36, [(RULE, 0, 9)]), (35, [])])
def test_one_that_no_rule_knows_does_where_it_is_graver(weight, expected):
    likeness, reading = one_thing_weighs("night", weight, {"night": 1}), reading_of(AMID_PAGES)
    found = believed(reading, [Signal(1, 4, 8)], [], likeness, WORDS, frozenset())
    assert [(one.rule, one.start, one.end) for one in found] == expected


@pytest.mark.parametrize("code", ["N1", "H4"])
@pytest.mark.parametrize("grave", [-9.0, 0.0])
def test_of_what_is_attached_every_finding_counts(code, grave):
    likeness = learned(grave, -9.0)
    found = believed(reading_of(TEXT), [], [finding(code)], likeness, WORDS, frozenset(), is_letter=False)
    assert {one.rule for one in found} >= {"x.rule"}
    assert [one.rule for one in believed(reading_of(LONG), [], [], likeness, WORDS, frozenset(), is_letter=False)] == (
        [RULE] if grave == 0 else []
    )
