"""The people on record: have they accepted the rules, and can somebody new be let in?"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from relay.delivery.rules import RULES_VERSION, lacks_rules
from relay.doctor.finding import Finding, ok, warning
from relay.doctor.records import look_into
from relay.roster.member import Member, MemberState
from relay.settings import Settings
from relay.store.members import list_members

_NEEDED = 2  # one proposes, another confirms
_LIVING = frozenset({MemberState.ACTIVE, MemberState.DORMANT})


def look_at_people(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Who hasn't accepted the rules, and where nominations can't come to their end. What can't be read, other looks tell."""
    living = [one for one in look_into(settings, list_members) or () if one.state in _LIVING]
    if not living:
        return
    missing = sum(map(lacks_rules, living))
    said = f"{len(living) - missing} of {len(living)} members have accepted them in version {RULES_VERSION}"
    yield ok("rules", f"{said}{'; `wen-relay members list --rules-missing` names the others' if missing else ''}")
    yield _look_at_vouching(living, now.date())


def domains_of_members(settings: Settings) -> tuple[str, ...]:
    """Where members have their mailboxes."""
    living = (one for one in look_into(settings, list_members) or () if one.state in _LIVING)
    return tuple(sorted({one.address.domain for one in living}))


def _look_at_vouching(living: Iterable[Member], today: date) -> Finding:
    people = tuple(living)
    countries = sorted({one.country for one in people} - {""})
    short = [code for code in countries if sum(one.may_vouch_for(code, today) for one in people) < _NEEDED]
    if not short:
        return ok("vouching", "in every country with members two people can vouch for a new one")
    return warning(
        "vouching",
        f"nobody can propose or confirm a new member in {', '.join(short)}: that takes two who may vouch for the country",
        "give the role focal-point, or admin, to more members (`wen-relay members sync`); nominations there end after 30 days",
    )
