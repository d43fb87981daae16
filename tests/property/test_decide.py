"""The decision under arbitrary scans: total, deterministic, and never more permissive for one more finding."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from relay.policy.decide import decide
from relay.policy.decision import Discard, Hold, Refuse, Relay, Withhold
from relay.policy.post import Post, Progress
from relay.roster.mailing_list import Tlp
from relay.roster.member import AgencyType, MemberState
from tests.builders import RULESET, make_facts, make_finding, make_list, make_member, make_post, make_proof, make_scan

STRICTNESS = {Relay: 0, Hold: 1, Withhold: 2, Refuse: 3, Discard: 3}
CODES = ["T1", "M1", "N1", "N2", "O1", "O2", "O3", "H1", "H2", "H3", "H4", "H5", "H6", "H7", "H8", "H9", "Z9"]
VERDICTS = st.sampled_from(["relay", "hold", "withhold"])

labels = st.sampled_from(list(Tlp))
findings = st.builds(
    make_finding,
    st.sampled_from(CODES),
    rule=st.sampled_from(["a.rule", "part.nothing_readable", "classified.eu", "residual.name"]),
) | st.builds(make_finding, st.sampled_from(["M1", "H2"]), labels)
lists = st.builds(
    make_list,
    st.sampled_from(["one", "two", "three"]),
    ceiling=labels,
    strict=st.booleans(),
    require_marking=st.booleans(),
    active=st.booleans(),
    overrides=st.dictionaries(st.sampled_from(CODES), VERDICTS, max_size=4),
)
members = st.builds(
    make_member,
    agency_type=st.sampled_from(list(AgencyType)),
    state=st.sampled_from(list(MemberState)),
    lists=st.frozensets(st.sampled_from(["one", "two", "three"])),
)
scans = st.builds(
    lambda found, progress, message: make_scan(*found, progress=progress, message=message),
    st.lists(findings, max_size=4),
    st.sampled_from(list(Progress)),
    st.sampled_from([make_facts(), make_facts(), make_facts(automatic=True), make_facts(author=None), None]),
)
posts = st.builds(
    make_post,
    author=st.none() | members,
    authentication=st.sampled_from([None, make_proof(), make_proof(), make_proof("eve@evil.example")]),
    lists=st.lists(lists, max_size=3, unique_by=lambda one: one.name).map(tuple),
    scan=scans,
)
sound_posts = st.builds(
    make_post,
    author=st.just(make_member(lists=frozenset({"one", "two", "three"}))),
    lists=st.lists(lists, min_size=1, max_size=3, unique_by=lambda one: one.name).map(tuple),
    scan=st.builds(lambda found: make_scan(*found), st.lists(findings, max_size=3)),
)


def strictness(post: Post) -> list[int]:
    return [STRICTNESS[type(decision)] for _, decision in decide(post, RULESET)]


@given(posts | sound_posts)
def test_there_is_one_decision_for_each_list_and_each_says_why(post):
    decisions = decide(post, RULESET)
    assert [name for name, _ in decisions] == [one.name for one in post.lists]
    assert all(decision.reasons for _, decision in decisions)
    assert decisions == decide(post, RULESET)


@given(posts | sound_posts, findings)
def test_one_more_finding_never_makes_a_decision_more_permissive(post, finding):
    more = replace(post, scan=replace(post.scan, findings=(*post.scan.findings, finding)))
    if finding.code == "M1" and finding.label is not None and any(one.require_marking for one in post.lists):
        return  # there the marking is what was asked for
    assert all(after >= before for before, after in zip(strictness(post), strictness(more), strict=True))


@given(posts | sound_posts)
def test_a_confirmed_post_is_held_or_withheld_for_what_nobody_may_release(post):
    for (_, usual), (_, decision) in zip(
        decide(post, RULESET), decide(replace(post, confirmed=True), RULESET), strict=True
    ):
        assert not isinstance(decision, Relay)
        assert isinstance(decision, Hold | Withhold) or decision == usual
        if isinstance(decision, Withhold):
            assert isinstance(usual, Withhold)
            assert {reason.code for reason in decision.reasons} <= {"T1", "M1", "O1", "O2", "O3", "H1"}


@given(sound_posts, labels)
def test_one_more_marking_never_lowers_the_stamped_one(post, label):
    more = replace(post, scan=replace(post.scan, findings=(*post.scan.findings, make_finding("M1", label))))
    for (_, before), (_, after) in zip(decide(post, RULESET), decide(more, RULESET), strict=True):
        marked = any(finding.code == "M1" and finding.label for finding in post.scan.findings)
        if marked and isinstance(before, Relay | Hold) and isinstance(after, Relay | Hold):
            assert after.marking.level >= before.marking.level


@given(posts | sound_posts)
def test_withhold_is_for_all_lists_or_none(post):
    words = {decision.word for _, decision in decide(post, RULESET)}
    assert "withhold" not in words or words <= {"withhold", "refuse"}


@given(posts | sound_posts)
def test_nothing_above_a_list_s_ceiling_is_ever_relayed(post):
    for (_, decision), one in zip(decide(post, RULESET), post.lists, strict=True):
        if isinstance(decision, Relay):
            assert all(Tlp(finding.label).level <= one.ceiling.level for finding in post.scan.findings if finding.label)


@given(posts)
def test_only_a_proved_active_member_of_the_list_gets_anything_relayed(post):
    for (name, decision), one in zip(decide(post, RULESET), post.lists, strict=True):
        if isinstance(decision, Relay | Hold):
            assert post.author is not None
            assert name in post.author.lists
            assert one.active
            assert post.author.state is MemberState.ACTIVE
            assert post.scan.message is not None
            assert post.scan.message.author is not None
            assert post.authentication is not None
            assert post.authentication.address == post.scan.message.author.address


@given(posts, st.sampled_from([Progress.NOTHING, Progress.HEADER]))
def test_an_unread_text_is_never_relayed_or_held(post, progress):
    unread = replace(post, scan=replace(post.scan, progress=progress))
    assert not any(isinstance(decision, Relay | Hold) for _, decision in decide(unread, RULESET))
