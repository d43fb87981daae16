"""What the relay's addresses are for."""

import pytest

from relay.roster.destination import Purpose, destination_of, destinations
from relay.roster.member import AgencyType, Role
from tests.builders import address, make_list, make_member

LISTS = (make_list(), make_list("species-id", tag="SPECIES"))


def read(text):
    found = destination_of(address(text), "relay.example", destinations(LISTS))
    return found and (found.purpose, found.mailing_list and found.mailing_list.name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("central-africa@relay.example", (Purpose.POST, "central-africa")),
        ("Central-Africa@RELAY.example", (Purpose.POST, "central-africa")),
        ("central-africa-owner@relay.example", (Purpose.POST, "central-africa-owner")),
        ("alerts@relay.example", (Purpose.ALERTS, None)),
        ("Practice@relay.example", (Purpose.PRACTICE, None)),
        ("alerts@other.example", None),
        ("central-africa@other.example", None),
        ("central-africa+x@relay.example", None),
        ("nobody@relay.example", None),
    ],
)
def test_an_address_has_one_purpose(text, expected):
    assert read(text) == expected


def test_only_posts_go_to_several_addresses_at_once():
    alone = {text: destination_of(address(text), "relay.example", destinations(LISTS)).stands_alone for text in
             ("central-africa@relay.example", "alerts@relay.example", "practice@relay.example")}  # fmt: skip
    assert list(alone.values()) == [False, False, True]


def test_every_member_of_a_list_may_write_to_its_moderators_and_nobody_else():
    owners = make_list(roles=frozenset({Role.EXPERT})).owners
    assert owners.admits(make_member(agency_type=AgencyType.NGO))
    assert not owners.admits(make_member(lists=frozenset({"species-id"})))


def test_a_list_of_moderators_uses_its_lists_own_addresses_for_commands_and_bounces():
    owners = make_list().owners
    assert str(owners.address) == "central-africa-owner@relay.example"
    assert str(owners.address_for("-request")) == "central-africa-request@relay.example"
    assert str(owners.address_for("")) == "central-africa@relay.example"
