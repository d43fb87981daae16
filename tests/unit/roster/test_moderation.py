"""Who is called about a held post by when: the author's own country first, ever wider circles, nobody outside of them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.roster.member import Role
from relay.roster.moderation import Decider, whom_to_call

HOUR = timedelta(hours=1)
MODERATOR, DEPUTY, SECRETARIAT = Role.MODERATOR, Role.DEPUTY, Role.SECRETARIAT


def decider(id_, country, *roles):
    return Decider(id=id_, country=country, roles=frozenset(roles))


LIST = (
    decider("own moderator", "CM", MODERATOR),
    decider("own deputy", "CM", DEPUTY),
    decider("other moderator", "GA", MODERATOR),
    decider("other deputy", "GA", DEPUTY),
    decider("secretary", "KE", SECRETARIAT),
)


def called(hours, deciders=LIST, *, offer=False):
    return whom_to_call(deciders, author_country="CM", waited=hours * HOUR, offer=offer)


def test_the_circle_grows_after_one_two_and_four_hours():
    assert called(0) == called(0.99) == {"own moderator"}
    assert called(1) == called(1.99) == {"own moderator", "own deputy"}
    assert called(2) == called(3.99) == {one.id for one in LIST} - {"secretary"}
    assert called(4) == called(400) == {one.id for one in LIST}


def test_an_offer_has_no_compatriots():
    assert called(0, offer=True) == {"own moderator", "other moderator"}
    assert called(1, offer=True) == {one.id for one in LIST} - {"secretary"}


def test_where_the_country_has_nobody_the_lists_others_stand_in():
    assert called(0, LIST[2:]) == {"other moderator"}
    assert called(1, LIST[2:]) == {"other moderator", "other deputy"}


@pytest.mark.parametrize("first", [1, 3, 4])
def test_a_first_circle_that_is_empty_calls_the_next_at_once(first):
    alone = [one for one in LIST[first:] if MODERATOR not in one.roles]
    nearest = [one.id for one in alone if DEPUTY in one.roles][:1] or ["secretary"]
    assert called(0, alone) == set(nearest)


def test_with_nobody_at_all_nobody_is_called():
    assert called(100, ()) == frozenset()


def test_whoever_is_both_is_called_with_the_earlier_circle():
    assert called(0, [decider("both", "CM", MODERATOR, SECRETARIAT), *LIST[2:]]) == {"both"}


some_deciders = st.lists(
    st.builds(
        Decider,
        id=st.uuids().map(str),
        country=st.sampled_from(["CM", "GA", "CG"]),
        roles=st.frozensets(st.sampled_from([MODERATOR, DEPUTY, SECRETARIAT]), min_size=1),
    ),
    max_size=8,
)


@given(some_deciders, st.booleans(), st.lists(st.integers(0, 300), min_size=2, max_size=2).map(sorted))
def test_nobody_is_called_back_and_in_the_end_all_are_called(deciders, offer, minutes):
    early, late = (
        whom_to_call(deciders, author_country="CM", waited=timedelta(minutes=one), offer=offer) for one in minutes
    )
    assert early <= late <= {one.id for one in deciders}
    assert bool(early) == bool(deciders), "somebody is called at once wherever there is anybody"
    assert called(4, deciders, offer=offer) == {one.id for one in deciders}
