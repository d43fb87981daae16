"""Doors by country, as files: each country's own, and those that many share."""

from datetime import date
from pathlib import Path

import pytest

from relay.errors import ConfigurationError
from relay.policy.channels import Channel, ChannelEntry, Directory
from relay.policy.directory import read_country, read_directory, read_shared
from relay.resources import load_directory
from relay.roster.countries import COUNTRIES
from relay.roster.definition import read_list

ROOT = Path(__file__).parents[3]

ENTRY = """
[[channel]]
id = "ncb"
name = "NCB Exampleville"
as_of = 2026-01-31
status = "unconfirmed"
source = "a meeting"
"""
SHARED = ENTRY.replace('name = "NCB Exampleville"', 'name = "NCB Sharedville"\ncountries = ["CM", "GA"]')
SITE = ENTRY.replace("unconfirmed", "confirmed").replace("Exampleville", "Siteville")
LISTS = [read_list(path.read_text("utf-8"), path.name, "relay.example") for path in (ROOT / "lists").glob("*.toml")]
LISTED = sorted(frozenset().union(*(one.countries for one in LISTS)))
ASEAN = "BN ID KH LA MM MY PH SG TH VN"
EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory) -> Directory:
    return load_directory(tmp_path_factory.mktemp("site"))


def have(directory: Directory, channel: Channel) -> set[str]:
    return {code for code, here in directory.countries.items() for entry in here.channel if entry.id is channel}


def named(directory: Directory, country: str, channel: Channel) -> ChannelEntry:
    (entry,) = [one for one in directory.countries[country].channel if one.id is channel]
    return entry


def test_nothing_that_is_shipped_claims_to_be_confirmed_and_no_door_has_a_number(shipped):
    entries = [entry for country in shipped.countries.values() for entry in country.channel]
    assert len(entries) > 1000
    assert all(entry.status == "unconfirmed" for entry in entries)
    assert all(entry.source for entry in entries)
    assert not any(char.isdigit() or char in "@+" for entry in entries for char in entry.name + entry.how)
    assert all(country.police_powers == () for country in shipped.countries.values())


@pytest.mark.parametrize("country", LISTED)
def test_every_country_of_every_shipped_list_has_its_doors(country, shipped):
    entries = {entry.id: entry for entry in shipped.countries[country].channel}
    assert {"ncb", "cencomm", "cencomm_warning", "national_focal_point"} <= entries.keys()
    # These are kinds of office that each service knows for itself: the notice calls them by their function, unconfirmed.
    assert not entries.keys() & {"emergency", "chain_of_command", "operations_room", "customs_duty_desk"}
    assert entries[Channel.NCB].name[:4] in {"NCB ", "BCN ", "OCN ", "GCN "}
    assert entries[Channel.NATIONAL_FOCAL_POINT].name


def test_a_regions_offices_serve_its_own_countries(shipped):
    def rilo(country: str) -> str:
        return named(shipped, country, Channel.RILO).name

    assert {rilo(code) for code in ("CM", "GA", "CD")} == {"Central Africa"}
    assert {rilo(code) for code in ("CR", "NI", "PA")} == {"Central America"}
    assert {rilo(code) for code in ("RW", "KE", "ZA", "SO")} == {"Eastern and Southern Africa"}
    assert {rilo(code) for code in ("VN", "IN", "CN")} == {"Asia and the Pacific"}
    assert {rilo(code) for code in ("PL", "UA", "GR")} == {"Eastern and Central Europe"}
    assert {rilo(code) for code in ("DE", "FR", "PT")} == {"Western Europe"}
    assert not have(shipped, Channel.RILO) & {"US", "CA", "MX", "SD"}  # nobody could tell: shown as unconfirmed
    names = {entry.name for here in shipped.countries.values() for entry in here.channel}
    assert not any(name.startswith("RILO") or name in {"CA", "RILO CA"} for name in names)


def test_police_bodies_are_named_to_their_own_members_only(shipped):
    assert set(EU.split()) <= have(shipped, Channel.SIENA)
    assert {"GB", "CH", "UA", "US"} <= have(shipped, Channel.SIENA)
    assert not have(shipped, Channel.SIENA) & {"TR", "CM", "KE", "VN", "CN", "BR"}
    assert have(shipped, Channel.EUROJUST) == set(EU.split())
    assert have(shipped, Channel.ASEANAPOL) == set(ASEAN.split())
    assert {"CM", "KE", "ZA", "RW"} <= have(shipped, Channel.AFRIPOL)
    assert not have(shipped, Channel.AFRIPOL) & {"VN", "FR", "BR", "IN"}
    assert have(shipped, Channel.CENCOMM) == have(shipped, Channel.ENVIRONET) == COUNTRIES


def test_asset_recovery_networks_go_by_region(shipped):
    def network(country: str) -> str:
        return named(shipped, country, Channel.ASSET_RECOVERY_NETWORK).name

    expected = {"KE": "ARINSA", "ZA": "ARINSA", "FR": "CARIN", "BR": "RRAG", "IN": "ARIN-AP", "LR": "ARIN-WA"}
    assert {country: network(country) for country in expected} == expected
    assert "CM" not in have(shipped, Channel.ASSET_RECOVERY_NETWORK)


def test_a_country_holds_its_doors():
    country = read_country(f'country = "CM"\n{ENTRY}', "CM.toml")
    assert country.channel[0].id is Channel.NCB
    assert country.police_powers == ()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f'country = "EU"\n{ENTRY}', "EU.toml:1: “EU” is not an ISO 3166 country code"),
        (f'country = "CM"\n{ENTRY}{ENTRY}', "EU.toml:11: the channel “ncb” stands here twice"),
        (f'country = "CM"\n{ENTRY}telephone = "1"', "unknown key “channel.telephone”"),
        (f'country = "CM"\n{ENTRY.replace("ncb", "friend")}', "EU.toml:4: channel.id"),
    ],
)
def test_a_fault_in_a_country_file_names_its_line(text, sentence):
    with pytest.raises(ConfigurationError) as caught:
        read_country(text, "EU.toml")
    assert sentence in str(caught.value)


def test_two_files_for_one_country_are_refused():
    text = f'country = "CM"\n{ENTRY}'
    with pytest.raises(ConfigurationError, match=r"^b\.toml: another file already holds the channels of CM"):
        read_directory([("a.toml", text), ("b.toml", text)], ("shared.toml", ""))


def test_a_shared_door_has_one_name_or_one_for_each_country():
    one = read_shared(SHARED, "shared.toml")
    assert {code: doors[Channel.NCB].name for code, doors in one.items()} == dict.fromkeys(
        ["CM", "GA"], "NCB Sharedville"
    )
    other = read_shared(f'{ENTRY}names = {{ CM = "BCN Yaoundé", GA = "BCN Libreville" }}', "shared.toml")
    assert {code: doors[Channel.NCB].name for code, doors in other.items()} == {
        "CM": "BCN Yaoundé",
        "GA": "BCN Libreville",
    }
    everywhere = read_shared(f'{ENTRY}countries = "all"', "shared.toml")
    assert everywhere.keys() == COUNTRIES


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (ENTRY, "shared.toml:3: the channel “ncb” needs either `countries` or `names`"),
        (f'{SHARED}names = {{ CM = "BCN" }}', "shared.toml:3: the channel “ncb” needs either `countries` or `names`"),
        (f"{SHARED}{SHARED}", "shared.toml:11: the channel “ncb” of CM stands here twice"),
        (SHARED.replace('"GA"', '"RILO"'), "shared.toml:3: “RILO” is not an ISO 3166 country code"),
        (f'{ENTRY}names = {{ EU = "BCN" }}', "shared.toml:3: “EU” is not an ISO 3166 country code"),
        (f'{ENTRY}countries = "every"', "shared.toml:8: channel.countries"),
        (f'{SHARED}country = "CM"', "unknown key “channel.country”; did you mean “countries”?"),
        (f"police = 1\n{SHARED}", "shared.toml:1: unknown key “police”"),
    ],
)
def test_a_fault_in_the_shared_file_names_its_line(text, sentence):
    with pytest.raises(ConfigurationError) as caught:
        read_shared(text, "shared.toml")
    assert sentence in str(caught.value)


def test_a_countrys_own_door_comes_before_the_shared_one_and_leaves_the_others():
    rilo = SHARED.replace('"ncb"', '"rilo"')
    files = [("CM.toml", f'country = "CM"\npolice_powers = ["ranger"]\n{ENTRY}')]
    directory = read_directory(files, ("shared.toml", SHARED + rilo))
    assert named(directory, "CM", Channel.NCB).name == "NCB Exampleville"
    assert named(directory, "CM", Channel.RILO).name == "NCB Sharedville"
    assert named(directory, "GA", Channel.NCB).name == "NCB Sharedville"
    assert directory.countries["CM"].police_powers == ("ranger",)
    assert directory.countries["GA"].police_powers == ()


def test_a_site_adds_a_countrys_file_or_replaces_the_shared_one(tmp_path):
    (tmp_path / "CM.toml").write_text(f'country = "CM"\n{SITE}', "utf-8")
    directory = load_directory(tmp_path)
    assert named(directory, "CM", Channel.NCB) == ChannelEntry(
        id=Channel.NCB, name="NCB Siteville", as_of=date(2026, 1, 31), status="confirmed", source="a meeting"
    )
    assert named(directory, "CM", Channel.RILO).name == "Central Africa"
    assert named(directory, "GA", Channel.NCB).name == "BCN Libreville"
    (tmp_path / "shared.toml").write_text(SHARED, "utf-8")
    directory = load_directory(tmp_path)
    assert directory.countries.keys() == {"CM", "GA"}
    assert named(directory, "CM", Channel.NCB).name == "NCB Siteville"
