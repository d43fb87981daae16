"""How commands print rows: one JSON object a line with --json, else a table, or each row upright."""

import sys
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from relay.cli.output import print_json, say

_WIDEST = 10_000  # characters, for a program that reads


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
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {count}" for key, count in value.items()) or "–"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(_part(item) for item in value) or "–"
    return str(value)


def _part(item: object) -> str:
    """One of several: a reason, a call, or whatever else."""
    match item:
        case {"code": code, "rule": rule, "place": place}:
            return f"{code} {rule} ({place})"
        case {"moderator": moderator, "at": at, "sent": sent}:
            return f"{moderator} {at}{'' if sent else ' (not sent yet)'}"
        case {"fingerprint": fingerprint, "method": method, "expires": expires}:
            return f"{method} {fingerprint} ({f'until {expires}' if expires else 'without an end'})"
        case {"pin": pin, "expires": expires}:
            return f"{pin} (until {expires})"
        case _:
            return str(item)
