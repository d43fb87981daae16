"""The facts of letters about spills and breaches, gathered from the record when they are sent."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from relay.actions.letter_facts import letter_to
from relay.delivery.delivery import Delivery, Kind
from relay.delivery.notice_facts import BreachFacts, Leak, NoticeFacts
from relay.errors import NotFound
from relay.mail.address import Address
from relay.resources import Resources
from relay.roster.mailing_list import MailingList
from relay.roster.member import Member
from relay.store import breaches, deletions, spills


def about_leak(facts: NoticeFacts, resources: Resources, delivery: Delivery, recipient: Member) -> NoticeFacts:
    """The facts of a post's letter with what is known of it as a spill, and where the reader can answer.

    Raises:
        NotFound: nobody has reported it.
    """
    post_id = delivery.post_id or 0
    with resources.database.read() as connection:
        number = delivery.facts.get("spill")
        found = spills.get(connection, number) if number else spills.about(connection, post_id)
        if found is None:
            raise NotFound(f"nobody has reported {delivery.reference}")
        asked, deleted = deletions.counts(connection, found.post_id)
        mine = [one for one in deletions.asked_about(connection, post_id) if one.member_id == recipient.id]
        author_id = spills.author_of(connection, post_id)
        others = spills.got_beside(connection, found, recipient.id) if delivery.kind is Kind.DELETION else ()
    leak = Leak(
        state=found.state,
        cause="request" if found.cause == "request" else "report",
        of=found.reference,
        own=author_id == recipient.id,
        answer=found.post_id != post_id,
        may_decide=delivery.kind is Kind.SPILL and not found.why_not(recipient, facts.written_at),
        posts=max(found.posts, 1),
        asked=asked,
        deleted=deleted,
        again=any(one.reminders for one in mine),
        others=others,
        may_write=recipient.may_act(facts.written_at.date()),
    )
    return replace(facts, leak=leak, request=_request(facts.lists, resources, recipient))


def about_breach(resources: Resources, delivery: Delivery, recipient: Member, now: datetime) -> NoticeFacts:
    """The facts of a letter about an entry of the breach register.

    Raises:
        NotFound: there is no such entry any more.
    """
    with resources.database.read() as connection:
        entry = breaches.find(connection, delivery.reference)
    return replace(
        letter_to(resources, delivery, recipient, now, kind="breach", reference=entry.number),
        breach=BreachFacts(
            of=entry.reference,
            reported_at=entry.reported_at,
            confirmed_at=entry.confirmed_at,
            deadline=entry.deadline,
            hours_left=int((entry.deadline - now).total_seconds() // 3600),
            recipients=entry.recipients,
            deleted=entry.deleted,
        ),
    )


def _request(lists: Iterable[MailingList], resources: Resources, recipient: Member) -> Address | None:
    """Where the reader can answer: at a list of the post's that is theirs, else at any that is; None where they have none."""
    theirs = (one for one in (*lists, *resources.lists.values()) if one.includes(recipient))
    first = next(theirs, None)
    return first.address_for("-request") if first else None
