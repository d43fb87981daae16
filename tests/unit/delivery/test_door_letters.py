"""The letters about doors, and the page that all of them are printed on, in every language; whatever a definition says is only text."""

from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from html.parser import HTMLParser

import pytest

from relay.delivery.directory_page import CountryEntry, directory_page
from relay.delivery.notice import compose_notice
from relay.delivery.notice_facts import Answer, NoticeFacts
from relay.policy.channels import Channel, Door
from relay.resources import load_catalogues
from tests.builders import address, make_list, make_member

CATALOGUES = load_catalogues()
LANGUAGES = pytest.mark.parametrize("language", ["en", "fr", "es", "pt"])
NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
NCB = Door(channel=Channel.NCB, name="BCN Yaoundé", how="by your duty desk", as_of=date(2026, 3, 2), confirmed=True)
OLD = Door(channel=Channel.CENCOMM, name="Siège", as_of=date(2023, 1, 1), confirmed=True)
UNWRITTEN = Door(channel=Channel.POLICE_FOCAL_POINT)
FACTS = NoticeFacts(
    kind="doors", reference="CM-2026-2-7F3A9C01", recipient=address("chief@police.example"), recipient_name="Chief Example",
    domain="relay.example", written_at=NOW, queued_at=NOW, lists=(make_list(),), doors={"CM": (NCB, OLD, UNWRITTEN)},
    contacts={"Central Africa": "the secretariat of the network, by telephone"}, operators=address("postmaster@relay.example"),
)  # fmt: skip
COUNTRY = {"en": "Cameroon", "fr": "Cameroun", "es": "Camerún", "pt": "Camarões"}
OPEN = {"en": "unconfirmed", "fr": "non confirmé", "es": "sin confirmar", "pt": "não confirmado"}


def written(language, **changes):
    message = message_from_bytes(compose_notice(replace(FACTS, **changes), CATALOGUES[language]), policy=policy.default)
    return message, " ".join(str(message.get_content()).split())


@LANGUAGES
def test_a_focal_point_reads_every_door_as_it_stands_and_how_to_answer(language):
    message, text = written(language)
    assert "CM-2026-2-7F3A9C01" in message["Subject"]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"].addresses[0].addr_spec == "central-africa-request@relay.example"
    for words in (
        COUNTRY[language],
        "BCN Yaoundé",
        "by your duty desk",
        "Siège",
        "CORRECT",
        "postmaster@relay.example",
        "2026",
        "2023",
    ):
        assert words in text
    assert text.count(OPEN[language]) == 2  # the old one, and the one that nobody wrote down


@LANGUAGES
def test_a_reminder_says_that_it_is_one(language):
    assert len(written(language, reminder=True)[1]) > len(written(language)[1])


def test_a_country_of_which_nothing_is_written_down_is_asked_all_the_same():
    _, text = written("en", doors={"CM": (UNWRITTEN,)}, contacts={})
    assert "(none is written down)" in text
    assert "police focal point" in text


@LANGUAGES
def test_administrators_read_which_countries_are_silent(language):
    message, text = written(language, kind="silence", silent=("CM", "GA"))
    assert COUNTRY[language] in text
    assert "wen-relay directory ask --country CC" in text
    assert message["Auto-Submitted"] == "auto-generated"


def answered(language, *answers, **changes):
    facts = {
        "kind": "answer",
        "reference": "A-000001",
        "answers": answers,
        "member": make_member(),
        "every_list": (make_list(),),
    }
    return written(language, **facts | changes)[1]


@LANGUAGES
def test_contacts_lists_a_countrys_doors_in_the_members_language(language):
    text = answered(language, Answer(word="CONTACTS", about="CM", outcome="done"))
    assert COUNTRY[language] in text
    assert "BCN Yaoundé" in text
    assert text.count(OPEN[language]) == 2


@LANGUAGES
def test_contacts_of_a_country_that_is_on_no_list_says_so(language):
    other = answered(language, Answer(word="CONTACTS", about="CM", outcome="done"), every_list=())
    assert len(other) > len(answered(language, Answer(word="CONTACTS", about="CM", outcome="done")))
    nothing = answered(language, Answer(word="CONTACTS", about="CM", outcome="done"), doors={"CM": (UNWRITTEN,)})
    assert OPEN[language] not in nothing


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(word="CONTACTS", about="", outcome="unknown"), "Write CONTACTS and the code of a country"),
        (Answer(word="CORRECT", about="CM", outcome="done"), "The doors of Cameroon are confirmed."),
        (
            Answer(word="CORRECT", about="CM", outcome="changed"),
            "have been changed since that letter, so nothing is confirmed",
        ),
        (Answer(word="CORRECT", about="", outcome="unknown"), "Only a focal point of the country confirms its doors"),
    ],
)
def test_every_outcome_is_told(answer, words):
    assert words in answered("en", answer)


# — the page —

EVIL = "<script>alert(1)</script>\"' onload=x &amp;"


class Elements(HTMLParser):
    """What a page is made of."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.words, self.attributes = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.words.append(data)


@LANGUAGES
def test_the_page_holds_every_door_in_the_readers_language_and_fetches_nothing(language):
    entry = CountryEntry(country="CM", doors=FACTS.doors["CM"], contacts=FACTS.contacts)
    page = directory_page([entry], NOW.date(), CATALOGUES[language])
    read = Elements(page)
    text = " ".join(read.words)
    for words in (COUNTRY[language], "BCN Yaoundé", "by your duty desk", OPEN[language]):
        assert words in text
    assert not {"script", "link", "img", "iframe", "object"} & set(read.tags)
    assert not {"src", "href", "style"} & {name for name, _ in read.attributes}
    assert ("lang", language) in read.attributes
    assert "@media print" in page
    assert "url(" not in page
    assert page.count(f"({OPEN[language]})") == 1


def test_whatever_a_definition_says_is_only_text_on_the_page():
    door = Door(channel=Channel.NCB, name=EVIL, how=EVIL, as_of=date(2026, 3, 2), confirmed=True)
    page = directory_page(
        [CountryEntry(country="CM", doors=(door,), contacts={EVIL: EVIL})], NOW.date(), CATALOGUES["en"]
    )
    plain = directory_page(
        [CountryEntry(country="CM", doors=(NCB,), contacts=FACTS.contacts)], NOW.date(), CATALOGUES["en"]
    )
    assert Elements(page).tags == Elements(plain).tags
    assert EVIL in "".join(Elements(page).words)
