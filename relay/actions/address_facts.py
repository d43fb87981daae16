"""The facts of letters about addresses that fail. Names are read when a letter is sent: the queue keeps members' ids alone."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from relay.actions.letter_facts import letter_to
from relay.delivery.delivery import Delivery, Kind
from relay.delivery.notice_facts import FailingMember, NoticeFacts
from relay.resources import Resources
from relay.roster.member import Member
from relay.store import members


def about_address(resources: Resources, delivery: Delivery, recipient: Member, now: datetime) -> NoticeFacts:
    """What a probe, or word to a focal point, says.

    Raises:
        NotFound: a member whom it is about is gone from the record.
    """
    probe = delivery.kind is Kind.PROBE
    rows = [dict(delivery.facts, member=recipient.id)] if probe else delivery.facts["members"]
    with resources.database.read() as connection:
        failing = tuple(_failing(members.get(connection, row["member"]), row) for row in rows)
    one = resources.list_named(delivery.list_name)
    return replace(
        letter_to(
            resources,
            delivery,
            recipient,
            now,
            kind="probe" if probe else "failing",
            reference=f"B-{delivery.id:06}",
            lists=(one,) if one else (),
        ),
        failing=failing,
        suspended=delivery.facts.get("what") == "suspended",
    )


def about_complaint(resources: Resources, delivery: Delivery, recipient: Member, now: datetime) -> NoticeFacts:
    """What is told of a copy that was marked as unwanted.

    Raises:
        NotFound: the member is gone from the record.
    """
    with resources.database.read() as connection:
        member = members.get(connection, delivery.facts["member"])
    letter = letter_to(resources, delivery, recipient, now, kind="complaint", reference=f"B-{delivery.id:06}")
    return replace(letter, people=(member,), received_at=datetime.fromisoformat(delivery.facts["at"]))


def _failing(member: Member, row: Mapping[str, Any]) -> FailingMember:
    return FailingMember(
        name=member.name,
        agency=member.agency,
        since=datetime.fromisoformat(row["since"]).date(),
        days=row["days"],
        suspended_from=date.fromisoformat(row["suspended_from"]),
    )
