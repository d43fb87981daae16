"""`wen-relay posts` and `wen-relay held`: what became of posts, and moderation."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

import typer

from relay.actions import moderate, spill
from relay.actions.open import opened, wake_service
from relay.cli.output import ConfigOption, JsonOption, print_json, say, write_files
from relay.cli.rows import print_records, print_rows
from relay.delivery.compose import named_files
from relay.errors import Invalid, NotFound
from relay.policy.decision import Reason
from relay.policy.withholding import WITHHOLD_CODES
from relay.resources import Resources
from relay.roster.nomination import read_member_address
from relay.scan.container import container_of
from relay.store import held, posts, spills

app = typer.Typer(no_args_is_help=True)
held_app = typer.Typer(no_args_is_help=True)

ReferenceArgument = Annotated[
    str, typer.Argument(metavar="REF", help="The post's reference, such as CAFR-2026-000123.")
]
ListOption = Annotated[str, typer.Option("--list", metavar="ADDR", help="Only for this list.")]
ModeratorOption = Annotated[str, typer.Option("--moderator", metavar="ADDR", help="Who decides.")]


def _reasons(reasons: Iterable[Reason]) -> list[dict[str, str]]:
    return [{"code": reason.code, "rule": reason.rule, "place": reason.place} for reason in reasons]


def _time(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if at else None


def _address(resources: Resources, name: str) -> str:
    known = resources.list_named(name)
    return str(known.address) if known else f"{name}@{resources.settings.relay.domain}"


def _post_row(resources: Resources, row: posts.PostRow) -> dict[str, object]:
    return {
        "reference": row.reference,
        "list": _address(resources, row.list_name),
        "author": str(row.author),
        "message_id": row.message_id,
        "received_at": _time(row.received_at),
        "decision": row.decision,
        "marking": row.marking,
        "reasons": _reasons(row.reasons),
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
    with opened(config) as resources:
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
    with opened(config) as resources:
        with resources.database.read() as connection:
            found = posts.show_post(connection, reference)
            about = spills.about(connection, found[0].post_id)
        rows = [_post_row(resources, row) | {"spill": about.state if about else None} for row in found]
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
    print_records(rows, as_json=as_json, columns=(*columns, "deliveries", "spill"))


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


def _held_row(resources: Resources, row: held.HeldPost) -> dict[str, object]:
    return {
        "reference": row.reference,
        "list": _address(resources, row.list_name),
        "author": str(row.author),
        "country": row.author_country,
        "proof": row.proof,
        "received_at": _time(row.received_at),
        "held_until": _time(row.held_until),
        "marking": row.marking,
        "reasons": _reasons(row.reasons),
        "removed": list(row.removed),
        "released_by": list(row.released_by),
        "called": [{"moderator": str(one.moderator), "at": _time(one.at), "sent": one.sent} for one in row.called],
    }


@held_app.command("list")
def held_list(as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """List what is held, the oldest first, and who was called about it and when.

    Example: wen-relay held list
    """
    with opened(config) as resources:
        with resources.database.read() as connection:
            found = held.list_held(connection)
        rows = [_held_row(resources, row) for row in found]
    print_rows(
        rows,
        as_json=as_json,
        columns=("reference", "list", "author", "received_at", "held_until", "reasons", "called"),
        nothing="Nothing is held.",
    )


@held_app.command("show")
def held_show(
    reference: ReferenceArgument,
    moderator: Annotated[
        str,
        typer.Option(
            "--moderator", metavar="ADDR", help="Show the text too, to this moderator, values masked; audited."
        ),
    ] = "",
    unmask: Annotated[
        bool, typer.Option("--unmask", help="Show names, numbers and addresses as well; audited by itself.")
    ] = False,
    directory: Annotated[
        str, typer.Option("--to", metavar="DIR", help="Write its photos and documents there, as they would go out.")
    ] = "",
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Show one held post: who, when, why; with --moderator also its subject and text, and with --to its photos and documents.

    Example: wen-relay held show CAFR-2026-000123 --moderator p.abega@police.example --to photos
    """
    if (directory or unmask) and not moderator:
        raise Invalid("photos and masked words are shown to a moderator only: name them with --moderator")
    with opened(config) as resources:
        with resources.database.read() as connection:
            found = held.list_held(connection, reference)
        if not found:
            raise NotFound(f"{reference} is not held")
        rows = [_held_row(resources, row) for row in found]
        if moderator:
            person, now = read_member_address(moderator), resources.now()
            copy = moderate.read_held(resources, reference, person, now, unmasked=unmask)
            texts = [part.text for part in copy.parts if part.media_type == "text/plain"]
            named = named_files(copy, reference)
            shown: dict[str, object] = {"subject": copy.subject}
            for kind, is_photo in (("photos", True), ("documents", False)):
                files = {name: one for name, (of, one) in named.items() if (of == "image/jpeg") == is_photo}
                shown[kind] = write_files(directory, files) if directory else len(files)
            rows = [row | shown | {"text": "\n".join(texts)} for row in rows]
    columns = tuple(name for name in rows[0] if name != "text")
    print_records(rows, as_json=as_json, columns=columns, text="text" if moderator else "")


def _list_name(address: str) -> str | None:
    return read_member_address(address).local if "@" in address else address or None


@held_app.command("release")
def held_release(
    reference: ReferenceArgument,
    moderator: ModeratorOption,
    list_address: ListOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Let a held post go out, or accept an offer from another region.

    Example: wen-relay held release CAFR-2026-000123 --moderator p.abega@police.example
    """
    with opened(config) as resources:
        outcome = moderate.release(
            resources, reference, _list_name(list_address), read_member_address(moderator), resources.now()
        )
        wake_service(resources.settings)
    if as_json:
        print_json({"reference": reference, "outcome": outcome})
    else:
        say(f"{reference} is released." if outcome == "released" else f"{reference} waits for a second moderator.")


@held_app.command("refuse")
def held_refuse(
    reference: ReferenceArgument,
    moderator: ModeratorOption,
    code: Annotated[
        str,
        typer.Option(
            help=f"The withhold code that the author is told: {', '.join(WITHHOLD_CODES)}. Without it the one that follows from what the post is held for, where that is one."
        ),
    ] = "",
    list_address: ListOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Withhold a held post for good, with the notice of the code to its author; an offer from another region is only declined.

    Example: wen-relay held refuse CAFR-2026-000123 --moderator p.abega@police.example --code N1
    """
    with opened(config) as resources:
        told = moderate.refuse(
            resources, reference, _list_name(list_address), read_member_address(moderator), code, resources.now()
        )
        wake_service(resources.settings)
    if as_json:
        print_json({"reference": reference, "outcome": "withheld" if told else "declined", "code": told})
    elif told:
        say(f"{reference} is withheld; its author is told the reason {told} ({WITHHOLD_CODES[told]}).")
    else:
        say(f"The offer {reference} is declined; its author is told.")
