"""What a member may do, by state, day, role and country."""

from datetime import date

import pytest

from relay.roster.member import AgencyType, MemberState, Role
from tests.builders import make_member

TODAY, YESTERDAY, TOMORROW = date(2026, 11, 26), date(2026, 11, 25), date(2026, 11, 27)


@pytest.mark.parametrize(
    ("state", "receives_until", "acts", "writes", "receives"),
    [
        (MemberState.NOMINATED, None, False, False, False),
        (MemberState.ACTIVE, None, True, True, True),
        (MemberState.DORMANT, None, False, True, False),
        (MemberState.DORMANT, TODAY, False, True, True),
        (MemberState.DORMANT, YESTERDAY, False, True, False),
        (MemberState.SUSPENDED, TOMORROW, False, False, False),
        (MemberState.LEFT, TOMORROW, False, False, False),
    ],
)
def test_who_may_act_write_and_receive(state, receives_until, acts, writes, receives):
    member = make_member(state=state, receives_until=receives_until)
    assert (member.may_act(TODAY), member.may_write(TODAY), member.may_receive(TODAY)) == (acts, writes, receives)
    ended = make_member(state=state, receives_until=receives_until, valid_until=YESTERDAY)
    assert not any((ended.may_act(TODAY), ended.may_write(TODAY), ended.may_receive(TODAY)))


@pytest.mark.parametrize(
    ("changes", "own", "foreign"),
    [
        ({"roles": frozenset({Role.MEMBER, Role.MODERATOR})}, False, False),
        ({"roles": frozenset({Role.FOCAL_POINT})}, True, False),
        ({"roles": frozenset({Role.FOCAL_POINT}), "agency_type": AgencyType.NGO}, False, False),
        ({"roles": frozenset({Role.ADMIN}), "agency_type": AgencyType.IGO}, True, True),
        ({"roles": frozenset({Role.ADMIN}), "state": MemberState.DORMANT}, False, False),
        ({"roles": frozenset({Role.FOCAL_POINT}), "state": MemberState.SUSPENDED}, False, False),
        ({"roles": frozenset({Role.FOCAL_POINT}), "valid_until": YESTERDAY}, False, False),
    ],
)
def test_focal_points_vouch_for_their_own_country_and_administrators_for_all(changes, own, foreign):
    member = make_member(country="CM", **changes)
    assert (member.may_vouch_for("CM", TODAY), member.may_vouch_for("GA", TODAY)) == (own, foreign)
