"""The doors of countries: functions, never people, and confirmed by those who know them."""

from collections.abc import Iterator
from datetime import datetime

from relay.delivery.wording import CONFIRMED_FOR
from relay.doctor.finding import Finding, ok, wrong
from relay.doctor.records import look_into
from relay.errors import RelayError
from relay.policy.channels import Channel
from relay.policy.doors import confirmed_since, names_a_person, with_confirmation
from relay.resources import load_ruleset
from relay.settings import Settings
from relay.store import directory
from relay.store.members import list_members


def look_at_directory(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Whether a door is a person's, and in how many countries doors are confirmed. What can't be read, other looks tell."""
    try:
        definitions = load_ruleset(settings).directory
    except RelayError:
        return
    on_record = look_into(
        settings,
        lambda connection: (
            list_members(connection),
            directory.countries(connection, now),
            directory.confirmations(connection),
        ),
    )
    if on_record is None:
        return
    everyone, countries, confirmed = on_record
    found: dict[tuple[Channel, str, str], str] = {}
    for country, here in sorted(definitions.countries.items()):
        for entry in here.channel:
            if names_a_person(entry, everyone):
                found.setdefault((entry.id, entry.name, entry.how), country)
    for (channel, _, _), country in found.items():
        said = f"the door “{channel}” of {country} has a member's name or address in it"
        yield wrong(
            "directory", said, "doors are functions: write the duty desk's name there, and its own address or number"
        )
    whole = definitions
    for one in confirmed.values():
        whole = with_confirmation(whole, one)
    since = (now - CONFIRMED_FOR).date()
    sure = sum(confirmed_since(whole.countries.get(code), since) for code in countries)
    if not found:
        said = f"doors were confirmed within a year in {sure} of {len(countries)} countries with members"
        yield ok("directory", f"{said}; focal points are asked in March and September")
