"""Members: vetted officers, each with one address, one agency and one country."""

import unicodedata
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from relay.mail.address import Address
from relay.roster.reading import Wishes


class AgencyType(StrEnum):
    """What kind of agency a member serves; it decides which doors a notice names."""

    CUSTOMS = "customs"
    POLICE = "police"
    CITES = "cites"
    PROSECUTOR = "prosecutor"
    JUDGE = "judge"
    ENVIRONMENT = "environment"
    VETERINARY = "veterinary"
    RANGER = "ranger"
    EXPERT = "expert"
    NGO = "ngo"
    IGO = "igo"

    @property
    def is_official(self) -> bool:
        """Whether people of this type are serving officials; others never see held content."""
        return self not in {AgencyType.EXPERT, AgencyType.NGO, AgencyType.IGO}


class Role(StrEnum):
    """What a person may do in the relay beside being its member."""

    MEMBER = "member"
    MODERATOR = "moderator"
    DEPUTY = "deputy"  # stands in for a moderator who does not answer (roster.moderation)
    SECRETARIAT = "secretariat"  # is called when no moderator has decided
    FOCAL_POINT = "focal-point"
    ADMIN = "admin"
    AUDITOR = "auditor"
    EXPERT = "expert"
    OPERATOR = "operator"


DECIDING = frozenset(
    {Role.MODERATOR, Role.DEPUTY, Role.SECRETARIAT}
)  # who may decide about held posts, if they are officials


class MemberState(StrEnum):
    """Where a membership stands; ARCHITECTURE.md “A membership's states” has the table.

    Nominated people are nobody yet. Active ones post and receive. The posts of dormant ones, for whom their country
    didn't vouch again in time, wait for a moderator; what they receive, `Member.may_receive` says.
    """

    NOMINATED = "nominated"
    ACTIVE = "active"
    DORMANT = "dormant"
    SUSPENDED = "suspended"
    LEFT = "left"


def agency_key(country: str, agency: str) -> str:
    """The form in which agencies are compared: in one country, without regard to case, spaces and ways to write a letter."""
    return f"{country} {agency_name_key(agency)}"


def agency_name_key(agency: str) -> str:
    """The form in which the names of agencies are compared, of whatever country."""
    return " ".join(unicodedata.normalize("NFKC", agency).casefold().split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person. `id` is random and stands for the person in the audit log; `lists` are names such as `central-africa`.

    `attested_on` is the day on which their country last vouched for them; `receives_until` the last day on which a dormant
    member still gets copies; `rules_version` the version of the rules that they have accepted, 0 for none.
    """

    id: str
    address: Address
    name: str
    agency: str
    agency_type: AgencyType
    country: str
    language: str
    roles: frozenset[Role]
    state: MemberState
    lists: frozenset[str]
    valid_until: date | None = None
    receipts: bool = True
    attested_on: date | None = None
    receives_until: date | None = None
    rules_version: int = 0
    wishes: Wishes = field(default_factory=Wishes)

    @property
    def may_moderate(self) -> bool:
        """Whether this person's role and agency let them see held posts: experts, NGOs and IGOs never do."""
        return bool(DECIDING & self.roles) and self.agency_type.is_official

    def may_act(self, on: date) -> bool:
        """Whether the member is active and their vetting has not run out on that day (UTC)."""
        return self.state is MemberState.ACTIVE and self._is_valid(on)

    def may_write(self, on: date) -> bool:
        """Whether mail from this member is taken on that day (UTC). What a dormant one posts is held."""
        return self.state in {MemberState.ACTIVE, MemberState.DORMANT} and self._is_valid(on)

    def may_receive(self, on: date) -> bool:
        """Whether copies go to this member on that day (UTC)."""
        dormant = self.state is MemberState.DORMANT and self.receives_until is not None and on <= self.receives_until
        return (self.state is MemberState.ACTIVE or dormant) and self._is_valid(on)

    @property
    def has_power(self) -> bool:
        """Whether this person is more than one who posts, reads, advises or decides about posts of their lists."""
        return bool(self.roles & {Role.FOCAL_POINT, Role.ADMIN, Role.AUDITOR, Role.OPERATOR, Role.SECRETARIAT})

    def may_vouch_for(self, country: str, on: date) -> bool:
        """Whether this person may nominate, confirm and attest people of a country: its focal points, and administrators."""
        if not self.may_act(on):
            return False
        focal = Role.FOCAL_POINT in self.roles and self.agency_type.is_official and self.country == country
        return focal or Role.ADMIN in self.roles

    def _is_valid(self, on: date) -> bool:
        return self.valid_until is None or on <= self.valid_until
