"""Failed logins cost time, first of all the account's in that network, and never lock anybody out."""

import sys

import pytest

from relay.intake import login_tries
from relay.intake.limits import STORM
from relay.intake.login_tries import ACCOUNT, HALVED_AFTER, NETWORK, PAIR, WAITING, LoginTries

CHIEF, HOME, CARRIER = "chief@police.example", "192.0.2.1", "198.51.100.7"


def fail(tries, times, *, login=CHIEF, ip=CARRIER, now=0.0):
    for _ in range(times):
        tries.failed(login, ip, now)


def units(tries, *, login=CHIEF, ip=CARRIER, now=0.0):
    return tries.weigh(login, ip, now).units


def test_the_first_mistakes_are_free_then_each_doubles_the_delay_up_to_a_bound():
    tries, seen = LoginTries(), []
    for _ in range(12):
        seen.append(units(tries))
        fail(tries, 1)
    assert seen == [0, 0, 0, 1, 2, 4, 8, 16, 32, 32, 32, 32]
    assert units(tries, login="CHIEF@Police.Example") == PAIR.most, "whatever the case it is written in"


def test_thousands_of_failures_delay_no_longer_than_the_bound_and_half_are_forgiven_in_time():
    tries = LoginTries()
    fail(tries, 2_000)
    assert units(tries) == PAIR.most
    fail(tries := LoginTries(), 8)
    assert units(tries) == 32
    assert units(tries, now=HALVED_AFTER) == 2
    assert units(tries, now=2 * HALVED_AFTER) == 0


def test_others_who_share_the_address_are_weighed_by_their_own_account():
    tries = LoginTries()
    fail(tries, 100)
    assert units(tries, login="ana@customs.example") == 0


def test_an_account_that_is_guessed_at_from_everywhere_is_slowed_a_little():
    tries = LoginTries()
    for number in range(ACCOUNT.free):
        assert units(tries, ip="203.0.113.9") == 0
        fail(tries, 1, ip=f"10.0.{number // 250}.{number % 250}")
    assert units(tries, ip="203.0.113.9") == 1
    fail(tries, 1000, ip="10.9.9.9")
    assert units(tries, ip="203.0.113.9") == ACCOUNT.most


def test_a_network_that_guesses_at_many_accounts_is_slowed_for_all_of_them():
    tries = LoginTries()
    for number in range(NETWORK.free):
        fail(tries, 1, login=f"guess{number}@police.example")
    assert units(tries, login="ana@customs.example") == 1
    assert units(tries, login="ana@customs.example", ip=HOME) == 0


def test_addresses_of_one_ipv6_network_are_one():
    tries = LoginTries()
    for number in range(10):
        fail(tries, 1, ip=f"2001:db8::{number:x}")
    assert units(tries, ip="2001:db8::ffff") == PAIR.most


def test_where_an_account_has_logged_in_before_a_wrong_password_waits_no_less_than_elsewhere():
    """Whoever shares a carrier's address with a member could tell else that the account is somebody's."""
    for login, ip, units_then in ((CHIEF, CARRIER, ACCOUNT.most), ("other@police.example", HOME, NETWORK.most)):
        tries, stranger = LoginTries(), LoginTries()
        tries.succeeded(CHIEF, HOME)
        for one in (tries, stranger):
            fail(one, 500, login=login, ip=ip)
        at_home, unknown = tries.weigh(CHIEF, HOME, 0.0), stranger.weigh(CHIEF, HOME, 0.0)
        assert (at_home.known, at_home.units) == (True, units_then)
        assert (unknown.known, unknown.units) == (False, units_then)


def test_a_login_is_not_to_be_noticed_by_those_who_share_the_address():
    tries = LoginTries()
    fail(tries, 6)
    before = units(tries)
    tries.succeeded(CHIEF, CARRIER)
    assert units(tries) == before > 0


def test_so_many_may_wait_at_once_and_the_next_is_turned_away():
    tries = LoginTries()
    fail(tries, 5)
    for _ in range(WAITING):
        assert not tries.weigh(CHIEF, CARRIER, 0.0).turn_away
        tries.wait(CHIEF, CARRIER)
    assert tries.weigh(CHIEF, CARRIER, 0.0).turn_away
    assert not tries.weigh(CHIEF, HOME, 0.0).turn_away, "from another network it is another matter"
    tries.succeeded(CHIEF, CARRIER)
    assert tries.weigh(CHIEF, CARRIER, 0.0).turn_away, "also where it is at home, once the password has proved wrong"
    tries.waited(CHIEF, CARRIER)
    assert not tries.weigh(CHIEF, CARRIER, 0.0).turn_away


def test_nobody_waits_forever_in_the_account():
    tries = LoginTries()
    tries.wait(CHIEF, CARRIER)
    tries.waited(CHIEF, CARRIER)
    assert not tries._waiting


def test_memory_is_bounded_whatever_names_are_tried(monkeypatch):
    monkeypatch.setattr(login_tries, "REMEMBERED", 10)
    tries = LoginTries()
    for number in range(100):
        fail(tries, 1, login=f"{number}" * 4_000, ip=f"10.0.0.{number}")
        tries.succeeded(f"{number}", f"10.0.0.{number}")
    counts = [tries._pairs._counts, tries._accounts._counts, tries._networks._counts, tries._known]
    assert [len(one) for one in counts] == [10] * 4
    assert all(sys.getsizeof(key) < 64 for one in counts for key in one)
    assert units(tries, login="0", ip="10.0.0.99") == 0


def test_what_is_quiet_the_longest_is_forgotten_first(monkeypatch):
    monkeypatch.setattr(login_tries, "REMEMBERED", 2)
    tries = LoginTries()
    fail(tries, 5)
    fail(tries, 1, login="a")
    fail(tries, 1)
    fail(tries, 1, login="b")
    assert units(tries) == PAIR.units(6)


@pytest.mark.parametrize("login", ["", "\ud800", "ß" * 5_000, "a\0b"])
def test_any_text_is_a_login_that_fails(login):
    tries = LoginTries()
    fail(tries, 4, login=login)
    assert units(tries, login=login) == 2


def test_a_storm_is_a_few_lines_in_the_log():
    tries = LoginTries()
    lines = [number for _ in range(10_000) if (number := tries.worth_a_line(1.0))]
    assert lines == [*range(1, STORM), *(STORM << doubling for doubling in range(9))]
    assert tries.worth_a_line(61.0) == 1, "the next minute begins anew"
