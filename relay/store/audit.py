"""The audit log: one hash chain per node, whose head is signed from time to time.

Each entry's hash covers the hash before it, so nothing can be changed, taken out or moved without every later hash changing; the
signed heads keep somebody who may write to the database from computing the whole chain anew. Who removes both the latest entries
and the latest heads leaves no trace in here: heads are therefore exported as well, to be kept elsewhere.

Entries name members by their random id and hold no word of any post.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select

from relay.store.column_types import canonical_json
from relay.store.prepared import Prepared
from relay.store.tables import audit, audit_heads

Facts = Mapping[str, str | int | list[Any] | None]

_BEGINNING = bytes(32)  # stands for the hash before the first entry
# A node's latest entry, and a new one: built once, since every deed needs them.
_LAST = Prepared(
    select(audit.c.sequence, audit.c.hash)
    .where(audit.c.node == bindparam("of"))
    .order_by(audit.c.sequence.desc())
    .limit(1)
)
_INSERT = Prepared(insert(audit))
_IN_PARTS = {"yield_per": 1000}  # the whole log need not fit into memory
_CANDIDATES = 200  # so many broken entries are tried in each other's places; beyond that they just count as changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One fault of a node's chain, at an entry's number; `sentence` explains it."""

    node: str
    sequence: int
    kind: Literal["changed", "missing", "reordered", "truncated", "forged head"]
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    sequence: int
    content: tuple[str, str, str]  # instant, event, facts: as they are hashed
    previous_hash: bytes
    hash: bytes


def append(connection: Connection, node: str, at: datetime, event: str, facts: Facts) -> None:
    """Add an entry to a node's chain, in the caller's transaction.

    Args:
        connection: the transaction whose deed this is.
        node: whose chain.
        at: when it happened, UTC.
        event: what happened, such as `post.decided`.
        facts: small values; members by id, never an address or a word of a post.
    """
    last = _LAST.first(connection, {"of": node})
    sequence, previous = (last.sequence + 1, last.hash) if last else (1, _BEGINNING)
    text = canonical_json(dict(facts))
    entry_hash = _hash(previous, node, sequence, (at.isoformat(), event, text))
    entry = {"node": node, "sequence": sequence, "at": at, "event": event, "facts": text}
    _INSERT.count(connection, entry | {"previous_hash": previous, "hash": entry_hash})


def sign_head(connection: Connection, node: str, key: Ed25519PrivateKey, at: datetime) -> bool:
    """Sign that the node's chain ends here at this time; a newer signature of the same end replaces the older one.

    Returns:
        Whether there is anything to sign.
    """
    last = _LAST.first(connection, {"of": node})
    if last is None:
        return False
    signature = key.sign(_head(node, last.sequence, last.hash, at))
    this = (audit_heads.c.node == node) & (audit_heads.c.sequence == last.sequence)
    connection.execute(delete(audit_heads).where(this))
    connection.execute(
        insert(audit_heads).values(node=node, sequence=last.sequence, hash=last.hash, signed_at=at, signature=signature)
    )
    return True


def last_signed(connection: Connection, node: str) -> datetime | None:
    """When the node's chain was last signed; None for never."""
    signed_at: datetime | None = connection.execute(
        select(func.max(audit_heads.c.signed_at)).where(audit_heads.c.node == node)
    ).scalar_one()
    return signed_at


def chains(connection: Connection) -> Iterator[str]:
    """The nodes that have a chain, found by the key's order, one look each: the log is long and they are few."""
    node = connection.execute(select(func.min(audit.c.node))).scalar()
    while node is not None:
        yield node
        node = connection.execute(select(func.min(audit.c.node)).where(audit.c.node > node)).scalar()


def last_entry_at(connection: Connection, node: str) -> datetime | None:
    """When the node's newest entry was written; None where there is none."""
    return connection.execute(
        select(audit.c.at).where(audit.c.node == node).order_by(audit.c.sequence.desc()).limit(1)
    ).scalar()


def verify(connection: Connection, public_key: Ed25519PublicKey) -> tuple[Problem, ...]:
    """Check every chain against itself and its signed heads; empty when all is well."""
    nodes = connection.execute(select(audit.c.node).union(select(audit_heads.c.node))).scalars()
    return tuple(problem for node in sorted(nodes) for problem in _verify_node(connection, node, public_key))


def export(connection: Connection) -> Iterator[dict[str, Any]]:
    """Every entry of every node in order, then the signed heads; ready to be written as JSON lines."""
    for row in connection.execute(select(audit).order_by(audit.c.node, audit.c.sequence), execution_options=_IN_PARTS):
        yield {
            "node": row.node,
            "sequence": row.sequence,
            "at": row.at.isoformat(),
            "event": row.event,
            "facts": json.loads(row.facts),
            "previous_hash": row.previous_hash.hex(),
            "hash": row.hash.hex(),
        }
    for row in connection.execute(select(audit_heads).order_by(audit_heads.c.node, audit_heads.c.sequence)):
        yield {
            "node": row.node,
            "head": row.sequence,
            "signed_at": row.signed_at.isoformat(),
            "hash": row.hash.hex(),
            "signature": row.signature.hex(),
        }


def _hash(previous: bytes, node: str, sequence: int, content: tuple[str, str, str]) -> bytes:
    """SHA-256 over the hash before and the entry as JSON, whose brackets and quotes keep the fields apart."""
    return hashlib.sha256(previous + canonical_json([node, sequence, *content]).encode()).digest()


def _head(node: str, sequence: int, entry_hash: bytes, at: datetime) -> bytes:
    """The octets that are signed; the first word keeps the signature from meaning anything elsewhere."""
    return canonical_json(["wen-relay audit head", node, sequence, entry_hash.hex(), at.isoformat()]).encode()


def _verify_node(connection: Connection, node: str, public_key: Ed25519PublicKey) -> list[Problem]:
    """Walk one chain, then compare the entries with the heads."""
    whole = select(audit).where(audit.c.node == node).order_by(audit.c.sequence)
    rows = connection.execute(whole, execution_options=_IN_PARTS)
    heads = connection.execute(
        select(audit_heads).where(audit_heads.c.node == node).order_by(audit_heads.c.sequence)
    ).all()
    signed = {head.sequence for head in heads}
    problems: dict[int, Problem] = {}
    broken: list[_Entry] = []
    hashes: dict[int, bytes] = {}
    previous: _Entry | None = None
    for row in rows:
        entry = _Entry(
            sequence=row.sequence,
            content=(row.at.isoformat(), row.event, row.facts),
            previous_hash=row.previous_hash,
            hash=row.hash,
        )
        _note_gap(problems, node, previous, entry)
        if _hash(entry.previous_hash, node, entry.sequence, entry.content) != entry.hash:
            broken.append(entry)
        elif previous not in broken[-1:] and not _follows(previous, entry):
            _note(problems, node, entry.sequence - 1, "changed", "is not what the next entry recorded of it")
        if entry.sequence in signed:
            hashes[entry.sequence] = entry.hash
        previous = entry
    _name_broken(problems, node, broken)
    for head in heads:
        _compare_head(problems, node, head, hashes.get(head.sequence), previous, public_key)
    return [problems[sequence] for sequence in sorted(problems)]


def _follows(previous: _Entry | None, entry: _Entry) -> bool:
    """Whether the entry records the hash of the one before it; true when that one isn't there to compare."""
    if entry.sequence == 1:
        return entry.previous_hash == _BEGINNING
    return previous is None or previous.sequence != entry.sequence - 1 or previous.hash == entry.previous_hash


def _note_gap(problems: dict[int, Problem], node: str, previous: _Entry | None, entry: _Entry) -> None:
    """Name the missing entries before this one; a long gap as one problem."""
    expected = previous.sequence + 1 if previous else 1
    if entry.sequence > expected:
        last = entry.sequence - 1
        _note(problems, node, expected, "missing", "is missing" if last == expected else f"to {last} are missing")


def _name_broken(problems: dict[int, Problem], node: str, broken: list[_Entry]) -> None:
    """Tell entries that were moved, whose hash is right in another one's place, from those that were changed."""
    places = [entry.sequence for entry in broken[:_CANDIDATES]]
    for entry in broken:
        home = next(
            (place for place in places if _hash(entry.previous_hash, node, place, entry.content) == entry.hash), None
        )
        if home is None:
            _note(problems, node, entry.sequence, "changed", "was changed")
        else:
            _note(problems, node, entry.sequence, "reordered", f"was moved here; its place is {home}")


def _compare_head(
    problems: dict[int, Problem],
    node: str,
    head: Row[Any],
    found: bytes | None,
    last: _Entry | None,
    public_key: Ed25519PublicKey,
) -> None:
    """Compare a signed head with the entry it signs."""
    try:
        public_key.verify(head.signature, _head(node, head.sequence, head.hash, head.signed_at))
    except InvalidSignature:
        _note(problems, node, head.sequence, "forged head", "has a signed head whose signature is wrong")
        return
    if found is None:
        end = last.sequence if last else 0
        if end < head.sequence:
            _note(
                problems, node, end + 1, "truncated", f"and all after it are cut off; entry {head.sequence} was signed"
            )
    elif found != head.hash:
        _note(
            problems,
            node,
            head.sequence,
            "changed",
            "or one before it was written anew: it is not the entry that was signed",
        )


def _note(
    problems: dict[int, Problem],
    node: str,
    sequence: int,
    kind: Literal["changed", "missing", "reordered", "truncated", "forged head"],
    what: str,
) -> None:
    """Keep the first problem of each entry: the others follow from it."""
    if sequence not in problems:
        problems[sequence] = Problem(
            node=node, sequence=sequence, kind=kind, sentence=f"node {node}: audit entry {sequence} {what}"
        )
