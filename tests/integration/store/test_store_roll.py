"""What a file changes about a member, on both databases; and a trial of a job, of which nothing stays."""

import json
from dataclasses import replace
from datetime import date

import pytest

from relay.delivery.delivery import Kind
from relay.errors import Conflict
from relay.roster.difference import Change
from relay.roster.member import AgencyType, Role
from relay.store import activity, members, roll
from relay.store.trial import undone
from tests.integration.store.conftest import NODE, START


def change(world, before, *columns, vouchers=None, waived_on=None, **after):
    made = Change(
        line=2,
        before=before,
        after=replace(before, **after),
        columns=dict.fromkeys(columns, ("", "")),
        vouchers=vouchers,
        waived_on=waived_on,
    )
    return world.database.write(lambda c: roll.change_member(c, NODE, made, operator="root", now=START))


def last_audit(world):
    ((event, facts),) = world.rows("SELECT event, facts FROM audit ORDER BY sequence DESC LIMIT 1")
    return event, json.loads(facts)


def told(world):
    return {
        row[0] for row in world.rows("SELECT member_id FROM deliveries WHERE kind = :kind", kind=Kind.NOMINATION.value)
    }


def standing(world, member):
    with world.database.read() as connection:
        return next(one for one in roll.standings(connection) if one.member.id == member.id)


def test_everybody_who_has_not_left_stands_there_with_who_vouched(world):
    ama, bela = world.join("ama", "savanna"), world.join("bela")
    world.database.write(lambda c: members.remove(c, NODE, bela.address, operator="root", now=START))
    with world.database.read() as connection:
        [found] = roll.standings(connection)
    assert found.member == ama
    assert (str(found.nomination.nominated_by), str(found.nomination.confirmed_by)) == (
        "minister@ministry.example",
        "director@ministry.example",
    )


def test_what_a_line_says_is_changed_and_nothing_else(world):
    ama = world.join("ama", "savanna", "species-id")
    changed = change(world, ama, "name", "valid_until", name="Ama Nova", valid_until=date(2027, 6, 30))
    assert changed == replace(ama, name="Ama Nova", valid_until=date(2027, 6, 30))
    event, facts = last_audit(world)
    assert (event, facts) == (
        "member.changed",
        {"member": ama.id, "columns": ["name", "valid_until"], "operator": "root", "valid_until": "2027-06-30"},
    )
    assert told(world) == set()


@pytest.mark.parametrize("moved", [{"agency": "Police of Cameroon"}, {"country": "GA"}], ids=["agency", "country"])
def test_whoever_moves_counts_among_the_colleagues_they_have_now(world, relayed, moved):
    ama, old = world.join("ama", "savanna"), world.join("bela", "savanna")
    now = change(world, ama, *moved, **moved)
    new = change(world, world.join("chi", "savanna"), *moved, **moved)
    world.post(now, ("savanna", relayed))
    with world.database.read() as connection:
        sent = [activity.lately_by_agency(connection, one.id, START).posts_last_hour for one in (old, new)]
    assert sent == [0, 1]


def test_lists_come_and_go_and_the_log_has_them_all(world):
    ama = world.join("ama", "savanna", "species-id")
    changed = change(world, ama, "lists", lists=frozenset({"central-africa", "savanna"}))
    assert changed.lists == {"central-africa", "savanna"}
    assert last_audit(world)[1]["lists"] == ["central-africa", "savanna"]


def test_who_vouched_for_what_somebody_gains_is_on_record_and_is_told(world):
    ama, chief, boss = world.join("ama", "savanna"), world.join("chief", "savanna"), world.join("boss", "savanna")
    roles = frozenset({Role.MEMBER, Role.MODERATOR})
    change(
        world, ama, "role", "agency_type", "agency", vouchers=(chief.address, boss.address), roles=roles,
        agency_type=AgencyType.POLICE, agency="Police",
    )  # fmt: skip
    now = standing(world, ama)
    assert (now.member.roles, now.member.agency_type, now.member.agency) == (roles, AgencyType.POLICE, "Police")
    assert (now.nomination.nominated_by, now.nomination.confirmed_by) == (chief.address, boss.address)
    assert told(world) == {chief.id, boss.id}
    facts = last_audit(world)[1]
    assert (facts["nominated_by"], facts["confirmed_by"]) == (chief.id, boss.id)
    assert (facts["role"], facts["agency_type"]) == (["member", "moderator"], "police")
    assert "Police" not in json.dumps(facts)


def test_of_a_trial_nothing_stays_and_its_answer_is_the_same(world):
    ama = world.join("ama", "savanna")
    before = world.rows("SELECT * FROM audit"), world.rows("SELECT * FROM members")

    def remove(connection):
        return members.remove(connection, NODE, ama.address, operator="root", now=START)

    assert world.database.write(undone(remove)).state.value == "left"
    assert (world.rows("SELECT * FROM audit"), world.rows("SELECT * FROM members")) == before
    world.database.write(remove)
    with pytest.raises(Conflict):
        world.database.write(undone(remove))
    assert world.database.write(lambda c: members.find(c, ama.address)).state.value == "left"
