"""Which subjects ask to be acknowledged, and within which time."""

import pytest

from relay.policy.wanted import HOURS, LONGEST, hours_for_acknowledgement


@pytest.mark.parametrize(
    ("subject", "hours"),
    [
        ("[ACK] Ivory at the port", HOURS),
        ("[CAFR][TLP:GREEN] [ack 4h] Ivory", 4),
        ("Ivory [ACK: 12]", 12),
        ("[ACK 0] Ivory", 1),
        ("[ACK 999h] Ivory", LONGEST),
        ("ACK Ivory", 0),
        ("[ACKS] Ivory", 0),
        ("[ACK 4 days] Ivory", 0),
        ("Re: [CAFR][TLP:GREEN] [ACK] Ivory", 0),
        ("TR : [ACK] Ivory", 0),
        ("", 0),
    ],
)
def test_a_subject_asks_by_a_mark_of_its_own(subject, hours):
    assert hours_for_acknowledgement(subject, answers=False) == hours


def test_what_answers_a_post_asks_for_nothing_by_its_subject():
    assert hours_for_acknowledgement("[ACK] Ivory", answers=True) == 0
