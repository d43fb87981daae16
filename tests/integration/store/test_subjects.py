"""What one person may ask of the record: all of it that is theirs and nothing that is anybody else's, and a pseudonym once they have left."""

import json

import pytest

from relay.errors import Conflict, NotFound
from relay.mail.address import Address
from relay.mail.scram import make_verifier
from relay.roster.member import Role
from relay.store import audit, credentials, letters, members, posts, spills, subjects, verdicts
from relay.store.tables import metadata
from tests.integration.store.conftest import NODE, START

MINISTER = Address(local="minister", domain="ministry.example")


@pytest.fixture
def scene(world, relayed):
    author, reader = world.join("author", "savanna"), world.join("reader", "savanna")
    moderator = world.join("moderator", "savanna", roles=(Role.MODERATOR,))
    reference = world.post(author, ("savanna", relayed), text=b"five tusks").reference
    return {"author": author, "reader": reader, "moderator": moderator, "reference": reference}


def access(world, member):
    with world.database.read() as connection:
        return subjects.access(connection, member.address if hasattr(member, "address") else member)


def erase(world, member):
    return world.database.write(lambda c: subjects.erase(c, NODE, member.address, operator="root", now=START))


def remove(world, member):
    world.database.write(lambda c: members.remove(c, NODE, member.address, operator="root", now=START) and None)


def test_a_person_gets_everything_that_is_theirs_in_plain_json(world, scene):
    author = scene["author"]
    verifier = make_verifier("secret", b"0123456789abcdef")
    world.database.write(
        lambda c: credentials.add_password(c, NODE, author, "phone", verifier, operator="root", now=START) and None
    )
    found = access(world, author)
    told = json.dumps(found)
    assert found["member"]["name"] == "Author"
    assert found["member"]["nominated_by"] == str(MINISTER)
    assert found["memberships"] == [{"member_id": author.id, "list_name": "savanna"}]
    assert [one["reference"] for one in found["posts"]] == [scene["reference"]]
    assert found["decisions_on_own_posts"][0]["decision"] == "relay"
    assert [one["name"] for one in found["credentials"]] == ["phone"]
    assert {one["event"] for one in found["audit"]} >= {"member.added", "post.decided"}
    assert "stored_key" not in told
    assert "five tusks" not in told


def test_nobody_else_stands_in_what_a_person_gets(world, scene):
    author, reader, moderator = (scene[name] for name in ("author", "reader", "moderator"))
    world.database.write(lambda c: spills.report(c, NODE, reader, scene["reference"], START) and None)
    world.database.write(
        lambda c: verdicts.dismiss(c, NODE, spills.find(c, scene["reference"]), moderator.id, START) and None
    )
    told = json.dumps(access(world, author))
    for other in (reader, moderator):
        assert other.id not in told
        assert str(other.address) not in told
    assert "root" not in told
    own = access(world, reader)
    assert own["spill_reports"][0]["member_id"] == reader.id
    assert author.id not in json.dumps(own)


def test_every_table_that_refers_to_members_is_read(world, scene, monkeypatch):
    seen = set()
    read = subjects._rows_about

    def watch(connection, table, *more):
        seen.add(table.name)
        return read(connection, table, *more)

    monkeypatch.setattr(subjects, "_rows_about", watch)
    access(world, scene["author"])
    assert seen == {table.name for table in metadata.sorted_tables}


def test_who_only_vouched_is_on_record_and_who_did_nothing_is_not(world, scene):
    found = access(world, MINISTER)
    assert found["member"] is None
    assert found["vouched_for"] == 3
    assert {one["event"] for one in found["audit"]} == {"member.added"}
    with pytest.raises(NotFound, match="nothing is kept"):
        access(world, Address(local="nobody", domain="x.example"))


def test_a_present_member_is_not_erased(world, scene):
    with pytest.raises(Conflict, match="still on record as active: end the membership first"):
        erase(world, scene["author"])


def test_who_has_left_is_erased_at_once_and_the_log_stays_whole(world, scene):
    author = scene["author"]
    world.database.write(lambda c: letters.write(c, author.id, "answer", "savanna", {"answers": []}, START))
    gone = {"answers": [{"word": "GONE", "about": str(author.address), "outcome": "done"}]}
    world.database.write(lambda c: letters.write(c, scene["moderator"].id, "answer", "savanna", gone, START))
    assert access(world, author)["named_in_letters"] == 1
    sent = "UPDATE deliveries SET status = 'delivered', next_attempt_at = NULL"
    replied = f"UPDATE deliveries SET last_reply = '250 author' WHERE member_id = '{author.id}'"
    for statement in (sent, replied):
        world.database.write(lambda c, statement=statement: c.exec_driver_sql(statement) and None)
    remove(world, author)
    done = erase(world, author)
    assert (done.posts_on_record, done.posts_destroyed, done.posts_still_kept) == (1, 1, 0)
    assert done.audit_entries >= 4
    tables = [table.name for table in metadata.sorted_tables if table.name not in {"audit", "audit_heads"}]
    everything = str([world.rows(f"SELECT * FROM {table}") for table in tables])
    for trace in ("author@customs.example", "Author", "250 author"):
        assert trace not in everything
    assert author.id in everything
    with world.database.read() as connection:
        assert members.find(connection, author.address) is None
        assert posts.show_post(connection, scene["reference"])[0].author.local == f"former-{author.id}"
        assert audit.verify(connection, world.keys.audit.public_key()) == ()
    with pytest.raises(NotFound):
        erase(world, author)


def test_what_still_waits_to_be_sent_keeps_its_content_and_nothing_is_sent_to_a_pseudonym(world, scene):
    remove(world, scene["author"])
    world.database.write(lambda c: letters.write(c, scene["author"].id, "answer", "savanna", {"answers": []}, START))
    done = erase(world, scene["author"])
    assert (done.posts_destroyed, done.posts_still_kept) == (0, 1)
    waiting = "SELECT kind FROM deliveries WHERE member_id = :id AND status = 'queued'"
    assert world.rows(waiting, id=scene["author"].id) == []


def test_where_an_erased_person_vouched_their_address_is_gone_too(world, scene):
    world.database.write(
        lambda c: (
            c.exec_driver_sql(
                f"UPDATE members SET nominated_by = 'reader@customs.example' WHERE id = '{scene['author'].id}'"
            )
            and None
        )
    )
    remove(world, scene["reader"])
    erase(world, scene["reader"])
    [(voucher,)] = world.rows("SELECT nominated_by FROM members WHERE id = :id", id=scene["author"].id)
    assert voucher == f"former-{scene['reader'].id}@members.invalid"
