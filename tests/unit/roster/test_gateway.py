"""For whom a gateway speaks: its own agency's members, and of these only the named."""

import pytest

from relay.roster.gateway import Gateway, judge_gateway
from tests.builders import address, make_member

ANA = "ana@douanes.example"


def make_gateway(**changes):
    facts = {"name": "mx.douanes.example", "agency": "Douanes", "addresses": frozenset(), "domains": frozenset()}
    return Gateway(**(facts | changes))


@pytest.mark.parametrize(
    ("member", "agency", "speaks"),
    [
        (ANA, "Douanes", True),
        (ANA, "DOUANES", True),
        (ANA, "\uff24ouanes ", True),
        ("Ana@Douanes.example", "Douanes", True),
        ("other@douanes.example", "Douanes", False),
        ("ana@sub.douanes.example", "Douanes", False),
        ("ana@douanes.example.evil.example", "Douanes", False),
        (ANA, "Police", False),
    ],
)
def test_an_address_stands_for_exactly_one_member_of_the_agency(member, agency, speaks):
    gateway = make_gateway(addresses=frozenset({address(ANA)}))
    assert gateway.speaks_for(make_member(address=address(member), agency=agency)) is speaks


@pytest.mark.parametrize(
    ("member", "agency", "speaks"),
    [
        ("other@douanes.example", "Douanes", True),
        ("other@sub.douanes.example", "Douanes", False),
        ("other@xdouanes.example", "Douanes", False),
        ("other@douanes.example", "Police", False),
    ],
)
def test_a_domain_stands_for_the_agencys_members_in_exactly_it(member, agency, speaks):
    gateway = make_gateway(domains=frozenset({"douanes.example"}))
    assert gateway.speaks_for(make_member(address=address(member), agency=agency)) is speaks


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "for whom"),
        ({"domains": frozenset({"douanes.example"})}, ""),
        ({"domains": frozenset({"douanes.example"}), "name": "Two words"}, "can't name"),
        ({"domains": frozenset({"douanes.example"}), "name": ""}, "can't name"),
        ({"domains": frozenset({"douanes.example"}), "agency": " "}, "agency"),
        ({"domains": frozenset({"douanes.example"}), "agency": "Dou\nanes"}, "agency"),
    ],
)
def test_what_is_wrong_with_a_gateway_is_said(changes, words):
    said = judge_gateway(make_gateway(**changes))
    assert words in said
    assert bool(said) == bool(words)
