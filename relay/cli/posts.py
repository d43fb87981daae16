"""`wen-relay posts`: what became of posts, and what is done with those that have gone out."""

from collections.abc import Iterable
from typing import Annotated

import typer

from relay.actions import moderate, spill
from relay.actions import recall as recalling
from relay.actions.open import opened, wake_service
from relay.cli.output import ConfigOption, JsonOption, overlook, print_json, say, time_of, write_files
from relay.cli.rows import print_records, print_rows
from relay.errors import NotFound
from relay.policy.decision import Reason
from relay.resources import Resources
from relay.roster.nomination import read_member_address
from relay.scan.container import container_of
from relay.store import acknowledgements, corrections, members, posts, recalls, spills

app = typer.Typer(no_args_is_help=True)

ReferenceArgument = Annotated[
    str, typer.Argument(metavar="REF", help="The post's reference, such as CAFR-2026-000123.")
]
ModeratorOption = Annotated[str, typer.Option("--moderator", metavar="ADDR", help="Who decides.")]


def reasons_of(reasons: Iterable[Reason]) -> list[dict[str, str]]:
    """Reasons as JSON has them."""
    return [{"code": reason.code, "rule": reason.rule, "place": reason.place} for reason in reasons]


def address_of_list(resources: Resources, name: str) -> str:
    """A list's whole address, also of one without a definition."""
    known = resources.list_named(name)
    return str(known.address) if known else f"{name}@{resources.settings.relay.domain}"


def _post_row(resources: Resources, row: posts.PostRow) -> dict[str, object]:
    return {
        "reference": row.reference,
        "list": address_of_list(resources, row.list_name),
        "author": str(row.author),
        "message_id": row.message_id,
        "received_at": time_of(row.received_at),
        "decision": row.decision,
        "marking": row.marking,
        "reasons": reasons_of(row.reasons),
        "removed": list(row.removed),
        "channels": list(row.channels),
        "deliveries": dict(row.deliveries),
        "proof": row.proof,
    }


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, help="The latest so many posts.")] = 100,
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """List the latest posts, a row per post and list.

    Example: wen-relay posts list --json
    """
    with opened(config, overlook) as resources:
        with resources.database.read() as connection:
            found = posts.list_posts(connection, limit)
        rows = [_post_row(resources, row) for row in found]
    print_rows(
        rows,
        as_json=as_json,
        columns=("reference", "list", "author", "received_at", "decision", "reasons", "deliveries"),
        nothing="No posts yet.",
    )


@app.command()
def show(reference: ReferenceArgument, as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """Show one post, a row per list.

    Example: wen-relay posts show CAFR-2026-000123
    """
    with opened(config, overlook) as resources:
        with resources.database.read() as connection:
            found = posts.show_post(connection, reference)
            about = spills.about(connection, found[0].post_id)
            recall = recalls.about(connection, found[0].post_id)
            asked = recalls.asked(connection, found[0].post_id) if recall.at else 0
            corrects, corrected_by = corrections.links(connection, found[0].post_id)
            recaller = str(members.get(connection, recall.by).address) if recall.by else None
        further = {
            "spill": about.state if about else None,
            "recalled": {"at": time_of(recall.at), "by": recaller, "reason": recall.why, "asked": asked}
            if recall.at
            else None,
            "corrects": corrects,
            "corrected_by": list(corrected_by),
        }
        rows = [_post_row(resources, row) | further for row in found]
    columns = (
        "reference",
        "list",
        "author",
        "proof",
        "received_at",
        "decision",
        "marking",
        "reasons",
        "removed",
        "channels",
    )
    print_records(rows, as_json=as_json, columns=(*columns, "deliveries", *further))


@app.command()
def photos(
    reference: ReferenceArgument,
    reader: Annotated[
        str, typer.Option("--reader", metavar="ADDR", help="For whom: the author, or a moderator of the post's lists.")
    ],
    directory: Annotated[str, typer.Option("--to", metavar="DIR", help="Where to write them.")],
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Write the photos of a post as they came, where its list keeps them (keep_original_photos); audited.

    They are as the author's camera made them, with all that it noted in them, and nobody has looked at them.

    Example: wen-relay posts photos CAFR-2026-000123 --reader p.abega@police.example --to photos
    """
    with opened(config) as resources:
        found = moderate.read_originals(resources, reference, read_member_address(reader), resources.now())
    kinds = [(container_of(octets) or "bin").replace("jpeg", "jpg") for octets in found]
    named = {f"{reference}-original-{n}.{kind}": one for n, (kind, one) in enumerate(zip(kinds, found, strict=True), 1)}
    for path in write_files(directory, named):
        print_rows([{"file": path}], as_json=as_json, columns=("file",), nothing="")


@app.command()
def destroy(
    reference: ReferenceArgument,
    admin: Annotated[str, typer.Option("--by", metavar="ADDR", help="The administrator who decides.")],
    reason: Annotated[str, typer.Option("--reason", help=f"{', '.join(spill.REASONS)}.")],
    alone: Annotated[bool, typer.Option("--alone", help="Leave what answers or quotes it.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Destroy a post and what answers it, because somebody named in it has a right to that; whoever has a copy is asked to delete it.

    Example: wen-relay posts destroy CAFR-2026-000123 --by chief@agency.example --reason erasure
    """
    with opened(config) as resources:
        person, now = read_member_address(admin), resources.now()
        done = spill.destroy(resources, reference, person, reason, now, alone=alone)
        wake_service(resources.settings)
    if as_json:
        print_json({"reference": reference, "destroyed": done.destroyed, "asked": done.asked})
    else:
        say(
            f"{reference} is destroyed, {done.destroyed} in all; {done.asked} members are asked to delete their copies."
        )


@app.command()
def recall(
    reference: ReferenceArgument,
    moderator: Annotated[
        str,
        typer.Option("--moderator", metavar="ADDR", help="Who recalls it: a moderator of its lists, or its author."),
    ],
    reason: Annotated[str, typer.Option("--reason", help=f"{', '.join(recalls.REASONS)}.")] = "other",
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Take a post back that has gone out: what waits is cancelled, and whoever may have a copy is asked to delete it.

    Example: wen-relay posts recall CAFR-2026-000123 --moderator p.abega@police.example --reason error
    """
    with opened(config, overlook) as resources:
        done = recalling.recall(resources, reference, read_member_address(moderator), reason, resources.now())
        wake_service(resources.settings)
    if as_json:
        print_json({"reference": reference, "cancelled": done.cancelled, "asked": done.asked})
    else:
        say(f"{reference} is recalled: {done.cancelled} copies stopped, {done.asked} members asked to delete theirs.")


@app.command()
def acks(reference: ReferenceArgument, as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """Show who has acknowledged a post that asks for it, and who has it and hasn't: a row for each member who has it.

    Example: wen-relay posts acks CAFR-2026-000123
    """
    with opened(config) as resources, resources.database.read() as connection:
        found = acknowledgements.standing(connection, reference)
    if found is None:
        raise NotFound(f"{reference} is no post that asks to be acknowledged; see `wen-relay posts list`")
    rows = [
        {"name": one.name, "agency": one.agency, "acknowledged_at": time_of(one.at), "due": time_of(found.due)}
        for one in (*found.acknowledged, *found.missing)
    ]
    print_rows(
        rows, as_json=as_json, columns=("name", "agency", "acknowledged_at", "due"), nothing="Nobody has it so far."
    )
