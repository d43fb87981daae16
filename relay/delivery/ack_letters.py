"""The letters about a post that asks to be acknowledged, and the answers to who does it or asks who has.

The letters have numbers alone: names go only to who asks for them, with a proof of who they are.
"""

from relay.delivery.catalogue import Catalogue, sentence
from relay.delivery.notice_facts import Acknowledgements, Answer, NoticeFacts
from relay.delivery.paragraphs import record

WORDS = (
    ("ACK CAFR-2026-000123", sentence("I have read this post, which asks to be acknowledged; its author is told")),
    (
        "ACKS CAFR-2026-000123",
        sentence("who has acknowledged my post, which asked for it by [ACK] or [ACK 4h] in the subject"),
    ),
)
_ACKNOWLEDGED = {
    "done": sentence("Thank you. {about} is acknowledged, and its author can see that you have read it."),
    "already": sentence("You have acknowledged {about} before. Thank you."),
    "rejected": sentence("{about} does not ask to be acknowledged. Nothing was noted."),
}


def reminder(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Remind a member who has the post; once."""
    return [
        catalogue.text("The author of this post asks everybody to acknowledge it, and we have not heard from you:"),
        record(facts, catalogue),
        catalogue.text(
            "When you have read it, send ACK {reference} to {request}. It is late, and welcome all the same; you are not reminded again.",
            reference=facts.reference,
            request=facts.answers_to,
        ),
        f"mailto:{facts.answers_to}?subject=ACK%20{facts.reference}",
    ]


def acknowledged(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Tell who asked, and the moderators, how many have acknowledged it when its time is over."""
    found = facts.acknowledgements[facts.reference]
    return [
        catalogue.text("The time is over to acknowledge this post:"),
        record(facts, catalogue),
        *_numbers(found, catalogue),
        catalogue.text("Who has not is reminded now, once.") if found.missing else "",
        catalogue.text(
            "To see who has, write ACKS {reference} to {request}.", reference=facts.reference, request=facts.answers_to
        ),
    ]


def taken(one: Answer, _facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """What came of an acknowledgement."""
    return [catalogue.text(_ACKNOWLEDGED[one.outcome], about=one.about)]


def listed(one: Answer, facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Who has acknowledged a post; to its moderators also who hasn't."""
    found = facts.acknowledgements.get(one.about)
    if found is None:
        return [catalogue.text(NO_SUCH, about=one.about)]
    until = (
        catalogue.text("To be acknowledged until: {moment}", moment=catalogue.moment(found.due)) if found.due else ""
    )
    said = [f"- {name}, {agency}: {catalogue.moment(at)}" for name, agency, at in found.acknowledged]
    missing = [f"- {name}, {agency}" for name, agency in found.others]
    return [
        "\n".join(line for line in (one.about, until) if line),
        *_numbers(found, catalogue),
        "\n".join([catalogue.text("Have acknowledged it:"), *said]) if said else "",
        "\n".join([catalogue.text("Have it, and have not:"), *missing]) if missing else "",
    ]


NO_SUCH = sentence("{about}: there is no such post that asks to be acknowledged, or it is not yours to ask about.")


def _numbers(found: Acknowledgements, catalogue: Catalogue) -> list[str]:
    have = catalogue.plural(
        "{n} member has acknowledged it.", "{n} members have acknowledged it.", len(found.acknowledged)
    )
    not_yet = catalogue.plural("{n} member has it and has not.", "{n} members have it and have not.", found.missing)
    return [have, *([not_yet] if found.missing else [])]
