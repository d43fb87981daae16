"""`wen-relay members`: password, passwords, password-revoke."""

import sys
from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from relay.actions.open import opened, operator_name
from relay.actions.passwords import find_member, issue_password
from relay.cli.output import ConfigOption, JsonOption, print_json, say, time_of
from relay.cli.rows import print_rows
from relay.roster.login import FIRST_PASSWORD, read_password_name
from relay.roster.nomination import read_member_address
from relay.store import credentials

AddressArgument = Annotated[str, typer.Argument(metavar="ADDR", help="The member's address.")]


def show_password(password: str) -> None:
    """Show a new password, if there is one: alone on its line, so that a script can take it."""
    if password:
        say("App password, shown only this once (the user name is the address):")
        sys.stdout.write(password + "\n")


def password(
    address: AddressArgument,
    name: Annotated[
        str, typer.Option(help="What it is for, such as phone; one of the same name ends.")
    ] = FIRST_PASSWORD,
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Issue a new app password and print it, once; a member may have ten, each with a name.

    Example: wen-relay members password a.mbarga@douanes.example --name phone
    """
    wished = read_password_name(name)
    with opened(config) as resources:
        member = find_member(resources, read_member_address(address))
        with resources.database.read() as connection:
            replaced = wished in {one.name for one in credentials.list_passwords(connection, member.id)}
        issued = issue_password(resources, member, resources.now(), wished)
    if as_json:
        print_json({"address": str(member.address), "name": wished, "password": issued, "replaced": replaced})
    else:
        if replaced:
            say(f"This replaces the one named “{wished}”, which has ended. A second device needs another --name.")
        show_password(issued)


def passwords(address: AddressArgument, as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """List a member's app passwords: names, when they were made and last used (to the hour); never what they are.

    Example: wen-relay members passwords a.mbarga@douanes.example
    """
    with opened(config) as resources:
        member = find_member(resources, read_member_address(address))
        with resources.database.read() as connection:
            found = credentials.list_passwords(connection, member.id)
    rows = [
        {
            "name": one.name,
            "created_at": time_of(one.created_at),
            "last_used_at": time_of(one.last_used_at),
        }
        for one in found
    ]
    print_rows(rows, as_json=as_json, columns=("name", "created_at", "last_used_at"), nothing="No app passwords.")


def password_revoke(
    address: AddressArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which one, as `passwords` lists it.")],
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """End one app password at once, also for a mail program that is connected; the member's others stay.

    Example: wen-relay members password-revoke a.mbarga@douanes.example phone
    """
    ended = read_password_name(name)
    with opened(config) as resources:
        node, operator, now = resources.settings.relay.node, operator_name(), resources.now()
        whom = read_member_address(address)
        member = resources.database.write(
            lambda connection: credentials.revoke_password(connection, node, whom, ended, operator=operator, now=now)
        )
    if as_json:
        print_json({"address": str(member.address), "name": ended})
    else:
        say(f"The app password “{ended}” of {member.address} has ended.")


COMMANDS: Mapping[str, Callable[..., None]] = {
    "password": password,
    "passwords": passwords,
    "password-revoke": password_revoke,
}
