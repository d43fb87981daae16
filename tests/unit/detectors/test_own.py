"""What is the author's own never counts; who the author is, the text alone does not say."""

from datetime import date

import pytest
import regex

from relay.detectors.facts import Facts
from relay.detectors.own import without_own
from relay.detectors.reading import read
from relay.detectors.words import Signal
from relay.policy.shape import fold, shape

KINDS = {"name": 1, "phone": 2, "email": 4, "other": 8, "closing": 16}
_SHAPES = {
    1: r"(?:Ana|John) \p{Lu}\p{Ll}+",
    2: r"\+?\d[\d ]{6,}\d",
    4: r"[\w.]+@[\w.]+\w",
    8: r"tusks",
    16: r"Kind regards",
}
FACTS = Facts(on=date(2026, 11, 24), names=("Ana Example",), addresses=("ana.example@agency.example",))
NOBODY = Facts(on=FACTS.on)
FAR = f"\n\n{'Nothing else. ' * 8}\n\n"


def _left(text: str, facts: Facts = FACTS) -> list[str]:
    shaped = shape(text)
    signals = [
        Signal(kind, match.start(), match.end())
        for kind, one in _SHAPES.items()
        for match in regex.finditer(one, shaped)
    ]
    left = without_own(signals, read(shaped, fold(shaped)), KINDS, facts)
    return [shaped[one.start : one.end] for one in left if one.kind != KINDS["closing"]]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("We met; Ana Example spoke of John Doe.", ["John Doe"]),
        ("Write to ana.example@agency.example or john@agency.example", ["john@agency.example"]),
        (f"Two tusks.{FAR}Ana Example\nWarden\n+1 202 555 0143", ["tusks"]),
        (f"Call 202 555 0143.{FAR}Ana Example\nWarden\n+1 202 555 0143", []),
        (f"Call 202 555 0199.{FAR}Ana Example\nWarden\n+1 202 555 0143", ["202 555 0199"]),
        ("This is Ana Example, reach me on 202 555 0143.", []),
        (f"Ana Example is here.{FAR}Call 202 555 0143.", ["202 555 0143"]),
        ("Call 202 555 0143. Kind regards, Ana Example", []),
        ("Call 202 555 0143 (Ana Example).", []),
        ("Call 202 555 0143 (mobile) or 202 555 0144.\nAna Example", []),
        ("رقمي 202 555 0143 أو 202 555 0144.\nAna Example", []),
        ("On the box 202 555 0143. Coffee is out. Ana Example", ["202 555 0143"]),
    ],
)
def test_the_authors_name_block_and_numbers_do_not_count(text: str, left: list[str]) -> None:
    assert _left(text) == left


def test_a_text_that_names_itself_the_author_is_not_believed() -> None:
    assert _left("My name is John Doe.\n\nJohn Doe\nWarden", FACTS) == ["John Doe", "John Doe"]
    assert _left("Ana Example\nWarden\n+1 202 555 0143", NOBODY) == ["Ana Example", "+1 202 555 0143"]


@pytest.mark.parametrize("written", ["zoé@douanes.example", "Zoé@Douanes.example", "инна@таможня.рф"])
def test_the_authors_address_is_theirs_in_any_letters(written: str) -> None:
    facts = Facts(on=FACTS.on, addresses=("zoé@douanes.example", "инна@xn--80amrfdv0h.xn--p1ai", "инна@таможня.рф"))
    assert _left(f"Write to {written} or john@agency.example", facts) == ["john@agency.example"]
