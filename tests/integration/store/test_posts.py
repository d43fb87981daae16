"""One transaction accepts a post: what it writes, and what it never does."""

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import exc

from relay.errors import NotFound
from relay.mail.reply import REFUSED
from relay.policy.decision import Discard, Hold, Reason, Refuse, Withhold
from relay.store import activity, held, members, posts, turned_away
from relay.store.vault import unseal
from tests.integration.store.conftest import NODE, START


def copies(world) -> list[tuple]:
    return world.rows(
        "SELECT m.address, d.list_name FROM deliveries d JOIN members m ON m.id = d.member_id WHERE kind = 'copy' ORDER BY 1"
    )


def kinds(world, member) -> list[str]:
    return [
        kind for (kind,) in world.rows("SELECT kind FROM deliveries WHERE member_id = :id ORDER BY kind", id=member.id)
    ]


def test_references_count_up_by_prefix_and_year(world, relayed):
    author = world.join("ama", "central-africa")
    given = [
        world.post(author, ("central-africa", relayed), prefix=prefix).reference for prefix in ("CAFR", "CAFR", "ALERT")
    ]
    later = world.post(author, ("central-africa", relayed), received_at=START + timedelta(days=60))
    assert [*given, later.reference] == [
        "CAFR-2026-000001",
        "CAFR-2026-000002",
        "ALERT-2026-000001",
        "CAFR-2027-000001",
    ]


def test_a_relayed_post_goes_to_the_entitled_and_not_to_its_author(world, relayed):
    author = world.join("ama", "central-africa")
    world.join("bela", "central-africa")
    world.join("other", "savanna")
    world.join("lapsed", "central-africa", valid_until=date(2026, 11, 21))
    world.join("today", "central-africa", valid_until=date(2026, 11, 22))
    absent = world.join("absent", "central-africa")
    world.database.write(lambda c: members.suspend(c, NODE, absent.address, reason="leave", operator="root", now=START))
    world.post(author, ("central-africa", relayed))
    assert copies(world) == [("bela@customs.example", "central-africa"), ("today@customs.example", "central-africa")]
    assert kinds(world, author) == ["receipt"]


def test_a_person_on_two_lists_gets_one_copy_from_the_list_that_comes_first(world, relayed):
    author = world.join("ama", "central-africa", "savanna")
    world.join("both", "central-africa", "savanna")
    world.join("one", "central-africa")
    world.post(author, ("savanna", relayed), ("central-africa", relayed))
    assert copies(world) == [("both@customs.example", "savanna"), ("one@customs.example", "central-africa")]
    assert kinds(world, author) == ["receipt"]


def test_a_message_that_comes_again_gets_its_first_reference_and_nothing_else(world, relayed):
    author = world.join("ama", "central-africa")
    world.join("bela", "central-africa")
    first = world.post(author, ("central-africa", relayed), duplicate_keys=(b"new key", b"old key"))
    again = world.post(author, ("central-africa", relayed), duplicate_keys=(b"newer key", b"new key"))
    assert again == posts.Recorded(reference=first.reference, repeated=True)
    assert len(copies(world)) == 1
    assert world.rows("SELECT count(*) FROM posts") == [(1,)]
    [(event, facts)] = world.rows("SELECT event, facts FROM audit ORDER BY sequence DESC LIMIT 1")
    assert (event, set(json.loads(facts))) == ("post.repeated", {"reference", "author"})


def test_a_withheld_message_that_comes_again_gets_its_first_reference_too(world, withheld):
    author = world.join("ama", "central-africa")
    first = world.post(author, ("central-africa", withheld), duplicate_keys=(b"key",))
    assert world.post(author, ("central-africa", withheld), duplicate_keys=(b"key",)).reference == first.reference


def test_one_list_relays_while_another_holds(world, relayed, held):
    author = world.join("ama", "central-africa", "savanna")
    world.join("bela", "central-africa")
    world.join("chi", "savanna")
    world.post(author, ("central-africa", relayed), ("savanna", held))
    assert copies(world) == [("bela@customs.example", "central-africa")]
    assert kinds(world, author) == ["notice", "receipt"]


def test_content_is_sealed_and_comes_back(world, relayed, withheld):
    author = world.join("ama", "central-africa")
    world.post(author, ("central-africa", relayed), text=b"twelve tusks at Kribi")
    world.post(author, ("central-africa", withheld))
    with world.database.read() as connection:
        uid, sealed = posts.load_sealed(connection, 1)
        assert posts.load_sealed(connection, 2) is None
        assert posts.load_sealed(connection, 99) is None
    assert unseal(world.keys, uid, sealed) == b"twelve tusks at Kribi"


def test_no_file_of_the_database_holds_anything_of_a_withheld_post_or_a_relayed_one_in_clear(world, relayed, withheld):
    author = world.join("ama", "central-africa")
    world.post(
        author, ("central-africa", withheld), text=b"the-secret-text", message_id="<the-secret-id@customs.example>"
    )
    world.post(author, ("central-africa", relayed), text=b"the-sealed-text")
    files = [path.read_bytes() for path in world.files()]
    assert any(b"CAFR-2026-000001" in octets for octets in files)
    for word in (b"the-secret-text", b"the-secret-id", b"the-sealed-text"):
        assert not any(word in octets for octets in files)


def test_a_withheld_post_leaves_a_notice_and_a_record_without_words(world, withheld):
    author = world.join("ama", "central-africa")
    reference = world.post(author, ("central-africa", withheld)).reference
    assert kinds(world, author) == ["notice"]
    with world.database.read() as connection:
        (row,) = posts.show_post(connection, reference)
        assert posts.load_decisions(connection, row.post_id) == (("central-africa", withheld),)
    assert (row.message_id, row.decision, row.channels, row.author) == (None, "withhold", ("ncb",), author.address)
    ((facts,),) = world.rows("SELECT facts FROM audit WHERE event = 'post.decided'")
    assert json.loads(facts) == {
        "reference": reference,
        "author": author.id,
        "client": None,
        "proof": "auth",
        "size": 10,
        "decisions": [["central-africa", "withhold", [["N1", "name.after_trigger", "text, line 6"]]]],
    }


def test_contradictions_are_never_written(world, relayed, held, withheld):
    author = world.join("ama", "central-africa", "savanna")
    refused = Refuse(reasons=(Reason("R1", "not_a_member", "envelope"),), reply=REFUSED)
    sealed = world.accepted(author, ("central-africa", relayed)).sealed
    for decisions, changes in (
        ((("central-africa", relayed), ("savanna", withheld)), {}),
        ((("central-africa", relayed),), {"sealed": None}),
        ((("central-africa", withheld),), {"sealed": sealed}),
        ((("central-africa", held),), {"held_until": {}}),
        ((("central-africa", refused),), {}),
        ((("central-africa", Withhold(reasons=())),), {}),
        ((), {}),
    ):
        with pytest.raises(ValueError, match=r"withhold|kept|held|no post|says why"):
            world.post(author, *decisions, **changes)
    assert world.rows("SELECT count(*) FROM posts") == [(0,)]


def test_a_failing_post_leaves_no_trace_and_burns_no_reference(world, relayed):
    author = world.join("ama", "central-africa")
    world.post(author, ("central-africa", relayed))
    with pytest.raises(exc.IntegrityError) as caught:
        world.post(author, ("central-africa", relayed), author_id="nobody", message_id="<secret@customs.example>")
    assert "secret" not in str(caught.value)
    assert world.post(author, ("central-africa", relayed)).reference == "CAFR-2026-000002"


def test_refused_and_discarded_messages_are_an_audit_entry_only(world):
    author = world.join("ama", "central-africa")
    refused = Refuse(reasons=(Reason("R2", "not_the_author", "From"),), reply=REFUSED)
    discarded = Discard(reasons=(Reason("D1", "auto_reply", "header"),))
    world.database.write(lambda c: turned_away.record_refusal(c, NODE, None, "192.0.2.9", refused, START))
    world.database.write(lambda c: turned_away.record_refusal(c, NODE, author.id, "192.0.2.9", discarded, START))
    found = world.rows("SELECT event, facts FROM audit WHERE event LIKE 'post.%' ORDER BY sequence")
    assert [event for event, _ in found] == ["post.refused", "post.discarded"]
    assert json.loads(found[0][1]) == {
        "author": None,
        "client": "192.0.2.9",
        "reasons": [["R2", "not_the_author", "From"]],
    }
    assert world.rows("SELECT count(*) FROM posts") == [(0,)]


def test_posts_are_listed_newest_first_with_counts_of_their_copies(world, relayed, held):
    author = world.join("ama", "central-africa", "savanna")
    world.join("bela", "central-africa")
    world.join("chi", "central-africa")
    first = world.post(author, ("central-africa", relayed), ("savanna", held), message_id="<a@customs.example>")
    second = world.post(author, ("savanna", held))
    with world.database.read() as connection:
        rows = posts.list_posts(connection, 10)
        assert posts.list_posts(connection, 1) == rows[:1]
        assert posts.show_post(connection, first.reference) == rows[1:]
        with pytest.raises(NotFound, match="CAFR-2026-000009"):
            posts.show_post(connection, "CAFR-2026-000009")
    assert [(row.reference, row.list_name, row.decision, dict(row.deliveries)) for row in rows] == [
        (second.reference, "savanna", "hold", {}),
        (first.reference, "central-africa", "relay", {"queued": 2}),
        (first.reference, "savanna", "hold", {}),
    ]
    assert (rows[1].message_id, rows[1].received_at) == ("<a@customs.example>", START)


def test_every_decision_reads_back_as_it_was_written(world, relayed, held):
    author = world.join("ama", "central-africa", "savanna")
    refused = Refuse(reasons=(Reason("R1", "not_a_member", "envelope"),), reply=REFUSED)
    discarded = Discard(reasons=(Reason("D2", "loop", "header"),))
    judged = (("savanna", held), ("central-africa", relayed), ("species-id", refused), ("abroad", discarded))
    world.post(author, *judged)
    with world.database.read() as connection:
        assert posts.load_decisions(connection, 1) == judged
    assert world.rows("SELECT message_id FROM posts") == [(None,)]


def test_what_a_held_post_costs_is_counted_when_it_is_released(world, relayed):
    hold = Hold(reasons=relayed.reasons, marking=relayed.marking)
    author, moderator = world.join("ama", "central-africa"), world.join("bela", "central-africa")
    recorded = world.post(author, ("central-africa", hold))
    with world.database.read() as connection:
        assert activity.lately(connection, author.id, START).copies_last_day == 0
    world.database.write(lambda c: held.release(c, NODE, recorded.reference, None, moderator, START, two_person=False))
    with world.database.read() as connection:
        assert activity.lately(connection, author.id, START).copies_last_day == 1


def test_an_agencys_activity_is_that_of_all_its_members_in_its_country(world, relayed):
    ama, bela = world.join("ama", "central-africa"), world.join("bela", "central-africa", agency="CUSTOMS  of cameroon")
    other = world.join("chi", "central-africa", agency="Police of Cameroon")
    for author in (ama, ama, bela, other):
        world.post(author, ("central-africa", relayed))
    world.post(bela, ("central-africa", relayed), received_at=START - timedelta(hours=2))
    world.post(bela, ("central-africa", relayed), received_at=START - timedelta(hours=30))
    with world.database.read() as connection:
        for colleague in (ama, bela):
            assert activity.lately_by_agency(connection, colleague.id, START) == activity.Activity(
                posts_last_hour=3, octets_last_day=40, copies_last_day=8
            )
        assert activity.lately(connection, bela.id, START).posts_last_hour == 1
        assert activity.lately_by_agency(connection, other.id, START).posts_last_hour == 1
        assert activity.lately_by_agency(connection, "nobody", START).posts_last_hour == 0


def test_activity_counts_the_last_hour_and_day(world, relayed, withheld):
    author = world.join("ama", "central-africa")
    world.join("bela", "central-africa")
    world.post(author, ("central-africa", relayed), received_at=START - timedelta(hours=30))
    world.post(author, ("central-africa", relayed), received_at=START - timedelta(hours=2))
    world.post(author, ("central-africa", withheld), received_at=START)
    with world.database.read() as connection:
        assert activity.lately(connection, author.id, START) == activity.Activity(
            posts_last_hour=1, octets_last_day=20, copies_last_day=1
        )
        assert activity.lately(connection, "nobody", START) == activity.Activity(
            posts_last_hour=0, octets_last_day=0, copies_last_day=0
        )
