"""`wen-relay members access` and `erase`: one person's rights to what is kept about them."""

import json
from typing import Annotated, Any

import typer

from relay.actions import subject
from relay.actions.open import opened, operator_name
from relay.cli.output import ConfigOption, JsonOption, print_json, say, write_files
from relay.cli.passwords import AddressArgument
from relay.cli.rows import print_records
from relay.roster.nomination import read_member_address
from relay.store import subjects

_STAYS = {
    "audit_entries": "audit entries that name them by a random id: the log can't be changed without breaking its proof",
    "audit_entries_with_address": "audit entries with the address itself, from when they vouched for somebody without being a member",
    "posts_on_record": "posts on record by reference, time, size and reasons, under the pseudonym: what was distributed must stay known",
    "posts_still_kept": "posts whose content is kept until its copies are sent or a moderator has decided, then until retention.posts",
}


def access(
    address: AddressArgument,
    directory: Annotated[
        str,
        typer.Option("--to", metavar="DIR", help="Write the person's own posts there too, as far as they are kept."),
    ] = "",
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Print everything that is kept about one person, as JSON; other people are covered. Read it before you hand it out.

    Example: wen-relay members access a.mbarga@douanes.example --to answer > answer.json
    """
    with opened(config) as resources:
        person, now = read_member_address(address), resources.now()
        found, own = subject.read_about(resources, person, operator_name(), now, with_posts=bool(directory))
    if directory:
        found["files"] = write_files(directory, own)
    if as_json:
        print_json(found)
    else:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))


def erase(address: AddressArgument, as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """Put a pseudonym in the place of somebody who has left, at once, and print what stays and why.

    Example: wen-relay members erase a.mbarga@douanes.example
    """
    with opened(config) as resources:
        person, now = read_member_address(address), resources.now()
        done = subject.erase(resources, person, operator_name(), now)
    row = _row(done)
    if as_json:
        print_json(row)
        return
    say(f"{address} is erased: the record knows a person {done.member_id}. What stays:")
    for name, why in _STAYS.items():
        say(f"  {row[name]} {why}")
    print_records([row], as_json=False, columns=tuple(row))


def _row(done: subjects.Erased) -> dict[str, Any]:
    return {
        "id": done.member_id,
        "audit_entries": done.audit_entries,
        "audit_entries_with_address": done.audit_entries_with_address,
        "posts_on_record": done.posts_on_record,
        "posts_destroyed": done.posts_destroyed,
        "posts_still_kept": done.posts_still_kept,
    }
