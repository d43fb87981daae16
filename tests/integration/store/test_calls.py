"""Calls to those who may decide: compatriots at once, wider circles later, nobody twice, nobody for what is decided; word to authors."""

from dataclasses import replace
from datetime import timedelta

import pytest

from relay.delivery.delivery import Kind
from relay.mail.address import Address
from relay.policy.decision import Reason
from relay.roster.member import AgencyType, Role
from relay.roster.nomination import Nomination
from relay.store import calls, last_look, members, queue, second_thoughts, wishes
from relay.store import held as held_posts
from tests.integration.store.conftest import NODE, START

MINUTE = timedelta(minutes=1)
TWO_HOURS = START + timedelta(hours=2)


def join(world, name, country, *, agency_type=AgencyType.POLICE, role=Role.MODERATOR):
    nomination = Nomination(
        address=Address(local=name, domain="police.example"),
        name=name,
        agency="Police",
        agency_type=agency_type,
        country=country,
        language="fr",
        roles=frozenset({role}),
        lists=frozenset({"central-africa"}),
        nominated_by=Address(local="minister", domain="ministry.example"),
        confirmed_by=Address(local="director", domain="ministry.example"),
    )
    return world.database.write(lambda c: members.add(c, NODE, nomination, operator="root", now=START))


@pytest.fixture
def scene(world):
    people = {"author": world.join("author", "central-africa")}
    people["compatriot"] = join(world, "compatriot", "CM")
    people["neighbour"] = join(world, "neighbour", "GA")
    join(world, "adviser", "CM", agency_type=AgencyType.NGO)
    join(world, "reader", "CM", role=Role.MEMBER)
    return people


def called(world):
    rows = world.rows(
        "SELECT m.name, d.status FROM deliveries d JOIN members m ON m.id = d.member_id WHERE kind = 'call' ORDER BY m.name"
    )
    return dict(rows)


def call_others(world, now):
    return world.database.write(lambda c: calls.call_others(c, now))


def test_official_moderators_of_the_authors_country_are_called_first(world, scene, held):
    world.post(scene["author"], ("central-africa", held))
    assert called(world) == {"compatriot": "queued"}


def test_after_two_hours_the_others_are_called_once(world, scene, held):
    world.post(scene["author"], ("central-africa", held))
    assert call_others(world, TWO_HOURS - timedelta(seconds=1)) == 0
    assert call_others(world, TWO_HOURS) == 1
    assert call_others(world, TWO_HOURS + timedelta(hours=1)) == 0
    assert called(world) == {"compatriot": "queued", "neighbour": "queued"}


def test_an_offer_calls_every_moderator_of_its_list_at_once(world, scene, held):
    offer = replace(held, reasons=(Reason("F1", "routing.named_by_tag", "subject"),))
    world.post(scene["author"], ("central-africa", offer))
    assert called(world) == {"compatriot": "queued", "neighbour": "queued"}


def test_a_moderators_own_post_calls_somebody_else(world, scene, held):
    world.post(scene["compatriot"], ("central-africa", held))
    assert called(world) == {"neighbour": "queued"}


def test_what_goes_out_or_is_withheld_calls_nobody(world, scene, relayed, withheld):
    world.post(scene["author"], ("central-africa", relayed))
    world.post(scene["author"], ("central-africa", withheld))
    assert called(world) == {}


def test_a_call_that_was_not_sent_is_taken_back_when_the_post_is_decided(world, scene, held):
    reference = world.post(scene["author"], ("central-africa", held)).reference
    by = scene["compatriot"]
    world.database.write(
        lambda c: held_posts.release(c, NODE, reference, None, by, START + timedelta(minutes=1), two_person=False)
    )
    assert called(world) == {"compatriot": "cancelled"}
    assert call_others(world, TWO_HOURS) == 0


def sent(world, moderator):
    """Which of this moderator's letters may go out, were they due now."""
    claimed = world.database.write(lambda c: queue.claim(c, "node-1/1", TWO_HOURS, TWO_HOURS + MINUTE, 20))
    ids = [one.id for one in claimed if one.recipient_id == moderator.id]
    begun = world.database.write(lambda c: last_look.begin(c, "node-1/1", ids, TWO_HOURS))
    return [one.kind for one in claimed if one.id in begun]


def test_a_call_goes_to_who_can_decide_at_that_moment(world, scene, held):
    world.post(scene["author"], ("central-africa", held))
    assert sent(world, scene["compatriot"]) == [Kind.CALL]


def test_who_moderates_no_longer_is_not_called(world, scene, held):
    world.post(scene["author"], ("central-africa", held))
    by = scene["compatriot"]
    world.database.write(lambda c: wishes.leave(c, NODE, by, "central-africa", START))
    assert sent(world, by) == []


def test_a_call_about_what_was_decided_is_not_sent_though_an_offer_still_waits(world, scene, held):
    offer = replace(held, reasons=(Reason("F1", "routing.named_by_tag", "subject"),))
    reference = world.post(scene["author"], ("central-africa", held), ("savanna", offer)).reference
    by = scene["compatriot"]
    world.database.write(
        lambda c: held_posts.release(c, NODE, reference, "central-africa", by, START + MINUTE, two_person=False)
    )
    assert Kind.CALL not in sent(world, by)


HOUR = timedelta(hours=1)


@pytest.fixture
def wide(world, scene):
    """The scene with a deputy at home and one abroad, two secretaries of whom one serves in no official agency, and an administrator."""
    return scene | {
        "deputy": join(world, "deputy", "CM", role=Role.DEPUTY),
        "distant": join(world, "distant", "GA", role=Role.DEPUTY),
        "secretary": join(world, "secretary", "KE", role=Role.SECRETARIAT),
        "treaty": join(world, "treaty", "CH", role=Role.SECRETARIAT, agency_type=AgencyType.IGO),
        "admin": join(world, "admin", "CM", role=Role.ADMIN),
    }


def test_deputies_are_called_after_one_hour_and_the_secretariat_after_four(world, wide, held):
    world.post(wide["author"], ("central-africa", held))
    circles = ["compatriot", "deputy", "distant neighbour", "secretary"]
    for hours, circle in ((0, 0), (0.99, 0), (1, 1), (1.99, 1), (2, 2), (3.99, 2), (4, 3), (24, 3)):
        call_others(world, START + hours * HOUR)
        assert set(called(world)) == set(" ".join(circles[: circle + 1]).split())
    assert world.rows("SELECT count(*), count(DISTINCT member_id) FROM deliveries WHERE kind = 'call'") == [(4 + 1, 5)]


def test_what_ran_out_of_time_calls_nobody_though_no_job_has_ended_it_yet(world, wide, held):
    world.post(wide["author"], ("central-africa", held))
    for hours in (72, 73):
        assert call_others(world, START + hours * HOUR) == 0
        assert world.database.write(lambda c, hours=hours: calls.tell_authors(c, START + hours * HOUR)) == 0


def test_a_deputy_may_decide_and_is_called_at_that_moment(world, wide, held):
    world.post(wide["author"], ("central-africa", held))
    call_others(world, START + HOUR)
    assert sent(world, wide["deputy"]) == [Kind.CALL]


def release(world, reference, moderator, now):
    return world.database.write(lambda c: held_posts.release(c, NODE, reference, None, moderator, now, two_person=True))


def call_times(world):
    rows = world.rows(
        "SELECT m.name, d.created_at, d.status FROM deliveries d JOIN members m ON m.id = d.member_id WHERE kind = 'call'"
    )
    return {name: (at, status) for name, at, status in rows}


def deliver_calls(world):
    sent_now = (
        "UPDATE deliveries SET status = 'delivered', next_attempt_at = NULL, sent_at = created_at WHERE kind = 'call'"
    )
    world.database.write(lambda c: c.exec_driver_sql(sent_now) and None)


def test_the_first_of_two_yeses_calls_the_others_again_and_not_who_said_it(world, wide, held):
    reference = world.post(wide["author"], ("central-africa", held)).reference
    call_others(world, TWO_HOURS)
    deliver_calls(world)
    before = call_times(world)
    assert release(world, reference, wide["compatriot"], TWO_HOURS + MINUTE) == "waiting"
    after = call_times(world)
    assert {name for name in after if after[name] != before[name]} == {"deputy", "neighbour", "distant"} & set(before)
    assert {after[name][1] for name in after if name != "compatriot"} == {"queued"}
    assert after["compatriot"] == before["compatriot"]
    assert release(world, reference, wide["neighbour"], TWO_HOURS + 2 * MINUTE) == "released"
    assert {status for name, (_, status) in call_times(world).items() if name != "compatriot"} == {"cancelled"}


def test_where_nobody_else_was_called_the_first_yes_calls_the_next_circle_at_once(world, wide, held):
    reference = world.post(wide["author"], ("central-africa", held)).reference
    release(world, reference, wide["compatriot"], START + MINUTE)
    assert called(world) == {"compatriot": "cancelled", "deputy": "queued"}
    call_others(world, START + 2 * MINUTE)
    assert set(called(world)) == {"compatriot", "deputy"}, "the clock goes on as before"


def test_on_a_list_of_two_moderators_the_second_is_called_by_the_firsts_yes(world, scene, held):
    reference = world.post(scene["author"], ("central-africa", held)).reference
    release(world, reference, scene["compatriot"], START + MINUTE)
    assert called(world) == {"compatriot": "cancelled", "neighbour": "queued"}


def test_who_was_called_stands_with_what_is_held(world, scene, held):
    reference = world.post(scene["author"], ("central-africa", held)).reference
    call_others(world, TWO_HOURS)
    with world.database.read() as connection:
        [row] = held_posts.list_held(connection, reference)
    assert [(one.moderator.local, one.at, one.sent) for one in row.called] == [
        ("compatriot", START, False),
        ("neighbour", TWO_HOURS, False),
    ]
    deliver_calls(world)
    with world.database.read() as connection:
        assert {one.sent for row in held_posts.list_held(connection) for one in row.called} == {True}


def waiting_words(world):
    return world.rows("SELECT member_id, created_at, status FROM deliveries WHERE kind = 'waiting'")


def tell(world, hours):
    return world.database.write(lambda c: calls.tell_authors(c, START + hours * HOUR))


def test_the_author_is_told_after_four_hours_and_once_more_after_a_day(world, scene, held):
    world.post(scene["author"], ("central-africa", held), ("savanna", held))
    assert [tell(world, hours) for hours in (3.99, 4, 4, 5, 23.99)] == [0, 1, 0, 0, 0]
    [(member_id, first, status)] = waiting_words(world)
    assert (member_id, status) == (scene["author"].id, "queued")
    assert [tell(world, hours) for hours in (24, 24, 48, 71)] == [1, 0, 0, 0]
    [(_, second, status)] = waiting_words(world)
    assert (second > first, status) == (True, "queued")


def test_after_a_days_silence_one_letter_stands_for_both(world, scene, held):
    world.post(scene["author"], ("central-africa", held))
    assert [tell(world, hours) for hours in (30, 31)] == [1, 0]


def test_an_author_is_not_told_of_an_offer_nor_when_they_left(world, scene, held):
    offer = replace(held, reasons=(Reason("F1", "routing.named_by_tag", "subject"),))
    world.post(scene["author"], ("central-africa", offer))
    assert tell(world, 5) == 0
    world.post(scene["author"], ("central-africa", held))
    world.database.write(lambda c: members.remove(c, NODE, scene["author"].address, operator="root", now=START))
    assert tell(world, 5) == 0


@pytest.mark.parametrize("how", ["released", "refused", "withdrawn"])
def test_word_that_a_post_waits_is_taken_back_when_it_waits_no_longer(world, scene, held, how):
    reference = world.post(scene["author"], ("central-africa", held)).reference
    tell(world, 4)
    by, now = scene["compatriot"], START + 5 * HOUR
    ends = {
        "released": lambda c: held_posts.release(c, NODE, reference, None, by, now, two_person=False),
        "refused": lambda c: held_posts.refuse(c, NODE, reference, None, by, now, code="N1"),
        "withdrawn": lambda c: second_thoughts.withdraw(c, NODE, scene["author"], reference, now),
    }
    world.database.write(ends[how])
    assert [status for _, _, status in waiting_words(world)] == ["cancelled"]
    assert tell(world, 25) == 0


def test_the_last_look_stops_word_about_what_no_longer_waits(world, scene, held):
    """A letter that was leased when the decision fell."""
    reference = world.post(scene["author"], ("central-africa", held)).reference
    tell(world, 4)
    now = START + 5 * HOUR
    claimed = world.database.write(lambda c: queue.claim(c, "node-1/1", now, now + MINUTE, 20))
    [letter] = [one.id for one in claimed if one.kind is Kind.WAITING]
    decided = "UPDATE decisions SET decision = 'withhold', held_until = NULL"
    world.database.write(lambda c: c.exec_driver_sql(decided) and None)
    assert reference
    assert world.database.write(lambda c: last_look.begin(c, "node-1/1", [letter], now)) == frozenset()
