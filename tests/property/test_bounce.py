"""Return paths: they round-trip, and nobody else can make one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.delivery.bounce import (
    PostPath,
    answer_address,
    fits,
    post_path,
    read_answer_address,
    read_post_path,
    read_return_path,
    return_path,
)
from relay.mail.address import Address, parse_address

KEY = bytes(range(32))
NAMES = st.from_regex(r"[a-z][a-z0-9]{0,9}(-[a-z0-9]{1,6}){0,3}", fullmatch=True)
NUMBERS = st.integers(0, 2**40 - 1)


@settings(deadline=None)  # a busy machine is no fault
@given(NAMES, NUMBERS, st.binary(min_size=32, max_size=32))
def test_a_return_path_leads_back_to_its_delivery_whatever_its_case(name, number, key):
    path = return_path(name, "relay.example", number, key)
    assert parse_address(str(path)) == path
    assert len(path.local) <= 64
    assert read_return_path(path, key) == number
    assert read_return_path(Address(local=path.local.upper(), domain=path.domain.upper()), key) == number


@settings(deadline=None)  # a busy machine is no fault
@given(NAMES, NUMBERS, st.data())
def test_any_change_of_a_return_path_is_refused(name, number, data):
    path = return_path(name, "relay.example", number, KEY)
    place = data.draw(st.integers(0, len(path.local) - 1))
    other = data.draw(
        st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789-+.").filter(lambda char: char != path.local[place])
    )
    changed = path.local[:place] + other + path.local[place + 1 :]
    assert read_return_path(Address(local=changed, domain=path.domain), KEY) is None


def test_another_list_domain_or_key_is_refused():
    path = return_path("central-africa", "relay.example", 7, KEY)
    assert read_return_path(Address(local=path.local.replace("central", "eastern"), domain=path.domain), KEY) is None
    assert read_return_path(Address(local=path.local, domain="other.example"), KEY) is None
    assert read_return_path(path, KEY[::-1]) is None


@pytest.mark.parametrize(
    "local", ["central-africa", "central-africa-bounces", "central-africa-bounces+", "-bounces+" + "a" * 24]
)
def test_what_is_no_return_path_is_refused(local):
    assert read_return_path(Address(local=local, domain="relay.example"), KEY) is None


@settings(deadline=None)  # a busy machine is no fault
@given(st.text(max_size=80))
def test_reading_a_return_path_never_raises(local):
    assert read_return_path(Address(local=local, domain="relay.example"), KEY) is None


def test_the_longest_list_name_still_fits_the_local_part():
    assert len(return_path("x" * 31, "relay.example", 2**40 - 1, KEY).local) == 64


@settings(deadline=None)  # a busy machine is no fault
@given(NAMES, NUMBERS, st.binary(min_size=32, max_size=32), st.sampled_from(["invitation", "challenge"]))
def test_an_answer_address_says_what_was_asked_and_answers_nothing_else(name, number, key, asked):
    address = answer_address(asked, name, "relay.example", number, key)
    assert parse_address(str(address)) == address
    assert len(address.local) <= 64
    assert read_answer_address(Address(local=address.local.upper(), domain=address.domain), key) == (asked, number)
    assert read_return_path(address, key) is None
    assert read_answer_address(return_path(name, "relay.example", number, key), key) is None


@settings(deadline=None)  # a busy machine is no fault
@given(NAMES, NUMBERS, st.data())
def test_any_change_of_an_answer_address_is_refused(name, number, data):
    address = answer_address("challenge", name, "relay.example", number, KEY)
    place = data.draw(st.integers(0, len(address.local) - 1))
    other = data.draw(
        st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789-+.").filter(lambda char: char != address.local[place])
    )
    changed = address.local[:place] + other + address.local[place + 1 :]
    assert read_answer_address(Address(local=changed, domain=address.domain), KEY) is None
    assert read_answer_address(Address(local=address.local, domain="other.example"), KEY) is None
    assert read_answer_address(address, KEY[::-1]) is None


# — a path that a post's copies share —

POSTS = st.integers(0, 2**30 - 1)
PEOPLE = st.sampled_from(["paul@police.example", "p+tag@a-b.example", "a=b@x.example", "o.k@parcs.example"]).map(
    parse_address
)


@settings(deadline=None)  # a busy machine is no fault
@given(NAMES, POSTS, st.binary(min_size=32, max_size=32), st.none() | PEOPLE)
def test_a_posts_path_leads_back_to_it_and_to_whom_a_server_wrote_behind_it(name, number, key, person):
    path = post_path(name, "relay.example", number, key)
    behind = f"+{person.local}={person.domain}" if person else ""
    address = Address(local=(path.local + behind).upper(), domain="RELAY.EXAMPLE")
    assert read_post_path(address, key) == PostPath(post_id=number, recipient=person, names_one=person is not None)
    assert read_return_path(path, key) is None
    assert not person or fits(path, person) == (len(path.local + behind) <= 64)


@settings(deadline=None)  # a busy machine is no fault
@given(NAMES, POSTS, st.data())
def test_any_change_of_a_posts_path_is_refused_or_names_nobody_else(name, number, data):
    path = post_path(name, "relay.example", number, KEY)
    place = data.draw(st.integers(0, len(path.local) - 1))
    other = data.draw(
        st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789-+.").filter(lambda char: char != path.local[place])
    )
    changed = path.local[:place] + other + path.local[place + 1 :]
    assert read_post_path(Address(local=changed, domain=path.domain), KEY) is None
    assert read_post_path(path, KEY[::-1]) is None


@pytest.mark.parametrize(
    "behind", ["+", "+nobody", "+@", "+a b=c.example", "+=police.example", "+paul=police.example=", "+paul="]
)
def test_what_stands_behind_a_posts_path_and_is_no_address_names_nobody(behind):
    path = post_path("central-africa", "relay.example", 7, KEY)
    read = read_post_path(Address(local=path.local + behind, domain=path.domain), KEY)
    assert read == PostPath(post_id=7, recipient=None, names_one=True)


def test_a_post_beyond_the_numbers_that_fit_has_no_path_to_share():
    assert post_path("central-africa", "relay.example", 2**30, KEY) is None


def test_the_longest_list_name_still_fits_a_posts_path():
    assert len(post_path("x" * 31, "relay.example", 2**30 - 1, KEY).local) == 62


@settings(deadline=None)  # a busy machine is no fault
@given(st.text(max_size=80))
def test_reading_a_posts_path_never_raises(local):
    assert read_post_path(Address(local=local, domain="relay.example"), KEY) is None


def test_an_address_outside_ascii_has_a_return_path_of_its_own_because_a_path_is_read_by_every_server():
    path = post_path("central-africa", "relay.example", 1, KEY)
    assert fits(path, Address(local="zoe", domain="a.example"))
    assert not fits(path, Address(local="zoé", domain="a.example"))
