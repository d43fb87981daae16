"""`wen-relay members nominate`, `confirm` and `attest`: what focal points and administrators say otherwise than by mail."""

from typing import Annotated

import typer

from relay.actions.enrol import attest_people, confirm_nominee, nominate_member
from relay.actions.open import opened, wake_service
from relay.cli.output import ConfigOption, JsonOption, say
from relay.cli.passwords import AddressArgument
from relay.cli.people import person
from relay.cli.rows import print_rows
from relay.roster.member import Member
from relay.roster.nomination import read_member_address

WaiverOption = Annotated[
    str,
    typer.Option(
        metavar="DATE",
        help="For an address at a free mail provider: the day on which the focal point waived the rule against it; it counts for a year.",
    ),
]
_By = Annotated[
    str, typer.Option("--by", metavar="ADDR", help="Who says so: a focal point of the country, or an administrator.")
]


def nominate(  # noqa: PLR0913, PLR0917  (one option for each fact of a person)
    address: AddressArgument,
    name: Annotated[str, typer.Option(help="The person's name.")],
    agency: Annotated[str, typer.Option(help="The agency's name.")],
    agency_type: Annotated[str, typer.Option(help="As for `members add`.")],
    language: Annotated[str, typer.Option(help="Language of the notices: en, fr, es or pt.")],
    lists: Annotated[str, typer.Option(help="Local parts of the lists, such as central-africa,species-id.")],
    by: _By,
    role: Annotated[list[str] | None, typer.Option(help="As for `members add`; repeatable.")] = None,
    country: Annotated[str, typer.Option(help="ISO 3166 code; without it, that of who proposes.")] = "",
    valid_until: Annotated[str, typer.Option(metavar="DATE", help="Last day of the membership.")] = "",
    free_mail_waiver: WaiverOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Propose somebody: they get a letter, confirm their address and accept the rules by answering; then a second person is asked.

    Example: wen-relay members nominate b.ondo@douanes.example --name "Bela Ondo" --agency Douanes --agency-type customs --language fr
    --lists central-africa --by chef@douanes.example
    """
    row = {
        "address": address, "name": name, "agency": agency, "agency_type": agency_type, "country": country, "language": language,
        "lists": lists, "nominated_by": by, "role": ";".join(role or []), "valid_until": valid_until, "free_mail_waiver": free_mail_waiver,
    }  # fmt: skip
    with opened(config) as resources:
        nominee = nominate_member(resources, row, resources.now())
        wake_service(resources.settings)
    _show([nominee], as_json=as_json, said=f"{nominee.address} is nominated, and gets a letter.")


def confirm(address: AddressArgument, by: _By, as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """Confirm a nominee who has answered their letter; whoever proposed them can't.

    Example: wen-relay members confirm b.ondo@douanes.example --by p.abega@police.example
    """
    with opened(config) as resources:
        member = confirm_nominee(resources, read_member_address(address), read_member_address(by), resources.now())
        wake_service(resources.settings)
    _show([member], as_json=as_json, said=f"{member.address} is now an active member.")


def attest(
    by: _By,
    address: Annotated[str, typer.Argument(metavar="[ADDR]", help="The member; or --country.")] = "",
    country: Annotated[str, typer.Option(metavar="CC", help="Everybody of this country.")] = "",
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Vouch again for one member, or for all of a country; dormant ones are active again. Nobody attests themself.

    Example: wen-relay members attest --country CM --by chef@douanes.example
    """
    if bool(address) == bool(country):
        raise typer.BadParameter("name either an address or --country")
    whom = read_member_address(address) if address else None
    with opened(config) as resources:
        done = attest_people(resources, whom, country.upper(), read_member_address(by), resources.now())
        wake_service(resources.settings)
    _show(done, as_json=as_json, said="\n".join(f"{one.address} is attested." for one in done))


def _show(people: list[Member] | tuple[Member, ...], *, as_json: bool, said: str) -> None:
    if as_json:
        print_rows(map(person, people), as_json=True, columns=(), nothing="")
    else:
        say(said)
