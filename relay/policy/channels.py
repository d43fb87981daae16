"""Which door a withheld or held post's author is pointed to: POLICY's eleven rules, first match wins.

The order of the rules is code; who has which door is data (`relay.policy.directory` reads it). Doors are functions, never
people. A door that the directory doesn't hold for a country is named by its function alone and counts as unconfirmed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import ConfigDict

from relay.policy.decision import Reason
from relay.roster.member import AgencyType


class Channel(StrEnum):
    """Every door this product can name. What each is: the notices say it, in the author's language."""

    EMERGENCY = "emergency"
    CHAIN_OF_COMMAND = "chain_of_command"
    NCB = "ncb"
    SIENA = "siena"
    AFRIPOL = "afripol"
    ASEANAPOL = "aseanapol"
    CENCOMM_WARNING = "cencomm_warning"
    CENCOMM = "cencomm"
    RILO = "rilo"
    ENVIRONET = "environet"
    CUSTOMS_DUTY_DESK = "customs_duty_desk"
    POLICE_FOCAL_POINT = "police_focal_point"
    CUSTOMS_FOCAL_POINT = "customs_focal_point"
    OPERATIONS_ROOM = "operations_room"
    JUDICIAL_ASSISTANCE = "judicial_assistance"
    EUROJUST = "eurojust"
    ASSET_RECOVERY_NETWORK = "asset_recovery_network"
    NATIONAL_FOCAL_POINT = "national_focal_point"


class Rule(StrEnum):
    """Which of POLICY's rules spoke; each has its own sentence in the notices."""

    LIFE = "life"
    CLASSIFIED = "classified"
    ORIGINATOR = "originator"
    OPERATION = "operation"
    POSITION = "position"
    CONSIGNMENT = "consignment"
    CUSTOMS = "customs"
    POLICE = "police"
    FIELD = "field"
    JUSTICE = "justice"
    ADVISER = "adviser"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelEntry:
    """One door of one country, as it is written. `name` is the function's proper name; `how` says how to reach it."""

    id: Channel
    as_of: date
    status: Literal["confirmed", "unconfirmed"]
    source: str
    name: str = ""
    how: str = ""
    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryChannels:
    """A country's doors. `police_powers` lists agency types that have police powers there and use the police's doors."""

    country: str
    channel: tuple[ChannelEntry, ...] = ()
    police_powers: tuple[AgencyType, ...] = ()
    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A door as a notice shows it. `name` is "" when the directory has none: then the function's name is used."""

    channel: Channel
    name: str = ""
    how: str = ""
    as_of: date | None = None
    confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """The rule that matched and its doors, national first. `originator_doors` only with Rule.ORIGINATOR."""

    rule: Rule
    doors: tuple[Door, ...] = ()
    originator_rule: Rule | None = None
    originator_doors: tuple[Door, ...] = ()

    @property
    def channels(self) -> tuple[str, ...]:
        """The doors' names for records and JSON."""
        return tuple(door.channel.value for door in (*self.doors, *self.originator_doors))


class SendAgain(StrEnum):
    """What the author may send to the list again; the strictest code decides."""

    NOTHING = "nothing"
    WITHOUT_DETAILS = "without_details"
    READABLE = "readable"
    WITH_CLEAR_MARKING = "with_clear_marking"


@dataclass(frozen=True, slots=True)
class Directory:
    """All countries' doors, by ISO 3166 alpha-2 code."""

    countries: Mapping[str, CountryChannels] = field(default_factory=dict)


_NOMINAL = frozenset({"N1", "N2", "H3", "H4", "H5", "H6", "H8", "H9"})
# ENVIRONET takes other services than customs, but nobody has said that it takes names: what moved or who it was stays out.
_NAMELESS = frozenset({"H9"})
_BY_AGENCY_TYPE: dict[AgencyType, tuple[Rule, tuple[Channel, ...]]] = {
    AgencyType.CUSTOMS: (Rule.CUSTOMS, (Channel.CENCOMM, Channel.NCB)),
    AgencyType.POLICE: (Rule.POLICE, (Channel.NCB,)),
    AgencyType.PROSECUTOR: (Rule.JUSTICE, (Channel.NCB, Channel.JUDICIAL_ASSISTANCE, Channel.ASSET_RECOVERY_NETWORK)),
    AgencyType.JUDGE: (Rule.JUSTICE, (Channel.NCB, Channel.JUDICIAL_ASSISTANCE, Channel.ASSET_RECOVERY_NETWORK)),
    AgencyType.EXPERT: (Rule.ADVISER, (Channel.NATIONAL_FOCAL_POINT,)),
    AgencyType.NGO: (Rule.ADVISER, (Channel.NATIONAL_FOCAL_POINT,)),
    AgencyType.IGO: (Rule.ADVISER, (Channel.NATIONAL_FOCAL_POINT,)),
}
_FIELD = (Rule.FIELD, (Channel.POLICE_FOCAL_POINT, Channel.CUSTOMS_FOCAL_POINT))
# Named behind a rule's own doors, and only where the directory has them for the country.
_ALSO: dict[Rule, tuple[Channel, ...]] = {
    Rule.POLICE: (Channel.SIENA, Channel.AFRIPOL, Channel.ASEANAPOL),
    Rule.JUSTICE: (Channel.EUROJUST,),
}


def is_classified(reason: Reason) -> bool:
    """Whether a reason stands for a marking of a State's or organisation's classification scheme."""
    return reason.code == "M1" and reason.rule.startswith("classified.")


def advise(reasons: Iterable[Reason], *, agency_type: AgencyType, country: str, directory: Directory) -> Advice:
    """Choose the doors for an author.

    Args:
        reasons: all reasons of the decision.
        agency_type: the author's.
        country: the author's, ISO 3166 alpha-2.
        directory: every country's doors.
    Source: POLICY “Where the notice points”, rules 0–10 in this order.
    """
    reasons = tuple(reasons)
    codes = {reason.code for reason in reasons}
    here = directory.countries.get(country)

    def doors(*channels: Channel) -> tuple[Door, ...]:
        return tuple(_door(channel, here) for channel in channels)

    rule, channels = _own_doors(agency_type, codes, here)
    if "T1" in codes:
        return Advice(rule=Rule.LIFE, doors=doors(Channel.EMERGENCY, Channel.CHAIN_OF_COMMAND, Channel.NCB))
    if any(is_classified(reason) for reason in reasons):
        return Advice(rule=Rule.CLASSIFIED)
    if "M1" in codes and not codes & {"N1", "N2", "O1", "O2", "O3"}:
        return Advice(rule=Rule.ORIGINATOR, originator_rule=rule, originator_doors=doors(*channels))
    if "O1" in codes:
        return Advice(rule=Rule.OPERATION)
    if "O2" in codes:
        return Advice(rule=Rule.POSITION, doors=doors(Channel.OPERATIONS_ROOM, Channel.NCB))
    if "O3" in codes and agency_type is AgencyType.CUSTOMS:
        return Advice(
            rule=Rule.CONSIGNMENT, doors=doors(Channel.CENCOMM_WARNING, Channel.RILO, Channel.CUSTOMS_DUTY_DESK)
        )
    return Advice(rule=rule, doors=doors(*channels))


def _own_doors(
    agency_type: AgencyType, codes: set[str], here: CountryChannels | None
) -> tuple[Rule, tuple[Channel, ...]]:
    """Rules 6–10: the everyday doors of an agency type in a country."""
    if agency_type in _BY_AGENCY_TYPE:
        rule, channels = _BY_AGENCY_TYPE[agency_type]
    else:
        police_powers = here is not None and agency_type in here.police_powers
        rule, channels = _BY_AGENCY_TYPE[AgencyType.POLICE] if police_powers else _FIELD
    also = _ALSO.get(rule, ())
    if rule is Rule.FIELD and codes and codes <= _NAMELESS:
        also = (Channel.ENVIRONET,)
    there = {entry.id for entry in here.channel} if here else set()
    return rule, (*channels, *(channel for channel in also if channel in there))


def _door(channel: Channel, here: CountryChannels | None) -> Door:
    entry = next((entry for entry in here.channel if entry.id is channel), None) if here else None
    if entry is None:
        return Door(channel=channel)
    return Door(
        channel=channel, name=entry.name, how=entry.how, as_of=entry.as_of, confirmed=entry.status == "confirmed"
    )


def what_may_be_sent_again(reasons: Iterable[Reason]) -> SendAgain:
    """What the author may send to the list after this decision (POLICY “What may be sent again”)."""
    codes = {reason.code for reason in reasons}
    if codes & {"T1", "M1", "O1", "O2", "O3"}:
        return SendAgain.NOTHING
    if codes & _NOMINAL:
        return SendAgain.WITHOUT_DETAILS
    if codes & {"H1", "H7"}:
        return SendAgain.READABLE
    return SendAgain.WITH_CLEAR_MARKING
