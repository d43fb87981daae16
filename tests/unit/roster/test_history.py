"""Memberships told from the log: what each entry does, in which order, and what was at a moment."""

from datetime import UTC, date, datetime, timedelta

import pytest

from relay.roster.history import Entry, in_one_order, replay
from relay.roster.member import MemberState, Role

START = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
ANA = "a" * 32
ADDED = {
    "member": ANA, "lists": ["central-africa", "species-id"], "roles": ["member"], "country": "CM", "agency_type": "customs",
    "valid_until": None, "nominated_by": "x", "confirmed_by": "y", "operator": "root",
}  # fmt: skip


def entry(hours, event, **facts):
    return Entry(at=START + timedelta(hours=hours), event=event, facts={"member": ANA} | facts)


def told(*entries, until=None):
    return replay([entry(0, "member.added", **ADDED), *entries], until)[ANA]


def test_who_was_added_is_a_member_with_lists_roles_and_country():
    past = told()
    assert (past.state, past.lists, past.roles, past.country, past.since) == (
        MemberState.ACTIVE, {"central-africa", "species-id"}, {Role.MEMBER}, "CM", START,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("event", "state"),
    [
        ("member.suspended", MemberState.SUSPENDED),
        ("member.nomination_disputed", MemberState.SUSPENDED),
        ("member.dormant", MemberState.DORMANT),
        ("member.removed", MemberState.LEFT),
        ("member.nomination_lapsed", MemberState.LEFT),
        ("member.language_chosen", MemberState.ACTIVE),
        ("member.something_new", MemberState.ACTIVE),
    ],
)
def test_each_entry_puts_a_member_into_its_state(event, state):
    assert told(entry(1, event)).state is state


def test_a_nominee_is_no_member_until_confirmed():
    nominated = entry(0, "member.nominated", **ADDED)
    assert replay([nominated])[ANA].state is MemberState.NOMINATED
    assert replay([nominated, entry(1, "member.confirmed")])[ANA].state is MemberState.ACTIVE


def test_a_dispute_about_somebody_who_has_left_brings_nobody_back():
    assert told(entry(1, "member.removed"), entry(2, "member.nomination_disputed")).state is MemberState.LEFT


def test_an_attestation_wakes_all_whom_it_names():
    woken = Entry(at=START + timedelta(hours=2), event="members.attested", facts={"members": [ANA], "by": "x"})
    assert told(entry(1, "member.dormant"), woken).state is MemberState.ACTIVE


def test_a_renewal_wakes_a_dormant_member_and_leaves_a_suspension():
    renewed = entry(2, "member.renewed", valid_until=None)
    assert told(entry(1, "member.dormant"), renewed).state is MemberState.ACTIVE
    assert told(entry(1, "member.suspended"), renewed).state is MemberState.SUSPENDED


def test_lists_roles_country_and_last_day_follow_the_log():
    past = told(
        entry(1, "member.left_list", list="species-id"),
        entry(2, "member.renewed", valid_until="2027-06-30"),
        entry(3, "member.changed", columns=["country", "role"], country="GA", role=["member", "moderator"]),
    )
    assert (past.lists, past.country, past.valid_until) == ({"central-africa"}, "GA", date(2027, 6, 30))
    assert past.roles == {Role.MEMBER, Role.MODERATOR}


def test_a_moment_is_told_as_it_was_and_not_as_it_became():
    later = entry(5, "member.suspended"), entry(9, "member.removed")
    assert [told(*later, until=START + timedelta(hours=hours)).state for hours in (0, 4, 5, 8, 9)] == [
        MemberState.ACTIVE, MemberState.ACTIVE, MemberState.SUSPENDED, MemberState.SUSPENDED, MemberState.LEFT,
    ]  # fmt: skip
    assert told(*later, until=START + timedelta(hours=8)).since == START + timedelta(hours=5)
    assert replay([entry(0, "member.added", **ADDED)], START - timedelta(seconds=1)) == {}


def test_who_comes_back_is_what_the_new_nomination_says():
    past = told(entry(1, "member.removed"), entry(2, "member.added", **ADDED | {"lists": ["savanna"]}))
    assert (past.state, past.lists) == (MemberState.ACTIVE, {"savanna"})


def test_a_last_day_ends_what_somebody_may_do_but_not_their_state():
    past = told(entry(1, "member.renewed", valid_until="2026-11-10"))
    assert (past.was_in_force(START + timedelta(days=9)), past.was_in_force(START + timedelta(days=10))) == (
        True,
        False,
    )
    assert past.state is MemberState.ACTIVE


def test_nodes_are_merged_by_time_and_none_is_told_against_its_own_order():
    one = [entry(1, "a"), entry(5, "b"), entry(4, "c"), entry(9, "d")]  # its clock was put back
    two = [entry(2, "e"), entry(6, "f")]
    assert [each.event for each in in_one_order([one, two])] == ["a", "e", "b", "c", "f", "d"]
