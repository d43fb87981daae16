"""`wen-relay queue` and `wen-relay audit`: deliveries, and the tamper-evident log."""

from collections.abc import Callable
from typing import Annotated

import typer

from relay.actions.open import opened, operator_name, wake_service
from relay.cli.output import ConfigOption, JsonOption, print_json, say
from relay.cli.rows import print_rows
from relay.errors import Invalid
from relay.resources import Resources
from relay.store import audit, queue

app = typer.Typer(no_args_is_help=True)
audit_app = typer.Typer(no_args_is_help=True)


@app.command()
def status(as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """Count the deliveries by state.

    Example: wen-relay queue status --json
    """
    with opened(config) as resources, resources.database.read() as connection:
        counts = queue.counts(connection)
    if as_json:
        print_json(counts)
    else:
        print_rows([counts], as_json=False, columns=tuple(counts), nothing="")


@app.command("list")
def list_(
    reference: Annotated[str, typer.Option("--reference", metavar="REF", help="Only this post's.")] = "",
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """List deliveries, the latest first.

    Example: wen-relay queue list --reference CAFR-2026-000123
    """
    with opened(config) as resources, resources.database.read() as connection:
        found = queue.list_deliveries(connection, reference or None)
    rows = [
        {
            "id": row.id,
            "reference": row.reference,
            "list": row.list_name,
            "recipient": str(row.recipient),
            "kind": row.kind,
            "status": row.status,
            "attempts": row.attempts,
            "next_attempt_at": row.next_attempt_at.isoformat() if row.next_attempt_at else None,
            "last_reply": row.last_reply,
            "possible_duplicate": row.possible_duplicate,
        }
        for row in found
    ]
    print_rows(
        rows,
        as_json=as_json,
        columns=("reference", "recipient", "kind", "status", "attempts", "next_attempt_at", "last_reply"),
        nothing="Nothing.",
    )


@app.command()
def retry(
    reference: Annotated[str, typer.Argument(metavar="[REF]")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Of every post.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Try again now what waits, failed or expired.

    Example: wen-relay queue retry --all
    """
    if bool(reference) == everything:
        raise typer.BadParameter("name either a reference or --all")
    with opened(config) as resources:
        count = _change(resources, queue.retry, reference or None)
        wake_service(resources.settings)
    _done(count, "to be tried now", as_json=as_json)


@app.command()
def cancel(
    reference: Annotated[str, typer.Argument(metavar="REF")], as_json: JsonOption = False, config: ConfigOption = ""
) -> None:
    """Cancel the copies of a post that still wait.

    Example: wen-relay queue cancel CAFR-2026-000123
    """
    with opened(config) as resources:
        count = _change(resources, queue.cancel, reference)
    _done(count, "cancelled", as_json=as_json)


def _change(resources: Resources, change: Callable[..., int], reference: str | None) -> int:
    node, operator, now = resources.settings.relay.node, operator_name(), resources.now()
    return resources.database.write(lambda connection: change(connection, node, reference, operator=operator, now=now))


def _done(count: int, what: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"deliveries": count})
    else:
        say(f"{count} {'delivery' if count == 1 else 'deliveries'} {what}.")


@audit_app.command()
def verify(as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """Check the log against itself and its signatures; exit 65 when anything was changed.

    Example: wen-relay audit verify
    """
    with opened(config) as resources, resources.database.read() as connection:
        problems = audit.verify(connection, resources.keys.audit.public_key())
    if as_json:
        print_json({"valid": not problems, "problems": [str(problem) for problem in problems]})
    if problems:
        raise Invalid("the audit log was changed: " + "; ".join(str(problem) for problem in problems[:5]))
    if not as_json:
        say("The audit log is whole.")


@audit_app.command()
def export(config: ConfigOption = "") -> None:
    """Print every entry and signed head as JSON, one a line.

    Example: wen-relay audit export > audit.jsonl
    """
    with opened(config) as resources, resources.database.read() as connection:
        for entry in audit.export(connection):
            print_json(entry)
