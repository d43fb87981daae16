"""The facts of the letters about doors, gathered when they are sent."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from relay.actions.directory import country_doors, integrity_contacts, operators, to_confirm
from relay.actions.letter_facts import letter_to
from relay.delivery.delivery import Delivery
from relay.delivery.notice_facts import NoticeFacts
from relay.policy.channels import Door
from relay.policy.doors import Stage, reference_of
from relay.resources import Resources
from relay.roster.member import Member
from relay.roster.request import Word


def about_doors(resources: Resources, delivery: Delivery, recipient: Member, now: datetime) -> NoticeFacts:
    """The question to a focal point; its reference stands for what it lists."""
    country = delivery.facts["country"]
    lists = {one.name: one.title for one in resources.lists.values()}
    with resources.database.read() as connection:
        doors = country_doors(resources, connection, country)
    return replace(
        letter_to(
            resources,
            delivery,
            recipient,
            now,
            kind="doors",
            reference=reference_of(country, delivery.facts["half_year"], to_confirm(resources, country)),
        ),
        doors={country: doors},
        contacts={lists[name]: contact for name, contact in integrity_contacts(resources, country).items()},
        reminder=delivery.facts["stage"] > Stage.ASKED,
        operators=operators(resources, delivery.list_name),
    )


def about_silence(resources: Resources, delivery: Delivery, recipient: Member, now: datetime) -> NoticeFacts:
    """Word to an administrator about the countries that stay silent."""
    return replace(
        letter_to(
            resources,
            delivery,
            recipient,
            now,
            kind="silence",
            reference=f"D-{delivery.id:06}",
        ),
        silent=tuple(delivery.facts["countries"]),
    )


def asked_doors(resources: Resources, answers: Iterable[Mapping[str, Any]]) -> dict[str, tuple[Door, ...]]:
    """The doors of the countries that CONTACTS asked for."""
    countries = {one["about"] for one in answers if one["word"] == Word.CONTACTS and one["about"]}
    with resources.database.read() as connection:
        return {country: country_doors(resources, connection, country) for country in countries}
