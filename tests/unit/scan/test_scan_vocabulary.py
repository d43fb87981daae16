"""The closed vocabularies of what a scanner may say, against the code that says it and the code that shows it."""

import re
from pathlib import Path

import pytest

import relay
from relay.delivery import wording
from relay.mail.message import SINGLETONS
from relay.roster.mailing_list import Tlp
from relay.scan.vocabulary import NUMBERED, RULES, WORDS, is_place, kind_of, place_of_field

PACKAGE = Path(relay.__file__).parent
SAYS = [path for room in ("scan", "policy") for path in sorted((PACKAGE / room).glob("*.py"))]


def rules_in(path: Path) -> set[str]:
    return set(re.findall(r'"((?:structure|part|tlp)\.[a-z_.-]*[a-z_])"', path.read_text("utf-8")))


@pytest.mark.parametrize("path", SAYS, ids=lambda path: path.name)
def test_every_rule_that_the_code_names_is_known(path):
    assert rules_in(path) <= RULES


def test_every_defect_of_a_header_section_is_known():
    text = (PACKAGE / "mail/message.py").read_text("utf-8")
    defects = set(re.findall(r'"(header\.[a-z_.]*[a-z_])"', text)) | {f"header.duplicate.{name}" for name in SINGLETONS}
    assert len(defects) > 15
    assert {f"structure.{defect}" for defect in defects} <= RULES


@pytest.mark.parametrize("label", Tlp)
def test_every_marking_has_its_rules(label):
    rule = label.lower().replace(":", ".").replace("+", "_")
    assert {rule, f"{rule}.in_prose"} <= RULES


def test_a_place_is_made_of_the_words_that_notices_have():
    assert set(wording._PLACES) == WORDS
    assert set(wording._NUMBERED) == NUMBERED


@pytest.mark.parametrize(
    "place",
    [
        "subject",
        "text",
        "text, line 12",
        "text, hidden part",
        "quoted text",
        "attachment 200, name",
        "attachment 1, subject",
        "attachment 3, page 2, line 1",
        "header",
        "whole message",
        "header, other field",
    ],
)
def test_places_of_an_honest_scanner_are_places(place):
    assert is_place(place)


@pytest.mark.parametrize(
    "place",
    [
        "",
        "Ivan Petrov",
        "text, Ivan",
        "text,line 1",
        "text, line",
        "text, line 0123456789",
        "line 1a",
        "text\n",
        "text, " * 4 + "text",
        "header ivan-petrov",
    ],
)
def test_other_words_are_no_place(place):
    assert not is_place(place)


def test_a_field_is_named_only_if_its_name_is_everyone_s():
    assert place_of_field("header x-tlp") == "header x-tlp"
    assert place_of_field("header ivan-petrov") == "header, other field"


def test_every_kind_of_part_has_its_rule():
    for media_type in ("application/pdf", "application/x-ivan", "petrov/ivan", "text/plain", "font/x", "message/x"):
        assert f"part.unread.{kind_of(media_type)}" in RULES
        assert "ivan" not in kind_of(media_type)
