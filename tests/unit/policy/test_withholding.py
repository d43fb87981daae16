"""The withhold code that follows from what a post was held for."""

import pytest

from relay.policy.decision import Reason
from relay.policy.withholding import WITHHOLD_CODES, code_of


def held(*codes, rule="a.rule"):
    return code_of(Reason(code, rule, "text, line 1") for code in codes)


@pytest.mark.parametrize(
    ("codes", "code"),
    [(("H2",), "M1"), (("H3",), "N1"), (("H4", "H5", "H6"), "N1"), (("H9",), "O2"), (("V1", "H3"), "N1"), (("F1", "H9"), "O2")],
)  # fmt: skip
def test_what_says_one_thing_gives_the_code(codes, code):
    assert held(*codes) == code


@pytest.mark.parametrize("code", WITHHOLD_CODES)
def test_a_code_that_its_list_holds_is_that_code(code):
    assert held(code) == code


@pytest.mark.parametrize("codes", [(), ("V1",), ("H1",), ("H7",), ("H8",), ("H3", "H9"), ("H2", "H3"), ("H3", "H8")])
def test_a_moderator_has_to_say_it_where_the_post_was_held_for_nothing_that_is_a_code_or_for_several(codes):
    assert held(*codes) is None


@pytest.mark.parametrize("rule", ["marking.missing", "likeness.plan"])
def test_no_marking_and_a_likeness_are_no_code(rule):
    assert held("H2", rule=rule) is None
