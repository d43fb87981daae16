"""The calendar of attestations."""

from datetime import date, timedelta

import pytest

from relay.roster.attestation import Stage, due_on, receives_until, stage_of

VOUCHED, EVERY = date(2026, 1, 1), timedelta(days=365)
DUE = date(2027, 1, 1)


@pytest.mark.parametrize(
    ("before", "stage"),
    [(400, Stage.NONE), (31, Stage.NONE), (30, Stage.FIRST), (8, Stage.FIRST), (7, Stage.SECOND), (1, Stage.SECOND),
     (0, Stage.LAPSED), (-1, Stage.LAPSED), (-500, Stage.LAPSED)],
)  # fmt: skip
def test_the_asking_goes_on_as_the_day_comes_nearer(before, stage):
    assert due_on(VOUCHED, EVERY) == DUE
    assert stage_of(VOUCHED, EVERY, DUE - timedelta(days=before)) is stage


def test_a_dormant_member_receives_for_thirty_days_if_they_have_answered():
    assert receives_until(DUE, None) is None
    assert receives_until(DUE, DUE - timedelta(days=3)) == DUE + timedelta(days=30)
    assert receives_until(DUE, DUE + timedelta(days=20)) == DUE + timedelta(days=30)
