"""A part of all members: of a country, an agency, a list, in a state, with a role."""

from dataclasses import dataclass
from typing import TypeVar

from relay.errors import Invalid
from relay.roster.countries import COUNTRIES
from relay.roster.member import Member, MemberState, Role, agency_name_key

Word = TypeVar("Word", MemberState, Role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What somebody must be to belong to the part; "" or None where it doesn't matter.

    An agency's name is compared without regard to case, spaces and ways to write a letter.
    """

    country: str = ""
    agency: str = ""
    list_name: str = ""
    state: MemberState | None = None
    role: Role | None = None

    def includes(self, member: Member) -> bool:
        """Whether this member belongs to the part."""
        return (
            self.covers(member.country, member.agency)
            and (not self.list_name or self.list_name in member.lists)
            and (self.state is None or member.state is self.state)
            and (self.role is None or self.role in member.roles)
        )

    def covers(self, country: str, agency: str) -> bool:
        """Whether somebody of this country and agency could belong to it."""
        return (not self.country or country == self.country) and (
            not self.agency or agency_name_key(agency) == agency_name_key(self.agency)
        )

    @property
    def words(self) -> str:
        """The place in words, as a sentence names it: “CM”, “Douanes of CM”, “the whole relay”."""
        return " of ".join(filter(None, (self.agency, self.country))) or "the whole relay"


def read_scope(*, country: str = "", agency: str = "", list_name: str = "", state: str = "", role: str = "") -> Scope:
    """Read a scope from words that a person typed.

    Raises:
        Invalid: a word is no country's code, no state or no role; the sentence names those there are.
    """
    code = country.strip().upper()
    if code and code not in COUNTRIES:
        raise Invalid(f"“{country}” is not an ISO 3166 country code such as CM")
    return Scope(
        country=code,
        agency=" ".join(agency.split()),
        list_name=list_name.strip(),
        state=_one_of(MemberState, state, "a state"),
        role=_one_of(Role, role, "a role"),
    )


def _one_of(kind: type[Word], text: str, what: str) -> Word | None:
    if not text.strip():
        return None
    try:
        return kind(text.strip().lower())
    except ValueError:
        raise Invalid(f"“{text}” is not {what}: use one of {', '.join(kind)}") from None
