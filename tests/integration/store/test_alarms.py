"""Episodes of alarms in either database: told once whoever looks, and at most so often."""

from datetime import timedelta

from relay.delivery.alarm import CALM, AlarmKind, Sign, Step
from relay.mail.address import Address
from relay.store import alarms, queue
from tests.integration.store.conftest import START

OPS = alarms.Operator(address=Address(local="ops", domain="agency.example"), language="fr", letters_per_hour=2)
KINDS = frozenset({AlarmKind.DUE, AlarmKind.JOB})
MINUTE = timedelta(minutes=1)


def look(world, now, *signs, node="", operator=OPS):
    """What is told now, as (kind, about, step)."""
    what = alarms.Look(node=node, part="", kinds=KINDS, signs=signs)

    def patience(_):
        return timedelta(0)

    with world.database.read() as connection:
        news = alarms.has_news(connection, what, patience, now)
    told = world.database.write(lambda c: alarms.keep(c, what, patience, operator, now))
    assert news or not told, "who looks first whether there is any news misses none"
    return [(one.kind, one.about, one.step) for one in told]


def letters(world):
    with world.database.read() as connection:
        return [row for row in queue.list_deliveries(connection) if row.kind == "alarm"]


def going_on(world, now):
    with world.database.read() as connection:
        return [(one.kind, one.about, one.nodes, one.told) for one in alarms.going_on(connection, now)]


def test_an_alarm_is_told_once_whichever_process_looks_and_once_when_it_is_over(world):
    due, job = Sign(kind=AlarmKind.DUE), Sign(kind=AlarmKind.JOB, about="rewrap")
    assert look(world, START, due, job) == [(AlarmKind.DUE, "", Step.NEW), (AlarmKind.JOB, "rewrap", Step.NEW)]
    assert going_on(world, START) == [(AlarmKind.DUE, "", 1, True), (AlarmKind.JOB, "rewrap", 1, True)]
    assert look(world, START, due, job) == look(world, START + MINUTE, due) == []
    assert look(world, START + MINUTE + CALM, due) == [(AlarmKind.JOB, "rewrap", Step.OVER)]
    assert going_on(world, START + MINUTE + CALM) == [(AlarmKind.DUE, "", 1, True)]
    [second, first] = letters(world)
    assert (first.reference, second.reference) == ("ALARM-2026-000001", "ALARM-2026-000002")
    assert (str(first.recipient), first.status, first.list_name) == ("ops@agency.example", "queued", "")


def test_what_was_calm_at_the_last_look_is_not_shown_as_going_on_though_it_is_not_over_yet(world):
    due = Sign(kind=AlarmKind.DUE)
    look(world, START, due)
    assert look(world, START + MINUTE) == [], "too early to tell that it is over"
    assert going_on(world, START + MINUTE) == []
    look(world, START + 2 * MINUTE, due)
    assert going_on(world, START + 2 * MINUTE) == [(AlarmKind.DUE, "", 1, True)]


def test_a_letter_too_many_waits_until_the_hour_is_over(world):
    for number, node in enumerate(("a", "b", "c")):
        told = look(world, START + number * MINUTE, Sign(kind=AlarmKind.DUE), node=node)
        assert bool(told) == (number < 2)
    assert going_on(world, START + 3 * MINUTE) == [(AlarmKind.DUE, "", 3, True)]
    assert look(world, START + timedelta(hours=1), Sign(kind=AlarmKind.DUE), node="c") != []
    assert len(letters(world)) == 3


def test_episodes_are_kept_for_three_months_and_those_of_nodes_that_have_gone_for_two_days(world):
    look(world, START, Sign(kind=AlarmKind.DUE), node="a")
    look(world, START + alarms.FORGOTTEN, node="b")
    with world.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM alarms WHERE closed_at IS NOT NULL").scalar() == 1
    look(world, START + alarms.FORGOTTEN + alarms.KEPT, node="b")
    with world.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM alarms").scalar() == 0
