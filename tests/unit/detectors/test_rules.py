"""Every rule finds a text that isn't one of its own examples: whoever takes a rule out, or breaks it, sees it here."""

import tomllib
from pathlib import Path

import pytest

from relay.detectors.believing import RULE
from relay.detectors.examples import EXAMPLES_ON, failing_examples
from relay.detectors.facts import Facts
from relay.detectors.find import find_sensitive
from relay.policy.shape import versions_of
from tests.builders import shipped_rules

DETECTORS = shipped_rules().detectors
TEXTS = tomllib.loads((Path(__file__).parent / "rules.toml").read_text("utf-8"))


def test_every_rule_has_a_text_and_every_text_a_rule():
    assert set(TEXTS) == DETECTORS.rules()


def test_no_text_is_one_of_the_shipped_examples():
    assert not set(TEXTS.values()) & {one.text for one in DETECTORS.examples}


@pytest.mark.parametrize("rule", sorted(TEXTS))
def test_a_rule_finds_its_text(rule):
    detectors = DETECTORS if rule == RULE else DETECTORS.unweighed()
    findings = find_sensitive(versions_of(TEXTS[rule]), "text", detectors, Facts(on=EXAMPLES_ON))
    assert rule in {one.rule for one in findings}


def test_every_shipped_example_turns_out_as_it_must():
    assert list(failing_examples(DETECTORS)) == []
