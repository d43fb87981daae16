"""`wen-relay members certificate` and `signing-key`: by which keys a member is known, and with which they sign."""

from pathlib import Path
from typing import Annotated

import typer

from relay.actions.certify import read_pin
from relay.actions.countersign import read_signing_key
from relay.actions.open import opened, operator_name
from relay.cli.output import ConfigOption, JsonOption, print_json, say
from relay.cli.passwords import AddressArgument
from relay.errors import Invalid, NotFound
from relay.mail.certificate import CERTIFICATE_OCTETS
from relay.mail.signature import RegisteredKey
from relay.roster.nomination import read_member_address
from relay.store import certificates, signing_keys
from relay.store.certificates import Pin

certificate_app = typer.Typer(no_args_is_help=True)
signing_key_app = typer.Typer(no_args_is_help=True)


def pin_row(pin: Pin) -> dict[str, object]:
    """A pinned certificate as a row."""
    return {"pin": pin.pin.hex(), "expires": pin.expires_at.date().isoformat()}


def key_row(key: RegisteredKey) -> dict[str, object]:
    """A registered certificate or key as a row."""
    expires = key.expires_at.date().isoformat() if key.expires_at else None
    return {"fingerprint": key.fingerprint, "method": str(key.method), "expires": expires}


def read_octets(file: Path) -> bytes:
    """The octets of a file that was named; no more of them than the largest certificate or key has.

    Raises:
        NotFound: there is none.
        Invalid: it can't be read.
    """
    try:
        with file.open("rb") as opened_file:
            return opened_file.read(10 * CERTIFICATE_OCTETS)
    except FileNotFoundError:
        raise NotFound(f"there is no file {file}") from None
    except OSError as error:
        raise Invalid(f"{file} can't be read: {error.strerror}") from None


@certificate_app.command("add")
def add_certificate(
    address: AddressArgument,
    file: Annotated[
        Path, typer.Argument(metavar="FILE.pem", help="The member's TLS client certificate, without its key.")
    ],
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Let a member send without a password under this TLS client certificate, or a later one with the same key.

    Example: wen-relay members certificate add a.mbarga@douanes.example mbarga.pem
    """
    operator, whom = operator_name(), read_member_address(address)
    with opened(config) as resources:
        now = resources.now()
        node, pin = resources.settings.relay.node, read_pin(resources, read_octets(file), now)
        resources.database.write(
            lambda connection: certificates.add_for_member(connection, node, whom, pin, operator=operator, now=now)
        )
    if as_json:
        print_json({"address": str(whom), **pin_row(pin)})
    else:
        say(f"{whom} is now known by the certificate whose key has the pin {pin.pin.hex()}.")


@certificate_app.command("remove")
def remove_certificate(
    address: AddressArgument,
    pin: Annotated[str, typer.Argument(metavar="PIN", help="The pin, or its beginning; `members show` has it.")],
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Take a certificate from a member, at once; in sessions that are open, too.

    Example: wen-relay members certificate remove a.mbarga@douanes.example 3fa9c1
    """
    operator, whom = operator_name(), read_member_address(address)
    with opened(config) as resources:
        now = resources.now()
        node = resources.settings.relay.node
        removed = resources.database.write(
            lambda connection: certificates.remove_from_member(connection, node, whom, pin, operator=operator, now=now)
        )
    if as_json:
        print_json({"address": str(whom), **pin_row(removed)})
    else:
        say(f"{whom} is no longer known by {removed.pin.hex()}.")


@signing_key_app.command("add")
def add_signing_key(
    address: AddressArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The S/MIME certificate, or the OpenPGP public key.")],
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Register what a member signs with, for lists that want signed posts. It must name the member's address.

    Example: wen-relay members signing-key add a.mbarga@douanes.example mbarga.asc
    """
    operator, whom = operator_name(), read_member_address(address)
    with opened(config) as resources:
        now = resources.now()
        node, key = resources.settings.relay.node, read_signing_key(read_octets(file), whom, now)
        resources.database.write(
            lambda connection: signing_keys.add(connection, node, whom, key, operator=operator, now=now)
        )
    if as_json:
        print_json({"address": str(whom), **key_row(key)})
    else:
        say(f"{whom} now signs ({key.method}) with what has the fingerprint {key.fingerprint}.")


@signing_key_app.command("remove")
def remove_signing_key(
    address: AddressArgument,
    fingerprint: Annotated[
        str, typer.Argument(metavar="FINGERPRINT", help="The fingerprint, or its beginning; `members show` has it.")
    ],
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Take away what a member signs with: lost, stolen, revoked by its authority, or replaced.

    Example: wen-relay members signing-key remove a.mbarga@douanes.example 3fa9c1
    """
    operator, whom = operator_name(), read_member_address(address)
    with opened(config) as resources:
        now = resources.now()
        node = resources.settings.relay.node
        removed = resources.database.write(
            lambda connection: signing_keys.remove(connection, node, whom, fingerprint, operator=operator, now=now)
        )
    if as_json:
        print_json({"address": str(whom), **key_row(removed)})
    else:
        say(f"What {whom} signs with {removed.fingerprint} counts no more.")
