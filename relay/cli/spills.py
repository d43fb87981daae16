"""`wen-relay spills`: posts that should not have gone out; who decides, and what came of it."""

from typing import Annotated

import typer

from relay.actions import spill
from relay.actions.open import opened, wake_service
from relay.cli.output import ConfigOption, JsonOption, print_json, say, time_of
from relay.cli.posts import ModeratorOption, ReferenceArgument
from relay.cli.rows import print_records, print_rows
from relay.roster.nomination import read_member_address
from relay.store import audit, deletions, members, spills

app = typer.Typer(no_args_is_help=True)

_COLUMNS = ("reference", "cause", "state", "reported_at", "decided_at", "posts", "asked", "deleted")


def _row(one: spills.Spill, asked: int, deleted: int) -> dict[str, object]:
    return {
        "reference": one.reference,
        "cause": one.cause,
        "state": one.state,
        "lists": list(one.lists),
        "country": one.author_country,
        "reported_at": time_of(one.reported_at),
        "decided_at": time_of(one.decided_at),
        "posts": one.posts,
        "asked": asked,
        "deleted": deleted,
    }


@app.command("list")
def list_(as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """List what was reported, or destroyed on request, the latest first.

    Example: wen-relay spills list
    """
    with opened(config) as resources, resources.database.read() as connection:
        rows = [_row(one, *deletions.counts(connection, one.post_id)) for one in spills.list_all(connection)]
    print_rows(rows, as_json=as_json, columns=_COLUMNS, nothing="Nothing was reported.")


@app.command()
def show(
    reference: ReferenceArgument,
    auditor: Annotated[
        str, typer.Option("--auditor", metavar="ADDR", help="Name who reported it, to this auditor; audited.")
    ] = "",
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Show one: its state, who decided, who was asked to delete a copy and who has. Who reported it is shown to an auditor alone.

    Example: wen-relay spills show CAFR-2026-000123
    """
    with opened(config) as resources:
        now = resources.now()
        with resources.database.read() as connection:
            found = spills.find(connection, reference)
            asked = deletions.asked_about(connection, found.post_id)
            decider = members.get(connection, found.decided_by) if found.decided_by else None
            reporters = [members.get(connection, one) for one in sorted(found.reporters)] if auditor else []
        row = _row(found, len(asked), sum(one.deleted_at is not None for one in asked))
        row["decided_by"] = str(decider.address) if decider else None
        row["not_yet"] = [str(one.address) for one in asked if one.deleted_at is None]
        if auditor:
            person, node = spill.auditor(resources, read_member_address(auditor), now), resources.settings.relay.node
            facts: audit.Facts = {"reference": reference, "auditor": person.id}
            resources.database.write(lambda c: audit.append(c, node, now, "spill.reporters_read", facts))
            row["reported_by"] = [str(one.address) for one in reporters]
    print_records([row], as_json=as_json, columns=tuple(row))


@app.command()
def confirm(
    reference: ReferenceArgument, moderator: ModeratorOption, as_json: JsonOption = False, config: ConfigOption = ""
) -> None:
    """It should not have gone out: destroy it and what answers it, ask for every copy to be deleted, open a breach entry.

    Example: wen-relay spills confirm CAFR-2026-000123 --moderator p.abega@police.example
    """
    with opened(config) as resources:
        done = spill.confirm(resources, reference, read_member_address(moderator), resources.now())
        wake_service(resources.settings)
    if as_json:
        print_json({"reference": reference, "destroyed": done.destroyed, "asked": done.asked, "breach": done.breach})
    else:
        say(
            f"{reference} is confirmed: {done.destroyed} destroyed, {done.asked} members asked to delete; {done.breach}."
        )


@app.command()
def dismiss(
    reference: ReferenceArgument, moderator: ModeratorOption, as_json: JsonOption = False, config: ConfigOption = ""
) -> None:
    """Nothing is wrong with it: show it again, send on the copies that were stopped, and tell its author.

    Example: wen-relay spills dismiss CAFR-2026-000123 --moderator p.abega@police.example
    """
    with opened(config) as resources:
        done = spill.dismiss(resources, reference, read_member_address(moderator), resources.now())
        wake_service(resources.settings)
    if as_json:
        print_json({"reference": reference, "sent_on": done.sent_on})
    else:
        say(f"{reference} is shown again; {done.sent_on} stopped copies go out.")


@app.command()
def deleted(
    reference: ReferenceArgument,
    whose: Annotated[str, typer.Option("--member", metavar="ADDR", help="Who has deleted their copy.")],
    admin: Annotated[str, typer.Option("--by", metavar="ADDR", help="The administrator to whom they said it.")],
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Note that a member has deleted their copy, where they can't write DELETED themselves.

    Example: wen-relay spills deleted CAFR-2026-000123 --member j.nze@parcs.example --by chief@agency.example
    """
    with opened(config) as resources:
        member = read_member_address(whose)
        spill.note_deleted(resources, reference, member, read_member_address(admin), resources.now())
    if as_json:
        print_json({"reference": reference, "member": str(member), "deleted": True})
    else:
        say(f"It is noted that {member} has deleted {reference}.")
