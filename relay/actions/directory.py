"""The directory of doors: who is asked about it when, what they confirm, and what anybody may see of it."""

from collections.abc import Iterable
from datetime import datetime

from relay.delivery.directory_page import CountryEntry
from relay.errors import Invalid, NotFound
from relay.mail.address import Address
from relay.maillog import note
from relay.policy import doors
from relay.policy.channels import CountryChannels, Directory, Door
from relay.policy.doors import Asking, Stage
from relay.resources import Resources
from relay.roster.countries import COUNTRIES, country_named
from relay.roster.member import Member
from relay.roster.request import Request, Word
from relay.store import directory
from relay.store.engine import Transaction
from relay.store.members import list_members


def country_doors(resources: Resources, transaction: Transaction, country: str) -> tuple[Door, ...]:
    """A country's doors as they stand: as of when they were confirmed, where they were."""
    found = confirmed_directory(resources, transaction, country).countries.get(country)
    return doors.doors_of(found or CountryChannels(country=country))


def confirmed_directory(resources: Resources, transaction: Transaction, country: str) -> Directory:
    """The directory, in which the doors of this country are as of the day on which a focal point confirmed them."""
    return doors.with_confirmation(resources.ruleset.directory, directory.confirmation_of(transaction, country))


def integrity_contacts(resources: Resources, country: str) -> dict[str, str]:
    """The integrity contacts of the country's active lists, by the lists' names."""
    here = (one for one in resources.lists.values() if country in one.countries and one.integrity_contact)
    return {one.name: one.integrity_contact for one in here}


def to_confirm(resources: Resources, country: str) -> dict[str, str]:
    """What a focal point confirms, each as a digest."""
    here = resources.ruleset.directory.countries.get(country) or CountryChannels(country=country)
    return doors.digests(here, integrity_contacts(resources, country))


def operators(resources: Resources, list_name: str) -> Address:
    """Where corrections go, to be put into the definitions by hand: the people who run the relay, or else the list's moderators."""
    here = resources.list_named(list_name)
    if resources.settings.relay.postmaster or here is None:
        return Address(local="postmaster", domain=resources.settings.relay.domain)
    return here.address_for("-owner")


def answer_about_doors(
    resources: Resources, transaction: Transaction, member: Member, request: Request, now: datetime
) -> dict[str, str | int] | None:
    """Do what CONTACTS and CORRECT ask, and say what came of it; None for every other word."""
    if request.word is Word.CONTACTS:
        country = country_named(request.argument) if request.argument else member.country
        return {"word": Word.CONTACTS, "about": country or "", "outcome": "done" if country else "unknown"}
    if request.word is Word.CORRECT:
        return _confirm(resources, transaction, member, request.argument, now)
    return None


def _confirm(
    resources: Resources, transaction: Transaction, member: Member, reference: str, now: datetime
) -> dict[str, str | int]:
    """Take a focal point's word for the doors that their letter listed; if these are others by now they get a new letter."""
    country = doors.country_of(reference)
    answer: dict[str, str | int] = {"word": Word.CORRECT, "about": country, "outcome": "done"}
    if not directory.is_focal_point(member, country, now):
        return answer | {"about": "", "outcome": "unknown"}
    what, half_year = to_confirm(resources, country), doors.half_year_of(now.date())[0]
    node = resources.settings.relay.node
    if not doors.stands_for(reference, what):
        directory.write_to(transaction, member, half_year, resources.lists, now)
        return answer | {"outcome": "changed"}
    directory.confirm(transaction, node, member, what, reference, now)
    return answer


def ask_due(resources: Resources, now: datetime) -> None:
    """Do what the calendar wants: ask, remind, and tell the administrators of the countries that stay silent.

    Raises:
        Unavailable: the database can't serve; the next tick does it.
    """
    with resources.database.read() as connection:
        if not _due(connection, now):
            return
    asked, silent = resources.database.write(lambda transaction: _ask(resources, transaction, now))
    if asked:
        note("directory.asked", countries=list(asked))
    if silent:
        note("directory.silent", countries=list(silent))


def _ask(resources: Resources, transaction: Transaction, now: datetime) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Look again, in the transaction: another node may have asked meanwhile."""
    node, due = resources.settings.relay.node, _due(transaction, now)
    silent = [one for one in due if one.stage is Stage.TOLD]
    asked = [one for one in due if one.stage is not Stage.TOLD]
    for asking in asked:
        directory.ask(transaction, node, asking, resources.lists, operator="", now=now)
    if silent:
        directory.tell_of_silence(transaction, node, silent, resources.lists, now)
    return tuple(one.country for one in asked), tuple(one.country for one in silent)


def _due(transaction: Transaction, now: datetime) -> list[Asking]:
    """What the record is to say after what is due now."""
    askings, confirmed = directory.askings(transaction), directory.confirmations(transaction)
    half_year, began = doors.half_year_of(now.date())
    due: list[Asking] = []
    everyone: tuple[Member, ...] | None = None
    for country in directory.countries(transaction, began):
        before = askings.get(country)
        at = confirmed[country].at if country in confirmed else None
        if doors.next_stage(before, at, now, anybody=True) is None:
            continue
        everyone = everyone if everyone is not None else list_members(transaction)
        anybody = bool(directory.focal_points(everyone, country, now))
        stage = doors.next_stage(before, at, now, anybody=anybody)
        if stage is not None:
            began = before.at if before and before.half_year == half_year else now
            due.append(Asking(country=country, half_year=half_year, at=began, stage=stage))
    return due


def ask_now(resources: Resources, country: str, operator: str, now: datetime) -> dict[str, int]:
    """Ask the focal points of a country, or of all that have members, at once; returns how many letters went to each country.

    Raises:
        Invalid: there is no such country.
        NotFound: nobody could be asked.
    """
    if country and country.upper() not in COUNTRIES:
        raise Invalid(f"“{country}” is not an ISO 3166 country code such as CM")
    node, half_year = resources.settings.relay.node, doors.half_year_of(now.date())[0]

    def ask(transaction: Transaction) -> dict[str, int]:
        wanted = (country.upper(),) if country else directory.countries(transaction, now)
        first = (Asking(country=one, half_year=half_year, at=now, stage=Stage.ASKED) for one in wanted)
        told = {
            one.country: directory.ask(transaction, node, one, resources.lists, operator=operator, now=now)
            for one in first
        }
        if not any(told.values()):
            raise NotFound(
                "no focal point could be asked: give a member the role focal-point in a file for `wen-relay members sync`, or add a new one with `members add --role focal-point`"
            )
        return told

    return resources.database.write(ask)


def directory_entries(resources: Resources, countries: Iterable[str]) -> list[CountryEntry]:
    """What the directory says about these countries: functions and days only."""
    titles = {one.name: one.title for one in resources.lists.values()}
    with resources.database.read() as connection:
        return [
            CountryEntry(
                country=country,
                doors=country_doors(resources, connection, country),
                contacts={titles[name]: one for name, one in integrity_contacts(resources, country).items()},
            )
            for country in countries
        ]


def countries_shown(resources: Resources, country: str, now: datetime) -> tuple[str, ...]:
    """The countries that a command is about: the one that is named, or those of the active lists and of members.

    Raises:
        Invalid: there is no such country.
    """
    if country:
        if country.upper() not in COUNTRIES:
            raise Invalid(f"“{country}” is not an ISO 3166 country code such as CM")
        return (country.upper(),)
    with resources.database.read() as connection:
        found = set(directory.countries(connection, now))
    return tuple(sorted(found.union(*(one.countries for one in resources.lists.values()))))
