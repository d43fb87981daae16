"""The promise about membership: nobody gets in by the word of one person, whatever is done in whatever order."""

from hypothesis import given
from hypothesis import strategies as st

from relay.mail.address import Address
from relay.roster.vetting import Candidacy, answer, confirm, nominate

PEOPLE = [Address(local=name, domain="agency.example") for name in ("ana", "bela", "chief", "desk")]
people = st.sampled_from(PEOPLE)
acts = st.lists(st.tuples(st.sampled_from(["answer", "confirm"]), people, st.integers(0, 3)), max_size=12)


def carry_out(begun: Candidacy | None, deeds) -> tuple[Candidacy | None, set[Address]]:
    """The candidacy after these deeds, and whose deeds changed it."""
    candidacy, actors = begun, set()
    for act, by, version in deeds:
        if candidacy is None:
            break
        after = answer(candidacy, by, version) if act == "answer" else confirm(candidacy, by)
        if after is not None:
            candidacy = after
            actors.add(by)
    return candidacy, actors


@given(people, people, acts)
def test_no_path_to_a_membership_has_fewer_than_three_people(nominee, nominator, deeds):
    candidacy, actors = carry_out(nominate(nominee, nominator), deeds)
    if candidacy is not None and candidacy.is_complete:
        assert actors | {nominator} == {nominee, nominator, candidacy.confirmed_by}
        assert len(actors | {nominator}) == 3


@given(people, people, people, acts)
def test_one_person_alone_gets_nobody_in(nominee, nominator, actor, deeds):
    only_theirs = [(act, actor, version) for act, _, version in deeds]
    candidacy, _ = carry_out(nominate(nominee, actor), only_theirs)
    assert candidacy is None or not candidacy.is_complete


@given(people, people, acts)
def test_what_was_done_is_never_undone(nominee, nominator, deeds):
    before = nominate(nominee, nominator)
    for end in range(len(deeds) + 1):
        after, _ = carry_out(nominate(nominee, nominator), deeds[:end])
        if before is not None and after is not None:
            assert (after.nominee, after.nominated_by) == (before.nominee, before.nominated_by)
            assert before.is_answered <= after.is_answered
            assert before.confirmed_by in {None, after.confirmed_by}
            before = after


def test_the_three_acts_in_their_order_make_a_member():
    ana, bela, chief, _ = PEOPLE
    begun = nominate(ana, bela)
    assert begun is not None
    assert confirm(begun, chief) is None
    answered = answer(begun, ana, 1)
    assert answered is not None
    assert answered.is_answered
    assert not answered.is_complete
    assert answer(answered, ana, 1) is None
    confirmed = confirm(answered, chief)
    assert confirmed is not None
    assert confirmed.is_complete
