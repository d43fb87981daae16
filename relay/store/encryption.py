"""Who gets posts encrypted only, with which keys; what waits for a key, and who has been told that one is missing.

    copy ─no key works→ pointer ("a post waits for you") ─a key is there→ copy

A copy that can't be encrypted isn't lost and isn't sent: its row becomes the letter that says so, and the copy again when there is a key
and the post still is kept. So nothing else remembers what waits.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, insert, not_, or_, select, update

from relay.delivery.delivery import Delivery, Kind, Status
from relay.errors import NotFound
from relay.mail.address import Address
from relay.mail.signature import RegisteredKey, SignatureMethod
from relay.roster.member import MemberState, Role
from relay.store import audit, letters
from relay.store.certificates import find_present
from relay.store.fanout import has_role, may_act, speaks_for
from relay.store.members import get
from relay.store.tables import (
    COLLECTED,
    decisions,
    deliveries,
    encrypted_members,
    encryption_keys,
    hidden_posts,
    members,
    memberships,
    posts,
)

WARNINGS = (30, 7)  # days before a key ends

_POINTER = and_(deliveries.c.kind == Kind.POINTER, deliveries.c.post_id.is_not(None), not_(deliveries.c.called_off))
_KEPT = exists().where(
    posts.c.id == deliveries.c.post_id,
    posts.c.content.is_not(None),
    posts.c.wrapped_key.is_not(None),
    ~exists().where(hidden_posts.c.post_id == posts.c.id),
)
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
        Conflict: the member has left.
    """
    member = find_present(connection, address)
    connection.execute(delete(encryption_keys).where(*_one_key(member.id, key.fingerprint)))
    row = {"fingerprint": key.fingerprint, "method": key.method, "octets": key.octets, "expires_at": key.expires_at}
    connection.execute(insert(encryption_keys).values(**row, member_id=member.id, created_at=now))
    _note_member(connection, member.id, chosen=True, told_at=None)
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
    connection.execute(delete(encryption_keys).where(*_one_key(member.id, key.fingerprint)))
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
    _note_member(connection, member.id, chosen=False, told_at=None)
    audit.append(connection, node, now, "encryption.stopped", {"member": member.id, "keys": gone, "operator": operator})
    return gone


def of_member(connection: Connection, member_id: str) -> Reader:
    """How one member gets posts."""
    return readers(connection, [member_id]).get(member_id, Reader())


def readers(connection: Connection, ids: Collection[str]) -> Mapping[str, Reader]:
    """Those of these members who have chosen encryption or have keys, also keys that have expired since."""
    chosen = select(encrypted_members.c.member_id).where(encrypted_members.c.chosen)
    chosen = chosen.where(encrypted_members.c.member_id.in_(ids))
    found = dict.fromkeys(connection.execute(chosen).scalars(), ())
    keys: dict[str, tuple[RegisteredKey, ...]] = {**found}
    query = select(encryption_keys).where(encryption_keys.c.member_id.in_(ids))
    for row in connection.execute(query.order_by(encryption_keys.c.created_at.desc(), encryption_keys.c.fingerprint)):
        key = RegisteredKey(
            fingerprint=row.fingerprint,
            method=SignatureMethod(row.method),
            octets=row.octets,
            expires_at=row.expires_at,
        )
        keys[row.member_id] = (*keys.get(row.member_id, ()), key)
    return {member_id: Reader(chosen=member_id in found, keys=theirs) for member_id, theirs in keys.items()}


def posts_of(connection: Connection, post_ids: Collection[int], lists: Collection[str]) -> frozenset[int]:
    """Those of these posts that were sent to one of these lists."""
    query = select(decisions.c.post_id).where(decisions.c.post_id.in_(post_ids), decisions.c.list_name.in_(lists))
    return frozenset(connection.execute(query).scalars())


def ending(connection: Connection, before: datetime) -> tuple[tuple[str, datetime], ...]:
    """Whose keys end before this, and when; the first to end first."""
    query = select(members.c.address, encryption_keys.c.expires_at).join(
        members, members.c.id == encryption_keys.c.member_id
    )
    query = query.where(encryption_keys.c.expires_at < before).order_by(encryption_keys.c.expires_at)
    return tuple((row.address, row.expires_at) for row in connection.execute(query))


def without_key(connection: Connection, lists: Iterable[str], now: datetime) -> tuple[str, ...]:
    """The addresses of active members who get posts encrypted only, by their choice or their lists', and have no key that is valid."""
    valid = exists().where(
        encryption_keys.c.member_id == members.c.id,
        or_(encryption_keys.c.expires_at.is_(None), encryption_keys.c.expires_at > now),
    )
    chosen = exists().where(encrypted_members.c.member_id == members.c.id, encrypted_members.c.chosen)
    required = exists().where(memberships.c.member_id == members.c.id, memberships.c.list_name.in_(list(lists)))
    query = select(members.c.address).where(members.c.state == MemberState.ACTIVE, or_(chosen, required), not_(valid))
    return tuple(connection.execute(query.order_by(members.c.address)).scalars())


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
    fresh = {"status": Status.QUEUED, "next_attempt_at": now, "created_at": now, "attempts": 0, "sent_at": None}
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


def waiting_readers(connection: Connection) -> Mapping[str, Reader]:
    """The members for whom copies wait, with what keys they have."""
    query = select(deliveries.c.member_id).where(_POINTER, _KEPT).distinct()
    ids = list(connection.execute(query).scalars())
    return {one: Reader() for one in ids} | dict(readers(connection, ids)) if ids else {}


def tell_once(connection: Connection, member_id: str, why: str, now: datetime) -> bool:
    """Tell a member's focal points, or administrators where there are none, that no key of theirs works; False when they know."""
    told = select(encrypted_members.c.told_at).where(encrypted_members.c.member_id == member_id)
    if connection.execute(told).scalar_one_or_none() is not None:
        return False
    chosen = of_member(connection, member_id).chosen
    _note_member(connection, member_id, chosen=chosen, told_at=now)
    member = get(connection, member_id)
    whom = _who(connection, speaks_for(member.country), member_id, now)
    for reader in whom or _who(connection, has_role(Role.ADMIN), member_id, now):
        _write(connection, reader, member_id, {"why": why}, now)
    return True


def warn(connection: Connection, now: datetime) -> int:
    """Tell members 30 and 7 days before the last of their keys ends, and with them those who run the relay; returns how many members."""
    soon = now + timedelta(days=WARNINGS[0])
    later = encryption_keys.alias("later")
    query = (
        select(encryption_keys)
        .join(members, members.c.id == encryption_keys.c.member_id)
        .where(members.c.state == MemberState.ACTIVE, encryption_keys.c.expires_at > now)
        .where(encryption_keys.c.expires_at <= soon)
        .where(
            ~exists().where(
                later.c.member_id == encryption_keys.c.member_id,
                or_(later.c.expires_at.is_(None), later.c.expires_at > soon),
            )
        )
    )
    warned = set()
    for row in connection.execute(
        query.order_by(encryption_keys.c.expires_at).with_for_update(of=encryption_keys)
    ).all():
        stage = min(days for days in WARNINGS if row.expires_at <= now + timedelta(days=days))
        if row.warned and row.warned <= stage:
            continue
        this = update(encryption_keys).where(*_one_key(row.member_id, row.fingerprint))
        connection.execute(this.values(warned=stage))
        facts = {"why": "ends", "day": row.expires_at.date().isoformat()}
        operators = _who(connection, or_(has_role(Role.OPERATOR), has_role(Role.ADMIN)), row.member_id, now)
        for reader in (row.member_id, *operators):
            _write(connection, reader, row.member_id, facts, now)
        warned.add(row.member_id)
    return len(warned)


def _write(connection: Connection, reader: str, about: str, facts: Mapping[str, str], now: datetime) -> None:
    lists = get(connection, reader).lists or get(connection, about).lists
    letters.write(
        connection, reader, Kind.ENCRYPTION, min(lists, default=""), {"member": about, **facts}, now, about=about
    )


def _who(connection: Connection, whom: ColumnElement[bool], but: str, now: datetime) -> list[str]:
    query = select(members.c.id).where(may_act(now.date()), whom, members.c.id != but).order_by(members.c.id)
    return list(connection.execute(query).scalars())


def _note_member(connection: Connection, member_id: str, *, chosen: bool, told_at: datetime | None) -> None:
    row = {"chosen": chosen, "told_at": told_at}
    this = update(encrypted_members).where(encrypted_members.c.member_id == member_id)
    if connection.execute(this.values(**row)).rowcount == 0:
        connection.execute(insert(encrypted_members).values(member_id=member_id, **row))


def _one_key(member_id: str, fingerprint: str) -> tuple[ColumnElement[bool], ...]:
    return encryption_keys.c.member_id == member_id, encryption_keys.c.fingerprint == fingerprint


def _of_post(post_id: int, delivery: Delivery) -> tuple[ColumnElement[bool], ...]:
    return deliveries.c.post_id == post_id, deliveries.c.member_id == delivery.recipient_id


def _has_pointer(connection: Connection, post_id: int, delivery: Delivery) -> bool:
    query = select(deliveries.c.id).where(*_of_post(post_id, delivery), deliveries.c.kind == Kind.POINTER)
    return connection.execute(query).first() is not None
