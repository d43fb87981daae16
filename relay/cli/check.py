"""`wen-relay check`: what would happen to messages."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from relay.actions.check import Checked
from relay.actions.check import check as check_octets
from relay.actions.open import opened
from relay.cli.output import ConfigOption, JsonOption
from relay.cli.rows import print_rows
from relay.errors import Invalid, NotFound
from relay.resources import Resources, load_definitions
from relay.roster.nomination import read_member_address
from relay.scan.pool import ScannerPool


def check(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="Messages as files; - reads standard input.")],
    sender: Annotated[str, typer.Option(metavar="ADDR", help="Judge this member's right to post too.")] = "",
    list_address: Annotated[
        str, typer.Option("--list", metavar="ADDR", help="The list; default: those in To and Cc, else alerts@.")
    ] = "",
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Say what would happen to messages; stores and sends nothing.

    Example: wen-relay check --json alert.eml
    """
    with opened(config) as resources:
        scan = resources.settings.scan
        definitions = load_definitions(resources.settings, resources.ruleset)
        scanners = ScannerPool(processes=1, memory=scan.memory, deadline=scan.deadline, definitions=definitions)
        scanners.start()
        try:
            for file in files:
                answers = _check_one(resources, scanners, file, sender, list_address)
                rows = [answer.to_json(file) for answer in answers]
                columns = ("file", "list", "decision", "marking", "reasons", "removed", "channels")
                print_rows(rows, as_json=as_json, columns=columns, nothing="")
        finally:
            scanners.close()


def _check_one(
    resources: Resources, scanners: ScannerPool, file: str, sender: str, list_address: str
) -> tuple[Checked, ...]:
    try:
        octets = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except FileNotFoundError:
        raise NotFound(f"there is no file {file}") from None
    except OSError as error:
        raise Invalid(f"{file} can't be read: {error.strerror}") from None
    return check_octets(
        resources,
        scanners.scan,
        octets,
        sender=read_member_address(sender) if sender else None,
        list_address=read_member_address(list_address) if list_address else None,
        now=resources.now(),
    )
