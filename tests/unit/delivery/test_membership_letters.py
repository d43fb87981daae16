"""What new members are told: how to begin, and the rules where they haven't accepted them."""

from dataclasses import replace

import pytest

from relay.delivery.rules import RULES_VERSION
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
