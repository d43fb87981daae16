"""Doors by country, as files."""

from pathlib import Path

import pytest

from relay.errors import ConfigurationError
from relay.policy.channels import Channel, read_country, read_directory

CHANNELS = Path(__file__).parents[3] / "config" / "channels"

ENTRY = """
[[channel]]
id = "ncb"
name = "NCB Exampleville"
as_of = 2026-01-31
status = "unconfirmed"
source = "a meeting"
"""


def test_every_shipped_country_can_be_read_and_claims_nothing_confirmed():
    directory = read_directory((path.name, path.read_text("utf-8")) for path in CHANNELS.glob("*.toml"))
    assert {"CM", "GA", "CD", "CG", "CF", "TD", "KE", "UG", "TZ", "VN", "TH", "MY"} <= set(directory.countries)
    assert all(
        code == path.stem
        for code, path in zip(sorted(directory.countries), sorted(CHANNELS.glob("*.toml")), strict=True)
    )
    entries = [entry for country in directory.countries.values() for entry in country.channel]
    assert all(entry.status == "unconfirmed" and entry.source and entry.name for entry in entries)
    assert not any(char.isdigit() for entry in entries for char in entry.name + entry.how)


def test_a_country_holds_its_doors():
    country = read_country(f'country = "CM"\n{ENTRY}', "CM.toml")
    assert country.channel[0].id is Channel.NCB
    assert not country.europol_partner


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
        read_directory([("a.toml", text), ("b.toml", text)])
