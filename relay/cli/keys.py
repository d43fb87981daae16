"""`wen-relay keys`: which there are, new ones for the posts at rest before their time, for signing copies, and for posts encrypted for a list."""

import os
from typing import Annotated

import typer

from relay import jobs
from relay.actions.open import opened, operator_name
from relay.actions.sign_anew import add_dkim_keys, remove_dkim_key
from relay.cli.output import ConfigOption, JsonOption, overlook, print_json, say, time_of
from relay.cli.rows import print_rows
from relay.doctor.names import is_published, record_of
from relay.encryption.making import make_list_keys
from relay.errors import ConfigurationError, Conflict, DnsError, NotFound, Unavailable
from relay.resources import Resources
from relay.roster.mailing_list import MailingList
from relay.store import audit, list_keys, renewal

app = typer.Typer(no_args_is_help=True)
ListName = Annotated[str, typer.Argument(metavar="LIST", help="The list's name, such as central-africa.")]


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
            "since": time_of(row.since),
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
    The audit and VERP keys stay: what was signed with them must be verified still. For DKIM keys there is `wen-relay keys dkim-add`.

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


@app.command("make-list")
def make_list(name: ListName, as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """Make keys with which members can encrypt what they post to a list: OpenPGP and S/MIME. Older ones go on opening.

    Example: wen-relay keys make-list central-africa
    """
    with opened(config) as resources:
        one, now = _list_of(resources, name), resources.now()
        directory, node, operator = resources.keys.directory, resources.settings.relay.node, operator_name()
        if directory.stat().st_uid != os.geteuid():
            raise ConfigurationError("the keys belong to another user: run this as the user whom the relay runs as")
        stem = list_keys.write(directory, one.name, make_list_keys(one, now), now)
        facts: audit.Facts = {"list": one.name, "files": stem, "operator": operator}
        resources.database.write(lambda connection: audit.append(connection, node, now, "keys.made_for_list", facts))
    if as_json:
        print_json({"list": one.name, "files": stem})
    else:
        say(f"{stem}.* : give the public halves to the members, with `wen-relay keys show-list {one.name}` or by KEY.")


@app.command("show-list")
def show_list(
    name: ListName,
    smime: Annotated[bool, typer.Option("--smime", help="The certificate, instead of the OpenPGP key.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Print the public half of a list's newest keys, for mail programs and for publishing.

    Example: wen-relay keys show-list central-africa --smime
    """
    with opened(config) as resources:
        one = _list_of(resources, name)
        found = list_keys.load_public(resources.keys.directory, one.name)
    if not found:
        raise NotFound(f"the list {one.name} has no keys: make them with `wen-relay keys make-list {one.name}`")
    public = found[1 if smime else 0].decode("ascii")
    if as_json:
        print_json({"list": one.name, "address": str(one.address), "public": public})
    else:
        typer.echo(public.rstrip())


def _list_of(resources: Resources, name: str) -> MailingList:
    if (one := resources.known_lists.get(name)) is None:
        raise NotFound(f"there is no list {name}: see `wen-relay lists show`")
    return one


@app.command("dkim-add")
def dkim_add(as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """Make a new pair of DKIM keys beside those in use, and print the records to publish.

    After a reload copies bear the signatures of both pairs; when `wen-relay doctor` finds the new records, remove the old keys.

    Example: wen-relay keys dkim-add
    """
    with opened(config) as resources:
        domain = resources.settings.relay.domain
        made = add_dkim_keys(resources, operator_name(), resources.now())
    for key in made:
        name, record = f"{key.selector}._domainkey.{domain}", record_of(key)
        if as_json:
            print_json({"selector": key.selector, "algorithm": key.algorithm, "name": name, "record": record})
        else:
            say(f"Publish: {name}. TXT {record}")
    if not as_json:
        say("Then reload the relay; it signs with the old keys as well, until `wen-relay keys dkim-remove`.")


@app.command("dkim-remove")
def dkim_remove(
    selector: Annotated[str, typer.Argument(help="The selector, as `wen-relay doctor` shows it.")],
    force: Annotated[bool, typer.Option("--force", help="Without asking whether the DNS has the other key.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Destroy a DKIM key that another one has taken the place of, and whose record the DNS has already.

    Leave its record in the DNS for a week: copies that it signed are still under way.

    Example: wen-relay keys dkim-remove r202611
    """
    with opened(config, overlook) as resources:
        if not force:
            _see_another_published(resources, selector)
        remove_dkim_key(resources, selector, operator_name(), resources.now())
    if as_json:
        print_json({"removed": selector})
        return
    say(f"{selector} is destroyed. Reload the relay now, and take its record out of the DNS in a week.")


def _see_another_published(resources: Resources, selector: str) -> None:
    """Refuse to leave the relay with keys that nobody can look up: no server would believe a copy's signature."""
    settings, keys = resources.settings, resources.keys.dkim
    algorithm = next((one.algorithm for one in keys if one.selector == selector), None)
    others = [one for one in keys if one.algorithm == algorithm and one.selector != selector]
    try:
        if not others or any(is_published(settings.smtp.resolver, settings.relay.domain, one) for one in others):
            return  # without another one it is refused anyway
    except DnsError as error:
        raise Unavailable(f"{error}, so nobody knows whether another key is published; --force asks nobody") from None
    names = ", ".join(f"{one.selector}._domainkey.{settings.relay.domain}" for one in others)
    raise Conflict(f"the DNS has no record of the other {algorithm} key yet, {names}: publish it first, or use --force")
