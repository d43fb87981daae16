"""What members sign their posts with: certificates and OpenPGP keys as they were registered."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from relay.errors import Conflict, NotFound
from relay.mail.address import Address
from relay.mail.signature import RegisteredKey, SignatureMethod
from relay.store import audit
from relay.store.certificates import find_present
from relay.store.tables import members, signing_keys


def add(
    connection: Connection, node: str, address: Address, key: RegisteredKey, *, operator: str, now: datetime
) -> None:
    """Register what a member signs with, beside what is registered already.

    Raises:
        NotFound: there is no such member.
        Conflict: it is registered already, or the member has left.
    """
    member = find_present(connection, address)
    if connection.execute(
        select(signing_keys.c.member_id).where(signing_keys.c.fingerprint == key.fingerprint)
    ).first():
        raise Conflict("this certificate or key is registered already")
    row = {"fingerprint": key.fingerprint, "method": key.method, "octets": key.octets, "expires_at": key.expires_at}
    connection.execute(insert(signing_keys).values(**row, member_id=member.id, created_at=now))
    facts = {"member": member.id, "method": str(key.method), "fingerprint": key.fingerprint, "operator": operator}
    audit.append(connection, node, now, "signing_key.added", facts)


def remove(
    connection: Connection, node: str, address: Address, prefix: str, *, operator: str, now: datetime
) -> RegisteredKey:
    """Take away what a member signs with, named by the beginning of its fingerprint; the next message knows.

    Raises:
        NotFound: none of theirs, or more than one, begins so.
    """
    member = find_present(connection, address)
    found = [key for key in of_member(connection, member.id) if key.fingerprint.startswith(prefix.lower())]
    if len(found) != 1:
        raise NotFound(
            f"{address} has {'nothing' if not found else 'more than one'} registered whose fingerprint begins with “{prefix}”: "
            f"see `wen-relay members show {address}`"
        )
    [key] = found
    connection.execute(delete(signing_keys).where(signing_keys.c.fingerprint == key.fingerprint))
    facts = {"member": member.id, "method": str(key.method), "fingerprint": key.fingerprint, "operator": operator}
    audit.append(connection, node, now, "signing_key.removed", facts)
    return key


def ending(connection: Connection, before: datetime) -> tuple[tuple[str, datetime], ...]:
    """Whose registered certificates and keys end before this, and when; the first to end first."""
    query = (
        select(members.c.address, signing_keys.c.expires_at)
        .join(members, members.c.id == signing_keys.c.member_id)
        .where(signing_keys.c.expires_at < before)
        .order_by(signing_keys.c.expires_at)
    )
    return tuple((row.address, row.expires_at) for row in connection.execute(query))


def of_member(connection: Connection, member_id: str) -> tuple[RegisteredKey, ...]:
    """What is registered for a member, also what has expired since."""
    query = select(signing_keys).where(signing_keys.c.member_id == member_id).order_by(signing_keys.c.created_at)
    return tuple(registered_key(row) for row in connection.execute(query))


def registered_key(row: Row[Any]) -> RegisteredKey:
    """The certificate or key of a row, whether somebody signs with it or is written to."""
    return RegisteredKey(
        fingerprint=row.fingerprint,
        method=SignatureMethod(row.method),
        octets=row.octets,
        expires_at=row.expires_at,
    )
