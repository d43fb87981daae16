"""Word about keys for encryption: who is told that one is missing, or ends, and who has none."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, exists, not_, or_, select, update

from relay.delivery.delivery import Kind
from relay.roster.member import MemberState, Role
from relay.store import letters
from relay.store.encryption import note_member, of_member, one_key
from relay.store.fanout import has_role, may_act, speaks_for
from relay.store.members import get
from relay.store.tables import encrypted_members, encryption_keys, members, memberships

WARNINGS = (30, 7)  # days before a key ends


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


def tell_once(connection: Connection, member_id: str, why: str, now: datetime) -> bool:
    """Tell a member's focal points, or administrators where there are none, that no key of theirs works; False when they know."""
    told = select(encrypted_members.c.told_at).where(encrypted_members.c.member_id == member_id)
    if connection.execute(told).scalar_one_or_none() is not None:
        return False
    chosen = of_member(connection, member_id).chosen
    note_member(connection, member_id, chosen=chosen, told_at=now)
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
        this = update(encryption_keys).where(*one_key(row.member_id, row.fingerprint))
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
