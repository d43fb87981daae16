"""How every command prints: one JSON object a line with --json, else sentences; and the exit codes."""

import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from relay.errors import ConfigurationError, Conflict, Invalid, NotFound, RelayError, Unavailable

# sysexits.h, as the outer contract lists them.
EXIT_USAGE, EXIT_BUG, EXIT_TRY_LATER = 64, 70, 75
_EXIT_CODES: tuple[tuple[type[RelayError], int], ...] = (
    (ConfigurationError, 78),
    (Unavailable, 75),
    (NotFound, 66),
    (Conflict, 73),
    (Invalid, 65),
)

ConfigOption = Annotated[
    str,
    typer.Option(
        "--config",
        metavar="FILE",
        help="The site's settings; default $RELAY_CONFIG, ./relay.toml, /etc/wen-relay/relay.toml.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def exit_code(error: RelayError) -> int:
    """The exit code of an expected failure."""
    return next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), EXIT_BUG)


def say(sentence: str) -> None:
    """Tell the person at the terminal something; on stderr, since stdout is for data."""
    print(sentence, file=sys.stderr)  # noqa: T201  (this is the command line's voice)


def overlook(error: ConfigurationError) -> None:
    """Say what is wrong with the lists and go on: a slip in one definition must not take away what stops a leak."""
    say(f"wen-relay: {error}. This command does without it; correct it before the relay is started anew")


def time_of(at: datetime | None) -> str | None:
    """A time as every command prints it: RFC 3339, UTC, whole seconds."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if at else None


def print_json(row: Mapping[str, object]) -> None:
    """Print one JSON object on a line of its own."""
    print(json.dumps(row, ensure_ascii=False), flush=True)  # noqa: T201  (data goes to stdout)


def write_files(directory: str, files: Mapping[str, bytes]) -> list[str]:
    """Write new files that only this user may read, into a directory that is made if it is missing; returns their paths.

    Raises:
        Invalid: the directory can't be made or written to, or a file is there already.
    """
    paths = []
    try:
        Path(directory).mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, octets in files.items():
            path = Path(directory) / name
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(octets)
            paths.append(str(path))
    except OSError as error:
        raise Invalid(f"{error.filename}: {error.strerror}; name another directory") from None
    return paths


def split(names: str) -> list[str]:
    """Split `a,b` as options take it."""
    return [name.strip() for name in names.split(",") if name.strip()]
