"""Whose doors were confirmed by whom, and which countries were asked: two tables, a row for each country."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select

from relay.delivery.delivery import Kind
from relay.policy.doors import Asking, Confirmation, Stage
from relay.roster.member import Member, MemberState, Role
from relay.store import audit, letters
from relay.store.members import list_members
from relay.store.prepared import Prepared
from relay.store.tables import directory_askings, directory_confirmations, members

_CONFIRMATION = Prepared(
    select(directory_confirmations).where(directory_confirmations.c.country == bindparam("country"))
)


def countries(connection: Connection, before: datetime) -> tuple[str, ...]:
    """The countries that have an active member who came before that time, in order; the first administrator's is none."""
    living = (members.c.state == MemberState.ACTIVE, members.c.country != "", members.c.created_at < before)
    return tuple(
        connection.execute(select(members.c.country).where(*living).distinct().order_by(members.c.country)).scalars()
    )


def confirmations(connection: Connection) -> dict[str, Confirmation]:
    """The last confirmation of each country that has one."""
    return {
        row.country: Confirmation(country=row.country, member_id=row.member_id, at=row.at, digests=row.digests)
        for row in connection.execute(select(directory_confirmations))
    }


def confirmation_of(connection: Connection, country: str) -> Confirmation | None:
    """A country's last confirmation; None when nobody has confirmed its doors."""
    row = _CONFIRMATION.first(connection, {"country": country})
    if row is None:
        return None
    return Confirmation(country=row.country, member_id=row.member_id, at=row.at, digests=row.digests)


def askings(connection: Connection) -> dict[str, Asking]:
    """What was done last about each country that was ever asked."""
    return {
        row.country: Asking(country=row.country, half_year=row.half_year, at=row.at, stage=Stage(row.stage))
        for row in connection.execute(select(directory_askings))
    }


def focal_points(everyone: Iterable[Member], country: str, now: datetime) -> tuple[Member, ...]:
    """Who confirms a country's doors: its focal points who serve and are active."""
    return tuple(one for one in everyone if is_focal_point(one, country, now))


def is_focal_point(member: Member, country: str, now: datetime) -> bool:
    """Whether this member may confirm the doors of a country."""
    served = member.country == country and member.agency_type.is_official
    return Role.FOCAL_POINT in member.roles and served and member.may_act(now.date())


def confirm(
    connection: Connection, node: str, member: Member, what: Mapping[str, str], reference: str, now: datetime
) -> None:
    """Write down that a focal point found their country's doors right, as they stand now.

    Args:
        connection: the transaction.
        node: whose audit chain records it.
        member: a focal point of the country.
        what: the digest of each door (`policy.doors.digests`).
        reference: of the letter that listed them.
        now: the time, UTC.
    """
    table = directory_confirmations
    connection.execute(delete(table).where(table.c.country == member.country))
    row = {"country": member.country, "member_id": member.id, "at": now, "digests": dict(what)}
    connection.execute(insert(table).values(**row))
    facts: audit.Facts = {"country": member.country, "member": member.id, "reference": reference}
    audit.append(connection, node, now, "directory.confirmed", facts)


def ask(
    connection: Connection, node: str, asking: Asking, lists: Iterable[str], *, operator: str, now: datetime
) -> int:
    """Write to every focal point of a country, for the first time or once more; returns to how many.

    Args:
        connection: the transaction.
        node: whose audit chain records it.
        asking: what the record says from now on.
        lists: the active lists, in whose names letters can be written.
        operator: who has it done; "" for the relay's own calendar.
        now: the time, UTC.
    """
    asked = focal_points(list_members(connection), asking.country, now)
    for member in asked:
        write_to(connection, member, asking.half_year, lists, now, stage=asking.stage)
    _write_down(connection, asking)
    entry: audit.Facts = {
        "country": asking.country,
        "half_year": asking.half_year,
        "stage": int(asking.stage),
        "members": [member.id for member in asked],
        "operator": operator or None,
    }
    audit.append(connection, node, now, "directory.asked", entry)
    return len(asked)


def write_to(
    connection: Connection,
    member: Member,
    half_year: str,
    lists: Iterable[str],
    now: datetime,
    *,
    stage: Stage = Stage.ASKED,
) -> None:
    """Queue the letter that lists the doors of a focal point's country as they stand when it is sent."""
    facts = {"country": member.country, "half_year": half_year, "stage": int(stage)}
    letters.write(connection, member.id, Kind.DOORS, _in_whose_name(member, lists), facts, now)


def tell_of_silence(
    connection: Connection, node: str, silent: Iterable[Asking], lists: Iterable[str], now: datetime
) -> int:
    """Tell the administrators, in one letter each, which countries have not confirmed their doors; returns how many were told."""
    silent = tuple(silent)
    countries_ = sorted(one.country for one in silent)
    told = [one for one in list_members(connection) if Role.ADMIN in one.roles and one.may_act(now.date())]
    for member in told:
        letters.write(
            connection, member.id, Kind.SILENCE, _in_whose_name(member, lists), {"countries": countries_}, now
        )
    for one in silent:
        _write_down(connection, one)
    entry: audit.Facts = {"countries": countries_, "members": [member.id for member in told]}
    audit.append(connection, node, now, "directory.silent", entry)
    return len(told)


def _write_down(connection: Connection, asking: Asking) -> None:
    table = directory_askings
    connection.execute(delete(table).where(table.c.country == asking.country))
    row = {"country": asking.country, "half_year": asking.half_year, "at": asking.at, "stage": int(asking.stage)}
    connection.execute(insert(table).values(**row))


def _in_whose_name(member: Member, lists: Iterable[str]) -> str:
    """A list of the member's own, or any: all of them take a member's answer."""
    active = sorted(lists)
    return min(member.lists & set(active), default=active[0] if active else "")
