"""The evaluation counts rightly, and its messages are what mail programs send."""

import email
from dataclasses import replace
from datetime import UTC, datetime
from email.policy import default

import pytest

from tests.evaluation.corpus import Skeleton, fill
from tests.evaluation.figures import Rate, Verdict, goals, percentile
from tests.evaluation.octets import octets_of
from tests.evaluation.tables import errors, report

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SKELETON = Skeleton(
    half="test",
    id="x",
    language="fr",
    label="withhold",
    codes=("N1",),
    kind="post",
    subject="Interpellation à {town}",
    text="Le suspect {person} a été arrêté\nà {town} ; « écailles » de {quantity}.",
)


def verdicts(*decisions, **changes):
    skeleton = replace(SKELETON, **changes)
    return [
        Verdict(
            id=f"x{n}", skeleton=skeleton, decision=one, reasons=("N1 a.rule (text, line 1)",), size=900, elapsed_ms=n
        )
        for n, one in enumerate(decisions)
    ]


# Wilson's interval as tables of statistics give it.
@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [
        (0, 500, 0.0, 0.0076),
        (0, 1000, 0.0, 0.0038),
        (10, 100, 0.0552, 0.1744),
        (50, 100, 0.4038, 0.5962),
        (9, 9, 0.7009, 1.0),
    ],
)
def test_bounds_are_wilsons(count, total, low, high):
    assert Rate(count=count, total=total).bounds == pytest.approx((low, high), abs=5e-5)


def test_nothing_of_nothing_is_unknown():
    assert Rate(count=0, total=0).bounds == (0.0, 1.0)
    assert str(Rate(count=0, total=0)) == "-"


def test_a_percentile_is_a_value_that_was_measured():
    assert [percentile([5.0, 1.0, 3.0, 2.0, 4.0], share) for share in (0.0, 0.5, 0.8, 0.99, 1.0)] == [1, 3, 4, 5, 5]
    assert percentile([], 0.5) == 0.0


def test_a_leak_misses_a_goal_and_a_hold_of_it_does_not():
    leak, tight = ({goal.name: goal.met for goal in goals(verdicts(decision))} for decision in ("relay", "hold"))
    assert not leak["withhold class relayed"]
    assert tight["withhold class relayed"]
    assert not leak["withhold class relayed, worst language (fr)"]


def test_what_evades_is_counted_for_itself():
    evading = verdicts("relay", "withhold", kind="adversarial", technique="zero-width")
    found = {goal.name: goal.measured for goal in goals(evading)}
    assert found["adversarial relayed"] == 50.0
    assert found["withhold class relayed"] == 0.0


def test_an_openly_marked_message_that_passes_misses_a_goal():
    assert not {goal.name: goal.met for goal in goals(verdicts("relay", codes=("M1",)))}["explicit markings relayed"]


def test_the_report_is_narrow_and_tells_no_text():
    lines = [*report(verdicts("relay", "hold", "withhold"), "test half"), *errors(verdicts("relay", "withhold"))]
    assert max(map(len, lines)) <= 100
    assert "x0: withhold N1 -> relay: N1 a.rule (text, line 1)" in lines
    assert not any("suspect" in line for line in lines)


def test_octets_carry_the_words_whatever_their_encoding():
    seen = set()
    for number in range(24):
        message = fill(SKELETON, number, NOW.date())
        mail = email.message_from_bytes(octets_of(message, NOW), policy=default)
        body = mail.get_body(("plain",))
        assert body is not None
        assert " ".join(body.get_content().split()) == " ".join(message.text.split())
        assert mail["subject"] == message.subject
        assert message.author_email in mail["from"]
        seen |= {body["content-transfer-encoding"], mail.get_content_type()}
    assert seen == {"quoted-printable", "base64", "8bit", "text/plain", "multipart/alternative"}
