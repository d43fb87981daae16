"""Members and lists in the database, and what each change cancels and records."""

import json
from dataclasses import replace
from datetime import date

import pytest

from relay.delivery.delivery import Kind
from relay.errors import Conflict, NotFound
from relay.mail.address import Address
from relay.roster.member import AgencyType, MemberState, Role
from relay.roster.nomination import Nomination
from relay.store import agencies, mailing_lists, members, queue
from tests.integration.store.conftest import LISTS, NODE, START, make_list


def change(world, function, member, **facts):
    return world.database.write(lambda c: function(c, NODE, member.address, operator="root", now=START, **facts))


def last_audit(world) -> tuple[str, dict]:
    ((event, facts),) = world.rows("SELECT event, facts FROM audit ORDER BY sequence DESC LIMIT 1")
    return event, json.loads(facts)


def waiting(world, member) -> list[tuple]:
    return world.rows("SELECT kind, status FROM deliveries WHERE member_id = :id ORDER BY kind", id=member.id)


def test_a_member_is_found_by_address_whatever_its_case_and_by_id(world):
    ama = world.join("Ama", "central-africa", "savanna", valid_until=date(2027, 6, 30))
    with world.database.read() as connection:
        assert members.find(connection, Address(local="aMA", domain="CUSTOMS.example")) == ama
        assert members.get(connection, ama.id) == ama
        assert members.find(connection, Address(local="nobody", domain="customs.example")) is None
        with pytest.raises(NotFound):
            members.get(connection, "nobody")
    assert (ama.lists, ama.valid_until, ama.state) == (
        {"central-africa", "savanna"},
        date(2027, 6, 30),
        MemberState.ACTIVE,
    )


def test_members_are_listed_all_or_by_list(world):
    bela, ama = world.join("bela", "savanna"), world.join("ama", "central-africa", "savanna")
    with world.database.read() as connection:
        assert members.list_members(connection) == (ama, bela)
        assert members.list_members(connection, "central-africa") == (ama,)
        assert members.list_members(connection, "nowhere") == ()


def test_the_audit_log_names_members_by_id_and_outsiders_by_address(world):
    ama = world.join("ama", "central-africa")
    event, facts = last_audit(world)
    assert event == "member.added"
    assert facts == {
        "member": ama.id,
        "lists": ["central-africa"],
        "roles": ["member"],
        "country": "CM",
        "agency_type": "customs",
        "valid_until": None,
        "nominated_by": "minister@ministry.example",
        "confirmed_by": "director@ministry.example",
        "operator": "root",
    }


def test_nominator_and_confirmer_are_told_when_they_are_members(world):
    voucher = world.join("minister", "central-africa")
    nomination = make_nomination(nominated_by=voucher.address)
    bela = world.database.write(lambda c: members.add(c, NODE, nomination, operator="root", now=START))
    (notice,) = world.database.write(lambda c: queue.claim(c, "node-1/1", START, START, 9))
    assert (notice.kind, notice.recipient, notice.post_id, notice.reference) == (
        Kind.NOMINATION,
        voucher.address,
        None,
        bela.id,
    )
    assert last_audit(world)[1]["nominated_by"] == voucher.id


def make_nomination(**changes) -> Nomination:
    facts = {
        "address": Address(local="bela", domain="police.example"),
        "name": "Bela",
        "agency": "Police of Gabon",
        "agency_type": AgencyType.POLICE,
        "country": "GA",
        "language": "fr",
        "roles": frozenset({Role.MEMBER}),
        "lists": frozenset({"central-africa"}),
        "nominated_by": Address(local="minister", domain="ministry.example"),
        "confirmed_by": Address(local="director", domain="ministry.example"),
    }
    return Nomination(**(facts | changes))


def test_an_address_is_a_member_once(world):
    ama = world.join("ama", "central-africa")
    with pytest.raises(Conflict, match="member already"):
        world.join("AMA", "savanna")
    change(world, members.suspend, ama, reason="lost phone")
    with pytest.raises(Conflict, match="member already"):
        world.join("ama", "savanna")


def test_an_unknown_list_is_named(world):
    with pytest.raises(NotFound, match="atlantis"):
        world.join("ama", "atlantis")


def test_suspending_stops_copies_at_once_and_not_the_word_about_own_posts(world, relayed):
    ama, bela = world.join("ama", "central-africa"), world.join("bela", "central-africa")
    world.post(ama, ("central-africa", relayed))
    world.post(bela, ("central-africa", relayed))
    assert change(world, members.suspend, ama, reason="lost phone").state is MemberState.SUSPENDED
    assert waiting(world, ama) == [("copy", "cancelled"), ("receipt", "queued")]
    assert last_audit(world) == ("member.suspended", {"member": ama.id, "operator": "root", "reason": "lost phone"})
    with pytest.raises(Conflict, match="suspended"):
        change(world, members.suspend, ama, reason="again")
    assert change(world, members.reinstate, ama).state is MemberState.ACTIVE
    with pytest.raises(Conflict, match="is active"):
        change(world, members.reinstate, ama)


def test_a_whole_agency_is_suspended(world):
    ama, bela = world.join("ama", agency="Parks of Gabon"), world.join("bela", agency="PARKS OF GABON")
    other = world.join("chi", agency="Police of Gabon")

    def suspend_agency(agency: str, country: str = ""):
        return world.database.write(
            lambda c: agencies.suspend_agency(
                c, NODE, agency, reason="breach", operator="root", now=START, country=country
            )
        )

    with pytest.raises(NotFound, match="in GA"):
        suspend_agency("parks of gabon", "GA")  # these two serve in CM
    assert {member.id for member in suspend_agency("parks of gabon")} == {ama.id, bela.id}
    with pytest.raises(NotFound, match="Parks"):
        suspend_agency("Parks of Gabon")
    with world.database.read() as connection:
        assert members.get(connection, other.id) == other


def test_an_agencys_name_is_the_same_however_its_letters_are_written(world):
    ama, bela = world.join("ama", agency="Faune et For\u00eats"), world.join("bela", agency="faune et  fore\u0302ts")
    done = world.database.write(
        lambda c: agencies.suspend_agency(c, NODE, "Faune et Fore\u0302ts", reason="breach", operator="root", now=START)
    )
    assert {member.id for member in done} == {ama.id, bela.id}


def test_a_whole_agency_is_reinstated_but_for_those_who_are_suspended_for_another_reason(world):
    ama, bela = world.join("ama", agency="Parks of Gabon"), world.join("bela", agency="Parks of Gabon")
    change(world, members.suspend, bela, reason="address fails")
    by_root = {"operator": "root", "now": START}
    world.database.write(lambda c: agencies.suspend_agency(c, NODE, "Parks of Gabon", reason="breach", **by_root))

    def reinstate_agency(reason: str):
        return world.database.write(
            lambda c: agencies.reinstate_agency(c, NODE, "PARKS OF GABON", reason=reason, country="CM", **by_root)
        )

    with pytest.raises(NotFound, match="“address fails”, “breach”"):
        reinstate_agency("")
    assert [(one.id, one.state) for one in reinstate_agency("breach")] == [(ama.id, MemberState.ACTIVE)]
    with world.database.read() as connection:
        assert members.get(connection, bela.id).state is MemberState.SUSPENDED


def test_vetting_is_renewed_to_a_day_or_without_end(world):
    ama = world.join("ama", "central-africa", valid_until=date(2026, 1, 1))
    assert change(world, members.renew, ama, valid_until=date(2027, 1, 1)).valid_until == date(2027, 1, 1)
    assert last_audit(world)[1]["valid_until"] == "2027-01-01"
    assert change(world, members.renew, ama, valid_until=None).valid_until is None


def test_who_is_removed_gets_nothing_more_and_may_come_back_under_the_same_id(world, relayed):
    ama, bela = world.join("ama", "central-africa"), world.join("bela", "central-africa")
    world.post(ama, ("central-africa", relayed))
    world.post(bela, ("central-africa", relayed))
    gone = change(world, members.remove, ama)
    assert (gone.state, gone.lists) == (MemberState.LEFT, frozenset())
    assert waiting(world, ama) == [("copy", "cancelled"), ("receipt", "cancelled")]
    for function, facts in (
        (members.remove, {}),
        (members.renew, {"valid_until": None}),
        (members.suspend, {"reason": "x"}),
    ):
        with pytest.raises(Conflict, match="no longer a member"):
            change(world, function, ama, **facts)
    back = world.join("ama", "savanna")
    assert (back.id, back.state, back.lists) == (ama.id, MemberState.ACTIVE, {"savanna"})


def test_a_stranger_can_not_be_changed(world):
    stranger = replace(world.join("ama"), address=Address(local="nobody", domain="customs.example"))
    with pytest.raises(NotFound, match=r"nobody@customs\.example is not a member"):
        change(world, members.remove, stranger)


def test_lists_are_synchronised_and_a_second_time_changes_nothing(world):
    def sync(definitions) -> tuple[str, ...]:
        return world.database.write(lambda c: mailing_lists.sync(c, NODE, definitions, START))

    same = [make_list(name) for name in LISTS]
    entries = world.rows("SELECT count(*) FROM audit")
    assert sync(same) == ()
    assert world.rows("SELECT count(*) FROM audit") == entries
    assert sync([replace(same[0], footer="Members only."), *same[1:]]) == ("central-africa",)
    assert sync(same[:1]) == LISTS
    assert world.rows("SELECT name, active FROM lists ORDER BY name") == [
        ("central-africa", 1),
        ("savanna", 0),
        ("species-id", 0),
    ]
    assert sync(same[:1]) == ()
