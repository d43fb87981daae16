"""The one-click address: only the key makes one, for one member and one list, and nothing else of ours passes for it."""

from hypothesis import given
from hypothesis import strategies as st

from relay.delivery.bounce import return_path
from relay.delivery.leaving import leave_url, read_leave_path

KEY, OTHER = b"k" * 32, b"o" * 32
MEMBER = "00112233445566778899aabbccddeeff"
SITE = "https://relay.example"


def path_of(list_name=MEMBER, member=MEMBER, key=KEY):
    return leave_url(SITE, list_name, member, key).removeprefix(SITE)


members = st.binary(min_size=16, max_size=16).map(bytes.hex)
lists = st.from_regex(r"[a-z][a-z0-9-]{0,30}", fullmatch=True)


@given(lists, members)
def test_what_the_key_made_is_read_back(list_name, member):
    assert read_leave_path(path_of(list_name, member), KEY) == (list_name, member)
    assert read_leave_path(path_of(list_name, member), OTHER) is None


@given(st.integers(0, 42), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"))
def test_no_character_of_it_can_be_changed(place, character):
    start, _, token = path_of("central-africa").rpartition("/")
    changed = token[:place] + character + token[place + 1 :]
    assert (read_leave_path(f"{start}/{changed}", KEY) is not None) == (changed == token)


@given(st.text(max_size=120))
def test_anything_else_is_nobodys(path):
    assert read_leave_path(path, KEY) is None
    assert read_leave_path(f"/leave/{path}", KEY) is None


def test_it_is_for_one_list_and_one_member():
    _, token = path_of("central-africa").rsplit("/", 1)
    assert read_leave_path(f"/leave/species-id/{token}", KEY) is None
    assert path_of("central-africa", "ff" * 16) != path_of("central-africa")


def test_a_return_path_is_no_such_address():
    local = return_path("central-africa", "relay.example", 7, KEY).local
    assert read_leave_path(f"/leave/central-africa/{local.rpartition('+')[2]}", KEY) is None


def test_a_slash_at_the_sites_end_is_not_doubled():
    assert leave_url(f"{SITE}/", "a", MEMBER, KEY) == leave_url(SITE, "a", MEMBER, KEY)
