"""A member's card: everything to set up a phone, in their language, and nothing that is loaded, run or secret."""

from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest

from relay.delivery.card import card
from relay.mail.address import Address
from relay.resources import LANGUAGES, load_catalogues
from relay.roster.login import SubmissionDoors
from relay.roster.mailing_list import Tlp
from tests.builders import make_list, make_member

DOORS = SubmissionDoors(host="mx.relay.example", submission=587, submissions=465)
PRACTICE = Address(local="practice", domain="relay.example")
TODAY = date(2026, 11, 27)
CATALOGUES = load_catalogues()
TAGS = frozenset(
    "html head meta title style body main header h1 h2 p section dl dt dd b br code ul li footer".split()  # noqa: SIM905
)
NASTY = '"><script>alert(1)</script>&{port}<img src=x onerror=alert(1)>'


class Reading(HTMLParser):
    """The text of a page, its elements, and that they nest."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.elements, self._open = "", [], []
        self.feed(page)
        assert not self._open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "link", "img"}:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open and self._open[-1] != "style":
            self.text += data


def render(who=None, lists=None, doors=DOORS, language="en"):
    return card(who or make_member(), lists or [make_list()], doors, PRACTICE, TODAY, CATALOGUES[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_card_says_all_that_a_phone_needs_in_the_members_language(language):
    reading = Reading(render(language=language))
    assert reading.elements[0] == ("html", {"lang": language})
    text = reading.text
    for needed in ("mx.relay.example", "465", "587", "SSL/TLS", "STARTTLS", str(make_member().address), str(PRACTICE)):
        assert needed in text
    assert str(make_list().address) in text
    assert str(make_list().address_for("-owner")) in text
    assert text.count(CATALOGUES[language].text("Password")) >= 1


def test_no_two_languages_share_a_sentence_of_the_card():
    lines = [{line for line in Reading(render(language=one)).text.split(". ") if len(line) > 30} for one in LANGUAGES]
    assert not set.intersection(*lines)


def test_nothing_is_loaded_or_run_and_nothing_breaks_out():
    page = render(replace(make_member(), name=NASTY, agency=NASTY), [replace(make_list(), title=NASTY)])
    reading = Reading(page)
    assert reading.text.count("<script>alert(1)</script>") == 3
    assert {tag for tag, _ in reading.elements} <= TAGS
    assert not [
        name for _, attributes in reading.elements for name in attributes if name in {"src", "href"} or name[:2] == "on"
    ]
    assert "url(" not in page
    assert "default-src 'none'" in page


@pytest.mark.parametrize(
    ("doors", "there", "absent"),
    [
        (replace(DOORS, submission=0), "465", "STARTTLS"),
        (replace(DOORS, submissions=0), "587", "SSL/TLS"),
    ],
)
def test_a_door_that_is_closed_is_not_named(doors, there, absent):
    text = Reading(render(doors=doors)).text
    assert there in text
    assert absent not in text


def test_of_several_lists_the_lowest_ceiling_holds():
    low, high = replace(make_list(), ceiling=Tlp.GREEN), replace(make_list(), ceiling=Tlp.AMBER)
    for lists in ([low, high], [high, low]):
        text = Reading(render(lists=lists)).text
        assert "TLP:GREEN" in text
        assert "TLP:AMBER" not in text
