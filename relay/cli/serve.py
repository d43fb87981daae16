"""`wen-relay serve`: the relay itself."""

from pathlib import Path
from typing import Annotated

import typer

from relay import app
from relay.actions.open import forbid_memory_dumps
from relay.cli.output import ConfigOption, print_json, split
from relay.heap import give_memory_back
from relay.maillog import start_logging
from relay.settings import find_site_file, load_settings


def serve(
    only: Annotated[str, typer.Option(metavar="ROLES", help="Some of smtp,delivery,web,jobs; needs PostgreSQL.")] = "",
    config: ConfigOption = "",
) -> None:
    """Run the relay; prints one JSON line with the ports once every door is open.

    Example: wen-relay serve --config /var/lib/wen-relay/relay.toml
    """
    roles = tuple(split(only))
    if unknown := [role for role in roles if role not in app.ROLES]:
        raise typer.BadParameter(f"“{unknown[0]}” is not a role: use {', '.join(app.ROLES)}", param_hint="--only")
    forbid_memory_dumps()
    give_memory_back()
    site_file = find_site_file(Path(config) if config else None)
    settings = load_settings(site_file)
    start_logging(settings.log.format, settings.log.level)
    app.serve(site_file, settings, roles, lambda ports: print_json({"event": "ready", "ports": ports}))
