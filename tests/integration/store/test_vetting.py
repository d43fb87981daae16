"""From nomination to membership, and the attestations after it, in the database: who may, what is recorded, what is cancelled."""

import json
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import text

from relay.delivery.delivery import Kind
from relay.delivery.rules import RULES_VERSION
from relay.errors import Conflict
from relay.mail.address import Address
from relay.roster.attestation import GRACE
from relay.roster.member import AgencyType, MemberState, Role
from relay.roster.nomination import Nomination
from relay.store import (
    acceptance,
    agencies,
    attestations,
    fanout,
    last_look,
    letters,
    members,
    queue,
    retention,
    vetting,
    wishes,
)
from tests.integration.store.conftest import NODE, START

DAY, EVERY = timedelta(days=1), timedelta(days=365)
CHIEF = Address(local="chief", domain="customs.example")


def nomination(local: str, by: Address, **changes) -> Nomination:
    usual = Nomination(
        address=Address(local=local, domain="customs.example"),
        name=local.title(),
        agency="Customs of Cameroon",
        agency_type=AgencyType.CUSTOMS,
        country="CM",
        language="fr",
        roles=frozenset({Role.MEMBER}),
        lists=frozenset({"central-africa"}),
        nominated_by=by,
        confirmed_by=None,
    )
    return replace(usual, **changes)


class People:
    """A focal point, a second one, one of another country, an administrator; and what they do."""

    def __init__(self, world):
        self.world = world
        focal = frozenset({Role.MEMBER, Role.FOCAL_POINT})
        self.chief = self.add("chief", roles=focal)
        self.second = self.add("second", roles=focal)
        self.abroad = self.add("abroad", roles=focal, country="GA")
        self.admin = self.add("admin", roles=frozenset({Role.ADMIN}), agency_type=AgencyType.IGO, lists=frozenset())

    def add(self, local, **changes):
        outside = Address(local="minister", domain="ministry.example")
        confirmer = Address(local="director", domain="ministry.example")
        whole = nomination(local, outside, confirmed_by=confirmer, **changes)
        return self.write(members.add, whole, operator="root", now=START)

    def write(self, function, *values, **named):
        return self.world.database.write(lambda connection: function(connection, NODE, *values, **named))

    def write_plain(self, function, *values):
        return self.world.database.write(lambda connection: function(connection, *values))

    def nominate(self, local="bela", by=None, **changes):
        return self.write(
            vetting.nominate, nomination(local, (by or self.chief).address, **changes), operator="root", now=START
        )

    def invitation(self, member):
        [(number,)] = self.world.rows(
            "SELECT id FROM deliveries WHERE kind = 'invitation' AND member_id = :id", id=member.id
        )
        return number

    def answer(self, member, author=None, now=START):
        return self.write(vetting.answer, self.invitation(member), author or member.address, now)

    def confirm(self, member, by, now=START):
        return self.write(vetting.confirm, member, by, operator=by.id, now=now)

    def get(self, member):
        with self.world.database.read() as connection:
            return members.get(connection, member.id)

    def letters(self, kind, *, status="queued"):
        rows = self.world.rows(
            "SELECT m.address FROM deliveries d JOIN members m ON m.id = d.member_id WHERE d.kind = :kind AND d.status = :status",
            kind=kind,
            status=status,
        )
        return sorted(address.partition("@")[0] for (address,) in rows)

    def events(self, member):
        rows = self.world.rows("SELECT event, facts FROM audit ORDER BY sequence")
        return [event for event, facts in rows if json.loads(facts).get("member") == member.id]

    def ask(self, day):
        return self.write(attestations.ask, EVERY, START + day * DAY)

    def attest(self, by, *people, day=0):
        return self.write(attestations.attest, people, by, operator=by.id, now=START + day * DAY)


@pytest.fixture
def people(world):
    return People(world)


def test_a_nominee_becomes_a_member_by_three_peoples_acts(people):
    bela = people.nominate()
    assert bela.state is MemberState.NOMINATED
    with pytest.raises(Conflict, match="has not confirmed the address"):
        people.confirm(bela, people.second)
    assert people.answer(bela)
    assert people.letters("confirmation") == [
        "second"
    ]  # neither the nominator, nor another country's, nor an administrator
    for nobody, why in ((people.chief, "somebody else"), (people.abroad, "neither a focal point of CM")):
        with pytest.raises(Conflict, match=why):
            people.confirm(people.get(bela), nobody)
    active = people.confirm(people.get(bela), people.second)
    assert (active.state, active.attested_on, active.rules_version) == (MemberState.ACTIVE, START.date(), 1)
    assert people.events(bela) == [
        "member.nominated",
        "member.address_confirmed",
        "member.rules_accepted",
        "member.confirmed",
    ]
    assert people.letters("welcome") == ["bela"]
    assert people.letters("nomination") == ["chief", "second"]  # both can still object
    assert people.letters("confirmation") == []
    with pytest.raises(Conflict, match="isn't waiting"):
        people.confirm(active, people.admin)


def test_a_nominee_gets_nothing_writes_nothing_and_counts_for_nothing_yet(people, world):
    bela = people.nominate()
    assert not bela.may_write(START.date())
    with world.database.read() as connection:
        receiving = connection.execute(
            fanout.select(fanout.members.c.address).where(fanout.may_receive(START.date()))
        ).scalars()
        assert str(bela.address) not in set(receiving)


def test_only_the_nominees_own_answer_in_time_and_once_counts(people):
    bela = people.nominate()
    assert not people.answer(bela, author=CHIEF)
    assert not people.answer(bela, now=START + vetting.INVITED + DAY)
    assert not people.write(vetting.answer, 999_999, bela.address, START)
    assert people.answer(bela)
    assert not people.answer(bela)
    assert people.events(bela).count("member.rules_accepted") == 1


def test_a_nominee_can_decline_and_a_second_person_can_refuse(people):
    bela, cleo = people.nominate(), people.nominate("cleo")
    assert not people.write(vetting.decline, people.invitation(bela), CHIEF, START)
    assert people.write(vetting.decline, people.invitation(bela), bela.address, START)
    assert people.get(bela).state is MemberState.LEFT
    assert people.answer(cleo)
    assert people.write(vetting.reject, people.get(cleo), people.second, START)
    assert not people.write(vetting.reject, people.get(cleo), people.second, START)
    assert people.get(cleo).state is MemberState.LEFT
    assert people.letters("confirmation") == []
    assert people.events(cleo)[-1] == "member.nomination_rejected"


def test_an_old_letter_doesnt_answer_a_new_nomination(people):
    bela = people.nominate()
    old = people.invitation(bela)
    assert people.write(vetting.decline, old, bela.address, START)
    later = START + DAY
    again = people.write(vetting.nominate, nomination("bela", people.chief.address), operator="root", now=later)
    assert again.id == bela.id
    assert not people.write(vetting.answer, old, bela.address, later)


def test_nominations_that_nobody_completes_end_by_themselves(people):
    bela = people.nominate()
    assert people.write(vetting.lapse, START + vetting.OPEN - DAY) == 0
    assert people.write(vetting.lapse, START + vetting.OPEN) == 1
    assert people.get(bela).state is MemberState.LEFT
    assert people.letters("invitation") == []


def test_one_person_has_so_many_nominations_open_and_no_more(people):
    for number in range(vetting.AT_ONCE):
        people.nominate(f"n{number}")
    with pytest.raises(Conflict, match="nominations open"):
        people.nominate()
    people.nominate(by=people.second)


def test_a_letter_asks_only_the_person_it_was_written_to(people, world):
    bela = people.nominate()
    people.answer(bela)
    numbers = dict(world.rows("SELECT member_id, id FROM deliveries WHERE kind = 'confirmation'"))
    with world.database.read() as connection:
        assert vetting.asked_about(connection, numbers[people.second.id], people.second).id == bela.id
        assert vetting.asked_about(connection, numbers[people.second.id], people.admin) is None
        assert vetting.asked_about(connection, numbers[people.second.id], people.chief) is None


def test_countries_are_asked_twice_and_then_their_people_are_dormant(people):
    people.add("ana")
    ask = people.ask
    assert ask(334) == 0
    assert ask(335) == 5  # the administrator's is nobody's country but CM's, too
    assert people.letters("attestation") == [
        "admin",
        "chief",
        "second",
    ]  # nobody vouches for the only one abroad but the administrator
    assert ask(335) == 0
    assert ask(340) == 0
    assert people.letters("dormancy") == []
    assert ask(358) == 5
    assert people.letters("dormancy") == ["abroad", "admin", "ana", "chief", "second"]
    assert ask(365) == 5


def test_nobody_is_asked_about_themself_and_an_absent_focal_point_leads_to_the_administrators(people, world):
    people.ask(335)
    rows = world.rows(
        "SELECT m.address, d.facts FROM deliveries d JOIN members m ON m.id = d.member_id WHERE d.kind = 'attestation'"
    )
    ids = {one.id: one.address.local for one in (people.chief, people.second, people.abroad, people.admin)}
    asked = {}
    for address, facts in rows:
        found = facts if isinstance(facts, dict) else json.loads(facts)
        asked.setdefault(address.partition("@")[0], set()).update(ids[one] for one in found["members"])
    assert asked["chief"] == {"second", "admin"}
    assert asked["second"] == {"chief", "admin"}
    assert "abroad" not in asked  # there is nobody else in that country
    assert asked["admin"] == {"abroad"}


def test_when_everybody_is_dormant_an_operator_helps_the_first_who_helps_the_others(people):
    ana = people.add("ana")
    people.ask(365)
    chief = people.get(people.chief)
    assert (people.get(ana).state, chief.state) == (MemberState.DORMANT, MemberState.DORMANT)
    assert people.attest(chief, people.get(ana), day=365) == ()
    later = START + 366 * DAY
    chief = people.write(members.renew, chief.address, valid_until=None, operator="root", now=later)
    assert (chief.state, chief.attested_on) == (MemberState.ACTIVE, later.date())
    assert people.attest(chief, people.get(ana), people.get(people.abroad), chief, day=366) == (ana.id,)
    assert people.get(ana).state is MemberState.ACTIVE


def test_a_focal_point_attests_all_who_were_asked_for_in_one_go(people, world):
    ana = people.add("ana")
    people.ask(340)
    with world.database.read() as connection:
        asked = attestations.asked_for(connection, "CM")
    done = people.attest(people.chief, *asked, people.abroad, day=341)
    assert set(done) == {ana.id, people.second.id, people.admin.id}
    assert people.get(ana).attested_on == (START + 341 * DAY).date()
    assert people.get(people.chief).attested_on == START.date()
    assert people.ask(365) == 2  # the chief and the one abroad
    assert people.get(ana).state is MemberState.ACTIVE


def test_a_dormant_member_who_answers_receives_for_thirty_days(people, world):
    ana, ben = people.add("ana"), people.add("ben")
    assert not people.write(attestations.say_here, ana, START)  # nothing is wanting
    people.ask(359)
    assert people.write(attestations.say_here, people.get(ana), START + 360 * DAY)
    people.ask(365)
    dormant = people.get(ana)
    last = (START + 365 * DAY + GRACE).date()
    assert (dormant.state, dormant.receives_until) == (MemberState.DORMANT, last)
    assert people.get(ben).receives_until is None
    assert people.write(attestations.say_here, people.get(ben), START + 370 * DAY)
    assert people.get(ben).receives_until == last
    assert dormant.may_receive(last)
    assert not dormant.may_receive(last + DAY)


def queue_what_names_people(people):
    """A letter of each kind that names others to the second focal point; its reader."""
    people.answer(people.nominate())
    people.ask(359)
    for kind in (Kind.FAILING, Kind.ANSWER):
        people.world.database.write(lambda c, kind=kind: letters.write(c, people.second.id, kind, "", {}, START))
    people.world.database.write(
        lambda c: members.tell_vouchers(c, people.abroad.id, [people.second.address], ["central-africa"], START)
    )
    return people.second


NAMING = {"confirmation", "attestation", "failing", "nomination"}


def waiting(people, member):
    rows = "SELECT kind FROM deliveries WHERE member_id = :id AND status IN ('queued', 'leased')"
    return {kind for (kind,) in people.world.rows(rows, id=member.id)}


def suspend(people, member):
    people.write(members.suspend, member.address, reason="lost phone", operator="root", now=START)


def object_to(people, member):
    """The one who was named as nominator says that they weren't."""
    people.world.database.write(
        lambda c: members.tell_vouchers(c, member.id, [people.abroad.address], ["central-africa"], START)
    )
    [(notice,)] = people.world.rows(
        "SELECT id FROM deliveries WHERE kind = 'nomination' AND member_id = :id", id=people.abroad.id
    )
    assert people.write(wishes.object_to, people.abroad, notice, START)


@pytest.mark.parametrize("end", [suspend, object_to])
def test_no_letter_that_names_others_waits_for_a_suspended_member(people, end):
    reader = queue_what_names_people(people)
    assert waiting(people, reader) >= {*NAMING, "answer"}
    end(people, reader)
    assert people.get(reader).state is MemberState.SUSPENDED
    assert waiting(people, reader) & {*NAMING, "answer"} == set()


@pytest.mark.parametrize("change", ["state = 'dormant'", "state = 'suspended'", "valid_until = '2026-01-01'"])
def test_letters_that_name_others_are_looked_at_once_more_right_before_they_go(people, world, change):
    """Whatever a change of the reader forgot to cancel, or an operator has tried again."""
    reader, now = queue_what_names_people(people), START + 360 * DAY
    claimed = world.database.write(lambda c: queue.claim(c, "node-1/a/1", now, now + DAY, 100))
    ids = [one.id for one in claimed]
    update = text(f"UPDATE members SET {change} WHERE id = :id")
    world.database.write(lambda c: c.execute(update, {"id": reader.id}) and None)
    begun = world.database.write(lambda c: last_look.begin(c, "node-1/a/1", ids, now))
    gone = {(one.kind.value, one.recipient_id) for one in claimed if one.id in begun}
    assert {kind for kind, whose in gone if whose == reader.id} & NAMING == set()
    assert {kind for kind, whose in gone if whose == people.admin.id} >= {"attestation"}


def test_a_suspended_member_is_neither_asked_about_nor_attested(people):
    ana = people.add("ana")
    people.write(members.suspend, ana.address, reason="left", operator="root", now=START)
    people.ask(365)
    assert people.get(ana).state is MemberState.SUSPENDED
    assert people.attest(people.chief, people.get(ana), day=1) == ()


def test_the_waiver_of_a_free_address_stands_on_record(people, world):
    free = Address(local="bela", domain="gmail.com")
    bela = people.nominate(address=free, waived_on=START.date(), valid_until=date(2027, 6, 30))
    with world.database.read() as connection:
        assert vetting.nomination_of(connection, bela.id).waived_on == START.date()


def test_the_word_of_a_proposer_who_was_suspended_since_counts_no_more(people):
    bela, cleo = people.nominate(), people.nominate("cleo")
    assert people.answer(cleo)
    people.write(members.suspend, people.chief.address, reason="account taken over", operator="root", now=START)
    assert people.answer(bela)
    assert people.letters("confirmation") == ["second"]  # about cleo, from before
    for nominee in (bela, cleo):
        with pytest.raises(Conflict, match="somebody else must propose"):
            people.confirm(people.get(nominee), people.second)


def test_administrators_are_asked_where_no_second_focal_point_can_confirm(people):
    people.write(members.suspend, people.second.address, reason="on leave", operator="root", now=START)
    assert people.answer(people.nominate())
    assert people.letters("confirmation") == ["admin"]


def test_a_nominee_of_a_suspended_agency_can_not_be_confirmed(people):
    bela, cleo = people.nominate(agency="Eco\u0301gardes"), people.nominate("cleo", agency="Police")
    people.answer(bela)
    ended = people.write(agencies.suspend_agency, "EC\u00d3GARDES", reason="breach", operator="root", now=START)
    assert [(one.id, one.state) for one in ended] == [(bela.id, MemberState.LEFT)]
    assert people.letters("confirmation") == []
    assert people.events(bela)[-1] == "member.nomination_rejected"
    with pytest.raises(Conflict, match="isn't waiting"):
        people.confirm(people.get(bela), people.second)
    assert people.get(cleo).state is MemberState.NOMINATED


@pytest.mark.parametrize("why", ["declined", "rejected", "lapsed"])
def test_who_proposed_somebody_is_told_when_nothing_comes_of_it(people, world, why):
    bela = people.nominate()
    match why:
        case "declined":
            assert people.write(vetting.decline, people.invitation(bela), bela.address, START)
        case "rejected":
            assert people.write(vetting.reject, bela, people.second, START)
        case _:
            assert people.write(vetting.lapse, START + 30 * DAY) == 1
    assert people.letters("ended") == ["chief"]
    [(about, facts)] = world.rows("SELECT about_id, facts FROM deliveries WHERE kind = 'ended'")
    assert (about, facts if isinstance(facts, dict) else json.loads(facts)) == (bela.id, {"why": why})
    people.write(members.suspend, people.chief.address, reason="left", operator="root", now=START)
    assert people.letters("ended") == []  # it names somebody else


def test_a_nominator_who_was_suspended_since_is_told_nothing(people):
    people.nominate()
    people.write(members.suspend, people.chief.address, reason="left", operator="root", now=START)
    assert people.write(vetting.lapse, START + 30 * DAY) == 1
    assert people.letters("ended") == []


def test_members_are_asked_about_a_new_version_of_the_rules_once(people):
    ask = partial(people.world.database.write, lambda c: acceptance.ask_again(c, RULES_VERSION + 1, START))
    people.write(members.suspend, people.second.address, reason="on leave", operator="root", now=START)
    people.write(wishes.accept_rules, people.abroad, RULES_VERSION + 1, START)
    people.nominate()
    assert (
        people.world.database.write(lambda c: acceptance.ask_again(c, RULES_VERSION, START)) == 0
    )  # all were, as they came
    assert ask() == 1
    assert people.letters("rules") == [
        "chief"
    ]  # an administrator on no list, a suspended one and a nominee aren't asked
    assert ask() == 0
    people.write(members.reinstate, people.second.address, operator="root", now=START)
    assert ask() == 1


def test_who_is_to_have_power_is_confirmed_by_an_administrator_alone(people):
    bela = people.nominate(roles=frozenset({Role.MEMBER, Role.FOCAL_POINT}))
    people.answer(bela)
    assert people.letters("confirmation") == ["admin"]
    with pytest.raises(Conflict, match="an administrator must confirm"):
        people.confirm(people.get(bela), people.second)
    assert people.confirm(people.get(bela), people.admin).state is MemberState.ACTIVE


def test_a_letter_about_an_earlier_membership_says_nothing_of_a_new_one(people, world):
    bela = people.nominate()
    people.answer(bela)
    [asked] = [
        number
        for voucher, number in world.rows("SELECT member_id, id FROM deliveries WHERE kind = 'confirmation'")
        if voucher == people.second.id
    ]
    people.confirm(people.get(bela), people.second)
    [told] = [
        number
        for voucher, number in world.rows("SELECT member_id, id FROM deliveries WHERE kind = 'nomination'")
        if voucher == people.second.id
    ]
    later = START + DAY
    people.write(members.remove, bela.address, operator="root", now=later)
    people.write(vetting.nominate, nomination("bela", people.chief.address), operator="root", now=later)
    with world.database.read() as connection:
        assert vetting.asked_about(connection, asked, people.second) is None
    assert not people.write(wishes.object_to, people.second, told, later)


def test_a_suspension_in_between_doesnt_end_the_asking(people):
    ana = people.add("ana")
    people.ask(365)
    assert people.get(ana).state is MemberState.DORMANT
    people.write(members.suspend, ana.address, reason="on leave", operator="root", now=START + 366 * DAY)
    people.write(members.reinstate, ana.address, operator="root", now=START + 367 * DAY)
    people.ask(367)
    assert people.get(ana).state is MemberState.DORMANT


def test_an_open_nomination_hinders_no_pseudonym(people):
    people.nominate()
    people.write(members.remove, people.second.address, operator="root", now=START)
    assert people.write(retention.replace_names, START + DAY, START + 2 * DAY) == 1


def test_when_one_of_a_country_is_due_all_of_it_is_asked_for_so_that_its_days_meet(people, world):
    ana = people.add("ana")
    people.attest(people.chief, people.get(ana), day=200)
    people.ask(340)  # the others are due, Ana is not for long
    with world.database.read() as connection:
        asked = {one.address.local for one in attestations.asked_for(connection, "CM")}
    assert asked == {"chief", "second", "admin", "ana"}
    people.attest(people.chief, people.get(ana), people.get(people.second), people.get(people.admin), day=341)
    people.attest(people.second, people.get(people.chief), day=341)
    assert {people.get(one).attested_on for one in (ana, people.chief, people.second)} == {(START + 341 * DAY).date()}
    assert people.ask(400) == 1  # the one abroad, whose year was over on the 365th day: dormant now
    assert people.get(ana).state is MemberState.ACTIVE


def test_a_members_last_day_is_told_thirty_and_seven_days_before_and_not_twice(people):
    ana = people.add("ana", valid_until=(START + 100 * DAY).date())
    tell = lambda day: people.write_plain(attestations.tell_of_ends, START + day * DAY)  # noqa: E731
    assert [tell(day) for day in (69, 70, 71, 92, 93, 94, 100, 101)] == [0, 1, 0, 0, 1, 0, 0, 0]
    assert people.letters("dormancy") == ["ana", "ana"]
    assert people.letters("attestation") == ["admin", "chief", "chief", "second", "second"]
    people.write(
        members.renew, ana.address, valid_until=(START + 120 * DAY).date(), operator="root", now=START + 100 * DAY
    )
    assert tell(101) == 1


def test_a_disputed_membership_comes_back_by_somebodys_word_and_its_vouchers_hear_it(people, world):
    bela = people.nominate()
    people.answer(bela)
    people.confirm(people.get(bela), people.second)
    [told] = [
        number
        for voucher, number in world.rows("SELECT member_id, id FROM deliveries WHERE kind = 'nomination'")
        if voucher == people.second.id
    ]
    assert people.write(wishes.object_to, people.second, told, START)
    back = {"operator": "root", "now": START}
    for nobody in (None, people.abroad, people.get(bela)):
        with pytest.raises(Conflict, match="a voucher said NO"):
            people.write(members.reinstate, bela.address, by=nobody, **back)
    before = people.letters("nomination")
    assert people.write(members.reinstate, bela.address, by=people.chief, **back).state is MemberState.ACTIVE
    assert people.letters("nomination") == sorted([*before, "chief", "second"])


def test_a_waiver_is_renewed_by_who_may_vouch_alone(people):
    free = Address(local="bela", domain="gmail.com")
    ana = people.add("ana", address=free, waived_on=START.date(), valid_until=date(2027, 6, 30))
    anew = {"valid_until": date(2027, 12, 31), "waived_on": date(2027, 1, 15), "operator": "root", "now": START}
    for nobody in (None, people.abroad, ana):
        with pytest.raises(Conflict, match="a waiver for"):
            people.write(members.renew, free, by=nobody, **anew)
    assert people.write(members.renew, free, by=people.chief, **anew).valid_until == date(2027, 12, 31)
