"""`wen-relay gateways`: agencies' mail servers that are known by their TLS client certificate."""

from pathlib import Path
from typing import Annotated

import typer

from relay.actions.certify import read_pin
from relay.actions.open import opened, operator_name
from relay.cli.output import ConfigOption, JsonOption, say
from relay.cli.proofs import pin_row, read_octets
from relay.cli.rows import print_rows
from relay.errors import Invalid
from relay.mail.address import parse_address
from relay.roster.gateway import Gateway, judge_gateway
from relay.roster.nomination import read_member_address
from relay.store import certificates
from relay.store.certificates import Pin

app = typer.Typer(no_args_is_help=True)

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="What the gateway is called, such as mx.douanes.example.")
]


def _row(gateway: Gateway, pins: tuple[Pin, ...]) -> dict[str, object]:
    return {
        "name": gateway.name,
        "agency": gateway.agency,
        "addresses": sorted(map(str, gateway.addresses)),
        "domains": sorted(gateway.domains),
        "certificates": [pin_row(one) for one in pins],
    }


@app.command()
def add(
    name: NameArgument,
    certificate: Annotated[list[Path], typer.Option(metavar="FILE.pem", help="Its client certificate; repeatable.")],
    agency: Annotated[str, typer.Option(help="The agency whose members it speaks for, as in their memberships.")],
    address: Annotated[
        list[str] | None, typer.Option(metavar="ADDR", help="A member it speaks for; repeatable.")
    ] = None,
    domain: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DOMAIN", help="Speaks for all of the agency's members in exactly this domain; repeatable."
        ),
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Let an agency's mail server, known by its TLS certificate, send for some of the agency's members.

    Example: wen-relay gateways add mx.douanes.example --certificate mx.pem --agency Douanes --domain douanes.example
    """
    gateway = Gateway(
        name=name,
        agency=" ".join(agency.split()),
        addresses=frozenset(map(read_member_address, address or ())),
        domains=frozenset(map(_read_domain, domain or ())),
    )
    if wrong := judge_gateway(gateway):
        raise Invalid(wrong)
    operator = operator_name()
    with opened(config) as resources:
        now = resources.now()
        node = resources.settings.relay.node
        pins = tuple(read_pin(resources, read_octets(file), now) for file in certificate)
        resources.database.write(
            lambda connection: certificates.add_gateway(connection, node, gateway, pins, operator=operator, now=now)
        )
    if as_json:
        print_rows([_row(gateway, pins)], as_json=True, columns=(), nothing="")
    else:
        say(
            f"{name} now speaks for members of {gateway.agency}: {', '.join(map(str, (*gateway.addresses, *gateway.domains)))}."
        )


def _read_domain(text: str) -> str:
    found = parse_address(f"postmaster@{text.strip()}")
    if found is None:
        raise Invalid(f"“{text}” is not a domain: write it as douanes.example")
    return found.domain


@app.command("list")
def list_(as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """List the gateways, for whom each speaks, and the certificates by which they are known.

    Example: wen-relay gateways list --json
    """
    with opened(config) as resources, resources.database.read() as connection:
        rows = [
            _row(one, certificates.of_gateway(connection, one.name)) for one in certificates.list_gateways(connection)
        ]
    print_rows(
        rows,
        as_json=as_json,
        columns=("name", "agency", "addresses", "domains", "certificates"),
        nothing="No gateways.",
    )


@app.command()
def remove(name: NameArgument, as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """Take a gateway and its certificates away; in sessions that are open, too.

    Example: wen-relay gateways remove mx.douanes.example
    """
    operator = operator_name()
    with opened(config) as resources:
        now = resources.now()
        node = resources.settings.relay.node
        resources.database.write(
            lambda connection: certificates.remove_gateway(connection, node, name, operator=operator, now=now)
        )
    if as_json:
        print_rows([{"name": name}], as_json=True, columns=(), nothing="")
    else:
        say(f"{name} speaks for nobody any more.")
