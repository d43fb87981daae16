"""App passwords, kept as verifiers.

A member has one app password at a time. So a wrong login costs the same work whoever is asked for, and the time it takes doesn't
tell members from strangers; issuing a new one revokes the old.
"""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from relay.mail.scram import Verifier
from relay.roster.member import MemberState
from relay.store import audit
from relay.store.tables import credentials, members


def add_password(connection: Connection, node: str, member_id: str, verifier: Verifier, now: datetime) -> None:
    """Give a member an app password in place of the one they had."""
    connection.execute(delete(credentials).where(credentials.c.member_id == member_id))
    connection.execute(
        insert(credentials).values(
            member_id=member_id,
            salt=verifier.salt,
            iterations=verifier.iterations,
            stored_key=verifier.stored_key,
            server_key=verifier.server_key,
            created_at=now,
        )
    )
    audit.append(connection, node, now, "password.issued", {"member": member_id})


def verifiers(connection: Connection, address_key: str) -> tuple[tuple[str, Verifier], ...]:
    """Member id and verifier for an address in the form of `Address.key`; empty for strangers, the suspended and those who left."""
    joined = credentials.join(members, members.c.id == credentials.c.member_id)
    query = (
        select(credentials)
        .select_from(joined)
        .where(members.c.address_key == address_key, members.c.state == MemberState.ACTIVE)
    )
    return tuple(
        (
            row.member_id,
            Verifier(salt=row.salt, iterations=row.iterations, stored_key=row.stored_key, server_key=row.server_key),
        )
        for row in connection.execute(query)
    )


def touch(connection: Connection, member_id: str, now: datetime) -> None:
    """Note when the password was last used."""
    connection.execute(update(credentials).where(credentials.c.member_id == member_id).values(last_used_at=now))
