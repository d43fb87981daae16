"""App passwords, kept as verifiers: several for each member, each with a name.

All of one member share their salt and iterations, so that a login costs one derivation however many there are; see `mail.scram`
for why that takes the same work for strangers.
"""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, select, update

from relay.errors import Conflict, NotFound
from relay.mail.address import Address
from relay.mail.scram import MOST_PASSWORDS, Account, PasswordKeys, Verifier, make_account
from relay.roster.login import AppPassword
from relay.roster.member import Member
from relay.store import audit, members
from relay.store.prepared import Prepared
from relay.store.tables import credentials
from relay.store.tables import members as people

USES_APART = timedelta(hours=1)  # a use is noted when the last that was noted is so old: it costs a write

# Built once: every login asks, and every message of somebody who has logged in.
_OF_ADDRESS = Prepared(
    select(
        credentials.c.id,
        credentials.c.salt,
        credentials.c.iterations,
        credentials.c.stored_key,
        credentials.c.server_key,
    )
    .select_from(credentials.join(people, people.c.id == credentials.c.member_id))
    .where(people.c.address_key == bindparam("key"))
)
_BY_ID = Prepared(
    select(credentials.c.member_id, credentials.c.last_used_at).where(credentials.c.id == bindparam("id"))
)


def add_password(
    connection: Connection, node: str, member: Member, name: str, verifier: Verifier, *, operator: str, now: datetime
) -> None:
    """Give a member an app password; one of the same name ends.

    Args:
        connection: the transaction.
        node: whose audit chain records it.
        member: whose.
        name: what `read_password_name` gave.
        verifier: under `shared_salt`, where that is there.
        operator: who does it, for the audit log.
        now: the time, UTC.

    Raises:
        Conflict: they have left or are no member yet, or have too many, or got their first one at this moment.
    """
    if absent := members.ABSENT.get(members.get(connection, member.id).state):  # who is nominated may yet be rejected
        raise Conflict(f"{member.address} is {absent}")
    connection.execute(delete(credentials).where(_is(member, name)))
    present = connection.execute(select(credentials.c.salt).where(credentials.c.member_id == member.id)).scalars().all()
    if len(present) >= MOST_PASSWORDS:
        raise Conflict(
            f"{member.address} has {MOST_PASSWORDS} app passwords: end one with `wen-relay members password-revoke`"
        )
    if set(present) - {verifier.salt}:
        raise Conflict(f"{member.address} got another password at this moment: try again")
    row = {"member_id": member.id, "name": name, "id": secrets.token_hex(8), "created_at": now}
    row |= {"salt": verifier.salt, "iterations": verifier.iterations}
    row |= {"stored_key": verifier.stored_key, "server_key": verifier.server_key}
    connection.execute(insert(credentials).values(**row))
    audit.append(
        connection, node, now, "password.issued", {"member": member.id, "password": name, "operator": operator}
    )


def revoke_password(
    connection: Connection, node: str, address: Address, name: str, *, operator: str, now: datetime
) -> Member:
    """End one of a member's app passwords; their others stay.

    Raises:
        NotFound: there is no such member, or no such password of theirs.
    """
    if (member := members.find(connection, address)) is None:
        raise NotFound(f"{address} is not a member; see `wen-relay members list`")
    if not connection.execute(delete(credentials).where(_is(member, name))).rowcount:
        raise NotFound(f"{address} has no app password “{name}”; see `wen-relay members passwords {address}`")
    audit.append(
        connection, node, now, "password.revoked", {"member": member.id, "password": name, "operator": operator}
    )
    return member


def shared_salt(connection: Connection, member_id: str) -> tuple[bytes, int] | None:
    """Salt and iterations of a member's passwords, which a further one must have too; None when they have none."""
    query = select(credentials.c.salt, credentials.c.iterations).where(credentials.c.member_id == member_id).limit(1)
    found = connection.execute(query).one_or_none()
    return (found.salt, found.iterations) if found else None


def find_account(connection: Connection, address_key: str) -> Account | None:
    """What logins under an address (in the form of `Address.key`) are checked against; None when it has no password.

    Whether its member may act is asked when a password was right, and only then (`actions.login.enter`).
    """
    rows = _OF_ADDRESS.all(connection, {"key": address_key})
    keys = [PasswordKeys(row.id, row.stored_key, row.server_key) for row in rows]
    return make_account(keys, rows[0].salt, rows[0].iterations) if keys else None


def owner_of(connection: Connection, password_id: str) -> tuple[str, datetime | None] | None:
    """Whose password this is, by member id, and when its last use was noted; None for one that has been revoked."""
    row = _BY_ID.first(connection, {"id": password_id})
    return (row.member_id, row.last_used_at) if row else None


def list_passwords(connection: Connection, member_id: str) -> tuple[AppPassword, ...]:
    """A member's app passwords in order of their names; nothing of what they are."""
    query = select(credentials.c.name, credentials.c.created_at, credentials.c.last_used_at)
    rows = connection.execute(query.where(credentials.c.member_id == member_id).order_by(credentials.c.name))
    return tuple(AppPassword(name=row.name, created_at=row.created_at, last_used_at=row.last_used_at) for row in rows)


def touch(connection: Connection, password_id: str, now: datetime) -> None:
    """Note that a password was used."""
    connection.execute(update(credentials).where(credentials.c.id == password_id).values(last_used_at=now))


def _is(member: Member, name: str) -> ColumnElement[bool]:
    return (credentials.c.member_id == member.id) & (credentials.c.name == name)
