"""Who gets posts encrypted only, with which keys; what waits for a key, and who has been told that one is missing.

    copy ─no key works→ pointer ("a post waits for you") ─a key is there→ copy

A copy that can't be encrypted isn't lost and isn't sent: its row becomes the letter that says so, and the copy again when there is a key
and the post still is kept. So nothing else remembers what waits.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    not_,
    select,
    update,
)

from relay.delivery.delivery import Delivery, Kind, Status
from relay.errors import Conflict, NotFound
from relay.mail.address import Address
from relay.mail.signature import RegisteredKey
from relay.store import audit
from relay.store.certificates import find_present
from relay.store.fanout import may_receive
from relay.store.prepared import Prepared
from relay.store.signing_keys import registered_key
from relay.store.tables import (
    COLLECTED,
    decisions,
    deliveries,
    encrypted_members,
    encryption_keys,
    hidden_posts,
    members,
    posts,
)

_POINTER = and_(deliveries.c.kind == Kind.POINTER, deliveries.c.post_id.is_not(None), not_(deliveries.c.called_off))
_KEPT = exists().where(
    posts.c.id == deliveries.c.post_id,
    posts.c.content.is_not(None),
    posts.c.wrapped_key.is_not(None),
    ~exists().where(hidden_posts.c.post_id == posts.c.id),
)
_IDS: BindParameter[str] = bindparam("ids", expanding=True)
_NOTED = Prepared(select(encrypted_members).where(encrypted_members.c.member_id.in_(_IDS)), lists=("ids",))
_KEYS = Prepared(
    select(encryption_keys)
    .where(encryption_keys.c.member_id.in_(_IDS))
    .order_by(encryption_keys.c.created_at.desc(), encryption_keys.c.fingerprint),
    lists=("ids",),
)
KEYS = 8  # of one member: a copy is encrypted for all of them, and each is read anew every time
_TARGETS = (Kind.COPY, Kind.WHOLE)
_FREE = {"lease": None, "leased_until": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """How a member gets posts: `chosen` when never in clear; the keys that are registered, the newest first."""

    chosen: bool = False
    keys: tuple[RegisteredKey, ...] = field(default=(), repr=False)


def add(
    connection: Connection, node: str, address: Address, key: RegisteredKey, *, operator: str, now: datetime
) -> None:
    """Register what posts to a member are encrypted with, or its newer form; from now on they get none in clear.

    Raises:
        NotFound: there is no such member.
        Conflict: the member has left, or as many keys as one may have.
    """
    member = find_present(connection, address)
    others = [one for one in of_member(connection, member.id).keys if one.fingerprint != key.fingerprint]
    if len(others) >= KEYS:
        raise Conflict(f"{address} has {KEYS} keys: take one away, `wen-relay members encryption-key remove {address}`")
    connection.execute(delete(encryption_keys).where(*one_key(member.id, key.fingerprint)))
    row = {"fingerprint": key.fingerprint, "method": key.method, "octets": key.octets, "expires_at": key.expires_at}
    connection.execute(insert(encryption_keys).values(**row, member_id=member.id, created_at=now))
    note_member(connection, member.id, chosen=True, told_at=None)
    facts = {"member": member.id, "method": str(key.method), "fingerprint": key.fingerprint, "operator": operator}
    audit.append(connection, node, now, "encryption_key.added", facts)


def remove(
    connection: Connection, node: str, address: Address, prefix: str, *, operator: str, now: datetime
) -> RegisteredKey:
    """Take away a key, named by the beginning of its fingerprint. What comes meanwhile waits for another one.

    Raises:
        NotFound: none of theirs, or more than one, begins so.
    """
    member = find_present(connection, address)
    found = [key for key in of_member(connection, member.id).keys if key.fingerprint.startswith(prefix.lower())]
    if len(found) != 1:
        raise NotFound(
            f"{address} has {'no key' if not found else 'more than one key'} whose fingerprint begins with “{prefix}”: "
            f"see `wen-relay members encryption-key list {address}`"
        )
    [key] = found
    connection.execute(delete(encryption_keys).where(*one_key(member.id, key.fingerprint)))
    facts = {"member": member.id, "method": str(key.method), "fingerprint": key.fingerprint, "operator": operator}
    audit.append(connection, node, now, "encryption_key.removed", facts)
    return key


def stop(connection: Connection, node: str, address: Address, *, operator: str, now: datetime) -> int:
    """Let posts come in clear again to a member, where their lists allow it, and forget their keys; returns how many keys.

    Raises:
        NotFound: there is no such member.
    """
    member = find_present(connection, address)
    gone = connection.execute(delete(encryption_keys).where(encryption_keys.c.member_id == member.id)).rowcount
    note_member(connection, member.id, chosen=False, told_at=None)
    audit.append(connection, node, now, "encryption.stopped", {"member": member.id, "keys": gone, "operator": operator})
    return gone


def of_member(connection: Connection, member_id: str) -> Reader:
    """How one member gets posts."""
    return readers(connection, [member_id]).get(member_id, Reader())


def readers(connection: Connection, ids: Collection[str]) -> Mapping[str, Reader]:
    """Those of these members who have chosen encryption or have keys, also keys that have expired since."""
    noted = {row.member_id: row.chosen for row in _NOTED.all(connection, {"ids": list(ids)})}
    if not noted:  # who has a key is noted
        return {}
    keys: dict[str, list[RegisteredKey]] = {}
    for row in _KEYS.all(connection, {"ids": list(noted)}):
        keys.setdefault(row.member_id, []).append(registered_key(row))
    return {one: Reader(chosen=bool(chosen), keys=tuple(keys.get(one, ()))) for one, chosen in noted.items()}


def posts_of(connection: Connection, post_ids: Collection[int], lists: Collection[str]) -> frozenset[int]:
    """Those of these posts that were sent to one of these lists."""
    query = select(decisions.c.post_id).where(decisions.c.post_id.in_(post_ids), decisions.c.list_name.in_(lists))
    return frozenset(connection.execute(query).scalars())


def put_by(connection: Connection, delivery: Delivery, now: datetime) -> bool:
    """Turn a claimed copy, or a digest's copies, into word that they wait; False when this lease doesn't hold it any more.

    Where the reader has such word of the same post already, that goes once more, and this copy is cancelled.
    """
    mine = (deliveries.c.id == delivery.id, deliveries.c.lease == delivery.lease)
    if connection.execute(select(deliveries.c.id).where(*mine).with_for_update()).first() is None:
        return False
    if delivery.kind is Kind.DIGEST:
        parts = and_(deliveries.c.digest_id == delivery.id, COLLECTED)
        for row in connection.execute(select(deliveries.c.id, deliveries.c.post_id).where(parts)).all():
            alone = {} if _has_pointer(connection, row.post_id, delivery) else {"kind": Kind.POINTER, "digest_id": None}
            part = update(deliveries).where(deliveries.c.id == row.id)
            connection.execute(part.values(status=Status.CANCELLED, **alone))
    elif _has_pointer(connection, delivery.post_id or 0, delivery):
        again = update(deliveries).where(
            _POINTER, *_of_post(delivery.post_id or 0, delivery), deliveries.c.lease.is_(None)
        )
        connection.execute(again.values(status=Status.QUEUED, next_attempt_at=now, created_at=now, attempts=0))
        cancelled = {"status": Status.CANCELLED, "next_attempt_at": None, **_FREE}
        connection.execute(update(deliveries).where(*mine).values(**cancelled))
        return False
    connection.execute(update(deliveries).where(*mine).values(kind=Kind.POINTER))
    return True


def release(connection: Connection, member_id: str, now: datetime, *, but: Collection[str] = ()) -> int:
    """Queue the copies that wait for a member's key, `but` those of posts to these lists, as far as they are kept; returns how many.

    What is hidden meanwhile goes on waiting. Whether they still belong to its list is looked at when it is sent.
    """
    theirs = exists().where(decisions.c.post_id == deliveries.c.post_id, decisions.c.list_name.in_(list(but)))
    waiting = select(deliveries.c.id, deliveries.c.post_id).where(
        _POINTER, deliveries.c.member_id == member_id, not_(theirs), _KEPT
    )
    fresh = {
        "status": Status.QUEUED,
        "next_attempt_at": now,
        "created_at": now,
        "attempts": 0,
        "sent_at": None,
        "last_reply": "",
    }
    count = 0
    for row in connection.execute(waiting.with_for_update()).all():
        beside = select(deliveries.c.kind).where(
            deliveries.c.post_id == row.post_id, deliveries.c.member_id == member_id, deliveries.c.kind.in_(_TARGETS)
        )
        taken = set(connection.execute(beside).scalars())
        free = [kind for kind in _TARGETS if kind not in taken]
        this = update(deliveries).where(deliveries.c.id == row.id)
        connection.execute(this.values(kind=free[0], **fresh, **_FREE) if free else this.values(called_off=True))
        count += bool(free)
    return count


def expire(connection: Connection, post_id: int, now: datetime) -> str | None:
    """Let the copies of a post run out of time that still wait for a key, because it is about to be destroyed.

    Not that of who isn't entitled to it any more, or has had one of another kind: it ends unsaid.

    Returns:
        The name of a list by which one would have come; None where none waited.
    """
    copy = deliveries.alias("copy")
    has_copy = exists().where(
        copy.c.post_id == post_id, copy.c.member_id == deliveries.c.member_id, copy.c.kind == Kind.COPY
    )
    entitled = exists().where(members.c.id == deliveries.c.member_id, may_receive(now.date()))
    ended = (
        update(deliveries)
        .where(_POINTER, deliveries.c.post_id == post_id, _KEPT, not_(has_copy), entitled)
        .values(kind=Kind.COPY, status=Status.EXPIRED, next_attempt_at=None, **_FREE)
        .returning(deliveries.c.list_name)
    )
    return next(iter(connection.execute(ended).scalars().all()), None)


def waiting_readers(connection: Connection) -> Mapping[str, Reader]:
    """The members for whom copies wait, with what keys they have."""
    query = select(deliveries.c.member_id).where(_POINTER, _KEPT).distinct()
    ids = list(connection.execute(query).scalars())
    return {one: Reader() for one in ids} | dict(readers(connection, ids)) if ids else {}


def note_member(connection: Connection, member_id: str, *, chosen: bool, told_at: datetime | None) -> None:
    """Write down whether a member has chosen encryption, and since when it is known that no key of theirs works."""
    row = {"chosen": chosen, "told_at": told_at}
    this = update(encrypted_members).where(encrypted_members.c.member_id == member_id)
    if connection.execute(this.values(**row)).rowcount == 0:
        connection.execute(insert(encrypted_members).values(member_id=member_id, **row))


def one_key(member_id: str, fingerprint: str) -> tuple[ColumnElement[bool], ...]:
    """One key of one member."""
    return encryption_keys.c.member_id == member_id, encryption_keys.c.fingerprint == fingerprint


def _of_post(post_id: int, delivery: Delivery) -> tuple[ColumnElement[bool], ...]:
    return deliveries.c.post_id == post_id, deliveries.c.member_id == delivery.recipient_id


def _has_pointer(connection: Connection, post_id: int, delivery: Delivery) -> bool:
    query = select(deliveries.c.id).where(*_of_post(post_id, delivery), deliveries.c.kind == Kind.POINTER)
    return connection.execute(query).first() is not None
