"""How commands name and print people."""

from collections.abc import Iterable, Mapping
from typing import Annotated

import typer

from relay.cli.output import say, time_of
from relay.mail.address import Address
from relay.roster.member import Member
from relay.roster.reachability import Failing

CountryOption = Annotated[str, typer.Option(metavar="CC", help="Only those of this country.")]
AgencyOption = Annotated[str, typer.Option(metavar="NAME", help="Only those of this agency.")]
ListOption = Annotated[str, typer.Option("--list", metavar="NAME", help="Only the members of this list.")]
StateOption = Annotated[str, typer.Option(metavar="STATE", help="Only those in this state, such as suspended.")]
RoleOption = Annotated[str, typer.Option(metavar="ROLE", help="Only those with this role, such as focal-point.")]

WelcomeOption = Annotated[
    bool,
    typer.Option(
        "--welcome/--no-welcome",
        help="Write to who is new, with the rules and how to begin; not where they have had all that from you.",
    ),
]


def person(member: Member) -> dict[str, object]:
    """A member as a row."""
    return {
        "id": member.id,
        "address": str(member.address),
        "name": member.name,
        "agency": member.agency,
        "agency_type": member.agency_type.value,
        "country": member.country,
        "language": member.language,
        "roles": sorted(member.roles),
        "lists": sorted(member.lists),
        "state": member.state.value,
        "valid_until": member.valid_until.isoformat() if member.valid_until else None,
        "attested_on": member.attested_on.isoformat() if member.attested_on else None,
        "rules_version": member.rules_version or None,
        "digest": member.wishes.reading.value,
        "paused_since": time_of(member.wishes.paused_at),
        "paused_until": member.wishes.paused_until.isoformat() if member.wishes.paused_until else None,
    }


def with_failure(row: dict[str, object], failing: Mapping[str, Failing]) -> dict[str, object]:
    """A member's row, and since when mail to them fails; None while it doesn't."""
    one = failing.get(str(row["id"]))
    return row | {"failing_since": time_of(one.since if one else None)}


def name_untold(vouchers: Iterable[Address]) -> None:
    """Nominator and confirmer are told by mail, so that they can object; where that is not so, the operator must know."""
    if names := ", ".join(map(str, vouchers)):
        say(f"Not members here, so not told by mail; tell them yourself: {names}.")
