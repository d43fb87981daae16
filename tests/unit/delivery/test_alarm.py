"""An alarm's life, by a clock that the tests set, and the letter that tells of it."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest

from relay.delivery.alarm import (
    AGAIN,
    CALM,
    AlarmKind,
    Changes,
    Episode,
    News,
    Sign,
    Step,
    compose_alarm,
    follow,
    to_tell,
)
from relay.mail.address import Address
from relay.resources import LANGUAGES, load_catalogues

START = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
AWAY = Sign(kind=AlarmKind.SMARTHOST)
CATALOGUES = load_catalogues()


def episode(**changes):
    return Episode(**{"id": 1, "kind": AlarmKind.SMARTHOST, "about": "", "began_at": START} | changes)


@pytest.mark.parametrize(
    ("signs", "episodes", "minutes", "changes"),
    [
        ([], [], 0, Changes()),
        ([AWAY, AWAY], [], 0, Changes(begun=(AWAY,))),
        ([AWAY], [episode()], 1, Changes()),
        ([], [episode()], 1, Changes(calmed=(1,))),
        ([], [episode(calm_since=START)], 9, Changes()),
        ([], [episode(calm_since=START)], 10, Changes(over=(1,))),
        ([AWAY], [episode(calm_since=START)], 10, Changes(back=(1,))),
        ([AWAY], [episode(ended_at=START)], 1, Changes(begun=(AWAY,))),
        ([Sign(kind=AlarmKind.JOB, about="b")], [episode(kind=AlarmKind.JOB, about="a")], 1,
         Changes(begun=(Sign(kind=AlarmKind.JOB, about="b"),), calmed=(1,))),
    ],
)  # fmt: skip
def test_signs_that_come_and_go_are_one_episode(signs, episodes, minutes, changes):
    assert CALM == 10 * MINUTE
    assert follow(signs, episodes, START + minutes * MINUTE) == changes


@pytest.mark.parametrize(
    ("of", "after", "step"),
    [
        (episode(), 9 * MINUTE, None),
        (episode(), 10 * MINUTE, Step.NEW),
        (episode(calm_since=START), 10 * MINUTE, None),
        (episode(told_at=START), AGAIN - MINUTE, None),
        (episode(told_at=START), AGAIN, Step.STILL),
        (episode(told_at=START, ended_at=START + MINUTE), 2 * MINUTE, Step.OVER),
        (episode(ended_at=START + MINUTE), 2 * MINUTE, None),
    ],
)
def test_an_episode_is_told_when_it_has_lasted_daily_and_when_it_is_over(of, after, step):
    assert to_tell(of, 10 * MINUTE, START + after) is step


def letter(news, language="en"):
    octets = compose_alarm(
        news,
        reference="ALARM-2026-000001",
        recipient=Address(local="ops", domain="agency.example"),
        domain="relay.example",
        written_at=START,
        catalogue=CATALOGUES[language],
    )
    assert b"\n" not in octets.replace(b"\r\n", b"")
    return message_from_bytes(octets, policy=policy.default)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(AlarmKind))
def test_every_alarm_can_be_said_in_every_language(kind, language):
    news = [News(step=step, kind=kind, about="rewrap", node="node-1", since=START) for step in Step]
    mail = letter(news, language)
    text = mail.get_content()
    assert "{" not in text + mail["Subject"]
    assert text.count("node-1") == len(Step)
    assert "docs/operations/alarms.md" in text
    english = letter(news).get_content()
    assert language == "en" or not set(english.splitlines()) & set(filter(None, text.splitlines()))


@pytest.mark.parametrize(
    ("steps", "subject"),
    [
        ([Step.OVER], "All clear: relay.example"),
        ([Step.NEW, Step.OVER], "Alarm from relay.example: There is little room left on the disk."),
        ([Step.STILL], "Alarm from relay.example: There is little room left on the disk."),
    ],
)
def test_the_subject_says_whether_all_is_well_again(steps, subject):
    mail = letter([News(step=step, kind=AlarmKind.DISK, about="", node="", since=START) for step in steps])
    assert mail["Subject"] == subject
    assert (mail["Auto-Submitted"], mail["Message-ID"]) == ("auto-generated", "<ALARM-2026-000001@relay.example>")
