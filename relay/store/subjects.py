"""One person's rights to what is kept about them: everything on record about somebody, and their erasure once they have left.

Every table that refers to members is read, so that one that is added later is not forgotten. What belongs to somebody else is
covered: other people's ids and addresses, whoever reported a spill, and the keys and words of posts.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    Text,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    type_coerce,
    update,
)

from relay.delivery.delivery import Kind, Status
from relay.errors import Conflict, NotFound
from relay.mail.address import Address
from relay.roster.member import MemberState
from relay.store import audit, fanout, members, retention
from relay.store.tables import (
    CLAIMABLE,
    COLLECTED,
    HELD,
    KEPT,
    certificates,
    challenges,
    complaints,
    credentials,
    decisions,
    deliveries,
    encrypted_members,
    encryption_keys,
    failures,
    gateways,
    memberships,
    metadata,
    posts,
    signing_keys,
)
from relay.store.tables import (
    audit as audit_rows,
)
from relay.store.tables import (
    members as member_rows,
)

ANOTHER = "(another person)"
_NOT_TOLD = frozenset({"address_key", "agency_key", "uid", "lease", "leased_until", "key_id", "iterations"})
_AS_IT_IS = frozenset({"message_id"})  # looks like an address and is none
_ID = re.compile(r"\b[0-9a-f]{32}\b")
_ADDRESS = re.compile(r"[^\s<>\",;:@]+@[^\s<>\",;:@]+\.[^\s<>\",;:@.]+")
_OPERATOR = frozenset({"operator"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What an erasure left, for reasons that the documents give: counts by what it is."""

    member_id: str
    audit_entries: int
    audit_entries_with_address: int
    posts_on_record: int
    posts_destroyed: int
    posts_still_kept: int


def access(connection: Connection, address: Address) -> dict[str, Any]:
    """Everything that is kept about the person with this address, as plain JSON values.

    Somebody who is no member may stand on record all the same: who vouched for a member, or is named by the audit log.

    Raises:
        NotFound: nothing is kept about this address.
    """
    member = members.find(connection, address)
    known = {str(address), str(member.id) if member else ""}
    found: dict[str, Any] = {"address": str(address), "member": None}
    if member is not None:
        row = connection.execute(select(member_rows).where(member_rows.c.id == member.id)).mappings().one()
        found["member"] = _told(row, known | {row["nominated_by"], row["confirmed_by"]})
        for table in metadata.sorted_tables:
            if rows := _rows_about(connection, table, member.id, known):
                found[table.name] = rows
        found["decisions_on_own_posts"] = _decisions(connection, member.id, known)
    found["vouched_for"] = _vouched_for(connection, address)
    found["named_in_letters"] = _named_in_letters(connection, address)
    found["named_for_gateways"] = [row.name for row in _gateways_with(connection, address)]
    found["audit"] = _audit_entries(connection, address, member.id if member else None, known)
    if member is None and not (
        found["vouched_for"] or found["named_for_gateways"] or found["named_in_letters"] or found["audit"]
    ):
        raise NotFound(f"nothing is kept about {address}")
    return found


def erase(connection: Connection, node: str, address: Address, *, operator: str, now: datetime) -> Erased:
    """Put a pseudonym in the place of somebody who has left, now and not after `retention.audit_names`, and delete what isn't needed.

    Raises:
        NotFound: there is no such member.
        Conflict: they have not left.
    """
    member = members.find(connection, address)
    if member is None:
        raise NotFound(f"{address} is not a member (any more): see `wen-relay members access {address}`")
    if member.state is not MemberState.LEFT:
        raise Conflict(
            f"{address} is still on record as {member.state.value}: end the membership first, with `wen-relay members remove {address}`"
        )
    named = _count(connection, audit_rows.c.facts.contains(str(address), autoescape=True))
    retention.put_pseudonyms(connection, [(member.id, address)])
    held = (
        credentials,
        certificates,
        signing_keys,
        encryption_keys,
        encrypted_members,
        memberships,
        failures,
        complaints,
    )
    for table in held:
        connection.execute(delete(table).where(table.c.member_id == member.id))
    for gateway in _gateways_with(connection, address):
        others = [one for one in gateway.addresses if one != str(address)]
        connection.execute(update(gateways).where(gateways.c.name == gateway.name).values(addresses=others))
    connection.execute(delete(challenges).where(challenges.c.author_id == member.id))
    fanout.cancel(connection, deliveries.c.member_id == member.id)
    _forget_letters(connection, member.id, address)
    destroyed = _destroy_posts(connection, member.id)
    audit.append(connection, node, now, "member.erased", {"member": member.id, "operator": operator})
    return Erased(
        member_id=member.id,
        audit_entries=_count(connection, audit_rows.c.facts.contains(member.id)),
        audit_entries_with_address=named,
        posts_on_record=_of(connection, member.id),
        posts_destroyed=destroyed,
        posts_still_kept=_of(connection, member.id, KEPT),
    )


def kept_posts(connection: Connection, member_id: str) -> tuple[tuple[str, int], ...]:
    """The posts of a person whose content is kept: reference and id, the oldest first."""
    query = select(posts.c.reference, posts.c.id).where(posts.c.author_id == member_id, KEPT).order_by(posts.c.id)
    return tuple((row.reference, row.id) for row in connection.execute(query))


def _rows_about(connection: Connection, table: Table, member_id: str, known: set[str]) -> list[dict[str, Any]]:
    """A table's rows that refer to this member, by whichever of its columns."""
    to_members = [column for column in table.c if any(key.column is member_rows.c.id for key in column.foreign_keys)]
    if not to_members:
        return []
    mine = or_(*(column == member_id for column in to_members))
    return [_told(row, known) for row in connection.execute(select(table).where(mine)).mappings()]


def _decisions(connection: Connection, member_id: str, known: set[str]) -> list[dict[str, Any]]:
    query = (
        select(posts.c.reference, *decisions.c)
        .join(posts, posts.c.id == decisions.c.post_id)
        .where(posts.c.author_id == member_id)
        .order_by(decisions.c.post_id, decisions.c.position)
    )
    return [_told(row, known) for row in connection.execute(query).mappings()]


def _vouched_for(connection: Connection, address: Address) -> int:
    stated = or_(member_rows.c.nominated_by == str(address), member_rows.c.confirmed_by == str(address))
    return int(connection.execute(select(func.count()).select_from(member_rows).where(stated)).scalar_one())


def _named_in_letters(connection: Connection, address: Address) -> int:
    return int(connection.execute(select(func.count()).select_from(deliveries).where(_names(address))).scalar_one())


def _gateways_with(connection: Connection, address: Address) -> list[Any]:
    return [row for row in connection.execute(select(gateways)).all() if str(address) in row.addresses]


def _audit_entries(
    connection: Connection, address: Address, member_id: str | None, known: set[str]
) -> list[dict[str, Any]]:
    """The audit log's entries that name this person, by id or, somebody from outside, by address."""
    names = [audit_rows.c.facts.contains(str(address), autoescape=True)]
    if member_id is not None:
        names.append(audit_rows.c.facts.contains(member_id))
    query = select(audit_rows).where(or_(*names)).order_by(audit_rows.c.node, audit_rows.c.sequence)
    return [
        {
            "node": row.node,
            "sequence": row.sequence,
            "at": row.at.isoformat(),
            "event": row.event,
            "facts": _cover(json.loads(row.facts), known),
        }
        for row in connection.execute(query)
    ]


def _told(row: Mapping[Any, Any], known: set[str]) -> dict[str, Any]:
    """A row as it may be shown: no keys, seals or hashes, and nobody else."""
    return {
        str(name): value if str(name) in _AS_IT_IS else _cover(_plain(value), known)
        for name, value in row.items()
        if str(name) not in _NOT_TOLD and not isinstance(value, bytes | memoryview)
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value


def _cover(value: Any, known: set[str]) -> Any:
    """The same with other people's ids and addresses covered, wherever they stand, and who ran the command."""
    if isinstance(value, Mapping):
        return {key: "(the operator)" if key in _OPERATOR else _cover(one, known) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_cover(one, known) for one in value]
    if not isinstance(value, str):
        return value
    shown = _ID.sub(lambda match: match.group() if match.group() in known else ANOTHER, value)
    return _ADDRESS.sub(lambda match: match.group() if match.group() in known else ANOTHER, shown)


def _forget_letters(connection: Connection, member_id: str, address: Address) -> None:
    """Delete letters that were about no post, but for digests, of which copies are parts; and what servers said of the address.

    So go letters to others that name the address, such as the answer to a focal point who said that the person has left.
    """
    ended = deliveries.c.status.in_([Status.DELIVERED, Status.FAILED, Status.EXPIRED, Status.CANCELLED])
    mine = deliveries.c.member_id == member_id
    alone = and_(deliveries.c.post_id.is_(None), deliveries.c.kind != Kind.DIGEST)
    connection.execute(delete(deliveries).where(or_(mine, _names(address)), alone, ended))
    connection.execute(update(deliveries).where(mine).values(last_reply=""))


def _names(address: Address) -> ColumnElement[bool]:
    """The letters whose facts name this address."""
    return type_coerce(deliveries.c.facts, Text).contains(str(address), autoescape=True)


def _destroy_posts(connection: Connection, member_id: str) -> int:
    """Destroy the content of their posts, which bears their name, where no copy of it and no decision waits; returns how many."""
    waits: ColumnElement[bool] = exists().where(
        deliveries.c.post_id == posts.c.id, or_(CLAIMABLE, COLLECTED, deliveries.c.lease.is_not(None))
    )
    is_held = exists().where(decisions.c.post_id == posts.c.id, HELD)
    done = select(posts.c.id).where(posts.c.author_id == member_id, KEPT, ~waits, ~is_held)
    found = connection.execute(done).scalars().all()
    for post_id in found:
        fanout.destroy(connection, post_id)
        fanout.cancel_copies(connection, post_id)
    return len(found)


def _of(connection: Connection, member_id: str, *conditions: Any) -> int:
    counted = select(func.count()).select_from(posts).where(posts.c.author_id == member_id, *conditions)
    return int(connection.execute(counted).scalar_one())


def _count(connection: Connection, condition: ColumnElement[bool]) -> int:
    return int(connection.execute(select(func.count()).select_from(audit_rows).where(condition)).scalar_one())
