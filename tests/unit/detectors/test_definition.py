"""Definitions of detectors: a fault is refused in one sentence with its file and its place; what is shipped is all of use."""

import dataclasses
import tomllib

import pytest

from relay.detectors.dates import DATE_KINDS
from relay.detectors.definition import read_detectors
from relay.detectors.examples import failing_examples, try_examples
from relay.detectors.marks import NAME_KINDS, NameKinds
from relay.errors import ConfigurationError
from tests.builders import DETECTORS

WORDS = '[words.red]\nen = ["red"]\n'
PATTERN = "[patterns.number]\npattern = '\\d+'\n"
RULE = """[[detector]]
rule = "paint.red"
code = "O1"
all = ["red"]
must = ["red 1", "red 2", "red 3"]
must_not = ["blue 1", "blue 2", "blue 3"]
"""
TABLES = [tomllib.loads(text) for text in DETECTORS.values()]


def _fault(*texts: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        try_examples(read_detectors({f"{place}.toml": text for place, text in enumerate(texts)}))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_right_definition_is_read_and_its_examples_hold() -> None:
    detectors = read_detectors({"0.toml": WORDS + PATTERN + RULE})
    assert not list(failing_examples(detectors))
    assert detectors.rules() == {"paint.red"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (PATTERN.replace(r"\d+", "("), "0.toml:2: patterns.number.pattern: “(” is no pattern: "),
        (PATTERN + 'validator = "ibn"', "0.toml:3: patterns.number.validator: “ibn” is none of the validators: "),
        (PATTERN + 'form = "apert"', "0.toml:3: patterns.number.form: "),
        (PATTERN + 'valdator = "iban"', "0.toml:3: unknown key “patterns.number.valdator”; did you mean “validator”?"),
        (PATTERN + 'yields = ["nobody"]', "0.toml: patterns.number: “nobody” is no kind of "),
        (PATTERN + 'must = ["none"]', "0.toml: “patterns.number” does not find its example “none”"),
        (PATTERN + 'must_not = ["1"]', "0.toml: “patterns.number” finds its example “1”"),
        (RULE, "0.toml: paint.red: “red” is no kind of "),
        (WORDS + RULE.replace('"red"', '"red|rad"'), "0.toml: paint.red: “rad” is no kind of "),
        (WORDS + RULE + 'unless = ["rad"]', "0.toml: paint.red: “rad” is no kind of "),
        (WORDS + RULE + 'unless_in_text = ["rad"]', "0.toml: paint.red: “rad” is no kind of "),
        (WORDS + RULE.replace('"red 1", ', ""), "0.toml:7: detector.must: "),
        (WORDS + RULE.replace('"blue 1", ', ""), "0.toml:8: detector.must_not: "),
        (WORDS + RULE.replace('must_not = ["blue 1", "blue 2", "blue 3"]', ""), "the key “detector.must_not” is missing"),
        (WORDS + RULE + "ordred = true", "0.toml:9: unknown key “detector.ordred”; did you mean “ordered”?"),
        (WORDS + RULE.replace('"O1"', '"P1"'), "0.toml:5: detector.code: "),
        (WORDS + RULE + 'scope = "page"', "0.toml:9: detector.scope: "),
        (WORDS + RULE.replace("red 1", "rad 1"), "0.toml: “paint.red” does not find its example “rad 1”"),
        (WORDS + RULE.replace("blue 1", "red 1"), "0.toml: “paint.red” finds its example “red 1”"),
        (WORDS.replace("red]", "Red]"), "0.toml"),
        (WORDS.replace('["red"]', '"red, r* paint"'), "0.toml: words.red.en: “r* paint”: a * stands at a word's end only"),
        ("[words.red\n", "0.toml:1: this is not valid TOML"),
    ],
)  # fmt: skip
def test_a_fault_is_one_sentence_with_its_file_and_place(text: str, sentence: str) -> None:
    assert sentence in _fault(text)


@pytest.mark.parametrize("word", ["r* paint", "re*d", "*red", "*", "red**", "red *", ""])
def test_a_word_that_would_never_match_is_refused(word: str) -> None:
    assert _fault(WORDS.replace('"red"', f'"{word}"')).startswith("0.toml:")


@pytest.mark.parametrize("word", ["red*", "red paint*", "крас*", "赤", "r.e.d."])
def test_a_word_that_ends_with_a_star_is_read(word: str) -> None:
    read_detectors({"0.toml": WORDS.replace('"red"', f'"{word}"')})


def test_two_rules_of_one_name_are_refused_in_one_file_and_in_two() -> None:
    assert _fault(WORDS + RULE + RULE).startswith("0.toml: the rule “paint.red” is in 0.toml already")
    assert _fault(WORDS + RULE, RULE).startswith("1.toml: the rule “paint.red” is in 0.toml already")


def test_the_same_kind_is_filled_from_several_files() -> None:
    detectors = read_detectors(
        {"0.toml": WORDS + RULE.replace("red 3", "rojo"), "1.toml": '[words.red]\nes = "rojo"\n'}
    )
    assert not list(failing_examples(detectors))


def test_every_kind_that_is_shipped_is_of_use_to_a_rule_a_pattern_or_the_finding_of_names() -> None:
    used = {"nothing", "closing", *NAME_KINDS, *DATE_KINDS, *(one.name for one in dataclasses.fields(NameKinds))}
    for table in TABLES:
        for one in table.get("detector", []):
            used.update(kind for need in one["all"] for kind in need.split("|"))
            used.update(one.get("unless", []), one.get("unless_in_text", []))
        for one in table.get("patterns", {}).values():
            used.update(one.get("yields", []))
    parts = [table.get(part, {}) for table in TABLES for part in ("words", "patterns")]
    known = {kind for part in parts for kinds in part for kind in kinds.split("|")}
    assert known - used == set()


def test_every_kind_that_names_are_made_of_has_words_or_is_made() -> None:
    words = {kind for table in TABLES for kinds in table.get("words", {}) for kind in kinds.split("|")}
    assert {one.name for one in dataclasses.fields(NameKinds)} - words - {*NAME_KINDS} == {"stops"}
