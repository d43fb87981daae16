"""When digests are due, and how long a pause lasts."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.roster.reading import LONGEST_PAUSE, Reading, Wishes, due_before, read_pause_end

TODAY = date(2026, 11, 26)  # a Thursday


@pytest.mark.parametrize(
    ("now", "daily", "weekly"),
    [
        (datetime(2026, 11, 26, 5, 59, tzinfo=UTC), 25, 23),
        (datetime(2026, 11, 26, 6, 0, tzinfo=UTC), 26, 23),
        (datetime(2026, 11, 26, 23, 0, tzinfo=UTC), 26, 23),
        (datetime(2026, 11, 23, 5, 59, tzinfo=UTC), 22, 16),
        (datetime(2026, 11, 23, 6, 0, tzinfo=UTC), 23, 23),
    ],
)
def test_daily_digests_are_due_each_day_and_weekly_ones_on_mondays(now, daily, weekly):
    due = due_before(now, 6)
    assert due[Reading.DAILY] == datetime(2026, 11, daily, 6, tzinfo=UTC)
    assert due[Reading.WEEKLY] == datetime(2026, 11, weekly, 6, tzinfo=UTC)
    assert due[Reading.INSTANT] == now


@given(
    st.integers(0, 10**9).map(lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)),
    st.integers(0, 23),
)
def test_no_digest_is_ever_due_in_the_future_or_later_than_its_period(now, hour):
    due = due_before(now, hour)
    assert now - timedelta(days=1) < due[Reading.DAILY] <= now
    assert now - timedelta(days=7) < due[Reading.WEEKLY] <= due[Reading.DAILY]
    assert due[Reading.WEEKLY].weekday() == 0


@pytest.mark.parametrize(
    ("words", "end"),
    [
        ("14", date(2026, 12, 10)),
        ("1", date(2026, 11, 27)),
        ("2027-01-15", date(2027, 1, 15)),
        ("2027-11-26", date(2027, 11, 26)),
        ("0", None),
        ("2026-11-26", None),
        ("2026-02-30", None),
        ("2027-11-27", None),
        ("366", None),
        ("999", None),
        ("soon", None),
        ("", None),
    ],
)
def test_a_pause_ends_on_a_day_that_comes_within_a_year(words, end):
    assert read_pause_end(words, TODAY) == end


@given(st.text(max_size=12))
def test_no_end_of_a_pause_is_too_strange_to_be_read(words):
    end = read_pause_end(words, TODAY)
    assert end is None or TODAY < end <= TODAY + LONGEST_PAUSE


def test_a_pause_is_over_by_itself_on_its_last_day():
    since = datetime(2026, 11, 20, tzinfo=UTC)
    assert not Wishes().is_paused(TODAY)
    assert Wishes(paused_at=since).is_paused(TODAY)
    ends = Wishes(paused_at=since, paused_until=TODAY)
    assert ends.is_paused(TODAY - timedelta(days=1))
    assert not ends.is_paused(TODAY)
