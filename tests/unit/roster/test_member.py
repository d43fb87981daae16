"""Members and lists as values."""

from datetime import timedelta

import pytest

from relay.roster.mailing_list import Tlp
from relay.roster.member import AgencyType, MemberState, Role
from tests.builders import TODAY, make_list, make_member


@pytest.mark.parametrize(
    ("state", "valid_until", "may_act"),
    [
        (MemberState.ACTIVE, None, True),
        (MemberState.ACTIVE, TODAY, True),
        (MemberState.ACTIVE, TODAY - timedelta(days=1), False),
        (MemberState.SUSPENDED, None, False),
        (MemberState.LEFT, None, False),
    ],
)
def test_a_member_acts_while_active_and_vetted(state, valid_until, may_act):
    assert make_member(state=state, valid_until=valid_until).may_act(TODAY) is may_act


def test_advisers_are_no_officials():
    assert {one for one in AgencyType if not one.is_official} == {AgencyType.EXPERT, AgencyType.NGO, AgencyType.IGO}


def test_labels_rise_from_clear_to_red():
    assert [label.level for label in Tlp] == [0, 1, 2, 3, 4]
    assert max(Tlp, key=lambda label: label.level) is Tlp.RED


@pytest.mark.parametrize(
    ("member", "mailing_list", "admitted"),
    [
        (make_member(), make_list(), True),
        (make_member(), make_list("other"), False),
        (make_member(roles=frozenset({Role.AUDITOR})), make_list(), False),
        (make_member(roles=frozenset({Role.AUDITOR, Role.MEMBER})), make_list(), True),
        (make_member(agency_type=AgencyType.NGO), make_list(), False),
        (make_member(agency_type=AgencyType.NGO), make_list(agency_types=frozenset(AgencyType)), True),
        (make_member(), make_list(roles=frozenset()), False),
    ],
)
def test_a_list_admits_by_membership_role_and_agency(member, mailing_list, admitted):
    assert mailing_list.admits(member) is admitted


@pytest.mark.parametrize("purpose", ["", "-request", "-owner", "-bounces"])
def test_a_list_has_an_address_for_each_purpose(purpose):
    assert str(make_list().address_for(purpose)) == f"central-africa{purpose}@relay.example"
