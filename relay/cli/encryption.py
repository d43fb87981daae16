"""`wen-relay members encryption-key`: with which keys posts to a member are encrypted."""

from pathlib import Path
from typing import Annotated

import typer

from relay.actions.countersign import read_encryption_key
from relay.actions.encrypt import encrypted_lists, usable_now
from relay.actions.open import opened, operator_name, wake_service
from relay.actions.passwords import find_member
from relay.cli.output import ConfigOption, JsonOption, print_json, say
from relay.cli.passwords import AddressArgument
from relay.cli.proofs import key_row, read_octets
from relay.cli.rows import print_rows
from relay.roster.nomination import read_member_address
from relay.store import encryption
from relay.store.engine import Transaction

app = typer.Typer(no_args_is_help=True)


@app.command("add")
def add(
    address: AddressArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The S/MIME certificate, or the OpenPGP public key.")],
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Encrypt posts to a member with this key from now on; none comes in clear any more, and what waits goes out.

    A newer form of a key that is registered takes its place.

    Example: wen-relay members encryption-key add a.mbarga@douanes.example mbarga.asc
    """
    operator, whom = operator_name(), read_member_address(address)
    with opened(config) as resources:
        now = resources.now()
        node, key = resources.settings.relay.node, read_encryption_key(read_octets(file), whom, now)
        member = find_member(resources, whom)

        def change(connection: Transaction) -> int:
            encryption.add(connection, node, whom, key, operator=operator, now=now)
            return encryption.release(connection, member.id, now)

        released = resources.database.write(change)
        wake_service(resources.settings)
    if as_json:
        print_json({"address": str(whom), **key_row(key), "released": released})
    else:
        say(f"Posts to {whom} are now encrypted ({key.method}) for what has the fingerprint {key.fingerprint}.")
        if released:
            say(f"{released} that waited for a key go out.")


@app.command("remove")
def remove(
    address: AddressArgument,
    fingerprint: Annotated[
        str, typer.Argument(metavar="FINGERPRINT", help="The fingerprint, or its beginning; `list` has it.")
    ],
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Take a key away: lost, stolen, revoked, or replaced. Without another one posts wait; they never come in clear.

    Example: wen-relay members encryption-key remove a.mbarga@douanes.example 3fa9c1
    """
    operator, whom = operator_name(), read_member_address(address)
    with opened(config) as resources:
        now = resources.now()
        node = resources.settings.relay.node
        removed = resources.database.write(
            lambda connection: encryption.remove(connection, node, whom, fingerprint, operator=operator, now=now)
        )
    if as_json:
        print_json({"address": str(whom), **key_row(removed)})
    else:
        say(f"Nothing to {whom} is encrypted for {removed.fingerprint} any more.")


@app.command("list")
def list_keys(address: AddressArgument, as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """List the keys of a member, and whether something can be encrypted with them now.

    Example: wen-relay members encryption-key list a.mbarga@douanes.example
    """
    with opened(config) as resources:
        now = resources.now()
        member = find_member(resources, read_member_address(address))
        with resources.database.read() as connection:
            reader = encryption.of_member(connection, member.id)
    rows = [key_row(one) | {"usable": usable_now(one, now)} for one in reader.keys]
    nothing = "No keys; posts wait for one." if reader.chosen else "No keys; posts come in clear where lists allow it."
    print_rows(rows, as_json=as_json, columns=("fingerprint", "method", "expires", "usable"), nothing=nothing)


@app.command("stop")
def stop(address: AddressArgument, as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """Let posts come to a member in clear again, where their lists allow it; their keys are forgotten.

    Example: wen-relay members encryption-key stop a.mbarga@douanes.example
    """
    operator, whom = operator_name(), read_member_address(address)
    with opened(config) as resources:
        now = resources.now()
        node, member = resources.settings.relay.node, find_member(resources, whom)
        required = encrypted_lists(resources)

        def change(connection: Transaction) -> int:
            encryption.stop(connection, node, whom, operator=operator, now=now)
            return encryption.release(connection, member.id, now, but=required)

        released = resources.database.write(change)
        wake_service(resources.settings)
    if as_json:
        print_json({"address": str(whom), "released": released})
    else:
        say(f"Posts to {whom} come in clear where their lists allow it; {released} that waited go out.")
