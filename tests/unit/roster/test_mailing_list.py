"""How long a held post waits: days on which a list's moderators don't work do not count."""

from datetime import UTC, date, datetime, timedelta

import pytest

from relay.roster.mailing_list import Weekday
from tests.builders import make_list

THREE_DAYS = timedelta(hours=72)
WEDNESDAY = datetime(2026, 11, 25, 22, 10, tzinfo=UTC)


def test_working_days_count_whole():
    assert make_list().working_time_after(datetime(2026, 11, 23, 8, tzinfo=UTC), THREE_DAYS) == datetime(
        2026, 11, 26, 8, tzinfo=UTC
    )


def test_a_weekend_between_does_not_count():
    assert make_list().working_time_after(WEDNESDAY, THREE_DAYS) == WEDNESDAY + timedelta(days=5)


def test_what_comes_on_a_day_off_begins_to_wait_on_the_next_working_day():
    saturday = datetime(2026, 11, 28, 15, tzinfo=UTC)
    assert make_list().working_time_after(saturday, THREE_DAYS) == datetime(2026, 12, 3, tzinfo=UTC)


def test_holidays_do_not_count_either():
    one = make_list(holidays=frozenset({date(2026, 11, 26), date(2026, 11, 30)}))
    assert one.working_time_after(WEDNESDAY, THREE_DAYS) == WEDNESDAY + timedelta(days=7)


def test_each_list_has_its_own_weekend():
    one = make_list(weekend=frozenset({Weekday.FRIDAY, Weekday.SATURDAY}))
    assert one.working_time_after(WEDNESDAY, timedelta(hours=25)) == WEDNESDAY + timedelta(hours=25)
    assert one.working_time_after(WEDNESDAY, THREE_DAYS) == WEDNESDAY + timedelta(days=5)
    assert make_list(weekend=frozenset()).working_time_after(WEDNESDAY, THREE_DAYS) == WEDNESDAY + THREE_DAYS


@pytest.mark.parametrize("hours", [0, 1, 24, 240, 2400])
def test_the_working_time_between_start_and_end_is_the_span(hours):
    one = make_list(holidays=frozenset({date(2026, 12, 25), date(2027, 1, 1)}))
    end = one.working_time_after(WEDNESDAY, timedelta(hours=hours))
    minutes = (WEDNESDAY + timedelta(minutes=n) for n in range(int((end - WEDNESDAY).total_seconds() // 60)))
    worked = sum(at.isoweekday() not in one.weekend and at.date() not in one.holidays for at in minutes)
    assert worked == hours * 60
