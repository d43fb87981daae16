"""A mailing list as a value: who may post, who receives, what may pass and how copies look."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from relay.mail.address import Address
from relay.roster.member import AgencyType, Member, Role


class Tlp(StrEnum):
    """The Traffic Light Protocol 2.0 labels (FIRST, August 2022), least restrictive first."""

    CLEAR = "TLP:CLEAR"
    GREEN = "TLP:GREEN"
    AMBER = "TLP:AMBER"
    AMBER_STRICT = "TLP:AMBER+STRICT"
    RED = "TLP:RED"

    @property
    def level(self) -> int:
        """0 for CLEAR up to 4 for RED."""
        return list(Tlp).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingList:
    """One list. `name` is the local part; `overrides` maps reason codes to the decision this list gives instead.

    `community` says in words whom TLP:GREEN means here (TLP 2.0 asks each source to define it). `roles` and `agency_types`
    are those who may post; `countries` are ISO 3166 alpha-2 codes whose officers belong here.
    """

    name: str
    title: str
    address: Address
    list_id: str
    tag: str
    active: bool
    languages: tuple[str, ...]
    countries: frozenset[str]
    roles: frozenset[Role]
    agency_types: frozenset[AgencyType]
    ceiling: Tlp
    default_marking: Tlp
    require_marking: bool
    strict: bool
    community: str
    author_from: Literal["list", "author"]
    reply_to: Literal["author", "list", "both"]
    footer: str
    integrity_contact: str
    two_person_release: bool = False
    overrides: dict[str, str] = field(default_factory=dict)

    def address_for(self, purpose: str) -> Address:
        """The list's address for a purpose: "" posts, "-request", "-owner", "-bounces"."""
        return Address(local=self.address.local + purpose, domain=self.address.domain)

    def admits(self, member: Member) -> bool:
        """Whether this member's lists, role and agency type entitle them to post here. Their state is judged elsewhere."""
        return self.name in member.lists and bool(self.roles & member.roles) and member.agency_type in self.agency_types
