"""One sentence of a threat or a plan amid a long harmless report is found, and so it is above a disclaimer; the report alone passes."""

import tomllib
from pathlib import Path

import pytest

from relay.detectors.examples import EXAMPLES_ON
from relay.detectors.facts import Facts
from relay.detectors.find import Detectors, find_sensitive
from relay.policy.shape import versions_of
from tests.builders import shipped_rules

DETECTORS = shipped_rules().detectors
RULES = DETECTORS.unweighed()
LETTERS = tomllib.loads((Path(__file__).parent / "buried.toml").read_text("utf-8"))
LIVE = {"T1", "O1", "O2", "O3"}
SAID = [(language, said) for language, letter in LETTERS.items() for said in letter["said"]]


def codes(text: str, detectors: Detectors = DETECTORS) -> set[str]:
    found = find_sensitive(versions_of(text), "text", detectors, Facts(on=EXAMPLES_ON))
    return {one.code for one in found if not one.rule.startswith("residual")}


@pytest.mark.parametrize(("language", "said"), SAID)
def test_what_is_said_stops_a_long_report_and_what_has_a_footer(language, said):
    """In the report other goods are detained, so a consignment may be one of them: that holds."""
    letter = LETTERS[language]
    assert codes(f"{letter['before']}\n\n{said}\n\n{letter['behind']}")
    assert codes(f"{said}\n\n{letter['behind']}")
    assert codes(f"{said}\n\n{letter['behind']}", RULES) & LIVE


@pytest.mark.parametrize(("language", "said"), SAID)
def test_a_harmless_page_of_the_same_writer_silences_no_rule(language, said):
    """Of the report only what comes behind: nothing there is detained."""
    alone = codes(said, RULES) & {"T1", "O1", "O2"}
    assert codes(f"{said}\n\n{LETTERS[language]['behind']}", RULES) >= alone


@pytest.mark.parametrize("language", LETTERS)
def test_of_what_is_said_in_a_language_rules_find_something(language):
    assert {code for said in LETTERS[language]["said"] for code in codes(said, RULES)} & LIVE


@pytest.mark.parametrize("language", LETTERS)
def test_the_report_alone_passes(language):
    letter = LETTERS[language]
    assert not codes(f"{letter['before']}\n\n{letter['behind']}") & LIVE
