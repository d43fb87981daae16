"""Doors confirmed by those who know them: a country's focal points are asked twice a year whether its doors are right.

What they confirm is what a reader is told, a door's name and how to reach it. A word of it changed, and the door is unconfirmed
until somebody confirms it again. The half-years begin on the first of March and of September:

    at the beginning    every focal point of a country that had members before is asked
    14 days later       reminded
    28 days later       reminded once more
    42 days later       the administrators are told which countries are silent; at once, where there is nobody to ask
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum

from relay.policy.channels import Channel, ChannelEntry, CountryChannels, Directory, Door
from relay.roster.member import Member

WAIT = timedelta(days=14)  # between one letter and the next
_CONTACT = "integrity contact of "  # before a list's name, where the digests of doors have their channel
_REFERENCE = re.compile(r"([A-Z]{2})-(\d{4}-[12])-([0-9A-F]{8})")
# What a notice names without knowing the country: doors of the reader's own, and those that not every country has.
_OWN = frozenset({Channel.EMERGENCY, Channel.CHAIN_OF_COMMAND, Channel.OPERATIONS_ROOM})
_ONLY_WITH_ENTRY = frozenset({Channel.SIENA, Channel.AFRIPOL, Channel.ASEANAPOL, Channel.EUROJUST, Channel.ENVIRONET})


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """That a focal point found a country's doors right: who, when, and the digest of each as it was then."""

    country: str
    member_id: str
    at: datetime
    digests: Mapping[str, str] = field(default_factory=dict)


class Stage(IntEnum):
    """How far the asking has gone in a half-year; the number stands in the record."""

    ASKED = 1
    REMINDED = 2
    REMINDED_AGAIN = 3
    TOLD = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What was done about a country in a half-year such as “2026-2”; `at` is when it was asked first."""

    country: str
    half_year: str
    at: datetime
    stage: Stage


def digests(here: CountryChannels, contacts: Mapping[str, str]) -> dict[str, str]:
    """What is to be confirmed, as a digest each: the country's doors, and the integrity contacts of its lists by their names."""
    doors = {entry.id.value: _digest(entry.name, entry.how) for entry in here.channel}
    return doors | {_CONTACT + name: _digest(contact) for name, contact in contacts.items()}


def reference_of(country: str, half_year: str, what: Mapping[str, str]) -> str:
    """The reference of a letter such as CM-2026-2-7F3A9C01; its end stands for what the letter lists, so that nothing else is confirmed."""
    return (
        f"{country}-{half_year}-{_digest(*(f'{name} {digest}' for name, digest in sorted(what.items())))[:8].upper()}"
    )


def stands_for(reference: str, what: Mapping[str, str]) -> bool:
    """Whether a letter of this reference listed exactly this."""
    match = _REFERENCE.fullmatch(reference)
    return match is not None and reference == reference_of(match.group(1), match.group(2), what)


def country_of(reference: str) -> str:
    """The country of such a reference; "" when it is none."""
    match = _REFERENCE.fullmatch(reference)
    return match.group(1) if match else ""


def with_confirmation(directory: Directory, confirmation: Confirmation | None) -> Directory:
    """The directory with the doors of a country as of the day on which they were confirmed, as far as they are still the same.

    What the definition itself says counts where it is newer.
    """
    here = directory.countries.get(confirmation.country) if confirmation else None
    if confirmation is None or here is None:
        return directory
    doors = tuple(_confirmed(entry, confirmation) for entry in here.channel)
    return Directory(countries={**directory.countries, here.country: replace(here, channel=doors)})


def doors_of(here: CountryChannels) -> tuple[Door, ...]:
    """A country's doors, and those that a notice would name by their function alone because nobody has written them down."""
    written = tuple(
        Door(channel=one.id, name=one.name, how=one.how, as_of=one.as_of, confirmed=one.status == "confirmed")
        for one in here.channel
    )
    there = {one.channel for one in written}
    unwritten = (one for one in Channel if one not in there | _OWN | _ONLY_WITH_ENTRY)
    return (*written, *(Door(channel=one) for one in unwritten))


def names_a_person(entry: ChannelEntry, people: Iterable[Member]) -> bool:
    """Whether a door's words hold somebody's address or whole name: then it is no function but a person."""
    words = " ".join(f" {entry.name} {entry.how} ".casefold().split())
    return any(
        one.address.key in words or (" " in one.name and " ".join(one.name.casefold().split()) in words)
        for one in people
    )


def confirmed_since(here: CountryChannels | None, day: date) -> bool:
    """Whether any of a country's doors was confirmed on that day or later."""
    return here is not None and any(one.status == "confirmed" and one.as_of >= day for one in here.channel)


def half_year_of(on: date) -> tuple[str, datetime]:
    """The half-year of a day, such as “2026-2”, and when it began (UTC)."""
    year = on.year if on.month >= 3 else on.year - 1
    second = on.month >= 9 or on.month < 3
    return f"{year}-{2 if second else 1}", datetime(year, 9 if second else 3, 1, tzinfo=UTC)


def next_stage(asking: Asking | None, confirmed_at: datetime | None, now: datetime, *, anybody: bool) -> Stage | None:
    """What is to be done about a country now; None for nothing.

    Args:
        asking: what was done about it last, in whatever half-year.
        confirmed_at: when its doors were confirmed last, whether they are still the same or not.
        now: the time, UTC.
        anybody: whether there is a focal point to ask.
    """
    if asking is None or asking.half_year != half_year_of(now.date())[0]:
        return Stage.ASKED if anybody else Stage.TOLD
    if asking.stage is Stage.TOLD or (confirmed_at is not None and confirmed_at >= asking.at):
        return None
    return Stage(asking.stage + 1) if now - asking.at >= WAIT * asking.stage else None


def _confirmed(entry: ChannelEntry, confirmation: Confirmation) -> ChannelEntry:
    same = confirmation.digests.get(entry.id.value) == _digest(entry.name, entry.how)
    if not same or (entry.status == "confirmed" and entry.as_of >= confirmation.at.date()):
        return entry
    return replace(entry, as_of=confirmation.at.date(), status="confirmed")


def _digest(*words: str) -> str:
    """SHA-256 of words as JSON, whose brackets and quotes keep them apart."""
    return hashlib.sha256(json.dumps(words, ensure_ascii=False).encode()).hexdigest()
