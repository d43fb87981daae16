"""Members: vetted officers, each with one address, one agency and one country."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from relay.mail.address import Address


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
    """Where a membership stands; only the active post and receive."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person. `id` is random and stands for the person in the audit log; `lists` are names such as `central-africa`."""

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

    @property
    def may_moderate(self) -> bool:
        """Whether this person's role and agency let them see held posts: experts, NGOs and IGOs never do."""
        return bool(DECIDING & self.roles) and self.agency_type.is_official

    def may_act(self, on: date) -> bool:
        """Whether the member is active and their vetting has not run out on that day (UTC)."""
        return self.state is MemberState.ACTIVE and (self.valid_until is None or on <= self.valid_until)
