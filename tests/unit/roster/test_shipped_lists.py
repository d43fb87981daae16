"""The lists that come with the relay: one template for each network, each as sure of itself as its source allows."""

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

from relay.roster.countries import COUNTRIES
from relay.roster.definition import judge_lists, read_list
from relay.roster.mailing_list import Tlp, Weekday
from relay.roster.member import AgencyType

LISTS = Path(__file__).parents[3] / "lists"
TEXTS = {path.stem: path.read_text("utf-8") for path in sorted(LISTS.glob("*.toml"))}
READ = {name: read_list(text, f"{name}.toml", "relay.example") for name, text in TEXTS.items()}
WRITTEN = {name: tomllib.loads(text) for name, text in TEXTS.items()}

EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
# What is known of each network: its tag, its countries, when that was known, and whether for sure.
NETWORKS = {
    "central-africa": ("CAFR", "CM CG GA CF CD TD RW", "2020-09", "confirmed"),
    "central-america": ("ROAVIS", "BZ CR SV GT HN NI PA DO", "2011-09", "confirmed"),
    "china": ("NICECG", "CN", "", "unconfirmed"),
    "eastern-africa": ("EAFR", "KE UG TZ", "2022-10", "unconfirmed"),
    "eu-enforcement": ("EUEWG", EU, "", "unconfirmed"),
    "europe": ("EUTX", f"{EU} GB AL MK ME NO RS CH TR UA", "2015-12", "unconfirmed"),
    "horn-of-africa": ("HAWEN", "DJ ET KE SO SS SD UG", "2022-12", "unconfirmed"),
    "lusaka": ("LATF", "CG KE LS LR TZ UG ZM", "", "unconfirmed"),
    "north-america": ("NAWEG", "CA MX US", "", "unconfirmed"),
    "south-america": ("SUDWEN", "AR BO BR CL CO EC PY PE", "2023-11", "unconfirmed"),
    "south-asia": ("SAWEN", "AF BD BT IN MV NP PK LK", "2014", "unconfirmed"),
    "south-east-asia": ("ASEAN", "BN KH ID LA MM MY PH SG TH VN", "2005", "unconfirmed"),
    "southern-africa": ("SAFR", "AO BW KM CD SZ LS MG MW MU MZ NA SC ZA TZ ZM ZW", "2019", "unconfirmed"),
}
BODIES = (
    "INTERPOL RILO EUROPOL EUROJUST ASEANAPOL AFRIPOL WCO CITES UNODC TRAFFIC ICCWC IGAD COMIFAC SADC TWIX ARINSA AMERIPOL CARICOM "
    "EPPO ENPE SIENA CENCOMM ENVIRONET NCB"
)
BODY = re.compile(
    rf"\b(?:{'|'.join(BODIES.split())})\b|task force|working group|secretariat|organi[sz]ation", re.IGNORECASE
)
OWN_DAYS = {"horn-of-africa": "friday saturday sunday", "south-asia": "friday saturday sunday"}


def test_there_is_one_list_for_each_network_and_one_for_species():
    assert set(READ) == {*NETWORKS, "species-id"}
    assert all(name == one.name for name, one in READ.items())
    assert judge_lists(READ.values()) == ""
    assert {name for name, one in READ.items() if one.active} == {"central-africa", "species-id"}
    assert AgencyType.EXPERT in READ["species-id"].agency_types


@pytest.mark.parametrize(("name", "known"), NETWORKS.items())
def test_a_networks_list_has_its_tag_its_countries_and_no_more_certainty_than_its_source(name, known):
    tag, countries, as_of, status = known
    written = WRITTEN[name]
    assert READ[name].tag == tag
    assert sorted(written["countries"]) == sorted(countries.split())
    assert READ[name].countries <= COUNTRIES
    assert str(written["as_of"]).startswith(as_of)
    assert written["as_of"] < date(2027, 1, 1)
    assert written["status"] == status
    assert len(written["source"]) > 10


@pytest.mark.parametrize("name", NETWORKS)
def test_a_networks_list_is_for_every_official_and_for_no_one_else(name):
    one = READ[name]
    assert one.agency_types == {kind for kind in AgencyType if kind.is_official}
    assert (one.ceiling, one.default_marking, one.overrides) == (Tlp.GREEN, Tlp.GREEN, {})
    assert set(one.languages) <= {"en", "fr", "es", "pt"}


@pytest.mark.parametrize("name", READ)
def test_no_list_bears_the_name_of_a_body_that_is_not_ours(name):
    one = READ[name]
    assert not BODY.search(one.name.replace("-", " "))
    assert not BODY.search(one.title)
    assert one.tag not in BODIES.split()
    assert not BODY.search(one.community)


def test_the_names_of_bodies_are_found_where_they_stand():
    for title in ("RILO Central Africa", "Interpol alerts", "Lusaka Agreement Task Force", "rilo-esa"):
        assert BODY.search(title)


@pytest.mark.parametrize("name", READ)
def test_a_list_rests_when_its_countries_rest(name):
    days = OWN_DAYS.get(name, "saturday sunday").split()
    assert READ[name].weekend == {Weekday[day.upper()] for day in days}


def test_the_readme_lists_what_is_shipped():
    readme = (LISTS / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \| ([A-Z]+) \| (\d+) \| ([\d-]+) \| (\w+) \|$", readme, re.MULTILINE)
    assert rows == [
        (name, one["tag"], str(len(one["countries"])), str(one["as_of"]), one["status"])
        for name, one in WRITTEN.items()
    ]
