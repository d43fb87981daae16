"""Definitions made ready for use, by those that search: the scanners' parent, and the tests."""

from dataclasses import dataclass

from relay.detectors.definition import read_detectors
from relay.detectors.examples import try_examples
from relay.detectors.find import Detectors
from relay.policy.marking import MarkingWords
from relay.scan.instructions import Definitions


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a scanner searches for: the words of markings and the detectors."""

    words: MarkingWords
    detectors: Detectors


def make_rules(definitions: Definitions) -> Rules:
    """Make rules of their definitions and try every example.

    Raises:
        ConfigurationError: a definition is wrong, or a detector doesn't do what its examples say.
    """
    detectors = read_detectors(definitions.detectors)
    try_examples(detectors)
    return Rules(words=definitions.words, detectors=detectors)
