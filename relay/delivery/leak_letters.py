"""The letters about a post that should not have gone out: to who decides, to its author, to whoever has a copy, to the administrators.

They say which post it is by its reference, time and lists. What it was about, and who reported it, is among none of their facts.
"""

from relay.delivery.catalogue import Catalogue, sentence
from relay.delivery.notice_facts import Leak, NoticeFacts
from relay.delivery.paragraphs import record

_WHAT_BECAME = {
    ("confirmed", "report"): sentence(
        "A moderator has confirmed that this post should not have gone out. It has been destroyed here, and whoever may have a copy is asked to delete it:"
    ),
    ("confirmed", "request"): sentence(
        "This post has been destroyed here, because somebody has a right to that under data protection law. Whoever may have a copy is asked to delete it:"
    ),
    ("dismissed", "report"): sentence(
        "This post was reported as one that should not have gone out. A moderator has looked into it and found nothing wrong. It is shown again, and copies that had been stopped go out now:"
    ),
}


def spill(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Tell those who must act that something got out which should not have, and how it is decided; what it was isn't said."""
    leak = _leak(facts)
    return [
        catalogue.text(
            "A member reports that this post, written by a member in {country}, should not have gone where it went:",
            country=catalogue.country(facts.author_country),
        ),
        record(facts, catalogue),
        catalogue.plural(
            "{n} member may have a copy. Copies that had not gone out are stopped.",
            "{n} members may have a copy. Copies that had not gone out are stopped.",
            facts.members,
        ),
        catalogue.text("Until it is decided, nobody can read it here, nor what answers or quotes it."),
        catalogue.text(
            "Please find out what it is about, by telephone and not by e-mail, and tell your security officer if it is sensitive."
        ),
        *(_how_to_decide(facts, catalogue) if leak.may_decide else []),
    ]


def _how_to_decide(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    words = {"reference": facts.reference, "request": facts.answers_to}
    return [
        catalogue.text(
            "Then decide, by a mail to {request}. If it should not have gone out, write CONFIRM-SPILL {reference}: it is destroyed, everybody who "
            "may have a copy is asked to delete it, and the breach register gets an entry. If nothing is wrong with it, write DISMISS-SPILL "
            "{reference}: it is shown again, and what was stopped goes out.",
            **words,
        ),
        catalogue.text("Do not answer with anything of its content."),
    ]


def spilled(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Tell an author, or a focal point of their country, what was decided."""
    leak = _leak(facts)
    destroyed = leak.state == "confirmed"
    if leak.answer:
        return [
            _about_answer(leak, catalogue),
            record(facts, catalogue),
            catalogue.text("Please delete your own copy as well.") if destroyed else "",
        ]
    return [
        catalogue.text(_WHAT_BECAME[leak.state, leak.cause]),
        record(facts, catalogue),
        _others(leak, catalogue) if destroyed else "",
        catalogue.plural("{n} member is asked.", "{n} members are asked.", leak.asked) if leak.asked else "",
        catalogue.text("Please delete your own copy as well.") if destroyed and leak.own else "",
        catalogue.text("Questions about this decision: {owner}", owner=_owner(facts)),
    ]


def _about_answer(leak: Leak, catalogue: Catalogue) -> str:
    """To the author of an answer: it was caught up with the post that it answers or quotes."""
    if leak.state == "confirmed":
        return catalogue.text(
            "Your message below answers or quotes {reference}, which should not have gone out. It has been destroyed with it.",
            reference=leak.of,
        )
    return catalogue.text(
        "Your message below was stopped for a while, because it answers or quotes {reference}, which had been reported. Nothing is wrong with "
        "that: what was stopped goes out now.",
        reference=leak.of,
    )


def deletion(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Ask a member who may have a copy to delete it, and to say so."""
    leak = _leak(facts)
    why = (
        sentence("You have got a post that should not have gone out. Please delete it now:")
        if leak.cause == "report"
        else sentence("You have got a post that somebody has a right to have deleted. Please delete it now:")
    )
    return [
        catalogue.text("We have not heard from you yet about this:") if leak.again else "",
        catalogue.text(why),
        record(facts, catalogue),
        catalogue.text(
            "Delete these as well, which answer or quote it: {references}", references=", ".join(leak.others)
        )
        if leak.others
        else "",
        catalogue.text(
            "Delete it everywhere: in the mailbox (also a digest that has it), in its trash, on telephones, on paper, in files that you saved, and wherever you passed it on. Do "
            "not forward it, answer it or copy from it. If you must keep it by law, or have used it already, tell your security officer and "
            "{owner}.",
            owner=_owner(facts),
        ),
        catalogue.text(
            "When it is done, write DELETED {reference} to {request}.",
            reference=facts.reference,
            request=facts.answers_to,
        )
        if leak.may_write
        else catalogue.text(
            "When it is done, please tell the focal point of your country: the relay takes no mail from you any more."
        ),
    ]


def breach(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Tell an administrator of an entry in the breach register and how much time is left; this one is about no text either."""
    entry = facts.breach
    if entry is None:
        raise ValueError("the letter about a breach needs its entry")
    over = entry.hours_left <= 0
    return [
        catalogue.text(
            "A spill was confirmed: {reference}. Entry {number} of the breach register waits to be assessed.",
            reference=entry.of,
            number=facts.reference,
        ),
        "\n".join(
            (
                catalogue.text("Reported: {moment}", moment=catalogue.moment(entry.reported_at)),
                catalogue.text("Confirmed: {moment}", moment=catalogue.moment(entry.confirmed_at)),
                catalogue.text("To be notified before: {moment}", moment=catalogue.moment(entry.deadline)),
            )
        ),
        catalogue.text(
            "The time is over. If the authority has not been told, tell it now, with the reasons for the delay."
        )
        if over
        else catalogue.plural("{n} hour is left.", "{n} hours are left.", entry.hours_left),
        catalogue.plural("{n} member may have had a copy.", "{n} members may have had a copy.", entry.recipients)
        + " "
        + catalogue.plural("{n} has said that it is deleted.", "{n} have said that it is deleted.", entry.deleted),
        catalogue.text("Assess it with your data protection officer. On the relay itself:"),
        "\n".join(
            f"    wen-relay breaches {line} {facts.reference}{rest}"
            for line, rest in (
                ("show", ""),
                ("notify", f" --by {facts.recipient} --risk RISK --note NOTE"),
                ("close", f" --by {facts.recipient} --risk RISK --note NOTE"),
            )
        ),
    ]


def _others(leak: Leak, catalogue: Catalogue) -> str:
    """What answers or quotes it goes the same way."""
    if leak.posts < 2:
        return ""
    return catalogue.plural(
        "{n} other post that answers or quotes it is meant as well.",
        "{n} other posts that answer or quote it are meant as well.",
        leak.posts - 1,
    )


def _owner(facts: NoticeFacts) -> object:
    return facts.lists[0].address_for("-owner") if facts.lists else facts.answers_to


def _leak(facts: NoticeFacts) -> Leak:
    if facts.leak is None:
        raise ValueError("a letter about a spill needs its facts")
    return facts.leak
