"""Which step follows when an address fails, over any course of days: none too early, none twice, and always an end."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from relay.roster.reachability import DAYS, GRACE, Failing, next_step, suspended_from

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def failing(days, *, last=START):
    return Failing(member_id="m", since=START, days=days, last=last)


def step(one, warned_at=None, probed_at=None, now=START):
    return next_step(one, warned_at=warned_at, probed_at=probed_at, now=now)


def test_three_days_warn_and_two_do_not():
    assert [step(failing(days)) for days in (1, 2, 3, 40)] == [None, None, "warn", "warn"]


def test_a_failure_within_the_grace_changes_nothing_and_one_after_it_suspends():
    for days, then in ((1, None), (6, None), (7, "suspend"), (90, "suspend")):
        now = START + days * DAY
        assert step(failing(9, last=now), warned_at=START, probed_at=START, now=now) == then


def test_silence_is_ended_by_a_probe_a_week():
    for days, then in ((6, None), (7, "probe"), (8, "probe")):
        assert step(failing(3), warned_at=START, probed_at=START, now=START + days * DAY) == then
    again = START + 7 * DAY
    assert step(failing(3), warned_at=START, probed_at=again, now=again + 6 * DAY) is None


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.booleans())
def test_nobody_is_suspended_without_a_warning_a_week_before_and_every_course_ends(fails, probes_fail):
    """A day at a time: copies fail or there are none; probes fail or are never answered. Steps are taken as they fall due."""
    since, last, days = None, None, 0
    warned_at = probed_at = suspended_at = None
    for number, copies_fail in enumerate([*fails, *[False] * 30]):
        now = START + number * DAY
        if copies_fail or (probes_fail and probed_at == now - DAY):
            since, last, days = since or now, now, days + 1
        if since is None:
            continue
        one = Failing(member_id="m", since=since, days=days, last=last)
        taken = next_step(one, warned_at=warned_at, probed_at=probed_at, now=now)
        if taken == "suspend":
            suspended_at = now
            break
        if taken in {"warn", "probe"}:
            warned_at, probed_at = warned_at or now, now
            assert days >= DAYS
    if suspended_at is not None:
        assert warned_at is not None
        assert suspended_at.date() >= suspended_from(warned_at) >= (warned_at + GRACE).date()
    elif warned_at is not None:
        assert not probes_fail, "whoever's probes fail comes to an end"
    else:
        assert days < DAYS
