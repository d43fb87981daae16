"""Doors confirmed: what exactly was confirmed, how long it counts, and who is asked when."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from relay.policy.channels import Channel, ChannelEntry, CountryChannels, Directory
from relay.policy.doors import (
    Asking,
    Confirmation,
    Stage,
    confirmed_since,
    country_of,
    digests,
    doors_of,
    half_year_of,
    names_a_person,
    next_stage,
    reference_of,
    stands_for,
    with_confirmation,
)
from tests.builders import make_member

NCB = ChannelEntry(
    id=Channel.NCB, name="BCN Yaoundé", as_of=date(2025, 1, 1), status="unconfirmed", source="from memory"
)
RILO = ChannelEntry(
    id=Channel.RILO, name="Central Africa", as_of=date(2025, 1, 1), status="unconfirmed", source="a page"
)
CAMEROON = CountryChannels(country="CM", channel=(NCB, RILO))
CONTACTS = {"central-africa": "the secretariat, by telephone"}
WHAT = digests(CAMEROON, CONTACTS)
SEPTEMBER = datetime(2026, 9, 1, tzinfo=UTC)
SAID = Confirmation(country="CM", member_id="m1", at=SEPTEMBER, digests=WHAT)


def directory(*entries):
    return Directory(
        countries={"CM": replace(CAMEROON, channel=entries), "GA": CountryChannels(country="GA", channel=(NCB,))}
    )


def shown(found, country="CM"):
    return {one.id: (one.as_of, one.status) for one in found.countries[country].channel}


def test_what_was_confirmed_is_confirmed_as_of_that_day_and_nobody_elses_is():
    found = with_confirmation(directory(NCB, RILO), SAID)
    assert shown(found) == dict.fromkeys((Channel.NCB, Channel.RILO), (date(2026, 9, 1), "confirmed"))
    assert shown(found, "GA") == {Channel.NCB: (date(2025, 1, 1), "unconfirmed")}
    assert with_confirmation(directory(NCB), None) == directory(NCB)


@pytest.mark.parametrize("change", [{"name": "BCN Douala"}, {"how": "by telephone"}])
def test_a_door_of_which_a_word_is_changed_is_unconfirmed_and_the_others_stay(change):
    found = shown(with_confirmation(directory(replace(NCB, **change), RILO), SAID))
    assert found == {Channel.NCB: (date(2025, 1, 1), "unconfirmed"), Channel.RILO: (date(2026, 9, 1), "confirmed")}


def test_what_nobody_reads_may_change():
    changed = replace(NCB, source="a letter", as_of=date(2025, 6, 1))
    assert shown(with_confirmation(directory(changed), SAID)) == {Channel.NCB: (date(2026, 9, 1), "confirmed")}


def test_of_two_confirmations_the_later_one_counts():
    newer = replace(NCB, as_of=date(2026, 10, 1), status="confirmed")
    older = replace(NCB, as_of=date(2026, 8, 1), status="confirmed")
    assert shown(with_confirmation(directory(newer), SAID))[Channel.NCB][0] == date(2026, 10, 1)
    assert shown(with_confirmation(directory(older), SAID))[Channel.NCB][0] == date(2026, 9, 1)


def test_a_letters_reference_stands_for_what_it_lists_and_nothing_else():
    reference = reference_of("CM", "2026-2", WHAT)
    assert stands_for(reference, WHAT)
    assert country_of(reference) == "CM"
    others = (
        digests(replace(CAMEROON, channel=(NCB,)), CONTACTS),
        digests(replace(CAMEROON, channel=(replace(NCB, how="by telephone"), RILO)), CONTACTS),
        digests(CAMEROON, {"central-africa": "somebody else"}),
        digests(CAMEROON, {}),
    )
    assert not any(stands_for(reference, other) for other in others)
    assert not stands_for(reference.replace("CM", "GA"), WHAT) or country_of(reference.replace("CM", "GA")) == "GA"
    assert (country_of("CAFR-2026-000123"), country_of(""), country_of("CM-2026-3-00000000")) == ("", "", "")


def test_words_can_not_move_from_a_name_into_how_it_is_reached_unseen():
    one = replace(CAMEROON, channel=(replace(NCB, name="a b", how="c"),))
    other = replace(CAMEROON, channel=(replace(NCB, name="a", how="b c"),))
    assert digests(one, {}) != digests(other, {})


def test_a_country_has_its_own_doors_and_those_that_nobody_has_written_down():
    doors = doors_of(CAMEROON)
    assert [door.channel for door in doors if door.as_of] == [Channel.NCB, Channel.RILO]
    unwritten = {door.channel for door in doors if not door.as_of}
    assert Channel.POLICE_FOCAL_POINT in unwritten
    assert not unwritten & {Channel.NCB, Channel.EMERGENCY, Channel.CHAIN_OF_COMMAND, Channel.SIENA}


@pytest.mark.parametrize(
    ("day", "name", "began"),
    [
        (date(2026, 3, 1), "2026-1", datetime(2026, 3, 1, tzinfo=UTC)),
        (date(2026, 8, 31), "2026-1", datetime(2026, 3, 1, tzinfo=UTC)),
        (date(2026, 9, 1), "2026-2", SEPTEMBER),
        (date(2026, 12, 31), "2026-2", SEPTEMBER),
        (date(2027, 2, 28), "2026-2", SEPTEMBER),
        (date(2028, 2, 29), "2027-2", datetime(2027, 9, 1, tzinfo=UTC)),
    ],
)
def test_half_years_begin_in_march_and_september(day, name, began):
    assert half_year_of(day) == (name, began)


def asked(stage, half_year="2026-2"):
    return Asking(country="CM", half_year=half_year, at=SEPTEMBER, stage=stage)


@pytest.mark.parametrize(
    ("asking", "days", "due"),
    [
        (None, 0, Stage.ASKED), (asked(Stage.TOLD, "2026-1"), 0, Stage.ASKED), (asked(Stage.ASKED), 13, None), (asked(Stage.ASKED), 14, Stage.REMINDED),
        (asked(Stage.REMINDED), 27, None), (asked(Stage.REMINDED), 28, Stage.REMINDED_AGAIN), (asked(Stage.REMINDED_AGAIN), 41, None),
        (asked(Stage.REMINDED_AGAIN), 42, Stage.TOLD), (asked(Stage.TOLD), 100, None), (asked(Stage.TOLD), 181, Stage.ASKED),
    ],
)  # fmt: skip
def test_a_silent_country_is_asked_reminded_twice_and_then_told_of(asking, days, due):
    assert next_stage(asking, None, SEPTEMBER + timedelta(days=days), anybody=True) is due


def test_who_has_answered_is_left_alone_until_the_next_half_year():
    answered = SEPTEMBER + timedelta(days=3)
    assert next_stage(asked(Stage.ASKED), answered, SEPTEMBER + timedelta(days=20), anybody=True) is None
    assert next_stage(asked(Stage.ASKED), answered, datetime(2027, 3, 1, tzinfo=UTC), anybody=True) is Stage.ASKED
    before = SEPTEMBER - timedelta(days=100)
    assert next_stage(asked(Stage.ASKED), before, SEPTEMBER + timedelta(days=20), anybody=True) is Stage.REMINDED


def test_of_a_country_without_a_focal_point_the_administrators_are_told_at_once():
    assert next_stage(None, None, SEPTEMBER, anybody=False) is Stage.TOLD


@pytest.mark.parametrize(
    ("change", "personal"),
    [
        ({"how": "call Ana  example at any hour"}, True),
        ({"name": "Ana Example"}, True),
        ({"how": "ANA@customs.example"}, True),
        ({"how": "duty@customs.example, by your duty desk"}, False),
        ({"name": "Ana's desk"}, False),
    ],
)
def test_a_door_that_is_a_member_is_a_person(change, personal):
    assert names_a_person(replace(NCB, **change), [make_member()]) is personal


def test_a_country_counts_as_confirmed_as_long_as_one_of_its_doors_does():
    confirmed = replace(CAMEROON, channel=(RILO, replace(NCB, status="confirmed", as_of=date(2026, 3, 1))))
    assert confirmed_since(confirmed, date(2026, 3, 1))
    assert not confirmed_since(confirmed, date(2026, 3, 2))
    assert not confirmed_since(CAMEROON, date(2020, 1, 1))
    assert not confirmed_since(None, date(2020, 1, 1))
