"""The decision: who is refused, what is dropped, what is held or withheld, and what may go out."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from relay.mail.address import Mailbox
from relay.mail.auth_results import Proof
from relay.mail.reply import AUTHOR_DIFFERS, NO_SUCH_ADDRESS, NOT_AN_EMAIL
from relay.policy.decide import HOP_LIMIT, decide
from relay.policy.decision import Discard, Hold, Reason, Refuse, Relay, Withhold
from relay.policy.post import Progress
from relay.roster.mailing_list import Tlp
from relay.roster.member import AgencyType, MemberState, Role
from tests.builders import (
    RULESET,
    TODAY,
    address,
    make_facts,
    make_finding,
    make_list,
    make_member,
    make_post,
    make_proof,
    make_scan,
)

UNREADABLE = make_finding("H1", rule="part.unread.application/zip", place="attachment 1")
NOTHING_READABLE = make_finding("H1", rule="part.nothing_readable", place="whole message")
RED = make_finding("M1", Tlp.RED, rule="tlp.red")
AMBER = make_finding("M1", Tlp.AMBER, rule="tlp.amber")


def one(post):
    ((_, decision),) = decide(post, RULESET)
    return decision


def rules(decision) -> list[str]:
    return [reason.rule for reason in decision.reasons]


def test_a_harmless_post_is_relayed_and_says_that_nothing_was_found():
    assert one(make_post()) == Relay(
        reasons=(Reason("P1", "nothing.found", "whole message"),), marking=Tlp.GREEN, removed=()
    )


def test_decisions_come_in_the_order_of_the_lists():
    lists = (make_list("b"), make_list("a"), make_list("c"))
    post = make_post(lists=lists, author=make_member(lists=frozenset("abc")))
    assert [name for name, _ in decide(post, RULESET)] == ["b", "a", "c"]


def test_a_post_to_no_list_has_no_decision():
    assert decide(make_post(lists=()), RULESET) == ()


# Who speaks


@pytest.mark.parametrize(
    ("author", "proof"),
    [
        ("eve@customs.example", make_proof()),
        ("ana@police.example", make_proof()),
        ("ana+x@customs.example", make_proof()),
        ("ana@customs.example", None),
    ],
)
def test_an_author_who_is_not_proved_is_refused(author, proof):
    facts = make_facts(author=Mailbox(name="Ana", address=address(author)))
    decision = one(make_post(scan=make_scan(message=facts), authentication=proof))
    assert isinstance(decision, Refuse)
    assert decision.reply == AUTHOR_DIFFERS
    assert rules(decision) == ["author.not_authenticated"]


def test_a_list_that_does_not_take_the_proof_refuses_and_the_others_decide():
    strict = make_list("eastern-africa", tag="EAFR", proofs=frozenset({Proof.CERTIFICATE}))
    author = make_member(lists=frozenset({"central-africa", "eastern-africa"}))
    decisions = dict(decide(make_post(author=author, lists=(make_list(), strict)), RULESET))
    assert isinstance(decisions["central-africa"], Relay)
    assert rules(decisions["eastern-africa"]) == ["author.proof_not_enough"]
    offered = {"eastern-africa": Reason("F1", "routing.named_by_tag", "subject")}
    decisions = dict(decide(make_post(lists=(make_list(), strict), offers=offered), RULESET))
    assert isinstance(decisions["eastern-africa"], Refuse)


def test_the_author_s_case_makes_no_difference():
    facts = make_facts(author=Mailbox(name="", address=address("ANA@Customs.Example")))
    assert isinstance(one(make_post(scan=make_scan(message=facts))), Relay)


def test_a_message_without_one_author_is_refused_whoever_sends_it():
    decision = one(make_post(scan=make_scan(message=make_facts(author=None))))
    assert isinstance(decision, Refuse)
    assert decision.reply == NOT_AN_EMAIL


def test_a_message_that_was_not_read_is_refused_without_a_proof_and_withheld_with_one():
    scan = make_scan(progress=Progress.NOTHING, message=None)
    assert isinstance(one(make_post(scan=scan, authentication=None)), Refuse)
    assert isinstance(one(make_post(scan=scan)), Withhold)


def test_a_message_that_was_not_read_is_never_relayed_even_if_the_scan_says_complete():
    decision = one(make_post(scan=make_scan(message=None)))
    assert isinstance(decision, Withhold)
    assert rules(decision) == ["scan.not_finished"]


@pytest.mark.parametrize(
    ("author", "mailing_list"),
    [
        (None, make_list()),
        (make_member(lists=frozenset({"other"})), make_list()),
        (make_member(lists=frozenset()), make_list()),
        (make_member(state=MemberState.SUSPENDED), make_list()),
        (make_member(state=MemberState.LEFT), make_list()),
        (make_member(valid_until=TODAY - timedelta(days=1)), make_list()),
        (make_member(roles=frozenset({Role.AUDITOR})), make_list()),
        (make_member(roles=frozenset()), make_list()),
        (make_member(agency_type=AgencyType.NGO), make_list()),
        (make_member(), make_list(active=False)),
        (make_member(), make_list(roles=frozenset({Role.MODERATOR}))),
        (make_member(), make_list(agency_types=frozenset({AgencyType.POLICE}))),
    ],
)
def test_whoever_may_not_post_is_told_that_there_is_no_such_address(author, mailing_list):
    decision = one(make_post(author=author, lists=(mailing_list,)))
    assert isinstance(decision, Refuse)
    assert decision.reply == NO_SUCH_ADDRESS
    assert decision.reasons == (Reason("R1", "membership.not_entitled", "envelope"),)


@pytest.mark.parametrize("valid_until", [None, TODAY, date(9999, 12, 31)])
def test_a_membership_counts_through_its_last_day(valid_until):
    assert isinstance(one(make_post(author=make_member(valid_until=valid_until))), Relay)


def test_a_dormant_members_post_waits_for_a_moderator_and_stays_withheld_where_it_is():
    author = make_member(state=MemberState.DORMANT)
    held = one(make_post(author=author))
    assert (type(held), rules(held)) == (Hold, ["membership.dormant"])
    also = one(make_post(make_finding("H3", rule="company.named"), author=author))
    assert (type(also), rules(also)) == (Hold, ["membership.dormant", "company.named"])
    assert isinstance(one(make_post(RED, author=author)), Withhold)
    nobody = make_member(state=MemberState.NOMINATED)
    assert isinstance(one(make_post(author=nobody)), Refuse)


def test_a_refusal_says_nothing_of_the_content():
    decision = one(make_post(RED, author=make_member(lists=frozenset())))
    assert rules(decision) == ["membership.not_entitled"]


# Loops and automatic mail


@pytest.mark.parametrize(
    "facts",
    [
        make_facts(list_ids=("central-africa.relay.example",)),
        make_facts(list_ids=("elsewhere.example", "central-africa.relay.example")),
        make_facts(hops=HOP_LIMIT + 1),
        make_facts(list_ids=("central-africa.relay.example",), automatic=True),
    ],
)
def test_what_came_from_here_is_dropped(facts):
    decision = one(make_post(scan=make_scan(message=facts)))
    assert isinstance(decision, Discard)
    assert [reason.code for reason in decision.reasons] == ["D2"]


def test_automatic_mail_is_dropped():
    decision = one(make_post(scan=make_scan(message=make_facts(automatic=True))))
    assert isinstance(decision, Discard)
    assert [reason.code for reason in decision.reasons] == ["D1"]


def test_another_list_s_mail_and_many_hops_are_no_loop():
    facts = make_facts(list_ids=("elsewhere.example",), hops=HOP_LIMIT)
    assert isinstance(one(make_post(scan=make_scan(message=facts))), Relay)


def test_a_drop_is_the_same_for_every_list():
    post = make_post(lists=(make_list("a"), make_list("b")), scan=make_scan(message=make_facts(automatic=True)))
    decisions = decide(post, RULESET)
    assert [name for name, _ in decisions] == ["a", "b"]
    assert all(isinstance(decision, Discard) for _, decision in decisions)


# Markings


@pytest.mark.parametrize("ceiling", list(Tlp))
@pytest.mark.parametrize("label", list(Tlp))
def test_a_certain_label_above_the_ceiling_withholds_and_one_below_is_stamped(ceiling, label):
    post = make_post(make_finding("M1", label), lists=(make_list(ceiling=ceiling),))
    decision = one(post)
    if label.level > ceiling.level:
        assert isinstance(decision, Withhold)
    else:
        assert isinstance(decision, Relay)
    assert decision.marking is label


@pytest.mark.parametrize("ceiling", list(Tlp))
@pytest.mark.parametrize("label", list(Tlp))
def test_a_label_in_prose_above_the_ceiling_holds_and_one_below_is_no_marking(ceiling, label):
    mailing_list = make_list(ceiling=ceiling, default_marking=ceiling)
    decision = one(make_post(make_finding("H2", label), lists=(mailing_list,)))
    assert isinstance(decision, Hold if label.level > ceiling.level else Relay)
    assert decision.marking is ceiling


def test_prose_never_lowers_and_a_lower_marking_never_lowers_a_higher_one():
    mailing_list = make_list(ceiling=Tlp.RED)
    findings = (make_finding("M1", Tlp.AMBER), make_finding("M1", Tlp.CLEAR), make_finding("H2", Tlp.CLEAR))
    assert one(make_post(*findings, lists=(mailing_list,))).marking is Tlp.AMBER


def test_without_a_marking_the_list_s_default_is_stamped():
    mailing_list = make_list(ceiling=Tlp.AMBER, default_marking=Tlp.CLEAR)
    assert one(make_post(lists=(mailing_list,))).marking is Tlp.CLEAR


def test_a_list_that_requires_a_marking_holds_what_has_none():
    mailing_list = make_list(require_marking=True)
    decision = one(make_post(lists=(mailing_list,)))
    assert decision == Hold(reasons=(Reason("H2", "marking.missing", "whole message"),), marking=Tlp.GREEN)
    in_prose = make_finding("H2", Tlp.GREEN)
    assert isinstance(one(make_post(in_prose, lists=(mailing_list,))), Hold)
    assert isinstance(one(make_post(make_finding("M1", Tlp.CLEAR), lists=(mailing_list,))), Relay)


def test_an_unknown_marking_holds():
    decision = one(make_post(make_finding("H2", rule="tlp.unknown")))
    assert isinstance(decision, Hold)
    assert decision.reasons == (Reason("H2", "tlp.unknown", "text, line 1"),)


# Codes


@pytest.mark.parametrize("code", ["T1", "M1", "N1", "N2", "O1", "O2", "O3"])
def test_a_withhold_code_withholds(code):
    decision = one(make_post(make_finding(code)))
    assert isinstance(decision, Withhold)
    assert [reason.code for reason in decision.reasons] == [code]


@pytest.mark.parametrize("code", ["H2", "H3", "H4", "H5", "H6", "H7", "H8", "H9", "Z9", ""])
def test_every_other_code_holds_even_one_that_nobody_knows(code):
    assert isinstance(one(make_post(make_finding(code))), Hold)


def test_the_strictest_finding_wins_and_says_only_its_own_reasons():
    decision = one(make_post(make_finding("H3"), UNREADABLE, RED, make_finding("N1", rule="name")))
    assert isinstance(decision, Withhold)
    assert rules(decision) == ["tlp.red", "name"]
    assert decision.marking is Tlp.RED


def test_reasons_are_named_once():
    assert one(make_post(RED, RED)).reasons == (Reason("M1", "tlp.red", "text, line 1"),)
    assert rules(one(make_post(make_finding("H7"), make_finding("H7")))) == ["a.rule"]


# What can't be read


def test_an_unreadable_attachment_is_removed_and_the_text_goes():
    decision = one(make_post(scan=make_scan(UNREADABLE, removed=("attachment 1",))))
    assert decision == Relay(
        reasons=(Reason("H1", "part.unread.application/zip", "attachment 1"),),
        marking=Tlp.GREEN,
        removed=("attachment 1",),
    )


def test_a_strict_list_holds_the_whole_post_instead():
    post = make_post(scan=make_scan(UNREADABLE, removed=("attachment 1",)), lists=(make_list(strict=True),))
    decision = one(post)
    assert isinstance(decision, Hold)
    assert decision.removed == ("attachment 1",)


RESIDUAL_NAME = make_finding("H4", rule="residual.name")


@pytest.mark.parametrize("overrides", [{}, {"H4": "hold"}, {"H4": "withhold"}])
def test_what_may_be_a_name_is_no_reason_where_the_list_is_not_strict(overrides):
    lists = (make_list(overrides=overrides),)
    assert one(make_post(RESIDUAL_NAME, lists=lists)) == one(make_post(lists=lists))
    held = make_post(RESIDUAL_NAME, make_finding("H7"), lists=lists)
    assert rules(one(held)) == ["a.rule"]
    assert rules(one(replace(make_post(RESIDUAL_NAME, lists=lists), confirmed=True))) == ["author.confirmed"]


def test_what_may_be_a_name_holds_on_a_strict_list_unless_it_relays_such():
    assert one(make_post(RESIDUAL_NAME, lists=(make_list(strict=True),))) == Hold(
        reasons=(Reason("H4", "residual.name", "text, line 1"),), marking=Tlp.GREEN, removed=()
    )
    lenient = make_list(strict=True, overrides={"H4": "relay"})
    assert isinstance(one(make_post(RESIDUAL_NAME, lists=(lenient,))), Relay)


def test_each_list_judges_by_itself_what_may_be_a_name():
    lists = (make_list("a"), make_list("b", strict=True))
    post = make_post(RESIDUAL_NAME, lists=lists, author=make_member(lists=frozenset("ab")))
    assert [type(decision) for _, decision in decide(post, RULESET)] == [Relay, Hold]


def test_a_held_post_names_what_is_removed_as_well():
    decision = one(make_post(UNREADABLE, make_finding("H7", rule="structure.x")))
    assert isinstance(decision, Hold)
    assert rules(decision) == ["structure.x", "part.unread.application/zip"]


@pytest.mark.parametrize("strict", [False, True])
def test_a_post_in_which_nothing_can_be_read_is_withheld(strict):
    post = make_post(NOTHING_READABLE, UNREADABLE, lists=(make_list(strict=strict),))
    decision = one(post)
    assert isinstance(decision, Withhold)
    assert decision.marking is None


@pytest.mark.parametrize("progress", [Progress.NOTHING, Progress.HEADER])
def test_a_scan_that_ended_before_the_text_was_read_withholds(progress):
    decision = one(make_post(scan=make_scan(progress=progress)))
    assert isinstance(decision, Withhold)
    assert decision.reasons == (Reason("H1", "scan.not_finished", "whole message"),)


def test_what_was_found_before_an_early_end_still_counts():
    decision = one(make_post(scan=make_scan(RED, progress=Progress.HEADER)))
    assert isinstance(decision, Withhold)
    assert rules(decision) == ["tlp.red", "scan.not_finished"]
    assert decision.marking is Tlp.RED


def test_a_scan_that_ended_after_the_text_holds():
    decision = one(make_post(scan=make_scan(progress=Progress.TEXT)))
    assert decision == Hold(
        reasons=(Reason("H1", "scan.not_finished", "attachments"),), marking=Tlp.GREEN, removed=("attachments",)
    )
    assert isinstance(one(make_post(scan=make_scan(RED, progress=Progress.TEXT))), Withhold)


# Overrides


@pytest.mark.parametrize("code", ["H3", "H4", "H5", "H8", "H9"])
def test_a_list_may_relay_what_the_policy_lets_it_relay(code):
    post = make_post(make_finding(code), lists=(make_list(overrides={code: "relay"}),))
    assert isinstance(one(post), Relay)


@pytest.mark.parametrize("code", ["T1", "M1", "N1", "N2", "O1", "O2", "O3", "H2", "H6", "H7", "Z9"])
def test_nothing_else_can_be_set_to_relay(code):
    usual = one(make_post(make_finding(code)))
    post = make_post(make_finding(code), lists=(make_list(overrides={code: "relay"}),))
    assert type(one(post)) is type(usual)


def test_an_unreadable_part_is_still_removed_where_a_list_would_relay_it():
    post = make_post(
        lists=(make_list(overrides={"H1": "relay"}, strict=True),),
        scan=make_scan(UNREADABLE, removed=("attachment 1",)),
    )
    assert isinstance(one(post), Hold)


@pytest.mark.parametrize("code", ["N1", "N2", "O1", "O2", "O3"])
def test_a_withhold_code_may_be_weakened_to_a_hold(code):
    post = make_post(make_finding(code), lists=(make_list(overrides={code: "hold"}),))
    assert isinstance(one(post), Hold)


@pytest.mark.parametrize("finding", [make_finding("T1"), make_finding("M1"), RED, NOTHING_READABLE])
def test_a_threat_a_marking_and_an_unreadable_post_can_not_be_weakened(finding):
    post = make_post(finding, lists=(make_list(overrides={finding.code: "hold"}),))
    assert isinstance(one(post), Withhold)


@pytest.mark.parametrize("finding", [make_finding("H2"), make_finding("H2", Tlp.RED), make_finding("H7"), UNREADABLE])
def test_a_list_may_always_be_stricter(finding):
    post = make_post(finding, lists=(make_list(overrides={finding.code: "withhold"}),))
    assert isinstance(one(post), Withhold)
    post = make_post(finding, lists=(make_list(overrides={finding.code: "hold"}),))
    assert isinstance(one(post), Hold)


def test_an_override_does_not_touch_a_label_below_the_ceiling():
    post = make_post(make_finding("M1", Tlp.GREEN), lists=(make_list(overrides={"M1": "withhold"}),))
    assert isinstance(one(post), Relay)


def test_an_unknown_word_in_an_override_changes_nothing():
    post = make_post(make_finding("H3"), lists=(make_list(overrides={"H3": "publish"}),))
    assert isinstance(one(post), Hold)


# Several lists

BOTH = frozenset({"high", "low", "shut"})
HIGH, LOW = make_list("high", ceiling=Tlp.RED), make_list("low", ceiling=Tlp.GREEN)


@pytest.mark.parametrize("lists", [(HIGH, LOW), (LOW, HIGH)])
def test_withhold_for_one_list_withholds_for_all(lists):
    decisions = decide(make_post(AMBER, lists=lists, author=make_member(lists=BOTH)), RULESET)
    assert all(isinstance(decision, Withhold) for _, decision in decisions)
    assert len({decision for _, decision in decisions}) == 1


def test_hold_for_one_list_leaves_the_other_s_relay():
    strict, loose = make_list("high", strict=True), make_list("low")
    post = make_post(UNREADABLE, lists=(strict, loose), author=make_member(lists=BOTH))
    assert [type(decision) for _, decision in decide(post, RULESET)] == [Hold, Relay]


def test_a_withheld_post_keeps_the_refusal_of_a_list_that_refused():
    lists = (LOW, make_list("other"), HIGH)
    decisions = decide(make_post(RED, lists=lists, author=make_member(lists=BOTH)), RULESET)
    assert [type(decision) for _, decision in decisions] == [Withhold, Refuse, Withhold]


def test_a_list_that_refuses_does_not_withhold_for_others():
    lists = (HIGH, replace(LOW, active=False))
    decisions = decide(make_post(AMBER, lists=lists, author=make_member(lists=BOTH)), RULESET)
    assert [type(decision) for _, decision in decisions] == [Relay, Refuse]


def test_reasons_of_all_withholding_lists_come_together():
    lists = (make_list("high", ceiling=Tlp.RED, overrides={"H3": "withhold"}), LOW)
    post = make_post(AMBER, make_finding("H3", rule="company"), lists=lists, author=make_member(lists=BOTH))
    (_, first), (_, second) = decide(post, RULESET)
    assert rules(first) == rules(second) == ["company", "tlp.amber"]


# Doors


def test_a_withheld_post_points_to_the_author_s_doors():
    assert one(make_post(RED)).channels == ("cencomm", "ncb")
    assert one(make_post(make_finding("N1"), author=make_member(agency_type=AgencyType.POLICE))).channels == ("ncb",)
    assert one(make_post(make_finding("T1"))).channels == ("emergency", "chain_of_command", "ncb")
    assert one(make_post(make_finding("M1", rule="classified.nato"))).channels == ()


def test_a_text_that_cannot_be_read_is_withheld_even_when_something_else_can_be():
    assert isinstance(one(make_post(make_finding("H1", rule="part.encrypted", place="text"))), Withhold)


def test_a_copy_from_any_list_of_this_relay_is_a_loop():
    scan = make_scan(message=make_facts(list_ids=("other-list.relay.example",)))
    assert isinstance(one(make_post(scan=scan)), Discard)


# The stamp


@pytest.mark.parametrize(
    ("findings", "stamp"),
    [
        ((), Tlp.GREEN),
        ((make_finding("M1", Tlp.CLEAR),), Tlp.CLEAR),
        ((make_finding("M1", Tlp.CLEAR), make_finding("H2", Tlp.GREEN, rule="tlp.green.in_prose")), Tlp.GREEN),
        ((make_finding("M1", Tlp.CLEAR), make_finding("H2", Tlp.RED, rule="tlp.red.in_prose")), Tlp.GREEN),
    ],
)
def test_prose_raises_the_stamp_up_to_the_ceiling_and_never_lowers_it(findings, stamp):
    decision = one(make_post(*findings))
    assert isinstance(decision, Relay | Hold)
    assert decision.marking is stamp


# CONFIRM


@pytest.mark.parametrize("code", ["N1", "N2", "H2", "H3", "H4", "H5", "H6", "H7", "H8", "H9"])
@pytest.mark.parametrize("override", [None, "relay", "withhold"])
def test_what_its_author_confirms_is_held_whatever_the_list_says_of_it(code, override):
    lists = (make_list(overrides={code: override} if override else {}),)
    decision = one(make_post(make_finding(code), lists=lists, confirmed=True))
    assert isinstance(decision, Hold)
    assert [reason.code for reason in decision.reasons] == [code]


@pytest.mark.parametrize("code", ["T1", "M1", "O1", "O2", "O3"])
def test_what_no_moderator_may_release_stays_withheld_when_it_is_confirmed(code):
    decision = one(make_post(make_finding(code), make_finding("N1"), confirmed=True))
    assert isinstance(decision, Withhold)
    assert [reason.code for reason in decision.reasons] == [code]


@pytest.mark.parametrize("finding", [NOTHING_READABLE, make_finding("H1", rule="part.encrypted", place="text")])
def test_a_text_that_nobody_could_read_stays_withheld_when_it_is_confirmed(finding):
    assert isinstance(one(make_post(finding, confirmed=True)), Withhold)


def test_a_confirmed_post_never_goes_out_by_itself():
    assert one(make_post(confirmed=True)) == Hold(
        reasons=(Reason("P1", "author.confirmed", "whole message"),), marking=Tlp.GREEN
    )
    removed = one(make_post(confirmed=True, scan=make_scan(UNREADABLE, removed=("attachment 1",))))
    assert isinstance(removed, Hold)
    assert removed.removed == ("attachment 1",)
    green = one(make_post(make_finding("M1", Tlp.GREEN), confirmed=True))
    assert rules(green) == ["author.confirmed"]


def test_no_list_lets_pass_what_sounds_like_a_threat_or_a_plan():
    heard = replace(make_finding("H9"), rule="likeness.sensitive")
    assert isinstance(one(make_post(heard, lists=(make_list(overrides={"H9": "relay"}),))), Hold)
