"""Members in the database: added by nomination, suspended, reinstated, renewed, removed; each change audited with who made it."""

import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, delete, insert, select, update

from relay.delivery.delivery import Kind
from relay.errors import Conflict, NotFound
from relay.mail.address import Address
from relay.roster.attestation import Stage
from relay.roster.member import Member, MemberState
from relay.roster.nomination import Nomination
from relay.store import audit, failures, fanout, letters
from relay.store.member_rows import address_of, attested, member_row, read_member
from relay.store.prepared import Prepared
from relay.store.tables import (
    certificates,
    complaints,
    credentials,
    deliveries,
    encrypted_members,
    encryption_keys,
    lists,
    members,
    memberships,
    signing_keys,
)

_WITH_LISTS = select(members, memberships.c.list_name).outerjoin(memberships, memberships.c.member_id == members.c.id)
# Built once: every message asks.
_BY_ADDRESS = Prepared(_WITH_LISTS.where(members.c.address_key == bindparam("key")))
_BY_ID = Prepared(_WITH_LISTS.where(members.c.id == bindparam("id")))
DISPUTED = "nomination disputed"  # why somebody is suspended whose voucher says NO
_PRESENT = (MemberState.ACTIVE, MemberState.DORMANT, MemberState.SUSPENDED)
ABSENT = {MemberState.LEFT: "no longer a member", MemberState.NOMINATED: "nominated, and no member yet"}


def add(connection: Connection, node: str, nomination: Nomination, *, operator: str, now: datetime) -> Member:
    """Make the nominated person an active member; nominator and confirmer are told when they are members.

    Somebody who left comes back under the same id, with what the new nomination says.

    Args:
        connection: the transaction.
        node: whose audit chain records it.
        nomination: judged already (`judge_nomination`).
        operator: who does it, for the audit log.
        now: the time, UTC.

    Raises:
        Conflict: the address is a member's.
        NotFound: a list isn't known here.
    """
    member_id = enter(connection, nomination, MemberState.ACTIVE, now)
    audit.append(connection, node, now, "member.added", added_facts(connection, member_id, nomination, operator))
    tell_vouchers(connection, member_id, nomination.vouchers, nomination.lists, now)
    return get(connection, member_id)


def enter(connection: Connection, nomination: Nomination, state: MemberState, now: datetime) -> str:
    """Write down who is new, active or only nominated, and on which lists; returns their id. `add` and `vetting.nominate` do it.

    Raises:
        Conflict: the address is a member's, or nominated.
        NotFound: a list isn't known here.
    """
    former = find(connection, nomination.address)
    if former is not None and former.state is not MemberState.LEFT:
        nominated = former.state is MemberState.NOMINATED
        raise Conflict(f"{nomination.address} is {'nominated' if nominated else 'a member'} already")
    known = set(connection.execute(select(lists.c.name)).scalars())
    if unknown := sorted(nomination.lists - known):
        raise NotFound(f"the list “{unknown[0]}” is not in the database: run `wen-relay lists sync`")
    member_id = former.id if former else secrets.token_hex(16)
    row = member_row(nomination, state, now)
    if former:
        connection.execute(update(members).where(members.c.id == member_id).values(**row))
    else:
        connection.execute(insert(members).values(id=member_id, **row))
    if nomination.lists:
        connection.execute(
            insert(memberships), [{"member_id": member_id, "list_name": name} for name in sorted(nomination.lists)]
        )
    return member_id


def find(connection: Connection, address: Address) -> Member | None:
    """The member with this address, in whatever state; None when there is none."""
    return _with_lists(_BY_ADDRESS.all(connection, {"key": address.key}))


def get(connection: Connection, member_id: str) -> Member:
    """The member with this id.

    Raises:
        NotFound: there is none.
    """
    if (found := _with_lists(_BY_ID.all(connection, {"id": member_id}))) is None:
        raise NotFound(f"no member has the id {member_id}")
    return found


def list_members(connection: Connection, list_name: str | None = None) -> tuple[Member, ...]:
    """The members in whatever state, or those on one list, in order of their addresses."""
    if list_name is None:
        return people_of(connection, members.c.id.is_not(None))
    return people_of(
        connection, members.c.id.in_(select(memberships.c.member_id).where(memberships.c.list_name == list_name))
    )


def of_country(connection: Connection, country: str) -> tuple[Member, ...]:
    """The members of a country in whatever state, in order of their addresses."""
    return people_of(connection, members.c.country == country)


def suspend(
    connection: Connection, node: str, address: Address, *, reason: str, operator: str, now: datetime
) -> Member:
    """Suspend a member; copies that wait for them are cancelled at once, and letters that name others.

    Raises:
        NotFound: there is no such member.
        Conflict: the member is suspended already, has left, or is only nominated.
    """
    member = _find_in(connection, address, MemberState.ACTIVE, MemberState.DORMANT)
    return _suspend(connection, node, member, reason=reason, operator=operator, now=now)


def reinstate(
    connection: Connection, node: str, address: Address, *, by: Member | None = None, operator: str, now: datetime
) -> Member:
    """End a suspension. One that a voucher's NO has brought ends only by the word of somebody who may vouch, and the vouchers are told.

    Raises:
        NotFound: there is no such member.
        Conflict: the member isn't suspended, or their nomination is disputed and nobody vouches for them now.
    """
    member = _find_in(connection, address, MemberState.SUSPENDED)
    columns = (members.c.suspension, members.c.nominated_by, members.c.confirmed_by)
    row = connection.execute(select(*columns).where(members.c.id == member.id)).one()
    if row.suspension == DISPUTED:
        if by is None or by.id == member.id or not by.may_vouch_for(member.country, now.date()):
            raise Conflict(
                f"{address} is suspended because a voucher said NO: name with --by who vouches for them now, a focal point of "
                f"{member.country} or an administrator"
            )
        vouchers = [address_of(one) for one in (row.nominated_by, row.confirmed_by) if one]
        tell_vouchers(connection, member.id, vouchers, member.lists, now)
    failures.forget(connection, member.id)  # whoever reinstates somebody says that their address works
    fresh: dict[str, Any] = {"state": MemberState.ACTIVE, "suspension": None, "dormant_on": None}
    fresh |= {"receives_until": None, "attestation_asked": Stage.NONE}  # what was asked before is asked anew
    return _change(connection, node, member, "member.reinstated", operator, now, by=by, **fresh)


def renew(  # noqa: PLR0913 - one change, told whole
    connection: Connection,
    node: str,
    address: Address,
    *,
    valid_until: date | None,
    waived_on: date | None = None,
    by: Member | None = None,
    operator: str,
    now: datetime,
) -> Member:
    """Prolong a member's vetting to a day, or without end: the operator's own attestation, so that a dormant one is active again.

    A suspension stays.

    Raises:
        NotFound: there is no such member.
        Conflict: the member has left; or who waives the rule against a free address may not vouch for them.
    """
    member = _find_in(connection, address, *_PRESENT)
    if waived_on and (by is None or by.id == member.id or not by.may_vouch_for(member.country, now.date())):
        raise Conflict(f"a waiver for {address} is given by a focal point of {member.country} or an administrator")
    until: dict[str, Any] = {"by": by, "valid_until": valid_until, "waived_on": waived_on, **attested(now.date())}
    if member.state is MemberState.DORMANT:
        until["state"] = MemberState.ACTIVE
    return _change(connection, node, member, "member.renewed", operator, now, **until)


def remove(connection: Connection, node: str, address: Address, *, operator: str, now: datetime) -> Member:
    """End a membership: the row stays for the record; passwords, certificates, keys and lists go, and all that waits for the person is cancelled.

    Raises:
        NotFound: there is no such member.
        Conflict: the member has left already.
    """
    member = _find_in(connection, address, MemberState.NOMINATED, *_PRESENT)
    for table in (credentials, certificates, signing_keys, encryption_keys, encrypted_members, memberships, complaints):
        connection.execute(delete(table).where(table.c.member_id == member.id))
    fanout.cancel(connection, deliveries.c.member_id == member.id)
    failures.forget(connection, member.id)
    gone = {"state": MemberState.LEFT, "suspension": None, "left_at": now}
    return _change(connection, node, member, "member.removed", operator, now, **gone)


def _suspend(connection: Connection, node: str, member: Member, *, reason: str, operator: str, now: datetime) -> Member:
    """Suspend a member. Word of what became of their own posts still reaches them."""
    fanout.cancel_of_suspended(connection, member.id)
    return _change(
        connection, node, member, "member.suspended", operator, now, state=MemberState.SUSPENDED, suspension=reason
    )


def _change(
    connection: Connection, node: str, member: Member, event: str, operator: str, now: datetime, **values: Any
) -> Member:
    """Change a member's row and say so in the audit log."""
    facts: dict[str, str | int | list[Any] | None] = {"member": member.id, "operator": operator}
    if (by := values.pop("by", None)) is not None:
        facts["by"] = by.id
    connection.execute(update(members).where(members.c.id == member.id).values(**values))
    if values.get("suspension"):
        facts["reason"] = values["suspension"]
    if "valid_until" in values:
        facts["valid_until"] = values["valid_until"].isoformat() if values["valid_until"] else None
    audit.append(connection, node, now, event, facts)
    return get(connection, member.id)


def _find_in(connection: Connection, address: Address, *states: MemberState) -> Member:
    """The member with this address, who must be in one of these states."""
    member = find(connection, address)
    if member is None:
        raise NotFound(f"{address} is not a member; see `wen-relay members list`")
    if member.state not in states:
        raise Conflict(f"{address} is {ABSENT.get(member.state, f'{member.state.value} already')}")
    return member


def added_facts(connection: Connection, member_id: str, nomination: Nomination, operator: str) -> audit.Facts:
    """What the audit log says of somebody new: never a name or address, but of a voucher from outside."""
    return {
        "member": member_id,
        "lists": sorted(nomination.lists),
        "roles": sorted(nomination.roles),
        "country": nomination.country,
        "agency_type": nomination.agency_type.value,
        "valid_until": nomination.valid_until.isoformat() if nomination.valid_until else None,
        "nominated_by": name_for_audit(connection, nomination.nominated_by),
        "confirmed_by": name_for_audit(connection, nomination.confirmed_by) if nomination.confirmed_by else None,
        "operator": operator,
    }


def name_for_audit(connection: Connection, voucher: Address) -> str:
    """A member's id. Somebody from outside has none and is named by address, or nobody could ever be held to their word."""
    member = find(connection, voucher)
    return member.id if member else str(voucher)


def tell_vouchers(
    connection: Connection, member_id: str, vouchers: Iterable[Address], lists_: Collection[str], now: datetime
) -> None:
    """Queue word to nominator and confirmer, so that one whose name was used without their knowledge can object."""
    for voucher in vouchers:
        member = find(connection, voucher)
        if member is not None and member.state is MemberState.ACTIVE:
            letters.write(connection, member.id, Kind.NOMINATION, min(lists_, default=""), {}, now, about=member_id)


def _with_lists(rows: Sequence[Row[Any]]) -> Member | None:
    """The member of whom there is a row for each of their lists."""
    on_lists = frozenset(row.list_name for row in rows if row.list_name is not None)
    return read_member(rows[0], on_lists) if rows else None


def people_of(connection: Connection, *conditions: ColumnElement[bool]) -> tuple[Member, ...]:
    """The members who meet all conditions, with their lists, in order of their addresses."""
    condition = and_(*conditions)
    rows = connection.execute(select(members).where(condition).order_by(members.c.address_key)).all()
    on_lists: defaultdict[str, set[str]] = defaultdict(set)
    mine = select(memberships).join(members, members.c.id == memberships.c.member_id).where(condition)
    for row in connection.execute(mine):
        on_lists[row.member_id].add(row.list_name)
    return tuple(read_member(row, frozenset(on_lists[row.id])) for row in rows)
