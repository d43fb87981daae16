"""`wen-relay nodes`: the processes that serve this relay."""

import typer

from relay.actions.open import opened
from relay.cli.output import ConfigOption, JsonOption, overlook, time_of
from relay.cli.rows import print_rows
from relay.store.nodes import list_processes

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_(as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """List the processes that serve this relay, by node and role. Who gave no sign of life for 45 seconds is silent.

    Example: wen-relay nodes list --json
    """
    with opened(config, overlook) as resources:
        with resources.database.read() as connection:
            found = list_processes(connection)
        now = resources.now()
    rows = [
        {
            "node": one.node,
            "role": one.role,
            "state": "silent" if one.is_silent(now) else "up",
            "leads": one.leads,
            "version": one.version,
            "since": time_of(one.since),
            "seen_at": time_of(one.seen_at),
            "place": one.place or None,
        }
        for one in found
    ]
    columns = ("node", "role", "state", "leads", "version", "since", "seen_at")
    print_rows(rows, as_json=as_json, columns=columns, nothing="Nobody serves this relay now.")
