"""`wen-relay members wishes`: when posts come to a member, looked at or set for them."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from relay.actions.open import opened, operator_name, wake_service
from relay.actions.passwords import find_member
from relay.cli.output import ConfigOption, JsonOption, print_json, say
from relay.cli.passwords import AddressArgument
from relay.cli.people import person
from relay.errors import Invalid
from relay.roster.member import Member
from relay.roster.nomination import read_member_address
from relay.roster.reading import Reading, read_pause_end
from relay.store import members
from relay.store import wishes as store
from relay.store.engine import Transaction

_SAID = {
    Reading.INSTANT: "gets each post at once",
    Reading.DAILY: "gets a digest a day",
    Reading.WEEKLY: "gets a digest a week",
}


def wishes(
    address: AddressArgument,
    digest: Annotated[Reading | None, typer.Option(help="instant, daily or weekly.")] = None,
    pause: Annotated[bool, typer.Option("--pause", help="No posts until --resume.")] = False,
    pause_until: Annotated[
        str, typer.Option(metavar="DATE", help="No posts before this day, such as 2027-01-15, or for so many days, such as 14.")
    ] = "",
    resume: Annotated[bool, typer.Option("--resume", help="The pause is over.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:  # fmt: skip
    """Show when posts come to a member, or set it for them; members do it by mail (DIGEST, INSTANT, PAUSE, RESUME).

    Example: wen-relay members wishes a.mbarga@douanes.example --digest daily --pause-until 2027-01-15
    """
    if sum((pause, bool(pause_until), resume)) > 1:
        raise typer.BadParameter("name one of --pause, --pause-until and --resume")
    now = datetime.now(UTC)
    until = read_pause_end(pause_until, now.date()) if pause_until else None
    if pause_until and until is None:
        raise Invalid(f"write a day within a year such as 2027-01-15, or a number of days, not “{pause_until}”")
    with opened(config) as resources:
        member = find_member(resources, read_member_address(address))
        node, operator = resources.settings.relay.node, operator_name()

        def change(connection: Transaction) -> Member:
            if digest is not None:
                store.set_reading(connection, node, member, digest, now, operator=operator)
            if pause or until:
                store.pause(connection, node, member, until, now, operator=operator)
            if resume:
                store.resume(connection, node, member, now, operator=operator)
            return members.get(connection, member.id)

        member = resources.database.write(change)
        wake_service(resources.settings)
    if as_json:
        print_json(person(member))
    else:
        say(_sentence(member, now))


def _sentence(member: Member, now: datetime) -> str:
    said = f"{member.address} {_SAID[member.wishes.reading]}"
    if not member.wishes.is_paused(now.date()):
        return f"{said}."
    end = f"until {member.wishes.paused_until}" if member.wishes.paused_until else "until they resume"
    return f"{said}; paused {end}."
