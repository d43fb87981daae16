"""A click that leaves a list, as the verb carries it out: on lists that offer it alone, within limits, and told to its member."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from relay.actions.copies import compose_for_list, head_of
from relay.actions.leave import leave_by_click
from relay.delivery.delivery import Kind
from relay.delivery.leaving import leave_url
from tests.integration.clocked import Clocked, at, recipient

AUTHOR, READER, OTHER = "ana@douanes.example", "jean@parcs.example", "marc@parcs.example"
PEOPLE = (
    (AUTHOR, "customs", "CM", "fr", "central-africa", "member"),
    (READER, "ranger", "GA", "en", "central-africa;eastern-africa", "member"),
    (OTHER, "ranger", "GA", "en", "central-africa", "member"),
)
SITE = "https://relay.example"


def yes(_: str) -> bool:
    return True


def never(_: str) -> bool:
    raise AssertionError("asked about an address that isn't ours")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Clocked]:
    site = Clocked.made(tmp_path / "relay", PEOPLE, at(1))
    known = site.resources.known_lists
    web = site.resources.settings.web.model_copy(update={"public_url": SITE})
    site.resources = replace(
        site.resources,
        known_lists={**known, "central-africa": replace(known["central-africa"], one_click_leave=True)},
        settings=site.resources.settings.model_copy(update={"web": web}),
    )
    yield site
    site.resources.database.close()


def path_for(site, member, list_name="central-africa"):
    return leave_url(SITE, list_name, site.member(member).id, site.resources.keys.verp).removeprefix(SITE)


def click(site, path, allowed=yes):
    return leave_by_click(site.resources, path, at(2), allowed)


def test_a_click_takes_one_member_off_one_list_and_a_letter_says_so(site):
    assert click(site, path_for(site, READER)) == "taken"
    assert site.member(READER).lists == {"eastern-africa"}
    assert site.member(OTHER).lists == {"central-africa"}
    [letter] = site.letters(at(2))
    assert recipient(letter) == READER
    assert "no longer on the list Central Africa" in " ".join(letter.get_content().split())
    assert click(site, path_for(site, READER)) == "taken"
    assert site.letters(at(2)) == [], "once"


def test_a_list_that_does_not_offer_it_is_not_left_though_the_seal_is_ours(site):
    """As after a list has taken the key out of its definition: its old copies still carry the address."""
    assert click(site, path_for(site, READER, "eastern-africa"), never) == "taken"
    assert site.member(READER).lists == {"central-africa", "eastern-africa"}


def test_a_foreign_address_costs_nothing_of_what_is_allowed(site):
    assert click(site, path_for(site, READER)[:-2] + "AA", never) == "taken"
    assert click(site, "/leave/central-africa/x", never) == "taken"


def test_too_many_clicks_change_nothing(site):
    asked = []
    assert click(site, path_for(site, READER), lambda whose: bool(asked.append(whose))) == "too many"
    assert asked == [site.member(READER).id]
    assert "central-africa" in site.member(READER).lists


def test_copies_of_one_variant_share_their_octets_and_differ_in_their_heads_alone(site):
    site.post(AUTHOR, at(2))
    going = [one for one in site.begun(at(2)) if one.kind is Kind.COPY]
    variant = compose_for_list(site.resources, going[0], going[0].post_id or 0, at(2))
    heads = [head_of(site.resources, one, variant, at(2)) for one in going]
    assert len(set(heads)) == len(going) == 2
    for one, head in zip(going, heads, strict=True):
        joined = head.replace(b"\r\n ", b"")
        assert leave_url(SITE, "central-africa", one.recipient_id, site.resources.keys.verp).encode() in joined
        assert b"\r\n\r\n" not in head
        assert head.count(b"List-Unsubscribe:") == 1
    assert b"List-Unsubscribe" not in variant.octets
