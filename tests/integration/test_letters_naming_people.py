"""Letters that name people: to whoever may know them when the letter leaves, not when it was asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from relay.delivery.delivery import Kind
from relay.store import letters
from tests.integration.clocked import Clocked, at

CHIEF, BELA = "chief@douanes.example", "bela@parcs.example"
PEOPLE = (
    (CHIEF, "customs", "CM", "en", "central-africa", "member;focal-point"),
    (BELA, "ranger", "CM", "en", "central-africa", "member"),
)
ASKED = {"word": "PEOPLE", "about": "CM", "outcome": "done"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Clocked]:
    site = Clocked.made(tmp_path / "relay", PEOPLE, at(1))
    chief = site.member(CHIEF).id
    site.resources.database.write(
        lambda c: letters.write(c, chief, Kind.ANSWER, "central-africa", {"answers": [ASKED]}, at(2))
    )
    yield site
    site.resources.database.close()


def test_a_focal_point_is_told_the_people_of_their_country(site):
    [letter] = site.letters(at(2))
    assert BELA in letter.get_content()


@pytest.mark.parametrize(
    "change", ["roles = '[\"member\"]'", "country = 'GA'", "agency_type = 'ngo'", "valid_until = '2026-11-01'"]
)
def test_an_answer_that_waits_names_nobody_once_its_reader_may_not_vouch(site, change):
    update = f"UPDATE members SET {change} WHERE address = '{CHIEF}'"
    site.resources.database.write(lambda c: c.exec_driver_sql(update) and None)
    [letter] = site.letters(at(3))
    assert BELA not in letter.get_content()
    assert "Only focal points" in " ".join(letter.get_content().split())
