"""What new members are told: how to begin, and the rules where they haven't accepted them."""

from dataclasses import replace

import pytest

from relay.delivery.rules import RULES_VERSION
from relay.mail.address import Address
from relay.roster.member import AgencyType, Role
from relay.roster.nomination import Nomination
from tests.builders import make_member
from tests.unit.delivery.test_notice_texts import BASE, LANGUAGES, LIST, read

FACTS = replace(BASE, kind="welcome", reference="M-000007", lists=(LIST,))


def welcomed(language="en", **changes):
    mail = read(replace(FACTS, member=make_member(**changes)), language)
    return " ".join(mail.get_content().split())


def test_who_was_added_by_an_operator_reads_the_rules_and_what_is_kept_and_is_asked_to_accept():
    text = welcomed(rules_version=0)
    assert "the name or any identifier of a suspect" in text
    assert "What the relay keeps about you" in text
    assert "write ACCEPT on a line of its own to central-africa-request@" in text
    assert "write to postmaster@" in text


def test_who_accepted_the_rules_when_they_were_invited_is_not_asked_again():
    text = welcomed(rules_version=RULES_VERSION)
    assert "You are now a member" in text
    assert "ACCEPT" not in text
    assert "What the relay keeps" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_letter_is_whole_in_every_language(language):
    text = welcomed(language, rules_version=0)
    assert "{" not in text
    assert "ACCEPT" in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("why", ["declined", "rejected", "lapsed"])
def test_who_proposed_somebody_reads_who_it_was_and_why_nothing_came_of_it(language, why):
    nomination = Nomination(
        address=Address(local="bela", domain="forets.example"),
        name="Bela Ondo",
        agency="Eaux et Forêts",
        agency_type=AgencyType.RANGER,
        country="CM",
        language="fr",
        roles=frozenset({Role.MEMBER}),
        lists=frozenset(),
        nominated_by=Address(local="chief", domain="douanes.example"),
        confirmed_by=None,
    )
    facts = replace(BASE, kind="ended", reference="M-000009", lists=(), nomination=nomination, why=why)
    mail = read(facts, language)
    text = " ".join(mail.get_content().split())
    assert "{" not in text
    assert "Bela Ondo <bela@forets.example>" in text
    if language == "en":
        words = {"declined": "does not want", "rejected": "was not confirmed", "lapsed": "not completed in time"}
        assert [one for one in words if words[one] in text] == [why]


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_is_asked_about_new_rules_gets_them_whole(language):
    mail = read(replace(FACTS, kind="rules", member=make_member(rules_version=RULES_VERSION - 1)), language)
    text = " ".join(mail.get_content().split())
    assert "{" not in text
    assert "ACCEPT" in text
    assert "TLP:GREEN" in text  # the list's ceiling, in the rules
