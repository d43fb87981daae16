"""`wen-relay members`: add, list, show, suspend, reinstate, renew, remove; `roll` has what concerns many at once."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import typer

from relay.actions.enrol import Enrolled, add_member, read_renewal
from relay.actions.open import opened, operator_name, wake_service
from relay.actions.passwords import find_member
from relay.cli import passwords, past, roll, subjects, vetting
from relay.cli.card import write_card
from relay.cli.encryption import app as encryption_app
from relay.cli.output import ConfigOption, JsonOption, print_json, say
from relay.cli.passwords import AddressArgument, show_password
from relay.cli.people import (
    AgencyOption,
    CountryOption,
    ListOption,
    RoleOption,
    StateOption,
    WelcomeOption,
    name_untold,
    person,
    with_failure,
)
from relay.cli.proofs import certificate_app, key_row, pin_row, signing_key_app
from relay.cli.rows import print_records, print_rows
from relay.cli.vetting import WaiverOption
from relay.cli.wishes import wishes
from relay.delivery.rules import lacks_rules
from relay.mail.address import Address
from relay.roster.member import Member, MemberState
from relay.roster.nomination import read_member_address
from relay.roster.scope import read_scope
from relay.store import agencies, certificates, complaints, encryption, failures, members, signing_keys
from relay.store.vetting import voucher

app = typer.Typer(no_args_is_help=True)
app.command("import")(roll.import_)
app.command()(roll.sync)
app.command()(roll.export)
app.command()(past.at)
app.command()(subjects.access)
app.command()(subjects.erase)
for _name, _command in passwords.COMMANDS.items():
    app.command(_name)(_command)
app.command()(wishes)
app.add_typer(signing_key_app, name="signing-key", help="What a member signs posts with, for lists that want that.")
app.add_typer(encryption_app, name="encryption-key", help="With which keys posts to a member are encrypted.")
app.command("card")(write_card)
app.add_typer(certificate_app, name="certificate", help="The TLS client certificates by which a member is known.")
app.command()(vetting.nominate)
app.command()(vetting.confirm)
app.command()(vetting.attest)


@app.command()
def add(  # noqa: PLR0913, PLR0917  (the contract names each option)
    address: AddressArgument,
    name: Annotated[str, typer.Option(help="The person's name.")],
    agency: Annotated[str, typer.Option(help="The agency's name.")],
    agency_type: Annotated[
        str,
        typer.Option(
            help="customs, police, cites, prosecutor, judge, environment, veterinary, ranger, expert, ngo or igo."
        ),
    ],
    country: Annotated[str, typer.Option(help="ISO 3166 code, such as CM.")],
    language: Annotated[str, typer.Option(help="Language of the notices: en, fr, es or pt.")],
    lists: Annotated[str, typer.Option(help="Local parts of the lists, such as central-africa,species-id.")],
    nominated_by: Annotated[str, typer.Option(help="Who proposed the person.")],
    confirmed_by: Annotated[str, typer.Option(help="Who confirmed; somebody else.")],
    role: Annotated[
        list[str] | None,
        typer.Option(
            help="member, moderator, deputy, secretariat, focal-point, admin, auditor, expert or operator; repeatable."
        ),
    ] = None,
    valid_until: Annotated[
        str, typer.Option(metavar="DATE", help="Last day of the membership, such as 2027-06-30.")
    ] = "",
    free_mail_waiver: WaiverOption = "",
    issue_password: Annotated[bool, typer.Option("--issue-password", help="Print a new app password, once.")] = False,
    welcome: WelcomeOption = True,
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Add an active member by a nomination: one person proposes, another confirms.

    Example: wen-relay members add a.mbarga@douanes.example --name "Awa Mbarga" --agency Douanes --agency-type customs --country CM
    --language fr --lists central-africa --nominated-by chef@douanes.example --confirmed-by p.abega@police.example --issue-password
    """
    row = {
        "address": address, "name": name, "agency": agency, "agency_type": agency_type, "country": country, "language": language,
        "lists": lists, "nominated_by": nominated_by, "confirmed_by": confirmed_by, "role": ";".join(role or []), "valid_until": valid_until,
        "free_mail_waiver": free_mail_waiver,
    }  # fmt: skip
    with opened(config) as resources:
        enrolled = add_member(resources, row, with_password=issue_password, now=resources.now(), welcome=welcome)
        wake_service(resources.settings)
    _show_enrolled(enrolled, as_json=as_json)


def _show_enrolled(enrolled: Enrolled, *, as_json: bool) -> None:
    address = str(enrolled.member.address)
    if as_json:
        print_json(
            {"address": address, "password": enrolled.password} if enrolled.password else person(enrolled.member)
        )
        return
    say(f"{address} is now an active member of {', '.join(sorted(enrolled.member.lists)) or 'no list'}.")
    name_untold(enrolled.untold)
    show_password(enrolled.password)


@app.command("list")
def list_(  # noqa: PLR0913, PLR0917  (options of a command line)
    country: CountryOption = "",
    agency: AgencyOption = "",
    list_name: ListOption = "",
    state: StateOption = "",
    role: RoleOption = "",
    rules_missing: Annotated[
        bool, typer.Option("--rules-missing", help="Only those who haven't accepted the rules as they are now.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """List the members, and since when mail to them fails.

    Example: wen-relay members list --list central-africa --country CM --role moderator
    """
    scope = read_scope(country=country, agency=agency, list_name=list_name, state=state, role=role)
    with opened(config) as resources, resources.database.read() as connection:
        failing = failures.list_failing(connection)
        everyone = members.list_members(connection, list_name or None)
    rows = [
        with_failure(person(member), failing)
        for member in everyone
        if scope.includes(member) and (not rules_missing or lacks_rules(member))
    ]
    print_rows(
        rows,
        as_json=as_json,
        columns=("address", "name", "agency", "agency_type", "country", "lists", "state", "failing_since"),
        nothing="No members.",
    )


@app.command()
def show(address: AddressArgument, as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """Show one member.

    Example: wen-relay members show a.mbarga@douanes.example
    """
    with opened(config) as resources:
        member = find_member(resources, read_member_address(address))
        with resources.database.read() as connection:
            known_by = certificates.of_member(connection, member.id)
            signs_with = signing_keys.of_member(connection, member.id)
            reads_with = encryption.of_member(connection, member.id)
            failing = failures.list_failing(connection)
            complained = complaints.of_all(connection).get(member.id)
    row = with_failure(person(member), failing) | {
        "marked_unwanted_on": complained.isoformat() if complained else None,
        "certificates": [pin_row(one) for one in known_by],
        "signing_keys": [key_row(one) for one in signs_with],
        "encryption_keys": [key_row(one) for one in reads_with.keys],
        "encrypted_only": reads_with.chosen,
    }
    print_records([row], as_json=as_json, columns=tuple(row))


@app.command()
def suspend(
    address: Annotated[str, typer.Argument(metavar="[ADDR]", help="The member's address; or --agency.")] = "",
    reason: Annotated[str, typer.Option(help="Why; kept in the audit log.")] = "",
    agency: Annotated[str, typer.Option(metavar="NAME", help="Suspend everybody of this agency.")] = "",
    country: Annotated[str, typer.Option(metavar="CC", help="With --agency: of this country alone.")] = "",
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Suspend a member, or a whole agency, at once; waiting copies are cancelled.

    Example: wen-relay members suspend a.mbarga@douanes.example --reason "left the service"
    """
    if bool(address) == bool(agency) or (country and not agency):
        raise typer.BadParameter("name either an address or --agency, and --country with an agency alone")
    if agency:
        _change(
            config,
            as_json,
            "suspended",
            agencies.suspend_agency,
            agency,
            reason=reason,
            country=read_scope(country=country).country,
        )
    else:
        _change(config, as_json, "suspended", members.suspend, read_member_address(address), reason=reason)


@app.command()
def reinstate(
    address: Annotated[str, typer.Argument(metavar="[ADDR]", help="The member's address; or --agency.")] = "",
    agency: Annotated[str, typer.Option(metavar="NAME", help="Reinstate everybody of this agency.")] = "",
    country: Annotated[str, typer.Option(metavar="CC", help="With --agency: of this country alone.")] = "",
    reason: Annotated[
        str, typer.Option(help="With --agency: only whom was suspended for this reason, word for word.")
    ] = "",
    by: Annotated[
        str, typer.Option("--by", metavar="ADDR", help="Who vouches for them, where a nominator or confirmer said NO.")
    ] = "",
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """End a suspension, or those of a whole agency that were made for one reason.

    Example: wen-relay members reinstate a.mbarga@douanes.example
    """
    if bool(address) == bool(agency) or ((country or reason) and not agency) or (by and agency):
        raise typer.BadParameter("name either an address or --agency; --country and --reason go with an agency alone")
    if agency:
        code = read_scope(country=country).country
        _change(config, as_json, "reinstated", agencies.reinstate_agency, agency, reason=reason, country=code)
        return
    who = _voucher(config, by) if by else None
    _change(config, as_json, "reinstated", members.reinstate, read_member_address(address), by=who)


def _voucher(config: str, address: str) -> Member:
    with opened(config) as resources, resources.database.read() as connection:
        return voucher(connection, read_member_address(address))


@app.command()
def renew(
    address: AddressArgument,
    valid_until: Annotated[
        str, typer.Option(metavar="DATE", help="The new last day; without it the membership has no end.")
    ] = "",
    free_mail_waiver: WaiverOption = "",
    by: Annotated[str, typer.Option("--by", metavar="ADDR", help="Who gave the waiver.")] = "",
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Renew a membership until a day.

    Example: wen-relay members renew a.mbarga@douanes.example --valid-until 2027-12-31
    """
    whom = read_member_address(address)
    until, waived_on = read_renewal(whom, valid_until, free_mail_waiver, datetime.now(UTC).date())
    if waived_on and not by:
        raise typer.BadParameter("name with --by the focal point who gave the waiver")
    who = _voucher(config, by) if by else None
    _change(config, as_json, "renewed", members.renew, whom, valid_until=until, waived_on=waived_on, by=who)


@app.command()
def remove(address: AddressArgument, as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """End a membership; passwords are deleted and waiting copies cancelled.

    Example: wen-relay members remove a.mbarga@douanes.example
    """
    _change(config, as_json, "removed", members.remove, read_member_address(address))


def _change(
    config: str,
    as_json: bool,
    done: str,
    change: Callable[..., Member | tuple[Member, ...]],
    whom: Address | str,
    **facts: object,
) -> None:
    """Make one of the store's changes to a person or an agency, wake the service, and say whom it concerned."""
    with opened(config) as resources:
        node, operator, now = resources.settings.relay.node, operator_name(), resources.now()
        found = resources.database.write(
            lambda connection: change(connection, node, whom, operator=operator, now=now, **facts)
        )
        wake_service(resources.settings)
    changed = found if isinstance(found, tuple) else (found,)
    if as_json:
        print_rows(map(person, changed), as_json=True, columns=(), nothing="")
        return
    for member in changed:
        if member.state is MemberState.LEFT and done == "suspended":
            say(f"{member.address} was nominated only: the nomination has ended.")
            continue
        until = f" until {member.valid_until}" if member.valid_until else " without an end"
        say(f"{member.address} is {done}{until if done == 'renewed' else ''}.")
