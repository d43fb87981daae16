"""Confirmed doors and askings in the database: one row for each country, letters for those who confirm, an entry for each act."""

import json
from dataclasses import replace
from datetime import timedelta

from relay.delivery.delivery import Kind
from relay.mail.address import Address
from relay.policy.doors import Asking, Stage
from relay.roster.member import AgencyType, Role
from relay.roster.nomination import Nomination
from relay.store import directory, members
from tests.integration.store.conftest import LISTS, NODE, START


def join(world, local, *roles, country="CM", agency_type=AgencyType.POLICE, on=frozenset({"savanna"})):
    nomination = Nomination(
        address=Address(local=local, domain="police.example"), name=local, agency="Police", agency_type=agency_type, country=country,
        language="fr", roles=frozenset(roles or {Role.MEMBER}), lists=on, nominated_by=Address(local="one", domain="network.example"),
        confirmed_by=Address(local="two", domain="network.example"),
    )  # fmt: skip
    return world.database.write(lambda c: members.add(c, NODE, nomination, operator="root", now=START))


def letters(world, kind):
    return world.rows(
        "SELECT member_id, list_name, facts FROM deliveries WHERE kind = :kind ORDER BY id", kind=kind.value
    )


def last_audit(world):
    ((event, facts),) = world.rows("SELECT event, facts FROM audit ORDER BY sequence DESC LIMIT 1")
    return event, json.loads(facts)


ASKED = Asking(country="CM", half_year="2026-2", at=START, stage=Stage.ASKED)


def ask(world, asking=ASKED, now=START):
    return world.database.write(lambda c: directory.ask(c, NODE, asking, LISTS, operator="", now=now))


def test_every_focal_point_of_the_country_is_asked_and_nobody_else(world):
    chief = join(world, "chief", Role.MEMBER, Role.FOCAL_POINT)
    join(world, "officer")
    join(world, "gabon", Role.FOCAL_POINT, country="GA")
    join(world, "ngo", Role.FOCAL_POINT, agency_type=AgencyType.NGO)
    gone = join(world, "gone", Role.FOCAL_POINT)
    world.database.write(lambda c: members.suspend(c, NODE, gone.address, reason="x", operator="root", now=START))
    assert ask(world) == 1
    [(member_id, list_name, facts)] = letters(world, Kind.DOORS)
    assert (member_id, list_name) == (chief.id, "savanna")
    assert json.loads(facts) == {"country": "CM", "half_year": "2026-2", "stage": 1}
    assert last_audit(world) == (
        "directory.asked",
        {"country": "CM", "half_year": "2026-2", "stage": 1, "members": [chief.id], "operator": None},
    )


def test_the_record_has_one_row_for_each_country(world):
    ask(world)
    ask(world, replace(ASKED, stage=Stage.REMINDED))
    ask(world, replace(ASKED, country="GA"))
    with world.database.read() as connection:
        assert directory.askings(connection) == {
            "CM": replace(ASKED, stage=Stage.REMINDED),
            "GA": replace(ASKED, country="GA"),
        }


def test_a_letter_is_written_in_the_name_of_a_list_that_takes_the_answer(world):
    join(world, "chief", Role.FOCAL_POINT, on=frozenset())
    ask(world)
    assert [row[1] for row in letters(world, Kind.DOORS)] == [min(LISTS)]


def test_the_last_confirmation_counts_and_each_is_in_the_log(world):
    chief, deputy = join(world, "chief", Role.FOCAL_POINT), join(world, "deputy", Role.FOCAL_POINT)
    for member, digest, days in ((chief, "a", 1), (deputy, "b", 2)):
        now = START + timedelta(days=days)
        world.database.write(
            lambda c, m=member, d=digest, n=now: directory.confirm(c, NODE, m, {"ncb": d}, "CM-2026-2-00000000", n)
        )
        assert last_audit(world)[1] == {"country": "CM", "member": member.id, "reference": "CM-2026-2-00000000"}
    with world.database.read() as connection:
        found = directory.confirmation_of(connection, "CM")
        assert directory.confirmations(connection) == {"CM": found}
        assert directory.confirmation_of(connection, "GA") is None
    assert (found.member_id, found.digests, found.at) == (deputy.id, {"ncb": "b"}, START + timedelta(days=2))


def test_administrators_get_one_letter_about_all_silent_countries(world):
    admin = join(world, "admin", Role.ADMIN, country="")
    silent = [replace(ASKED, country=country, stage=Stage.TOLD) for country in ("GA", "CM")]
    assert world.database.write(lambda c: directory.tell_of_silence(c, NODE, silent, LISTS, START)) == 1
    [(member_id, _, facts)] = letters(world, Kind.SILENCE)
    assert (member_id, json.loads(facts)) == (admin.id, {"countries": ["CM", "GA"]})
    with world.database.read() as connection:
        assert {one.stage for one in directory.askings(connection).values()} == {Stage.TOLD}


def test_countries_are_those_of_members_who_came_before(world):
    join(world, "chief")
    join(world, "admin", Role.ADMIN, country="")
    left = join(world, "left", country="GA")
    world.database.write(lambda c: members.remove(c, NODE, left.address, operator="root", now=START))
    with world.database.read() as connection:
        assert directory.countries(connection, START) == ()
        assert directory.countries(connection, START + timedelta(seconds=1)) == ("CM",)
