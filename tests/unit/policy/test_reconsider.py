"""A decision that is looked at again: what is known since makes it stricter, never milder."""

from dataclasses import replace

import pytest

from relay.policy.decision import Hold, Reason, Relay, Withhold
from relay.policy.reconsider import reconsider
from relay.roster.mailing_list import Tlp
from tests.builders import RULESET, make_finding, make_list, make_member

LISTS = {name: replace(make_list(name), ceiling=Tlp.AMBER) for name in ("central-africa", "species-id")}
LISTS["species-id"] = replace(LISTS["species-id"], ceiling=Tlp.GREEN)
NOTHING, COMPANY = Reason("P1", "nothing.found", "whole message"), Reason("H3", "company", "text, line 2")
GOES = Relay(reasons=(NOTHING,), marking=Tlp.GREEN, removed=("attachment 1",))
WAITS = Hold(reasons=(COMPANY,), marking=Tlp.GREEN)
BOTH = (("central-africa", GOES), ("species-id", WAITS))
LEAKED = make_finding("M1", rule="thread.marking")
REPORTED = make_finding("H2", rule="thread.reported")


def again(*findings, decisions=BOTH):
    return [one for _, one in reconsider(decisions, findings, LISTS, make_member(), RULESET)]


def test_what_nothing_is_found_against_stays_as_it_was():
    assert again() == [GOES, WAITS]


def test_what_was_confirmed_as_a_spill_is_withheld_from_all_with_the_doors_for_its_author():
    first, second = again(LEAKED, REPORTED)
    assert first == second
    assert isinstance(first, Withhold)
    assert [reason.code for reason in first.reasons] == ["M1"]


def test_what_was_only_reported_waits_beside_what_it_waited_for_already():
    first, second = again(REPORTED)
    assert first == Hold(
        reasons=(Reason("H2", "thread.reported", "text, line 1"),), marking=Tlp.GREEN, removed=("attachment 1",)
    )
    assert second.reasons == (COMPANY, *first.reasons)


def test_an_inherited_marking_is_stamped_where_the_list_takes_it_and_withheld_from_all_where_one_does_not():
    inherited = make_finding("M1", Tlp.AMBER, rule="thread.marking")
    assert again(inherited, decisions=BOTH[:1]) == [replace(GOES, marking=Tlp.AMBER)]
    assert [one.word for one in again(inherited)] == ["withhold", "withhold"]


@pytest.mark.parametrize("label", [Tlp.CLEAR, Tlp.GREEN])
def test_a_milder_marking_lowers_nothing(label):
    assert again(make_finding("M1", label, rule="thread.marking")) == [GOES, WAITS]
