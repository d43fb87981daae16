"""`wen-relay lists`: show, validate, sync; stop and resume."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from relay.actions import stop as stopping
from relay.actions.open import opened, operator_name, wake_service
from relay.cli.output import ConfigOption, JsonOption, overlook, print_json, say, time_of
from relay.cli.rows import print_rows
from relay.store import mailing_lists, members, stops
from relay.store.stops import Stop

app = typer.Typer(no_args_is_help=True)


@app.command()
def show(as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """Show the lists with their members' number.

    Example: wen-relay lists show --json
    """
    with opened(config) as resources:
        with resources.database.read() as connection:
            everyone = members.list_members(connection)
            stopped = stops.stopped(connection)
        rows = [
            {
                "name": one.name,
                "address": str(one.address),
                "tag": one.tag,
                "title": one.title,
                "active": one.active,
                "countries": sorted(one.countries),
                "ceiling": one.ceiling.value,
                "proofs": sorted(one.proofs),
                "stopped": _stop(stopped.get(one.name)),
                "members": sum(one.name in member.lists and member.state == "active" for member in everyone),
            }
            for one in resources.known_lists.values()
        ]
    print_rows(
        rows,
        as_json=as_json,
        columns=("address", "tag", "ceiling", "members", "active", "stopped", "countries"),
        nothing="No lists.",
    )


def _stop(stop: Stop | None) -> dict[str, str | None] | None:
    """Since when and why a list is stopped."""
    return {"at": time_of(stop.at), "reason": stop.reason} if stop else None


@app.command()
def validate(as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """Check every list definition; a fault is named with file and line (exit 78).

    Example: wen-relay lists validate
    """
    with opened(config) as resources:
        active, known = len(resources.lists), len(resources.known_lists)
        with resources.database.read() as connection:
            everyone = members.list_members(connection)
    today = datetime.now(UTC).date()
    moderated = {name for one in everyone if one.may_moderate and one.may_act(today) for name in one.lists}
    if as_json:
        print_json({"valid": True, "lists": known, "active": active})
    else:
        say(f"All {known} definitions are valid; {active} lists are active.")
        for name in sorted(resources.lists.keys() - moderated):
            say(
                f"{name} has no moderator: whatever it holds waits until its time is over. Add a member with --role moderator."
            )


@app.command()
def sync(as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """Bring the database in line with the definitions; doing it twice changes nothing.

    Example: wen-relay lists sync
    """
    with opened(config) as resources:
        node, definitions = resources.settings.relay.node, tuple(resources.known_lists.values())
        changed = resources.database.write(
            lambda connection: mailing_lists.sync(connection, node, definitions, resources.now())
        )
    if as_json:
        print_json({"changed": list(changed)})
    else:
        say(f"Changed: {', '.join(changed)}." if changed else "Nothing had changed.")


@app.command()
def stop(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The list, such as central-africa.")],
    reason: Annotated[str, typer.Option("--reason", help=f"{', '.join(stops.REASONS)}.")] = "other",
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Stop a list in an emergency, at once and on every node: nothing of it goes out until it is resumed, and nothing is lost.

    Example: wen-relay lists stop central-africa --reason leak
    """
    with opened(config, overlook) as resources:
        waiting = stopping.stop(resources, name, reason, operator=operator_name(), now=resources.now())
        wake_service(resources.settings)
    if as_json:
        print_json({"list": name, "waiting": waiting})
    else:
        say(f"{name} is stopped; {waiting} copies wait. `wen-relay lists resume {name}` lets them go.")


@app.command()
def resume(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The list, such as central-africa.")],
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Let a stopped list go on, with all that waits. Recall before what must not go out.

    Example: wen-relay lists resume central-africa
    """
    with opened(config, overlook) as resources:
        going = stopping.resume(resources, name, operator=operator_name(), now=resources.now())
        wake_service(resources.settings)
    if as_json:
        print_json({"list": name, "going": going})
    else:
        say(f"{name} goes on; {going} copies go out now.")
