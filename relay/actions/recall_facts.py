"""The facts of letters about posts that have gone out: recalled, or to be acknowledged; gathered from the record when they are sent."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from relay.delivery.delivery import Delivery, Kind
from relay.delivery.notice_facts import Acknowledgements, NoticeFacts, RecallFacts
from relay.resources import Resources
from relay.roster.member import Member
from relay.store import acknowledgements, recalls
from relay.store.acknowledgements import Reader, Standing


def about_recall(facts: NoticeFacts, resources: Resources, delivery: Delivery) -> NoticeFacts:
    """The facts of a post's letter with who recalled it, or how many have acknowledged it; and the copy below which it stands.

    Who gets it has that copy, and with it the Message-ID, which is in no other letter.
    """
    with resources.database.read() as connection:
        found = recalls.about(connection, delivery.post_id or 0)
        standing = acknowledgements.standing(connection, delivery.reference)
    below = found.message_id or f"<{facts.reference}@{facts.domain}>"
    if delivery.kind is Kind.ACKNOWLEDGED:
        numbers = _told(standing, names=False) if standing else Acknowledgements(due=None, acknowledged=(), missing=0)
        return replace(facts, acknowledgements={delivery.reference: numbers})
    if delivery.kind is Kind.REMINDER:
        return replace(facts, below=below)
    by_author, own = found.by == found.author_id, delivery.recipient_id == found.author_id
    recall = RecallFacts(by_author=by_author, own=own)
    return replace(facts, recall=recall, below=None if own else below)


def asked_acknowledgements(
    resources: Resources, answers: Iterable[Mapping[str, Any]], reader: Member, now: datetime
) -> dict[str, Acknowledgements]:
    """How the posts stand that a member asked about, as far as they may see it at this moment."""
    asked = [str(one["about"]) for one in answers if (one["word"], one["outcome"]) == ("ACKS", "done")]
    found: dict[str, Acknowledgements] = {}
    for reference in asked:
        with resources.database.read() as connection:
            seen = acknowledgements.may_see(connection, reader, reference, now)
            if seen is None:
                continue
            standing = acknowledgements.standing(connection, reference, None if seen.own else seen.lists)
            theirs = acknowledgements.standing(connection, reference, seen.lists)
        if standing is not None and theirs is not None:
            found[reference] = _told(standing, others=theirs.missing)
    return found


def _told(standing: Standing, *, names: bool = True, others: Iterable[Reader] = ()) -> Acknowledgements:
    said = standing.acknowledged
    return Acknowledgements(
        due=standing.due,
        acknowledged=tuple((one.name if names else "", one.agency if names else "", one.at) for one in said if one.at),
        missing=len(standing.missing),
        others=tuple((one.name, one.agency) for one in others),
    )
