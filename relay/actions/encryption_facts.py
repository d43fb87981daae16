"""The facts of letters about keys, read when a letter is sent: a key may have come meanwhile, and a name may have changed."""

from dataclasses import replace
from datetime import date, datetime

from relay.actions.encrypt import fault_of
from relay.actions.letter_facts import letter_to
from relay.delivery.delivery import Delivery
from relay.delivery.notice_facts import NoticeFacts
from relay.resources import Resources
from relay.roster.member import Member
from relay.store import encryption, members, posts


def about_waiting(resources: Resources, delivery: Delivery, recipient: Member, now: datetime) -> NoticeFacts:
    """What a member is told for whom a post, or a digest, waits."""
    with resources.database.read() as connection:
        reader = encryption.of_member(connection, recipient.id)
        came = posts.received_at(connection, delivery.post_id) if delivery.post_id else delivery.created_at
    letter = letter_to(resources, delivery, recipient, now, kind="pointer", reference=delivery.reference)
    until = came + resources.settings.retention.posts
    return replace(letter, key_fault=fault_of(reader, now), held_until=until)


def about_keys(resources: Resources, delivery: Delivery, recipient: Member, now: datetime) -> NoticeFacts:
    """What is told of a member's keys, to themself or to who looks after them.

    Raises:
        NotFound: the member whom it is about is gone from the record.
    """
    facts = delivery.facts
    with resources.database.read() as connection:
        member = members.get(connection, facts["member"])
    letter = letter_to(resources, delivery, recipient, now, kind="encryption", reference=f"K-{delivery.id:06}")
    return replace(
        letter, member=member, key_fault=facts["why"], due=date.fromisoformat(facts["day"]) if "day" in facts else None
    )
