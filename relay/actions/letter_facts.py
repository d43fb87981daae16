"""What the facts of every letter have in common: to whom, when, and in which lists' name it is written."""

from collections.abc import Iterable
from datetime import datetime

from relay.delivery.delivery import Delivery
from relay.delivery.notice_facts import NoticeFacts, NoticeKind
from relay.resources import Resources
from relay.roster.mailing_list import MailingList
from relay.roster.member import Member


def letter_to(
    resources: Resources,
    delivery: Delivery,
    recipient: Member,
    now: datetime,
    *,
    kind: NoticeKind,
    reference: str,
    lists: tuple[MailingList, ...] | None = None,
) -> NoticeFacts:
    """A letter that says nothing yet.

    Args:
        resources: the relay.
        delivery: that sends it; when it was queued is the same at every attempt.
        recipient: who gets it.
        now: when it is written.
        kind: what it will say.
        reference: its number, or that of what it is about.
        lists: in whose name, None for that of the delivery; the first one's -request address takes the answer.
    """
    return NoticeFacts(
        kind=kind,
        reference=reference,
        recipient=recipient.address,
        recipient_name=recipient.name,
        domain=resources.settings.relay.domain,
        written_at=now,
        queued_at=delivery.created_at,
        lists=named_lists(resources, [delivery.list_name]) if lists is None else lists,
    )


def named_lists(resources: Resources, names: Iterable[str]) -> tuple[MailingList, ...]:
    """The lists of these names that are defined, in their order."""
    return tuple(one for name in names if (one := resources.list_named(name)) is not None)
