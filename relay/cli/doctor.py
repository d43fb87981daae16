"""`wen-relay doctor`: what is wrong with this installation, and what to do about it."""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from relay.actions.open import forbid_memory_dumps, memory_dumps_are_forbidden
from relay.cli.output import ConfigOption, JsonOption, print_json
from relay.doctor.examine import examine
from relay.maillog import start_logging
from relay.settings import find_site_file, load_settings

_WRONG = 78
_RESOLVER = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?")


def doctor(
    dns: Annotated[
        str, typer.Option("--dns", metavar="ADDRESS[:PORT]", help="The resolver to ask; default: this machine's.")
    ] = "",
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Look for what endangers the relay's promises or stops its mail; a line each, with what to do. Changes nothing.

    Exit 0 when nothing is wrong, warnings or not; 78 when a promise doesn't hold or no mail can flow.

    Example: wen-relay doctor --dns 192.0.2.53
    """
    _check_address(dns)
    forbid_memory_dumps()
    site_file = find_site_file(Path(config) if config else None)
    settings = load_settings(site_file)
    start_logging(settings.log.format, "error")
    found = examine(settings, site_file, datetime.now(UTC), dumps_forbidden=memory_dumps_are_forbidden(), resolver=dns)
    levels = set()
    for finding in found:
        levels.add(finding.level)
        if as_json:
            print_json(finding.to_json())
        else:
            advice = f" → {finding.advice}" if finding.advice else ""
            sys.stdout.write(f"{finding.level:8} {finding.check}: {finding.finding}{advice}\n")
            sys.stdout.flush()
    if "wrong" in levels:
        raise typer.Exit(_WRONG)


def _check_address(server: str) -> None:
    if server and not _RESOLVER.fullmatch(server):
        raise typer.BadParameter("name a resolver as 192.0.2.53 or 192.0.2.53:5353", param_hint="--dns")
