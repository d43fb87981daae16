"""Statements run by the driver itself: the same rows, the same errors and the same transaction as through SQLAlchemy."""

import pytest
from sqlalchemy import Connection, Select, bindparam, exc, insert, select

from relay.delivery.delivery import Kind, Status
from relay.errors import Unavailable
from relay.store import audit, members, post_statements, queue_statements
from relay.store.prepared import Prepared
from relay.store.tables import audit as entries
from relay.store.tables import deliveries
from relay.store.tables import members as people
from tests.integration.store.conftest import NODE, START


def _entry(sequence: int, facts: str = "{}") -> dict[str, object]:
    hashes = {"previous_hash": bytes(32), "hash": bytes(range(32))}
    return {"node": "other", "sequence": sequence, "at": START, "event": "test", "facts": facts, **hashes}


def test_rows_are_those_that_sqlalchemy_reads(world, relayed):
    author = world.join("paul", "savanna", valid_until=START.date())
    world.join("jean", "savanna", "species-id")
    reference = world.post(author, ("savanna", relayed), ("species-id", relayed)).reference
    asked = [
        (members._BY_ADDRESS, {"key": author.address.key}),
        (members._BY_ID, {"id": author.id}),
        (members._BY_ID, {"id": "nobody"}),
        (post_statements.OF_REFERENCE.rows, {"reference": reference}),
        (post_statements.OF_REFERENCE.counts, {"reference": reference}),
        (post_statements.LATEST.rows, {"limit": 5}),
        (post_statements.DECISIONS, {"post": 1}),
        (post_statements.SEALED, {"post": 1}),
        (audit._LAST, {"of": NODE}),
        (queue_statements.DUE, {}),
        (queue_statements.CLAIMED, {"ids": [1, 2, 3]}),
        (queue_statements.CLAIMED, {"ids": [2]}),
        (queue_statements.CLAIMED, {"ids": []}),
        (queue_statements.CLAIMED, {"ids": [3, 1, 2]}),
    ]
    with world.database.read() as connection:
        for prepared, values in asked:
            assert isinstance(prepared.statement, Select)
            rows = connection.execute(prepared.statement, values).all()
            found = prepared.all(connection, values)
            assert [tuple(row) for row in found] == [tuple(row) for row in rows]
            assert [list(row._asdict().values()) for row in found] == [list(row) for row in rows]
            assert all(
                getattr(one, name) == getattr(row, name)
                for one, row in zip(found, rows, strict=True)
                for name in row._fields
                if not name.startswith("anon")
            )


def test_what_is_written_is_read_back_as_it_was(world):
    prepared = Prepared(insert(entries))
    world.database.write(lambda connection: prepared.each(connection, [_entry(1, "one"), _entry(2, "two")]))
    assert world.database.write(lambda connection: prepared.count(connection, _entry(3))) == 1
    with world.database.read() as connection:
        rows = connection.execute(select(entries).where(entries.c.node == "other").order_by(entries.c.sequence)).all()
    assert [row._asdict() for row in rows] == [_entry(1, "one"), _entry(2, "two"), _entry(3)]


def test_an_error_is_the_one_that_sqlalchemy_raises_and_holds_no_value(world):
    prepared = Prepared(insert(entries))
    world.database.write(lambda connection: prepared.count(connection, _entry(1)))
    for again in (
        lambda connection: prepared.count(connection, _entry(1, "the secret")),
        lambda connection: prepared.each(connection, [_entry(2, "the secret"), _entry(1, "the secret")]),
    ):
        with pytest.raises(exc.IntegrityError) as caught:
            world.database.write(again)
        assert "secret" not in f"{caught.value}{caught.value.orig!r}{caught.value.params}"
    assert world.rows("SELECT sequence FROM audit WHERE node = 'other'") == [(1,)]


def test_a_read_is_one_unchanging_state_that_it_can_not_write(world):
    prepared, last = Prepared(insert(entries)), audit._LAST
    with world.database.read() as connection:
        assert last.first(connection, {"of": "other"}) is None
        world.database.write(lambda writing: prepared.count(writing, _entry(1)))
        assert last.first(connection, {"of": "other"}) is None
    with pytest.raises(Unavailable, match=r"SQLITE_READONLY|25006"), world.database.read() as connection:
        prepared.count(connection, _entry(2))


def test_a_job_alone_that_fails_leaves_nothing(world):
    prepared = Prepared(insert(entries))

    def half(connection: Connection) -> None:
        prepared.count(connection, _entry(1))
        raise KeyError("a bug")

    world.database.announces = True  # there is nothing to tell then
    with pytest.raises(KeyError):
        world.database.write(half)
    assert world.rows("SELECT sequence FROM audit WHERE node = 'other'") == []


def test_a_list_that_was_not_named_is_refused_before_its_first_values_are_kept_for_ever(world):
    careless = Prepared(select(people.c.id).where(people.c.id.in_(bindparam("ids", expanding=True))))
    with world.database.read() as connection, pytest.raises(ValueError, match="must be named"):
        careless.all(connection, {"ids": ["one"]})


def test_the_same_statement_with_other_names_writes_other_columns(world, relayed):
    world.post(world.join("paul", "savanna"), ("savanna", relayed))
    prepared = Prepared(insert(deliveries))
    row = {"post_id": 1, "member_id": None, "list_name": "savanna", "kind": Kind.POSTMASTER, "status": Status.QUEUED}
    row |= {"created_at": START, "next_attempt_at": START}
    world.database.write(lambda connection: prepared.count(connection, row))
    world.database.write(lambda connection: prepared.count(connection, row | {"last_reply": "250"}))
    replies = world.rows("SELECT last_reply FROM deliveries WHERE kind = 'postmaster' ORDER BY id")
    assert replies == [("",), ("250",)]
