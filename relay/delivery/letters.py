"""The letters that are not about the reader's own post: a call to a moderator, the verdict on a practice message."""

from relay.delivery.catalogue import Catalogue, sentence
from relay.delivery.notice_facts import NoticeFacts, Verdict
from relay.delivery.paragraphs import doors, reasons, record
from relay.delivery.wording import send_again_line
from relay.policy.decision import is_offer

_WOULD = {
    "relay": sentence("{title}: it would go out, marked {marking}."),
    "hold": sentence("{title}: it would wait for a moderator."),
    "withhold": sentence("{title}: it would not be distributed."),
}
_OFFERED = sentence("{title}: it would be offered to their moderator, because you are not a member there.")

_DESTROYED = sentence("Decide before {moment}; then it is destroyed unread.")
_OFFER_ENDS = sentence("Decide before {moment}; then the offer ends.")


def call(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Ask a moderator to decide. Neither the author nor a word of the post is named: this mail crosses the internet."""
    offered = is_offer(facts.reasons)
    country = catalogue.country(facts.author_country)
    asked = (
        catalogue.text("An alert from a member in another region ({country}) is offered to your list.", country=country)
        if offered
        else catalogue.text("A post by a member in {country} waits for a moderator of your list.", country=country)
    )
    return [
        asked,
        record(facts, catalogue),
        reasons(facts, catalogue),
        catalogue.text(_OFFER_ENDS if offered else _DESTROYED, moment=catalogue.moment(facts.held_until))
        if facts.held_until
        else "",
        _two_of_them(facts, catalogue),
        catalogue.text("Nothing of its text is in this message. It is read and decided on the relay itself:"),
        "\n".join(_commands(facts, offered=offered)),
        catalogue.text("Do not answer with anything of its content."),
    ]


def _two_of_them(facts: NoticeFacts, catalogue: Catalogue) -> str:
    """Where two must agree, whoever sees that somebody has decided must know that it isn't done."""
    if not any(one.two_person_release for one in facts.lists):
        return ""
    if facts.agreed:
        return catalogue.text(
            "One moderator has agreed already. A second, different one must agree before it goes out."
        )
    return catalogue.text("On this list two moderators must agree before it goes out.")


def _commands(facts: NoticeFacts, *, offered: bool) -> list[str]:
    """What to type. Photos are written to a folder; a refusal needs the code that its author is told, a declined offer none."""
    one = f"{facts.reference} --moderator {facts.recipient}"
    photos = " --to photos" if any(reason.code == "H6" for reason in facts.reasons) else ""
    code = "" if offered else " --code CODE"
    lines = (f"show {one}{photos}", f"release {one}", f"refuse {one}{code}")
    return [f"    wen-relay held {line}" for line in lines]


def review(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Ask those who keep the rules to look at the rules that spoke, which are named here, and at nothing else."""
    rules = "\n".join(f"- {one.code} {one.rule}" for one in dict.fromkeys(facts.reasons))
    return [
        catalogue.text("The author of this post thinks that a rule was wrong about it:"),
        record(facts, catalogue),
        rules,
        reasons(facts, catalogue),
        catalogue.text(
            "Its text can't be seen or restored. What it met is on record: wen-relay posts show {reference}",
            reference=facts.reference,
        ),
    ]


def practice(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """The whole verdict on a message to the practice address."""
    said = {one.decision for one in facts.verdict}
    stopped = said & {"hold", "withhold"} and facts.reasons
    return [
        catalogue.text(
            "This was practice: your message was judged, sent to nobody, and is not kept. As a post it would have met this:"
        ),
        "\n".join(f"- {_would(one, catalogue)}" for one in facts.verdict),
        catalogue.plural("[{n} attachment removed]", "[{n} attachments removed]", facts.removed)
        if facts.removed
        else "",
        reasons(facts, catalogue) if facts.reasons else "",
        doors(facts, catalogue, catalogue.text("The right way for it:")) if stopped else "",
        send_again_line(facts.send_again, catalogue) if stopped and facts.send_again else "",
    ]


def _would(verdict: Verdict, catalogue: Catalogue) -> str:
    title = catalogue.definition(verdict.title)
    if verdict.offered:
        return catalogue.text(_OFFERED, title=title)
    return catalogue.text(_WOULD[verdict.decision], title=title, marking=verdict.marking)
