"""Evasions do what their names say, keep the words, and every skeleton names one that exists."""

import email
import html
import re
import unicodedata

import pytest

from tests.evaluation.corpus import read_skeletons
from tests.evaluation.techniques import OCTETS, SPANS, Letter, disguised

SKELETONS = read_skeletons()
PLAIN = "TLP:RED Ivan Petrov 0712 345 678"
LETTER = Letter(
    head=b"From: a@agency.example\r\nTo: central-africa@relay.example\r\n",
    subject="TLP:RED ü",
    text="Petrov 1\nTLP:RED\n",
)


def test_a_technique_that_is_named_with_spans_rewrites_them():
    marked = [one for one in SKELETONS if "⟦" in one.subject + one.text + one.html + one.filename]
    assert [one.id for one in marked if one.technique not in SPANS] == []
    assert set(SPANS) | set(OCTETS) <= {one.technique for one in SKELETONS}


@pytest.mark.parametrize("technique", SPANS)
def test_only_the_span_is_rewritten_and_its_brackets_go(technique):
    text = disguised(technique, f"before ⟦{PLAIN}⟧ after")
    assert text.startswith("before ")
    assert text.endswith(" after")
    assert "⟦" not in text


def test_without_spans_nothing_is_rewritten():
    assert disguised("zero-width", PLAIN) == disguised("no such technique", PLAIN) == PLAIN


@pytest.mark.parametrize(
    "technique", ["zero-width", "soft-hyphen", "word-joiner", "tag-characters", "bidi-isolates", "variation-selector"]
)
def test_what_is_invisible_leaves_the_visible_as_it_was(technique):
    text = disguised(technique, f"⟦{PLAIN}⟧")
    assert text != PLAIN
    assert "".join(char for char in text if unicodedata.category(char) not in {"Cf", "Mn"}) == PLAIN


@pytest.mark.parametrize("technique", ["html-entities", "html-tags-inside", "html-empty-tags", "html-comments-inside"])
def test_a_page_shows_what_was_written(technique):
    assert html.unescape(re.sub("<.*?>", "", disguised(technique, f"⟦{PLAIN}⟧"))) == PLAIN


@pytest.mark.parametrize("technique", [name for name in SPANS if name.startswith("digits-")])
def test_digits_keep_their_values(technique):
    text = disguised(technique, "⟦0712 345 678⟧")
    values = [unicodedata.digit(char, None) for char in text]
    assert [value for value in values if value is not None] == [0, 7, 1, 2, 3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize("technique", OCTETS)
def test_octets_are_a_message_from_its_author(technique):
    octets = OCTETS[technique](LETTER)
    assert email.message_from_bytes(octets)["From"] == "a@agency.example"
    assert b"\r\n\r\n" in octets
    assert octets == OCTETS[technique](LETTER)
