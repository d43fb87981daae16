"""Who was a member when, with the names that are on record today."""

from datetime import UTC, datetime, time

from relay.errors import Invalid
from relay.resources import Resources
from relay.roster.history import Past
from relay.roster.member import Member, MemberState
from relay.roster.scope import Scope
from relay.store import history, members


def read_moment(text: str, now: datetime) -> datetime:
    """Read a moment: a day means its end, a time without a zone UTC.

    Raises:
        Invalid: it isn't one, or is still to come.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(f"“{text}” is no moment: write it as 2026-11-30 or 2026-11-30T14:00Z") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment > now:
        raise Invalid(f"{text} is still to come: the log tells what was")
    is_day = len(text.strip()) <= len("2026-11-30")
    return min(datetime.combine(moment.date(), time.max, UTC), now) if is_day else moment.astimezone(UTC)


def members_at(resources: Resources, moment: datetime, scope: Scope) -> tuple[tuple[Past, Member | None], ...]:
    """The memberships of a scope at a moment, and who that is on today's record; None where nothing is on record any more.

    Those who had left by then are among them only where the scope asks for their state.

    Raises:
        Invalid: the moment is before the log begins.
    """
    with resources.database.read() as connection:
        begins = history.begins(connection)
        people = history.at(connection, moment)
        known = {member.id: member for member in members.list_members(connection)}
    if begins is None or moment < begins:
        since = f"{begins:%Y-%m-%d %H:%M:%S} UTC" if begins else "nowhere yet"
        raise Invalid(f"the log begins {since}: nothing is known of what was before")
    found = (one for one in people.values() if _belongs(one, scope))
    return tuple(sorted(((one, known.get(one.id)) for one in found), key=lambda pair: _order(*pair)))


def _belongs(past: Past, scope: Scope) -> bool:
    return (
        (not scope.country or past.country == scope.country)
        and (not scope.list_name or scope.list_name in past.lists)
        and (scope.role is None or scope.role in past.roles)
        and (past.state is scope.state if scope.state else past.state is not MemberState.LEFT)
    )


def _order(past: Past, member: Member | None) -> tuple[str, str]:
    return member.address.key if member else "", past.id
