"""Operations, consignments on their way, places and danger in the words of officers; what looks like them passes."""

import tomllib
from pathlib import Path

import pytest

from relay.detectors.examples import EXAMPLES_ON
from relay.detectors.facts import Facts
from relay.detectors.find import find_sensitive
from relay.policy.shape import versions_of
from tests.builders import unweighed_rules

_CASES = tomllib.loads((Path(__file__).parent / "operations.toml").read_text("utf-8"))
_DETECTORS = unweighed_rules().detectors
_LIVE = {"T1", "O1", "O2", "O3", "H9"}


def _codes(text: str) -> set[str]:
    return {one.code for one in find_sensitive(versions_of(text), "text", _DETECTORS, Facts(on=EXAMPLES_ON))}


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (code, text)
        for by_code in _CASES.values()
        for code, texts in by_code.items()
        if code != "pass"
        for text in texts
    ],
)
def test_what_is_live_is_found_in_every_language(code: str, text: str) -> None:
    assert code in _codes(text)


@pytest.mark.parametrize("text", [text for by_code in _CASES.values() for text in by_code["pass"]])
def test_what_is_over_or_mere_talk_passes_in_every_language(text: str) -> None:
    assert not _LIVE & _codes(text)
