"""Calls to moderators: compatriots at once, the others after two hours, nobody twice, nobody for what is decided."""

from dataclasses import replace
from datetime import timedelta

import pytest

from relay.delivery.delivery import Kind
from relay.mail.address import Address
from relay.policy.decision import Reason
from relay.roster.member import AgencyType, Role
from relay.roster.nomination import Nomination
from relay.store import calls, last_look, members, queue, wishes
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
