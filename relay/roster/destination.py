"""What an address of this relay is for: a list, or one of the desks that answer mail.

Addresses are no secret; who may use one is decided elsewhere (`actions.admit`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from relay.mail.address import Address
from relay.roster.mailing_list import OWNER, MailingList


class Purpose(StrEnum):
    """What mail to an address does."""

    POST = "post"
    ALERTS = "alerts"
    PRACTICE = "practice"
    RETURN_PATH = "return-path"
    REQUEST = "request"
    ANSWER = "answer"
    POSTMASTER = "postmaster"


_OF_THE_RELAY = {
    "alerts": Purpose.ALERTS,
    "practice": Purpose.PRACTICE,
    "postmaster": Purpose.POSTMASTER,
    "abuse": Purpose.POSTMASTER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """An address of ours: what it is for, and the list it belongs to (None for those of the whole relay)."""

    purpose: Purpose
    mailing_list: MailingList | None = None

    @property
    def stands_alone(self) -> bool:
        """Whether a message to it can have no other recipient: only posts go to several addresses at once."""
        return self.purpose not in {Purpose.POST, Purpose.ALERTS}


def destinations(lists: Iterable[MailingList]) -> Mapping[str, Destination]:
    """What the addresses of these lists are for, by `Address.key`."""
    found: dict[str, Destination] = {}
    for one in lists:
        found[one.address.key] = Destination(purpose=Purpose.POST, mailing_list=one)
        found[one.address_for(OWNER).key] = Destination(purpose=Purpose.POST, mailing_list=one.owners)
        found[one.address_for("-request").key] = Destination(purpose=Purpose.REQUEST, mailing_list=one)
    return found


def destination_of(address: Address, domain: str, of_lists: Mapping[str, Destination]) -> Destination | None:
    """What this address is for; None when it is none of ours.

    Args:
        address: as the envelope gives it.
        domain: the relay's own.
        of_lists: the active lists' `destinations`.
    """
    if found := of_lists.get(address.key):
        return found
    if address.domain.lower() == domain.lower():
        # Their seals tell what ever left with them (`delivery.bounce`).
        if "-bounces+" in address.local.lower():
            return Destination(purpose=Purpose.RETURN_PATH)
        if "-request+" in address.local.lower():
            return Destination(purpose=Purpose.ANSWER)
        purpose = _OF_THE_RELAY.get(address.local.lower())
        return Destination(purpose=purpose) if purpose else None
    return None
