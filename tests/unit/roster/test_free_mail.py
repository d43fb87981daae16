"""Addresses that anybody can get, and the waiver that lets one in all the same."""

from datetime import date, timedelta

import pytest

from relay.roster.free_mail import WAIVER, is_free_mail, judge_waiver
from tests.builders import address

TODAY = date(2026, 11, 26)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "free"),
    [
        ("b.ondo@gmail.com", True),
        ("b.ondo@GMAIL.com", True),
        ("b.ondo@yahoo.fr", True),
        ("b.ondo@hotmail.co.uk", True),
        ("b.ondo@163.com", True),
        ("b.ondo@douanes.example", False),
        ("b.ondo@gmail.com.example", False),
        ("b.ondo@mail.douanes.example", False),
        ("gmail.com@douanes.example", False),
    ],
)
def test_free_mail_is_known_by_its_domain(text, free):
    assert is_free_mail(address(text)) is free


@pytest.mark.parametrize(
    ("text", "waived_on", "valid_until", "wrong"),
    [
        ("b.ondo@douanes.example", None, None, ""),
        ("b.ondo@douanes.example", TODAY, TODAY, "no waiver"),
        ("b.ondo@gmail.com", None, TODAY, "official address"),
        ("b.ondo@gmail.com", TODAY + DAY, TODAY + 2 * DAY, "still to come"),
        ("b.ondo@gmail.com", TODAY - WAIVER - DAY, TODAY, "older than a year"),
        ("b.ondo@gmail.com", TODAY, None, "ends with it"),
        ("b.ondo@gmail.com", TODAY, TODAY + WAIVER + DAY, "ends with it"),
        ("b.ondo@gmail.com", TODAY, TODAY + WAIVER, ""),
        ("b.ondo@gmail.com", TODAY - WAIVER, TODAY, ""),
    ],
)
def test_a_free_address_needs_a_dated_waiver_and_a_membership_that_ends_with_it(text, waived_on, valid_until, wrong):
    found = judge_waiver(address(text), waived_on, valid_until, TODAY)
    assert wrong in found
    assert bool(found) is bool(wrong)
