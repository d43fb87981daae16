"""How every command prints: one JSON object a line with --json, else a table or sentences; and the exit codes."""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from relay.errors import ConfigurationError, Conflict, Invalid, NotFound, RelayError, Unavailable
from relay.mail.address import Address
from relay.roster.nomination import read_member_address

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
_WIDEST = 10_000  # characters, for a program that reads
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def exit_code(error: RelayError) -> int:
    """The exit code of an expected failure."""
    return next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), EXIT_BUG)


def say(sentence: str) -> None:
    """Tell the person at the terminal something; on stderr, since stdout is for data."""
    print(sentence, file=sys.stderr)  # noqa: T201  (this is the command line's voice)


def print_json(row: Mapping[str, object]) -> None:
    """Print one JSON object on a line of its own."""
    print(json.dumps(row, ensure_ascii=False), flush=True)  # noqa: T201  (data goes to stdout)


def print_rows(rows: Iterable[Mapping[str, object]], *, as_json: bool, columns: Sequence[str], nothing: str) -> None:
    """Print rows as JSON lines or as a table of some columns; `nothing` is said when there are no rows."""
    rows = list(rows)
    if as_json:
        for row in rows:
            print_json(row)
        return
    if not rows:
        say(nothing)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "), no_wrap=True)
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    wide = Console(highlight=False, markup=False, emoji=False, width=_WIDEST)
    needed = Measurement.get(wide, wide.options, table).maximum
    # Nothing is ever cut off: a reference or an address is what the next command needs.
    if sys.stdout.isatty() and needed > Console().width:
        print_records(rows, as_json=False, columns=columns)
    else:
        wide.print(table)


def print_records(
    rows: Iterable[Mapping[str, object]], *, as_json: bool, columns: Sequence[str], text: str = ""
) -> None:
    """Print each row upright, a field a line, or as JSON lines; `text` names a field that is printed whole at the end."""
    console = Console(highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else _WIDEST)
    for row in rows:
        if as_json:
            print_json(row)
            continue
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        for column in columns:
            table.add_row(column.replace("_", " "), _cell(row.get(column)))
        console.print(table)
        if text:
            print(f"\n{row.get(text, '')}")  # noqa: T201  (data goes to stdout, and a text as it was written)
        console.print()


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {count}" for key, count in value.items()) or "–"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(_reason(item) for item in value) or "–"
    return str(value)


def _reason(item: object) -> str:
    return (
        f"{item['code']} {item['rule']} ({item['place']})"
        if isinstance(item, Mapping) and "rule" in item
        else str(item)
    )


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


def read_address(text: str) -> Address:
    """Read an address that was typed.

    Raises:
        Invalid: it isn't one.
    """
    return read_member_address(text)
