"""Paragraphs that several kinds of letters share: which post, why, and which doors."""

from relay.delivery.catalogue import Catalogue
from relay.delivery.notice_facts import NoticeFacts
from relay.delivery.wording import advice_lines, why


def record(facts: NoticeFacts, catalogue: Catalogue) -> str:
    """Reference, time and lists: what an author needs to ask about the message."""
    lines = [catalogue.text("Reference: {reference}", reference=facts.reference)]
    if facts.received_at:
        lines.append(catalogue.text("Received: {moment}", moment=catalogue.moment(facts.received_at)))
    lines += [
        catalogue.text("List: {title} <{address}>", title=catalogue.definition(one.title), address=one.address)
        for one in facts.lists
    ]
    return "\n".join(lines)


def reasons(facts: NoticeFacts, catalogue: Catalogue) -> str:
    """Why: categories and places; "" when there is nothing to say."""
    lines = why(facts.reasons, catalogue)
    return "\n".join([catalogue.text("Why, and where in the message:"), *lines]) if lines else ""


def doors(facts: NoticeFacts, catalogue: Catalogue, heading: str) -> str:
    """The rule that fits and its doors, under a heading; "" when no door is known."""
    if facts.advice is None:
        return ""
    return "\n".join([heading, *advice_lines(facts.advice, facts.written_at.date(), catalogue)])
