"""A mailing list as a value: who may post, who receives, what may pass and how copies look."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import IntEnum, StrEnum
from typing import Literal

from relay.mail.address import Address
from relay.mail.auth_results import Proof
from relay.mail.signature import SignatureMethod
from relay.roster.member import AgencyType, Member, Role

OWNER = "-owner"  # ends the name of the list of a list's moderators
PROOFS = (Proof.AUTH, Proof.CERTIFICATE, Proof.GATEWAY)  # what is enough where a definition says nothing


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
        return _LEVELS[self]


_LEVELS = {label: level for level, label in enumerate(Tlp)}


class Weekday(IntEnum):
    """The days of the week by their number in ISO 8601."""

    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingList:
    """One list. `of` is the name of the list whose moderators this one reaches, "" for an ordinary list. `name` is the local part; `overrides` maps reason codes to the decision this list gives instead.

    `community` says in words whom TLP:GREEN means here (TLP 2.0 asks each source to define it). `roles` and `agency_types`
    are those who may post; `countries` are ISO 3166 alpha-2 codes whose officers belong here; `alerts` says
    whether routed alerts come here, as to every regional list. On `weekend` and `holidays`
    its moderators don't work. `photos` says whether photos pass, need the author's word or a moderator's look;
    `keep_original_photos` whether they are kept as they came, too. `proofs` are the ways to know an author that are enough here.
    `second_proof` are the signatures of which one is needed beside, if any.
    `one_click_leave` says whether members may leave at one click in their mail program (RFC 8058).
    `tls` "required" lets copies leave only where every server on their way promises verified TLS; "site" leaves it to the settings.
    `encrypted` says whether posts leave encrypted only; else to those alone who have chosen that.
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
    one_click_leave: bool = False
    tls: Literal["site", "required"] = "site"
    alerts: bool = True
    photos: Literal["relay", "confirm", "hold"] = "relay"
    keep_original_photos: bool = False
    of: str = ""
    overrides: dict[str, str] = field(default_factory=dict)
    weekend: frozenset[Weekday] = frozenset({Weekday.SATURDAY, Weekday.SUNDAY})
    holidays: frozenset[date] = frozenset()
    proofs: frozenset[Proof] = frozenset(PROOFS)
    second_proof: frozenset[SignatureMethod] = frozenset()
    encrypted: bool = False

    def address_for(self, purpose: str) -> Address:
        """The list's address for a purpose: "" posts, "-request", "-owner", "-bounces"."""
        return Address(local=(self.of or self.address.local) + purpose, domain=self.address.domain)

    @property
    def owners(self) -> "MailingList":
        """The list of this list's moderators, judged like any; every member of this list may write to it."""
        return replace(
            self,
            name=self.name + OWNER,
            address=self.address_for(OWNER),
            list_id=f"{self.name}{OWNER}.{self.address.domain}",
            of=self.name,
            roles=frozenset(Role),
            agency_types=frozenset(AgencyType),
            alerts=False,
            two_person_release=False,
            one_click_leave=False,
            second_proof=frozenset(),  # who can't sign must be able to say so
        )

    def includes(self, member: Member) -> bool:
        """Whether this member belongs to the list, or for a list of moderators to the list that they moderate."""
        return (self.of or self.name) in member.lists

    def admits(self, member: Member) -> bool:
        """Whether this member's lists, role and agency type entitle them to post here. Their state is judged elsewhere."""
        return self.includes(member) and bool(self.roles & member.roles) and member.agency_type in self.agency_types

    def working_time_after(self, start: datetime, span: timedelta) -> datetime:
        """When a span of this list's working time that begins at `start` is over.

        Days off do not count (POLICY "hold"). A day is one of UTC, whatever the time zones of a list's countries: the
        span is for people to come back to their desks, and some hours more or less make no difference to that.
        """
        while True:
            next_day = datetime.combine(start.date() + timedelta(days=1), time(), start.tzinfo)
            if start.isoweekday() not in self.weekend and start.date() not in self.holidays:
                if start + span <= next_day:
                    return start + span
                span -= next_day - start
            start = next_day


def reads(member: Member, name: str) -> bool:
    """Whether a post that goes out to the list of this name is for this member to know: of a list of moderators, only for who decides there."""
    return name.removesuffix(OWNER) in member.lists and (member.may_moderate or not name.endswith(OWNER))
