"""The audit log: whoever changes, deletes, reorders or cuts off entries is found out, at the right entry."""

import json
import re
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from relay.store import audit
from tests.integration.store.conftest import START


@pytest.fixture
def log(world):
    """Eight entries of a node and three of another; the first node's sixth is signed."""
    world.database.write(lambda c: c.execute(text("DELETE FROM audit")) and None)
    for number in range(1, 9):
        write(world, "north", number)
        if number == 6:
            world.database.write(lambda c: audit.sign_head(c, "north", world.keys.audit, START))
    for number in range(1, 4):
        write(world, "south", number)
    return world


def write(world, node: str, number: int) -> None:
    at = START + timedelta(minutes=number)
    world.database.write(
        lambda c: audit.append(c, node, at, "post.decided", {"reference": f"CAFR-2026-{number:06}", "size": number})
    )


def tamper(world, *statements: str) -> None:
    def job(connection):
        for statement in statements:
            octets = statement if world.kind == "sqlite" else re.sub(r"x('[0-9a-f]*')", r"decode(\1, 'hex')", statement)
            connection.exec_driver_sql(octets)

    world.database.write(job)


def problems(world) -> list[tuple]:
    with world.database.read() as connection:
        return [(one.node, one.sequence, one.kind) for one in audit.verify(connection, world.keys.audit.public_key())]


def rewrite(world, node: str, first: int, last: int = 99) -> None:
    """Compute the chain anew from one entry to another, as somebody with the database but without the key could."""

    def job(connection):
        rows = connection.execute(
            text("SELECT * FROM audit WHERE node = :node ORDER BY sequence"), {"node": node}
        ).all()
        previous = rows[first - 2].hash
        for row in rows[first - 1 : last]:
            at = START + timedelta(minutes=row.sequence)
            previous_hash, previous = (
                previous,
                audit._hash(previous, node, row.sequence, (at.isoformat(), row.event, row.facts)),
            )
            values = {"node": node, "sequence": row.sequence, "previous": previous_hash, "hash": previous}
            change = (
                "UPDATE audit SET previous_hash = :previous, hash = :hash WHERE node = :node AND sequence = :sequence"
            )
            connection.execute(text(change), values)

    world.database.write(job)


def test_an_untouched_log_has_no_problem(log):
    assert problems(log) == []


def test_a_changed_entry_is_named(log):
    tamper(log, "UPDATE audit SET facts = '{\"size\":0}' WHERE node = 'north' AND sequence = 3")
    assert problems(log) == [("north", 3, "changed")]


def test_a_changed_time_or_event_or_hash_is_named(log):
    tamper(
        log,
        "UPDATE audit SET at = at + 1 WHERE node = 'north' AND sequence = 2",
        "UPDATE audit SET event = 'post.released' WHERE node = 'north' AND sequence = 5",
        "UPDATE audit SET hash = x'00' WHERE node = 'south' AND sequence = 3",
    )
    assert problems(log) == [("north", 2, "changed"), ("north", 5, "changed"), ("south", 3, "changed")]


def test_deleted_entries_are_named(log):
    tamper(log, "DELETE FROM audit WHERE node = 'north' AND sequence IN (1, 4)")
    assert problems(log) == [("north", 1, "missing"), ("north", 4, "missing")]
    tamper(log, "DELETE FROM audit WHERE node = 'south' AND sequence < 3")
    with log.database.read() as connection:
        south = audit.verify(connection, log.keys.audit.public_key())[-1]
    assert (south.sequence, south.kind, south.sentence) == (1, "missing", "node south: audit entry 1 to 2 are missing")


def test_exchanged_entries_are_named_as_moved(log):
    tamper(
        log,
        "UPDATE audit SET sequence = 999 WHERE node = 'north' AND sequence = 3",
        "UPDATE audit SET sequence = 3 WHERE node = 'north' AND sequence = 4",
        "UPDATE audit SET sequence = 4 WHERE node = 'north' AND sequence = 999",
    )
    assert problems(log) == [("north", 3, "reordered"), ("north", 4, "reordered")]


def test_a_log_cut_off_before_its_signed_head_is_named(log):
    tamper(log, "DELETE FROM audit WHERE node = 'north' AND sequence > 4")
    assert problems(log) == [("north", 5, "truncated")]
    tamper(log, "DELETE FROM audit WHERE node = 'north'")
    assert problems(log) == [("north", 1, "truncated")]


def test_a_chain_computed_anew_without_the_key_is_caught_by_its_signed_head(log):
    tamper(log, "UPDATE audit SET facts = '{\"size\":0}' WHERE node = 'north' AND sequence = 3")
    rewrite(log, "north", 3)
    assert problems(log) == [("north", 6, "changed")]


def test_an_entry_with_a_hash_of_its_own_is_named_by_what_follows_it(log):
    tamper(log, "UPDATE audit SET facts = '{\"size\":0}' WHERE node = 'north' AND sequence = 7")
    rewrite(log, "north", 7, 7)
    assert problems(log) == [("north", 7, "changed")]


def test_a_first_entry_that_follows_nothing_known_is_named(log):
    rows = log.rows("SELECT facts FROM audit WHERE node = 'south' AND sequence = 1")
    other = audit._hash(b"x", "south", 1, ((START + timedelta(minutes=1)).isoformat(), "post.decided", rows[0][0]))
    tamper(
        log, f"UPDATE audit SET previous_hash = x'78', hash = x'{other.hex()}' WHERE node = 'south' AND sequence = 1"
    )
    assert ("south", 1, "changed") in problems(log)


def test_a_forged_head_is_named(log):
    other = Ed25519PrivateKey.generate()
    log.database.write(lambda c: audit.sign_head(c, "south", other, START))
    assert problems(log) == [("south", 3, "forged head")]


def test_signing_the_same_end_again_says_until_when_it_was_the_end(log):
    with log.database.read() as connection:
        assert audit.last_signed(connection, "north") == START
        assert audit.last_signed(connection, "south") is None
    for hours in (1, 2):
        log.database.write(
            lambda c, hours=hours: audit.sign_head(c, "north", log.keys.audit, START + timedelta(hours=hours))
        )
    log.database.write(lambda c: audit.sign_head(c, "empty", log.keys.audit, START))
    assert log.rows("SELECT node, sequence FROM audit_heads ORDER BY sequence") == [("north", 6), ("north", 8)]
    with log.database.read() as connection:
        assert audit.last_signed(connection, "north") == START + timedelta(hours=2)
    assert problems(log) == []


def test_the_export_holds_all_that_is_needed_to_check_it_elsewhere(log):
    with log.database.read() as connection:
        lines = [json.loads(json.dumps(line)) for line in audit.export(connection)]
    assert [line.get("sequence") for line in lines] == [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, None]
    assert lines[0]["facts"] == {"reference": "CAFR-2026-000001", "size": 1}
    previous = bytes(32)
    for line in lines[:8]:
        content = [line["node"], line["sequence"], line["at"], line["event"], audit.canonical_json(line["facts"])]
        previous = audit.hashlib.sha256(previous + audit.canonical_json(content).encode()).digest()
        assert line["hash"] == previous.hex()
    assert (lines[-1]["head"], lines[-1]["hash"]) == (6, lines[5]["hash"])
