"""`wen-relay members at`: who was a member when, by the audit log."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from relay.actions.open import opened
from relay.actions.past import members_at, read_moment
from relay.cli.output import ConfigOption, JsonOption, say, time_of
from relay.cli.people import CountryOption, ListOption, RoleOption, StateOption
from relay.cli.rows import print_rows
from relay.roster.history import Past
from relay.roster.member import Member
from relay.roster.scope import read_scope


def at(
    moment: Annotated[
        str, typer.Argument(metavar="DATE", help="A day, which means its end (UTC), or 2026-11-30T14:00Z.")
    ],
    list_name: ListOption = "",
    country: CountryOption = "",
    state: StateOption = "",
    role: RoleOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Tell who was a member at a moment, of which lists and in which state, by the audit log alone.

    Example: wen-relay members at 2026-11-30 --list central-africa --country CM
    """
    scope = read_scope(country=country, list_name=list_name, state=state, role=role)
    when = read_moment(moment, datetime.now(UTC))
    with opened(config) as resources:
        rows = [_row(past, member, when) for past, member in members_at(resources, when, scope)]
    print_rows(
        rows,
        as_json=as_json,
        columns=("id", "address", "country", "lists", "roles", "state", "since", "in_force"),
        nothing="Nobody.",
    )
    if not as_json:
        say(f"At {when:%Y-%m-%d %H:%M} UTC. The log itself is checked by `wen-relay audit verify`.")


def _row(past: Past, member: Member | None, when: datetime) -> dict[str, object]:
    return {
        "id": past.id,
        "address": str(member.address) if member else None,
        "name": member.name if member else None,
        "country": past.country,
        "agency_type": past.agency_type.value if past.agency_type else None,
        "lists": sorted(past.lists),
        "roles": sorted(past.roles),
        "state": past.state.value,
        "since": time_of(past.since),
        "valid_until": past.valid_until.isoformat() if past.valid_until else None,
        "in_force": past.was_in_force(when),
    }
