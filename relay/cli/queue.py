"""`wen-relay queue` and `wen-relay audit`: deliveries, and the tamper-evident log."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

import typer

from relay.actions.open import opened, operator_name, wake_service
from relay.cli.output import ConfigOption, JsonOption, overlook, print_json, say, time_of
from relay.cli.rows import print_rows
from relay.delivery.alarm import AlarmKind
from relay.delivery.delivery import Status
from relay.errors import Invalid
from relay.resources import Resources
from relay.settings import duration
from relay.store import alarms, audit, queue, stops
from relay.store.last_look import PARKED
from relay.store.standing import look

app = typer.Typer(no_args_is_help=True)
audit_app = typer.Typer(no_args_is_help=True)


@app.command()
def status(as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """Count the deliveries by state, and tell how long the oldest of what waits is there.

    Example: wen-relay queue status --json
    """
    with opened(config, overlook) as resources, resources.database.read() as connection:
        counts, found = queue.counts(connection), look(connection, resources.now())
        wrong, still = alarms.going_on(connection, found.at), stops.stopped(connection)
    ages = {status: _seconds(found.at - one.oldest) for status, one in found.open.items()}
    due = _seconds(found.due_for())
    away = next((one.since for one in wrong if one.kind is AlarmKind.SMARTHOST), None)
    if as_json:
        raised = [one.kind for one in wrong if one.told]
        print_json(
            {
                **counts,
                "oldest_seconds": ages,
                "due_seconds": due,
                "lists": found.lists,
                "stopped": sorted(still),
                "smarthost_away_since": time_of(away),
                "alarms": raised,
            }
        )
        return
    rows = [
        {"status": status, "deliveries": number, "oldest": _age(ages.get(status))}
        for status, number in counts.items()
        if status != "possible_duplicates"
    ]
    print_rows(rows, as_json=False, columns=("status", "deliveries", "oldest"), nothing="")
    waiting = [{"list": name or "(letters)", "waiting": statuses} for name, statuses in sorted(found.lists.items())]
    if waiting:
        say("")
        print_rows(waiting, as_json=False, columns=("list", "waiting"), nothing="")
    say(f"\nMay have arrived twice: {counts['possible_duplicates']}.")
    for name, stop in still.items():
        say(
            f"{name} is stopped since {stop.at:%Y-%m-%d %H:%M} UTC: its copies wait until `wen-relay lists resume {name}`."
        )
    if away:
        say(f"The smarthost is away since {away:%Y-%m-%d %H:%M} UTC, for {_age(_seconds(found.at - away))}.")
    for one in wrong:
        if one.told:
            say(f"Alarm since {one.since:%Y-%m-%d %H:%M} UTC: {one.kind}{f' ({one.about})' if one.about else ''}.")
    say(f"What is due longest has been due for {_age(due)}." if due else "Nothing is due.")


@app.command("list")
def list_(
    reference: Annotated[str, typer.Option("--reference", metavar="REF", help="Only this post's.")] = "",
    status: Annotated[Status | None, typer.Option("--status", help="Only with this status.")] = None,
    list_name: Annotated[str, typer.Option("--list", metavar="NAME", help="Only of this list.")] = "",
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="TIME", help="Only what is there for so long, such as 90m or 2d.")
    ] = "",
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """List deliveries, the latest first, a thousand at most.

    Example: wen-relay queue list --status queued --older-than 4h
    """
    with opened(config, overlook) as resources, resources.database.read() as connection:
        now = resources.now()
        found = queue.list_deliveries(
            connection,
            reference or None,
            status=status,
            list_name=list_name or None,
            before=now - _time(older_than) if older_than else None,
        )
    rows = [
        {
            "id": row.id,
            "reference": row.reference,
            "list": row.list_name,
            "recipient": str(row.recipient),
            "kind": row.kind,
            "status": row.status,
            "attempts": row.attempts,
            "created_at": time_of(row.created_at),
            "age": _age(_seconds(now - row.created_at)),
            "next_attempt_at": _due(row.next_attempt_at),
            "stopped": row.next_attempt_at == PARKED,
            "last_reply": row.last_reply,
            "possible_duplicate": row.possible_duplicate,
        }
        for row in found
    ]
    print_rows(
        rows if as_json else [row | ({"next_attempt_at": "stopped"} if row["stopped"] else {}) for row in rows],
        as_json=as_json,
        columns=("reference", "recipient", "kind", "status", "age", "attempts", "next_attempt_at", "last_reply"),
        nothing="Nothing.",
    )
    if len(rows) == queue.ROWS:
        say(f"Only the latest {queue.ROWS} are shown.")


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
    with opened(config, overlook) as resources:
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
    with opened(config, overlook) as resources:
        count = _change(resources, queue.cancel, reference)
    _done(count, "cancelled", as_json=as_json)


def _due(at: datetime | None) -> str | None:
    """When it is tried next; None for a copy of a stopped list, of which nobody knows."""
    return time_of(at) if at != PARKED else None


def _seconds(age: timedelta) -> int:
    return max(0, int(age.total_seconds()))


def _age(seconds: int | None) -> str | None:
    """How people say so many seconds."""
    if seconds is None:
        return None
    for unit, size, below, part in (("d", 86_400, "h", 3600), ("h", 3600, "min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit} {seconds % size // part} {below}"
    return f"{seconds // 60} min" if seconds >= 60 else f"{seconds} s"


def _time(text: str) -> timedelta:
    try:
        return duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


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
