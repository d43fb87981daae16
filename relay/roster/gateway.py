"""An agency's own mail server, known by its TLS client certificate: for which of the agency's members it may speak."""

import re
from dataclasses import dataclass

from relay.mail.address import Address
from relay.roster.member import Member, agency_name_key

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """One gateway. It speaks for members of `agency` alone: those at these `addresses`, and those in exactly these `domains`."""

    name: str
    agency: str
    addresses: frozenset[Address]
    domains: frozenset[str]

    def speaks_for(self, member: Member) -> bool:
        """Whether this gateway's word is enough to know this member by.

        A member who moves to another agency isn't this one's any more, whatever is in the gateway's set.
        """
        return agency_name_key(member.agency) == agency_name_key(self.agency) and (
            member.address in self.addresses or member.address.domain in self.domains
        )


def judge_gateway(gateway: Gateway) -> str:
    """Say in one sentence what is wrong with a gateway; "" when nothing is."""
    if not _NAME.fullmatch(gateway.name):
        return f"“{gateway.name}” can't name a gateway: use lower-case letters, digits, “-” and “.”, such as mx.douanes.example"
    if not gateway.agency.strip() or not gateway.agency.isprintable():
        return "name the agency whose members the gateway speaks for, as it stands in their memberships"
    if not gateway.addresses and not gateway.domains:
        return (
            "say for whom the gateway may speak: --address for one member, --domain for all of the agency's in a domain"
        )
    return ""
