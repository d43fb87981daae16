"""TLS client certificates, kept as pins: each stands for one member, or for one gateway and those it speaks for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select

from relay.errors import Conflict, NotFound
from relay.mail.address import Address
from relay.roster.gateway import Gateway
from relay.roster.member import Member, MemberState
from relay.store import audit, members
from relay.store.member_rows import address_of
from relay.store.prepared import Prepared
from relay.store.tables import certificates, gateways
from relay.store.tables import members as members_table

_BY_PIN = Prepared(select(certificates).where(certificates.c.pin == bindparam("pin")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A registered certificate: the SHA-256 of its SubjectPublicKeyInfo, and when the certificate that was shown ends."""

    pin: bytes
    expires_at: datetime


def holder_of(connection: Connection, pin: bytes) -> Member | Gateway | None:
    """Whom a key stands for, a member in whatever state; None when nobody has registered it."""
    row = _BY_PIN.first(connection, {"pin": pin})
    if row is None:
        return None
    return members.get(connection, row.member_id) if row.member_id else get_gateway(connection, row.gateway_name)


def find_present(connection: Connection, address: Address) -> Member:
    """The member with this address, who hasn't left.

    Raises:
        NotFound: there is none.
        Conflict: they have left.
    """
    member = members.find(connection, address)
    if member is None:
        raise NotFound(f"{address} is not a member; see `wen-relay members list`")
    if member.state is MemberState.LEFT:
        raise Conflict(f"{address} is no longer a member")
    return member


def add_for_member(
    connection: Connection, node: str, address: Address, pin: Pin, *, operator: str, now: datetime
) -> None:
    """Let a key stand for a member, beside those that do already.

    Raises:
        NotFound: there is no such member.
        Conflict: the key stands for somebody already, or the member has left.
    """
    member = find_present(connection, address)
    _add(connection, pin, now, member_id=member.id)
    facts = {"member": member.id, "pin": pin.pin.hex(), "operator": operator}
    audit.append(connection, node, now, "certificate.added", facts)


def remove_from_member(
    connection: Connection, node: str, address: Address, prefix: str, *, operator: str, now: datetime
) -> Pin:
    """End what one key of a member stands for, named by the beginning of its pin in hexadecimal; in open sessions too.

    Raises:
        NotFound: none of theirs, or more than one, begins so.
    """
    member = find_present(connection, address)
    found = [one for one in of_member(connection, member.id) if one.pin.hex().startswith(prefix.lower())]
    if len(found) != 1:
        raise NotFound(
            f"{member.address} has {'no certificate' if not found else 'several certificates'} whose pin begins with “{prefix}”: "
            f"see `wen-relay members show {member.address}`"
        )
    connection.execute(delete(certificates).where(certificates.c.pin == found[0].pin))
    facts = {"member": member.id, "pin": found[0].pin.hex(), "operator": operator}
    audit.append(connection, node, now, "certificate.removed", facts)
    return found[0]


def of_member(connection: Connection, member_id: str) -> tuple[Pin, ...]:
    """The keys that stand for a member."""
    return _pins(connection, certificates.c.member_id == member_id)


def of_gateway(connection: Connection, name: str) -> tuple[Pin, ...]:
    """The keys that stand for a gateway."""
    return _pins(connection, certificates.c.gateway_name == name)


def add_gateway(
    connection: Connection, node: str, gateway: Gateway, pins: Iterable[Pin], *, operator: str, now: datetime
) -> None:
    """Register a gateway with its keys.

    Raises:
        Conflict: one of this name is there, or a key stands for somebody already.
    """
    if connection.execute(select(gateways.c.name).where(gateways.c.name == gateway.name)).first():
        raise Conflict(f"there is a gateway {gateway.name} already: remove it first, or choose another name")
    row = {"name": gateway.name, "agency": gateway.agency, "domains": sorted(gateway.domains), "created_at": now}
    connection.execute(insert(gateways).values(**row, addresses=sorted(map(str, gateway.addresses))))
    pins = tuple(pins)
    for pin in pins:
        _add(connection, pin, now, gateway_name=gateway.name)
    spoken_for = [found.id for one in sorted(gateway.addresses, key=str) if (found := members.find(connection, one))]
    facts: audit.Facts = {
        "gateway": gateway.name,
        "agency": gateway.agency,
        "members": spoken_for,
        "domains": sorted(gateway.domains),
        "pins": [pin.pin.hex() for pin in pins],
        "operator": operator,
    }
    audit.append(connection, node, now, "gateway.added", facts)


def remove_gateway(connection: Connection, node: str, name: str, *, operator: str, now: datetime) -> None:
    """Take a gateway and its keys away; what it sends in sessions that are open is refused from now on.

    Raises:
        NotFound: there is none of this name.
    """
    get_gateway(connection, name)
    connection.execute(delete(certificates).where(certificates.c.gateway_name == name))
    connection.execute(delete(gateways).where(gateways.c.name == name))
    audit.append(connection, node, now, "gateway.removed", {"gateway": name, "operator": operator})


def ending(connection: Connection, before: datetime) -> tuple[tuple[str, datetime], ...]:
    """Whose registered certificates end before this: a member's address or a gateway's name, and when; the first to end first.

    A later certificate with the same key may be in use; that is not on record.
    """
    query = (
        select(certificates.c.gateway_name, certificates.c.expires_at, members_table.c.address)
        .select_from(certificates.outerjoin(members_table, members_table.c.id == certificates.c.member_id))
        .where(certificates.c.expires_at < before)
        .order_by(certificates.c.expires_at)
    )
    return tuple((row.gateway_name or row.address, row.expires_at) for row in connection.execute(query))


def get_gateway(connection: Connection, name: str) -> Gateway:
    """The gateway of this name.

    Raises:
        NotFound: there is none.
    """
    found = [one for one in list_gateways(connection) if one.name == name]
    if not found:
        raise NotFound(f"there is no gateway {name}: see `wen-relay gateways list`")
    return found[0]


def list_gateways(connection: Connection) -> tuple[Gateway, ...]:
    """All gateways, by name."""
    return tuple(
        Gateway(
            name=row.name,
            agency=row.agency,
            addresses=frozenset(map(address_of, row.addresses)),
            domains=frozenset(row.domains),
        )
        for row in connection.execute(select(gateways).order_by(gateways.c.name))
    )


def _add(connection: Connection, pin: Pin, now: datetime, **holder: str) -> None:
    """One key stands for one holder only, or nobody could say who has sent what."""
    if _BY_PIN.first(connection, {"pin": pin.pin}) is not None:
        raise Conflict(
            "this certificate's key is registered already: each key stands for one member or one gateway only"
        )
    connection.execute(insert(certificates).values(pin=pin.pin, expires_at=pin.expires_at, created_at=now, **holder))


def _pins(connection: Connection, condition: object) -> tuple[Pin, ...]:
    query = select(certificates).where(condition).order_by(certificates.c.created_at, certificates.c.pin)  # type: ignore[arg-type]
    return tuple(Pin(pin=row.pin, expires_at=row.expires_at) for row in connection.execute(query))
