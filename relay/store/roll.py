"""All who are on record at once, and what a file changes about one of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from relay.roster.difference import Change, Standing
from relay.roster.member import Member, MemberState, agency_key
from relay.store import audit
from relay.store.member_rows import stored_nomination
from relay.store.members import get, list_members, name_for_audit, tell_vouchers
from relay.store.tables import members, memberships
from relay.store.vetting import nomination_of

_PLAIN = (
    "name",
    "agency",
    "agency_type",
    "country",
    "language",
    "valid_until",
)  # columns that are called as the member's fields


def standings(connection: Connection) -> tuple[Standing, ...]:
    """Everybody who is on record and hasn't left, in order of their addresses."""
    columns = (members.c.id, members.c.nominated_by, members.c.confirmed_by, members.c.waived_on)
    rows = {row.id: row for row in connection.execute(select(*columns))}
    return tuple(
        Standing(member=member, nomination=stored_nomination(member, rows[member.id]))
        for member in list_members(connection)
        if member.state is not MemberState.LEFT
    )


def change_member(connection: Connection, node: str, change: Change, *, operator: str, now: datetime) -> Member:
    """Do what a line of a file changes about a member; who vouched for what they gain is put on record, and told."""
    before, after = change.before, change.after
    values: dict[str, Any] = {
        name: getattr(after, name) for name in _PLAIN if getattr(after, name) != getattr(before, name)
    }
    values |= {"roles": sorted(after.roles), "waived_on": change.waived_on}
    values["agency_key"] = agency_key(after.country, after.agency)
    if change.vouchers:
        values["nominated_by"], values["confirmed_by"] = map(str, change.vouchers)
    connection.execute(update(members).where(members.c.id == before.id).values(**values))
    _change_lists(connection, before, after)
    audit.append(connection, node, now, "member.changed", _facts(connection, change, operator))
    if change.vouchers:
        told = nomination_of(connection, before.id)
        tell_vouchers(connection, before.id, told.vouchers, told.lists, now)
    return get(connection, before.id)


def _change_lists(connection: Connection, before: Member, after: Member) -> None:
    mine = memberships.c.member_id == before.id
    if gone := before.lists - after.lists:
        connection.execute(delete(memberships).where(mine, memberships.c.list_name.in_(gone)))
    if new := after.lists - before.lists:
        connection.execute(insert(memberships), [{"member_id": before.id, "list_name": name} for name in sorted(new)])


def _facts(connection: Connection, change: Change, operator: str) -> audit.Facts:
    """Which columns changed, and what became of those that say who may do what; never a name, or an agency's."""
    after = change.after
    facts: dict[str, str | int | list[Any] | None] = {
        "member": after.id,
        "columns": sorted(change.columns),
        "operator": operator,
    }
    values: dict[str, str | int | list[Any] | None] = {
        "country": after.country,
        "agency_type": after.agency_type.value,
        "lists": sorted(after.lists),
        "role": sorted(after.roles),
        "valid_until": after.valid_until.isoformat() if after.valid_until else None,
    }
    facts |= {name: value for name, value in values.items() if name in change.columns}
    if change.vouchers:
        names = (name_for_audit(connection, voucher) for voucher in change.vouchers)
        facts |= zip(("nominated_by", "confirmed_by"), names, strict=True)
    return facts
