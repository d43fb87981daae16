"""Addresses that fail, in both databases: days are counted, steps are taken, and what a standing copy proves is forgotten."""

from datetime import timedelta

import pytest

from relay.delivery.delivery import Status
from relay.roster.member import AgencyType, MemberState, Role
from relay.store import failing, failures, members, queue
from tests.integration.store.conftest import NODE, START

DAY = timedelta(days=1)


@pytest.fixture
def lost(world):
    """A member whose address will fail, among others whose don't."""
    for name in ("one", "two", "three"):
        world.join(name, "savanna")
    return world.join("lost", "savanna")


def fail(world, member, *days):
    for day in days:
        world.database.write(lambda c, day=day: failures.note(c, [member.id], START + day * DAY))


def judge(world, day):
    return world.database.write(lambda c: failing.judge(c, NODE, START + day * DAY))


def on_record(world, member):
    with world.database.read() as connection:
        return failures.list_failing(connection).get(member.id), members.get(connection, member.id).state


def deliver(world, day):
    """Send what waits, copies and letters."""
    now = START + day * DAY
    claimed = world.database.write(lambda c: queue.claim(c, f"node-1/{day}", now, now + DAY, 100))
    sending = "UPDATE deliveries SET status = 'sending' WHERE status = 'leased'"
    world.database.write(lambda c: c.exec_driver_sql(sending) and None)
    done = [queue.Settlement(id=one.id, status=Status.DELIVERED, reply="250", sent_at=now) for one in claimed]
    world.database.write(lambda c: queue.settle(c, f"node-1/{day}", done, now))


def test_a_day_counts_once_and_is_told_from_the_first_to_the_last(world, lost):
    fail(world, lost, 1, 1.1, 1.2, 2)
    one, _ = on_record(world, lost)
    assert (one.days, one.since, one.last) == (2, START + DAY, START + 2 * DAY)


def test_three_days_warn_and_a_further_one_after_a_week_suspends(world, lost):
    fail(world, lost, 1, 2)
    assert judge(world, 2.1) == failing.Judged()
    fail(world, lost, 3)
    assert judge(world, 3.1) == failing.Judged(warned=1)
    assert judge(world, 3.2) == failing.Judged()
    fail(world, lost, 9)
    assert judge(world, 9.1) == failing.Judged()
    fail(world, lost, 10.1)
    assert judge(world, 10.2) == failing.Judged(suspended=1)
    assert on_record(world, lost)[1] is MemberState.SUSPENDED
    world.database.write(lambda c: members.reinstate(c, NODE, lost.address, operator="root", now=START + 11 * DAY))
    assert on_record(world, lost) == (None, MemberState.ACTIVE)


@pytest.mark.parametrize("by", ["copy", "probe"])
def test_what_stands_for_three_days_is_the_proof(world, lost, relayed, by):
    fail(world, lost, 1, 2, 3)
    assert judge(world, 3.1).warned == 1
    if by == "copy":
        withdrawn = "UPDATE deliveries SET status = 'cancelled', next_attempt_at = NULL WHERE kind = 'probe'"
        world.database.write(lambda c: c.exec_driver_sql(withdrawn) and None)
        author = world.join("author", "savanna")
        world.post(author, ("savanna", relayed), received_at=START + 4 * DAY)
    deliver(world, 4)
    assert judge(world, 6.9).recovered == 0
    assert on_record(world, lost)[0].days == 3
    assert judge(world, 7).recovered == 1
    assert on_record(world, lost) == (None, MemberState.ACTIVE)


def test_who_is_removed_leaves_nothing(world, lost):
    fail(world, lost, 1)
    world.database.write(lambda c: members.remove(c, NODE, lost.address, operator="root", now=START + 2 * DAY))
    assert on_record(world, lost) == (None, MemberState.LEFT)


def test_who_is_on_no_list_is_left_alone(world):
    alone = world.join("alone")
    fail(world, alone, 1, 2, 3)
    assert judge(world, 3.1) == failing.Judged()


def test_a_focal_point_who_serves_no_official_agency_is_told_of_nobody_s_failing_address(world, lost):
    """Who may not vouch for people learns no names of them."""
    world.join("ngo", agency_type=AgencyType.NGO, roles=(Role.FOCAL_POINT,))
    told = "SELECT m.address FROM deliveries d JOIN members m ON m.id = d.member_id WHERE d.kind = 'failing'"
    fail(world, lost, 1, 2, 3)
    assert judge(world, 3.1) == failing.Judged(warned=1)
    assert world.rows(told) == []
    world.join("focal", roles=(Role.FOCAL_POINT,))
    fail(world, lost, 10.1)
    assert judge(world, 10.2) == failing.Judged(suspended=1)
    assert [row[0].partition("@")[0] for row in world.rows(told)] == ["focal"]
