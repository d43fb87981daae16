"""`wen-relay held`: moderation."""

from typing import Annotated

import typer

from relay.actions import moderate
from relay.actions.open import opened, wake_service
from relay.cli.output import ConfigOption, JsonOption, print_json, say, time_of, write_files
from relay.cli.posts import ModeratorOption, ReferenceArgument, address_of_list, reasons_of
from relay.cli.rows import print_records, print_rows
from relay.delivery.compose import named_files
from relay.errors import Invalid, NotFound
from relay.policy.withholding import WITHHOLD_CODES
from relay.resources import Resources
from relay.roster.nomination import read_member_address
from relay.store import held

app = typer.Typer(no_args_is_help=True)

ListOption = Annotated[str, typer.Option("--list", metavar="ADDR", help="Only for this list.")]


def _held_row(resources: Resources, row: held.HeldPost) -> dict[str, object]:
    return {
        "reference": row.reference,
        "list": address_of_list(resources, row.list_name),
        "author": str(row.author),
        "country": row.author_country,
        "proof": row.proof,
        "received_at": time_of(row.received_at),
        "held_until": time_of(row.held_until),
        "marking": row.marking,
        "reasons": reasons_of(row.reasons),
        "removed": list(row.removed),
        "released_by": list(row.released_by),
        "called": [{"moderator": str(one.moderator), "at": time_of(one.at), "sent": one.sent} for one in row.called],
    }


@app.command("list")
def list_(as_json: JsonOption = False, config: ConfigOption = "") -> None:
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


@app.command("show")
def show(
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


@app.command("release")
def release(
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


@app.command("refuse")
def refuse(
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
