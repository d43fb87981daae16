"""The accounts kept against the limits."""

from datetime import timedelta

import pytest

from relay.intake.limits import (
    COMMANDS,
    ERRORS,
    IDLE_COMMANDS,
    Connections,
    HourlyRate,
    IntakeLimits,
    OctetBudget,
    Pace,
    Patience,
    Reservation,
)

LIMITS = IntakeLimits(
    max_message_octets=1000, max_in_flight_octets=100, max_recipients=3, max_connections=4, max_connections_per_ip=2
)


def test_a_reservation_grows_until_the_budget_is_used_up_and_gives_all_back():
    budget = OctetBudget(100)
    first, second = Reservation(budget), Reservation(budget)
    assert first.grow_to(60)
    assert not second.grow_to(50)
    assert second.grow_to(40)
    assert second.grow_to(10), "what is held already is never too much"
    assert not first.grow_to(61)
    first.release()
    second.release()
    first.release()
    assert budget.free == 100


def test_one_members_share_leaves_room_for_the_others():
    budget = OctetBudget(100)
    mine, theirs = OctetBudget(40, budget), OctetBudget(70, budget)
    first, second, other = Reservation(mine), Reservation(mine), Reservation(theirs)
    assert first.grow_to(40)
    assert not second.grow_to(1)
    assert budget.free == 60
    assert not other.grow_to(61), "the whole bounds every share"
    assert theirs.free == 70
    assert other.grow_to(60)
    first.release()
    other.release()
    assert (mine.free, theirs.free, budget.free) == (40, 70, 100)


def test_a_reservation_that_was_handed_over_is_released_by_its_heir_alone():
    budget = OctetBudget(100)
    owner = Reservation(budget)
    owner.grow_to(70)
    heir = owner.hand_over()
    owner.release()
    assert budget.free == 30
    heir.release()
    assert budget.free == 100


@pytest.mark.parametrize(
    ("verb", "code", "allowed"), [("MAIL", 250, COMMANDS), ("NOOP", 250, IDLE_COMMANDS), ("RCPT", 550, ERRORS)]
)
def test_patience_ends_after_too_many_commands_idle_commands_or_errors(verb, code, allowed):
    patience = Patience()
    for _ in range(allowed):
        assert not patience.ended
        patience.count_command(verb)
        patience.count_reply(code)
    assert patience.ended
    patience.renew()
    assert not patience.ended


def test_a_temporary_refusal_is_not_the_clients_error():
    patience = Patience()
    for _ in range(ERRORS + 1):
        patience.count_reply(452)
    assert not patience.ended


def test_a_slow_but_steady_client_keeps_up_and_a_slower_one_does_not():
    limits = LIMITS
    steady = Pace(0.0, limits)
    for second in range(1, 600):
        assert steady.keeps_up(float(second), limits.data_rate)
    trickling = Pace(0.0, limits)
    assert trickling.due == limits.data_window.total_seconds()
    assert trickling.keeps_up(59.0, 100)
    assert not trickling.keeps_up(60.0, 0)


def test_no_message_may_take_longer_than_the_longest():
    pace = Pace(0.0, LIMITS)
    longest = int(LIMITS.data_longest / timedelta(seconds=1))
    assert all(pace.keeps_up(float(second), 1_000_000) for second in range(0, longest, 30))
    assert not pace.keeps_up(float(longest), 1_000_000)


def test_connections_are_capped_in_all_and_for_each_address():
    connections = Connections(LIMITS)
    assert connections.admit("192.0.2.1")
    assert connections.admit("192.0.2.1")
    assert not connections.admit("192.0.2.1")
    assert not connections.admit("::ffff:192.0.2.1"), "the same client over a dual-stack socket"
    assert connections.admit("192.0.2.2")
    assert connections.admit("192.0.2.3")
    assert not connections.admit("192.0.2.4")
    connections.leave("192.0.2.2")
    assert connections.admit("192.0.2.4")


def test_an_ipv6_network_counts_as_one_client():
    connections = Connections(LIMITS)
    assert connections.admit("2001:db8::1")
    assert connections.admit("2001:db8::ffff")
    assert not connections.admit("2001:db8::2%eth0")
    assert connections.admit("2001:db8:0:1::1")


def test_letters_are_counted_by_the_hour_in_all_and_for_each_network():
    rate = HourlyRate(overall=3, each=2)
    now = 7200.0
    assert [rate.allows("192.0.2.7", now) for _ in range(3)] == [True, True, False]
    assert [rate.allows(f"2001:db8::{number}", now + 3599) for number in range(2)] == [True, False]
    assert rate.allows("192.0.2.7", now + 3600)


def test_members_are_counted_each_by_their_own_id():
    rate = HourlyRate(overall=5, each=2)
    assert [rate.allows_one("a" * 32, 0.0) for _ in range(3)] == [True, True, False]
    assert rate.allows_one("b" * 32, 0.0)


def test_it_remembers_no_more_networks_than_it_allows():
    rate = HourlyRate(overall=5, each=1)
    assert sum(rate.allows(f"192.0.2.{number}", 0.0) for number in range(200)) == 5
    assert len(rate._spent) == 5


def test_a_proxys_own_connections_count_in_all_alone():
    connections = Connections(LIMITS)
    assert all(connections.admit("192.0.2.7", proxy=True) for _ in range(4))
    assert not connections.admit("198.51.100.1")
    connections.leave("192.0.2.7", proxy=True)
    assert connections.admit("192.0.2.7")
