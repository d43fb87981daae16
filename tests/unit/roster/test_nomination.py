"""Nominations: two different people vouch for a third."""

from dataclasses import replace

import pytest

from relay.errors import Invalid
from relay.roster.member import AgencyType, Role
from relay.roster.nomination import Nomination, judge_nomination, read_member_address
from tests.builders import address

NOMINATION = Nomination(
    address=address("new@customs.example"),
    name="Nadia Example",
    agency="Example Customs",
    agency_type=AgencyType.CUSTOMS,
    country="CM",
    language="fr",
    roles=frozenset({Role.MEMBER}),
    lists=frozenset({"central-africa"}),
    nominated_by=address("chief@customs.example"),
    confirmed_by=address("desk@police.example"),
)


def judge(**changes: object) -> str:
    return judge_nomination(
        replace(NOMINATION, **changes),  # type: ignore[arg-type]
        known_lists=frozenset({"central-africa", "horn"}),
        known_countries=frozenset({"CM", "GA"}),
        languages=frozenset({"en", "fr"}),
    )


def test_a_complete_nomination_is_in_order():
    assert judge() == ""
    assert judge(lists=frozenset(), roles=frozenset({Role.AUDITOR})) == ""


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"confirmed_by": address("CHIEF@customs.example")},
            "the nominator and the confirmer must be two different people",
        ),
        ({"address": address("Chief@customs.example")}, "a member can't nominate or confirm their own membership"),
        ({"address": address("desk@police.example")}, "a member can't nominate or confirm their own membership"),
        ({"country": "XX"}, "“XX” is not an ISO 3166 country code such as CM"),
        ({"language": "tlh"}, "“tlh” is not a language of the notices: use one of en, fr"),
        ({"name": " "}, "a member needs a name and an agency"),
        ({"agency": ""}, "a member needs a name and an agency"),
        ({"name": "Nadia\r\nBcc: eve@evil.example"}, "a member's name and agency must each be one line"),
        ({"agency": "Customs\u2028Bcc"}, "a member's name and agency must each be one line"),
        ({"lists": frozenset()}, "name at least one list"),
        (
            {"lists": frozenset({"horn", "b", "a"})},
            "“a” is not an active list here: the lists are central-africa, horn",
        ),
    ],
)
def test_a_fault_in_a_nomination_is_one_sentence(changes, sentence):
    assert judge(**changes) == sentence


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Nadia@Customs.Example", "Nadia@customs.example"),
        ("  nadia@customs.example\n", "nadia@customs.example"),
        ("nadia@bücher.example", "nadia@xn--bcher-kva.example"),
        ("nadia+alerts@customs.example", "nadia+alerts@customs.example"),
        ("nadiä@bücher.example", "nadiä@xn--bcher-kva.example"),
        ("nadia\u0308@customs.example", "nadiä@customs.example"),  # typed in two strokes
        ("надежда@таможня.example", "надежда@xn--80amrfdv0h.example"),
    ],
)
def test_a_typed_address_is_brought_to_its_normal_form(text, normal):
    assert str(read_member_address(text)) == normal


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nadia",
        "nadia@",
        "nadia@customs",
        "nadia@@customs.example",
        "nadia@customs.example, eve@evil.example",
        "Nadia <nadia@customs.example>",
        '"nadia"@customs.example',
        "nadia@[127.0.0.1]",
        "nadia%x@customs.example",
        "nаdia@customs.example",  # Cyrillic а
        "сара@customs.example",  # Cyrillic letters that all pass for Latin ones
        "nadia@customs.example\0",
        "nadia\r\n@customs.example",
    ],
)
def test_what_can_not_receive_mail_here_is_refused_with_a_sentence(text):
    with pytest.raises(Invalid) as caught:
        read_member_address(text)
    assert "is not a usable mail address: " in str(caught.value)
    assert ("several alphabets" in str(caught.value)) is (not text.isascii())
