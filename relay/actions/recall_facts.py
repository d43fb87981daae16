"""The facts of letters about a recall, gathered from the record when they are sent."""

from dataclasses import replace

from relay.delivery.delivery import Delivery
from relay.delivery.notice_facts import NoticeFacts, RecallFacts
from relay.resources import Resources
from relay.store import recalls


def about_recall(facts: NoticeFacts, resources: Resources, delivery: Delivery) -> NoticeFacts:
    """The facts of a post's letter with who recalled it."""
    with resources.database.read() as connection:
        found = recalls.about(connection, delivery.post_id or 0)
    by_author, own = found.by == found.author_id, delivery.recipient_id == found.author_id
    return replace(facts, recall=RecallFacts(by_author=by_author, own=own, message_id=found.message_id))
