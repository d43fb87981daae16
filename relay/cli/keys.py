"""`wen-relay keys`: which there are, and a new one for the posts at rest before its time."""

import typer

from relay import jobs
from relay.actions.open import opened, operator_name
from relay.cli.output import ConfigOption, JsonOption, print_json, say
from relay.cli.rows import print_rows
from relay.store import renewal

app = typer.Typer(no_args_is_help=True)


@app.command()
def status(as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """List the keys, since when there are, and how many posts open with each vault key.

    Example: wen-relay keys status --json
    """
    with opened(config) as resources:
        found = renewal.list_keys(resources.database, resources.keys.directory)
    rows = [
        {
            "kind": row.kind,
            "file": row.file,
            "since": row.since.isoformat().replace("+00:00", "Z") if row.since else None,
            "posts": row.posts,
        }
        for row in found
    ]
    print_rows(rows, as_json=as_json, columns=("kind", "file", "since", "posts"), nothing="")
    for row in found:
        if row.since is None:
            say(f"{row.file} is missing, and {row.posts} posts can't be opened: put it back into the keys directory.")


@app.command()
def rotate(as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """Make a new vault key now and wrap the keys of all living posts anew under it.

    The relay does so itself each week, and renews the keyed hashes' key each 30 days. The key before is destroyed after a week.
    The audit, VERP and DKIM keys stay: what was signed with them must be verified still.

    Example: wen-relay keys rotate
    """
    with opened(config) as resources:
        made, done = jobs.rotate(resources, operator_name(), resources.now())
    if as_json:
        print_json({"made": list(made), "posts": done.done, "shut": done.shut})
        return
    say(f"{', '.join(made) or 'No new key'}; {done.done} posts are wrapped anew.")
    if done.shut:
        say(f"{done.shut} posts can't be opened and stay as they are; see `wen-relay keys status`.")
