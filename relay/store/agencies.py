"""A whole agency at once: suspended, and reinstated."""

from datetime import datetime

from sqlalchemy import Connection, select

from relay.errors import NotFound
from relay.roster.member import Member, MemberState
from relay.roster.scope import Scope
from relay.store import members, vetting
from relay.store.tables import members as rows

_SERVING = frozenset({MemberState.ACTIVE, MemberState.DORMANT})


def suspend_agency(
    connection: Connection, node: str, agency: str, *, reason: str, operator: str, now: datetime, country: str = ""
) -> tuple[Member, ...]:
    """Suspend every member of an agency, active or dormant, and end its open nominations; names are compared as `Scope` does.

    Agencies of several countries may bear one name: without a country all of them are meant.

    Raises:
        NotFound: nobody active or nominated is of this agency.
    """
    ended = [
        vetting.call_off(connection, node, one, operator=operator, now=now)
        for one in _people(connection, agency, country)
        if one.state is MemberState.NOMINATED
    ]
    suspended = [
        members.suspend(connection, node, one.address, reason=reason, operator=operator, now=now)
        for one in _people(connection, agency, country)
        if one.state in _SERVING
    ]
    if not suspended and not ended:
        raise NotFound(f"no active or nominated person is of the agency {_named(agency, country)}")
    return (*suspended, *ended)


def reinstate_agency(
    connection: Connection, node: str, agency: str, *, reason: str, operator: str, now: datetime, country: str = ""
) -> tuple[Member, ...]:
    """End the suspensions of an agency's members that were made for this reason; who is suspended for another one stays so.

    Raises:
        NotFound: nobody of this agency is suspended for this reason; the sentence names the reasons that there are.
        Conflict: one of them can't be reinstated.
    """
    suspended = [one for one in _people(connection, agency, country) if one.state is MemberState.SUSPENDED]
    why = {row.id: row.suspension for row in connection.execute(select(rows.c.id, rows.c.suspension))}
    meant = [one for one in suspended if (why[one.id] or "") == reason]
    if not meant:
        there = ", ".join(sorted({f"“{why[one.id] or ''}”" for one in suspended}))
        advice = f"; give --reason as it was given then: {there}" if there else ""
        raise NotFound(f"nobody of the agency {_named(agency, country)} is suspended for “{reason}”{advice}")
    return tuple(members.reinstate(connection, node, one.address, operator=operator, now=now) for one in meant)


def _people(connection: Connection, agency: str, country: str) -> tuple[Member, ...]:
    scope = Scope(agency=agency, country=country)
    return tuple(one for one in members.list_members(connection) if scope.includes(one))


def _named(agency: str, country: str) -> str:
    return f"“{agency}”{f' in {country}' if country else ''}"
