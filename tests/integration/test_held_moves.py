"""A held post moves by the clock: from the author's own moderators to ever wider circles, and word of it to the author."""

import threading
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from relay.actions.moderate import refuse, release
from relay.errors import Conflict, Invalid
from relay.mail.address import parse_address
from relay.policy.decision import Reason
from relay.store import calls, members
from relay.store.engine import Database
from tests.integration.clocked import HELD, OFFERED, RELAYED, at, fixtures, recipient

HOUR = timedelta(hours=1)
AUTHOR, OWN, DEPUTY = "ana@douanes.example", "paul@police.example", "dora@police.example"
OTHER, SECRETARY, BODY = "claire@police.example", "sara@secretariat.example", "igor@treaty.example"
EAST, WRITER = "eva@wildlife.example", "wilma@wildlife.example"
PEOPLE = (
    (AUTHOR, "customs", "CM", "fr", "central-africa", "member"),
    (OWN, "police", "CM", "fr", "central-africa", "member;moderator"),
    (DEPUTY, "police", "CM", "es", "central-africa", "member;deputy"),
    (OTHER, "police", "GA", "en", "central-africa", "member;moderator"),
    (SECRETARY, "environment", "GA", "pt", "central-africa", "member;secretariat"),
    (BODY, "igo", "CM", "en", "central-africa", "member;moderator;secretariat"),
    (EAST, "ranger", "KE", "en", "eastern-africa", "member;moderator"),
    (WRITER, "ranger", "KE", "en", "eastern-africa", "member"),
)
FRIDAY_NIGHT = at(20, 23)


made, site = fixtures(PEOPLE)


def who(mails) -> list[str]:
    return sorted(map(recipient, mails))


def test_the_post_of_an_author_who_has_left_is_not_released(site):
    reference = site.post(AUTHOR, at(17, 2), ("central-africa", HELD))
    address, node = parse_address(AUTHOR), site.node
    site.resources.database.write(lambda c: members.remove(c, node, address, operator="root", now=at(17, 3)))
    with pytest.raises(Conflict, match="has left"):
        release(site.resources, reference, None, parse_address(OWN), at(17, 4))
    assert site.rows("SELECT decision FROM decisions") == [("hold",)]
    refuse(site.resources, reference, None, parse_address(OWN), "N1", at(17, 4))
    assert site.rows("SELECT decision FROM decisions") == [("withhold",)]


@pytest.mark.parametrize(
    ("held_for", "told"),
    [({"H3"}, "N1"), ({"H9"}, "O2"), ({"H2"}, "M1"), ({"H8"}, None), ({"H3", "H9"}, None)],
)
def test_a_refusal_without_a_code_tells_what_the_post_was_held_for_or_wants_one(site, held_for, told):
    held = replace(HELD, reasons=tuple(Reason(one, "a.rule", "text, line 2") for one in sorted(held_for)))
    reference = site.post(AUTHOR, at(17, 2), ("central-africa", held))
    if told is None:
        with pytest.raises(Invalid, match=r"--code .* M1 \(marking\), N1 \(person or company\)"):
            refuse(site.resources, reference, None, parse_address(OWN), "", at(17, 4))
        assert site.rows("SELECT decision FROM decisions") == [("hold",)]
    else:
        assert refuse(site.resources, reference, None, parse_address(OWN), "", at(17, 4)) == told
        [(reasons,)] = site.rows("SELECT reasons FROM decisions")
        assert f'"{told}"' in reasons


def test_on_a_weekend_the_circle_grows_by_the_clock_while_the_time_to_decide_stands_still(site):
    reference = site.post(AUTHOR, FRIDAY_NIGHT, ("central-africa", HELD))
    site.tick(FRIDAY_NIGHT)
    assert who(site.letters(FRIDAY_NIGHT)) == [AUTHOR, OWN]
    expected = {0.5: [], 1: [DEPUTY], 1.5: [], 2: [OTHER], 3: [], 4: [AUTHOR, SECRETARY], 5: [], 24: [AUTHOR], 60: []}
    for hours, called in expected.items():
        now = FRIDAY_NIGHT + hours * HOUR
        site.tick(now)
        site.started_anew()
        site.tick(now)
        assert who(site.letters(now)) == sorted(called), hours
    until = FRIDAY_NIGHT + 72 * HOUR + 48 * HOUR  # Saturday and Sunday don't count
    site.tick(until - timedelta(seconds=1))
    assert site.letters(until) == []
    site.tick(until)
    [expiry] = site.letters(until)
    assert (recipient(expiry), reference in expiry["Subject"]) == (AUTHOR, True)


def test_who_never_may_see_content_is_never_called(site):
    site.post(AUTHOR, at(17), ("central-africa", HELD))
    for hours in (0, 1, 2, 4, 24, 71):
        site.tick(at(17, hours))
        assert BODY not in who(site.letters(at(17, hours)))


def test_an_offer_moves_too_and_its_author_is_not_told_that_it_waits(site):
    site.post(AUTHOR, at(17), ("central-africa", RELAYED), ("eastern-africa", OFFERED))
    site.tick(at(17))
    assert EAST in who(site.letters(at(17)))
    for hours in (1, 2, 4, 24):
        site.tick(at(17, hours))
        assert site.letters(at(17, hours)) == []


@pytest.mark.parametrize("hours", [4, 24])
def test_the_author_is_told_in_their_language_until_when_and_how_to_take_it_back(site, hours):
    reference = site.post(AUTHOR, at(17), ("central-africa", HELD))
    site.letters(at(17))
    site.tick(at(17, hours))
    [mail] = [one for one in site.letters(at(17, hours)) if recipient(one) == AUTHOR]
    text = mail.get_content().replace("\xa0", " ")
    assert mail["Subject"].replace("\xa0", " ") == f"Toujours en attente : {reference}"
    assert (mail["Auto-Submitted"], mail["X-WEN-Decision"]) == ("auto-generated", "hold")
    assert f"WITHDRAW {reference}" in text
    assert "20 novembre 2026" in text
    assert "Wobbleglimmer" not in mail.as_string()


def test_two_nodes_that_tick_at_once_call_and_tell_nobody_twice(site):
    for _ in range(8):
        site.post(AUTHOR, at(17), ("central-africa", HELD))
    with closing(Database.open(site.resources.settings.database_url)) as other:
        section = site.resources.settings.relay.model_copy(update={"node": "node-2"})
        settings = site.resources.settings.model_copy(update={"relay": section})
        nodes = [site.resources, replace(site.resources, database=other, settings=settings)]
        both = threading.Barrier(2)

        def tick(database: Database) -> None:
            for hours in (1, 2, 4, 24):
                both.wait()
                database.write(lambda c, hours=hours: calls.call_others(c, at(17, hours)))
                database.write(lambda c, hours=hours: calls.tell_authors(c, at(17, hours)))

        threads = [threading.Thread(target=tick, args=(node.database,)) for node in nodes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    counts = dict(site.rows("SELECT kind, count(*) FROM deliveries GROUP BY kind"))
    assert counts == {"notice": 8, "call": 8 * 4, "waiting": 8}
    mails = site.letters(at(17, 25))
    assert len({mail["Message-ID"] for mail in mails}) == len(mails)


def test_a_second_moderator_is_told_that_one_has_agreed(site):
    definition = replace(site.resources.lists["central-africa"], two_person_release=True)
    site.resources = replace(site.resources, known_lists={**site.resources.known_lists, "central-africa": definition})
    reference = site.post(AUTHOR, at(17), ("central-africa", HELD))
    site.tick(at(17, 2))
    first = {recipient(mail): mail.get_content() for mail in site.letters(at(17, 2))}
    assert "two moderators must agree" in first[OTHER]
    waited = release(site.resources, reference, None, parse_address(OWN), at(17, 3))
    again = {recipient(mail): mail.get_content() for mail in site.letters(at(17, 3))}
    assert waited == "waiting"
    assert sorted(again) == sorted([OTHER, DEPUTY])
    assert "One moderator has agreed already. A second" in again[OTHER].replace("\n", " ")
