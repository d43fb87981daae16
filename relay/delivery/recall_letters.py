"""The letter about a post that its author or a moderator has taken back; nothing of the post is among its facts.

It answers the post's Message-ID, so that mail programs show it below the copy that is to be deleted. Who gets it has that identifier already.
"""

from relay.delivery.catalogue import Catalogue, sentence
from relay.delivery.notice_facts import NoticeFacts, RecallFacts
from relay.delivery.paragraphs import record

_WHO = {
    True: sentence("Its author has recalled this post. Please do not act on it or pass it on, and delete it:"),
    False: sentence("A moderator has recalled this post. Please do not act on it or pass it on, and delete it:"),
}


def recall(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Ask who has it to delete it; or tell its author that a moderator has recalled it."""
    fact = _recall(facts)
    questions = catalogue.text("Questions about this decision: {owner}", owner=_owner(facts))
    if fact.own:
        return [
            catalogue.text(
                "A moderator has recalled your post. Copies that had not gone out are stopped, and whoever may have one is asked to delete it:"
            ),
            record(facts, catalogue),
            catalogue.text(
                "A corrected version is welcome: begin a new message with the line CORRECTS {reference}.",
                reference=facts.reference,
            ),
            questions,
        ]
    return [
        catalogue.text(_WHO[fact.by_author]),
        record(facts, catalogue),
        catalogue.text(
            "It may stand in a digest as well. If you have passed it on or used it, please tell those who have it now."
        ),
        catalogue.text(
            "If it should never have gone out because it is sensitive, write SPILL {reference} to {request}.",
            reference=facts.reference,
            request=facts.answers_to,
        ),
        questions,
    ]


def took_place(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """In a receipt: which post it has taken the place of."""
    if not facts.corrects:
        return []
    return [
        catalogue.text(
            "It takes the place of {reference}: whoever gets it is sent nothing more of that.", reference=facts.corrects
        )
    ]


def not_in_its_place(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """In a notice about a correction that has not gone out: the post that it was to correct is as it was."""
    if not facts.corrects:
        return []
    return [
        catalogue.text(
            "{reference}, which it was to correct, stays as it is meanwhile. If nobody should rely on that, write RECALL {reference} to {request}.",
            reference=facts.corrects,
            request=facts.answers_to,
        )
    ]


def standing_still(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """To who wrote or asked something: that a list is stopped, so that nobody wonders why nothing comes."""
    if facts.kind not in {"receipt", "hold", "answer"}:
        return []
    return [
        catalogue.text(
            "The list {title} is stopped for now by the people who run it. What is posted is taken and waits; it goes out when the list goes on.",
            title=catalogue.definition(title),
        )
        for title in facts.stopped
    ]


def _owner(facts: NoticeFacts) -> object:
    return facts.lists[0].address_for("-owner") if facts.lists else facts.answers_to


def _recall(facts: NoticeFacts) -> RecallFacts:
    if facts.recall is None:
        raise ValueError("a letter about a recall needs its facts")
    return facts.recall
