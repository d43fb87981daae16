"""The letters about a message that came without proof: the question whether it is the reader's own, and how that ended.

Neither its subject nor a word of it is among the facts, nor what was decided about it.
"""

from relay.delivery.catalogue import Catalogue, sentence
from relay.delivery.notice_facts import NoticeFacts
from relay.delivery.paragraphs import record

_ENDINGS = {
    "confirmed": sentence("You have said that this message is yours. It has been taken."),
    "denied": sentence(
        "You have said that this message is not yours. It has been destroyed, no person has read it, and it is on record that somebody uses "
        "your name."
    ),
    "expired": sentence(
        "You were asked whether this message is yours, and there was no answer in time. It has been destroyed, and no person has read it."
    ),
}


def question(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Ask whoever reads the registered mailbox."""
    if facts.held_until is None:
        raise ValueError("a question needs the time until which it can be answered")
    return [
        catalogue.text(
            "A message in your name has come to the relay, without anything that proves that it is yours. Nobody has received it, and no person "
            "has read it."
        ),
        _message(facts, catalogue),
        catalogue.text(
            "Did you send it? Then answer this message before {moment}, from this very address, with the word YES alone on the first line. It "
            "then goes the way of all messages.",
            moment=catalogue.moment(facts.held_until),
        ),
        catalogue.text(
            "If you did not send it, answer NO: it is destroyed at once, and it is on record that somebody uses your name. Without an answer it "
            "is destroyed unread at that time."
        ),
        _limits(facts, catalogue),
    ]


def ending(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Say what became of the message, and that others were not taken meanwhile."""
    again = catalogue.text("If it is yours and still useful, you may send it again as a new message.")
    dropped = catalogue.plural(
        "While you were asked, {n} more message in your name was dropped. If it is yours, please send it again.",
        "While you were asked, {n} more messages in your name were dropped. If they are yours, please send them again.",
        facts.dropped,
    )
    return [
        catalogue.text(_ENDINGS[facts.ending]),
        _message(facts, catalogue),
        again if facts.ending == "expired" else "",
        dropped if facts.dropped else "",
        _limits(facts, catalogue),
        catalogue.text(
            "Somebody uses your name, or you would rather not be asked each time? Please speak with those who run the list: {owner}",
            owner=facts.lists[0].address_for("-owner") if facts.lists else facts.answers_to,
        ),
    ]


def unproven(catalogue: Catalogue) -> str:
    """What a notice says besides, of a message that nobody was asked about because it was not distributed anyway."""
    return catalogue.text(
        "It came without anything that proves that it is yours. If you did not send it, somebody uses your name: please tell those who run the list."
    )


def _message(facts: NoticeFacts, catalogue: Catalogue) -> str:
    return "\n".join(
        (
            record(facts, catalogue),
            catalogue.text("Size: {size} KB", size=max(1, round(facts.size_octets / 1024))),
            catalogue.text("It came from the server: {server}", server=facts.server),
        )
    )


def _limits(facts: NoticeFacts, catalogue: Catalogue) -> str:
    return catalogue.text(
        "You are asked about one message at a time, and about {n} in a day at most; whatever else comes in your name is dropped.",
        n=facts.a_day,
    )
