"""`wen-relay members card`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from relay.actions.open import opened
from relay.actions.passwords import find_member
from relay.cli.output import ConfigOption, say
from relay.cli.passwords import AddressArgument
from relay.delivery.card import card
from relay.errors import Conflict, Invalid, NotFound
from relay.mail.address import Address
from relay.roster.login import SubmissionDoors
from relay.roster.nomination import read_member_address
from relay.settings import Port, Settings


def write_card(
    address: AddressArgument,
    to: Annotated[str, typer.Option(metavar="FILE.html", help="Where to write it; - is the standard output.")] = "-",
    config: ConfigOption = "",
) -> None:
    """Write a member's card: how to set up a phone, where to write and what never to send; a page of HTML in their language.

    It holds no password. Example: wen-relay members card a.mbarga@douanes.example --to card.html
    """
    with opened(config) as resources:
        settings = resources.settings
        member = find_member(resources, read_member_address(address))
        lists = [resources.lists[name] for name in sorted(member.lists) if name in resources.lists]
        if not lists:
            raise Invalid(f"{member.address} is on no active list, so there is nowhere to write to")
        practice = Address(local="practice", domain=settings.relay.domain)
        page = card(
            member, lists, _doors(settings), practice, resources.now().date(), resources.catalogue(member.language)
        )
    if to == "-":
        sys.stdout.write(page)
        return
    try:
        with Path(to).open("x", encoding="utf-8") as file:
            file.write(page)
    except FileExistsError:
        raise Conflict(f"{to} is there already: name another file") from None
    except OSError as error:
        raise NotFound(f"{to} can't be written: {error.strerror}") from None
    say(f"The card of {member.address} is in {to}.")


def _doors(settings: Settings) -> SubmissionDoors:
    """The doors as the settings fix them; one on any free port can't be told to anybody."""
    smtp = settings.smtp
    doors = SubmissionDoors(
        host=settings.public_host, submissions=_fixed(smtp.submissions_port), submission=_fixed(smtp.submission_port)
    )
    if not any(doors.each()):
        raise Invalid("[smtp] submission_port and submissions_port are off or “auto”: give one of them a number")
    return doors


def _fixed(port: Port) -> int:
    return port if isinstance(port, int) else 0
