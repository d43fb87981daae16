"""A nomination: one named person proposes a member, a different one confirms."""

from dataclasses import dataclass
from datetime import date

from relay.errors import Invalid
from relay.mail.address import Address, parse_international_address
from relay.roster.member import AgencyType, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Nomination:
    """Everything that is recorded when a person is proposed. `confirmed_by` is None as long as nobody has confirmed.

    `waived_on` is the day on which the focal point waived, for this person, the rule against free-mail addresses.
    """

    address: Address
    name: str
    agency: str
    agency_type: AgencyType
    country: str
    language: str
    roles: frozenset[Role]
    lists: frozenset[str]
    nominated_by: Address
    confirmed_by: Address | None
    valid_until: date | None = None
    waived_on: date | None = None

    @property
    def vouchers(self) -> tuple[Address, ...]:
        """Who answers for this person so far."""
        return tuple(one for one in (self.nominated_by, self.confirmed_by) if one is not None)


def read_member_address(text: str) -> Address:
    """Read an address that a person typed.

    Raises:
        Invalid: it isn't an address that can receive mail here; the sentence says why.
    """
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - for this alone, and `serve` never asks

    try:
        normal = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=True, test_environment=True)
    except EmailNotValidError as error:
        raise Invalid(f"“{text}” is not a usable mail address: {str(error)[0].lower()}{str(error)[1:]}") from None
    address = parse_international_address(normal.ascii_email or normal.normalized)
    if address is None and not normal.local_part.isascii():
        raise Invalid(
            f"“{text}” is not a usable mail address: its letters are of several alphabets, or can be taken for others"
        )
    if address is None:
        raise Invalid(f"“{text}” is not a usable mail address: write it plainly, without quotes or comments")
    return address


def judge_nomination(
    nomination: Nomination, *, known_lists: frozenset[str], known_countries: frozenset[str], languages: frozenset[str]
) -> str:
    """Say in one sentence what is wrong with a nomination; "" when nothing is.

    The two people who vouch must be two, and neither may be the person vouched for.
    """
    if nomination.nominated_by == nomination.confirmed_by:
        return "the nominator and the confirmer must be two different people"
    if nomination.address in {nomination.nominated_by, nomination.confirmed_by}:
        return "a member can't nominate or confirm their own membership"
    if nomination.country not in known_countries:
        return f"“{nomination.country}” is not an ISO 3166 country code such as CM"
    if nomination.language not in languages:
        return f"“{nomination.language}” is not a language of the notices: use one of {', '.join(sorted(languages))}"
    if not nomination.name.strip() or not nomination.agency.strip():
        return "a member needs a name and an agency"
    if not (nomination.name + nomination.agency).isprintable():
        return "a member's name and agency must each be one line"
    if not nomination.lists and Role.MEMBER in nomination.roles:
        return "name at least one list"
    if unknown := sorted(nomination.lists - known_lists):
        return f"“{unknown[0]}” is not an active list here: the lists are {', '.join(sorted(known_lists))}"
    return ""
