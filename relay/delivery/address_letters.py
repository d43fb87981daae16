"""Letters about addresses that fail: the probe to the address itself, and word to those who look after its member."""

from relay.delivery.catalogue import Catalogue
from relay.delivery.notice_facts import NoticeFacts


def probe(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Write to an address that failed: whoever reads this need do nothing, because that it arrived is the proof."""
    [one] = facts.failing
    return [
        catalogue.plural(
            "On {n} day the mail server of this address refused mail from the relay as undeliverable, since {day}.",
            "On {n} days the mail server of this address refused mail from the relay as undeliverable, since {day}.",
            one.days,
            day=catalogue.day(one.since),
        ),
        catalogue.text("If you read this, your address works, and you need do nothing."),
        catalogue.text(
            "If mail to it fails again on {day} or later, your membership is suspended, so that nothing goes to a mailbox that may no longer be yours. If you have a new address, tell your national focal point, or write to {owner}.",
            day=catalogue.day(one.suspended_from),
            owner=_owner(facts),
        ),
    ]


def failing(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Tell who looks after members that mail to them fails, or that they are suspended for it. Their addresses are not named."""
    rows = "\n".join(
        catalogue.text(
            "- {name}, {agency}: since {day}", name=one.name, agency=one.agency, day=catalogue.day(one.since)
        )
        for one in facts.failing
    )
    if facts.suspended:
        return [
            catalogue.text("The mail servers of these members still refuse mail as undeliverable. They are suspended:"),
            rows,
            catalogue.text(
                "Nothing is lost: they stay on record. When the address works again they can be reinstated, and with a new address they can be nominated anew. Write to {owner}.",
                owner=_owner(facts),
            ),
        ]
    return [
        catalogue.text("The mail servers of these members refuse mail from the relay as undeliverable:"),
        rows,
        catalogue.text(
            "Please find out whether they still serve, and whether their address is right. If mail to them fails again on {day} or later, they are suspended.",
            day=catalogue.day(min(one.suspended_from for one in facts.failing)),
        ),
        catalogue.text("To correct an address or to end a membership, write to {owner}.", owner=_owner(facts)),
    ]


def complaint(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Tell who looks after a member that copies are marked as unwanted in their mailbox; a person asks them, a machine does nothing."""
    [member] = facts.people
    assert facts.received_at
    return [
        catalogue.text(
            "The mail provider of this member reports that a message of {list} was marked as unwanted (spam) in their mailbox on {day}:",
            list=", ".join(catalogue.definition(one.title) for one in facts.lists) or "-",
            day=catalogue.day(facts.received_at.date()),
        ),
        f"- {member.name}, {member.agency}",
        catalogue.text(
            "Nothing follows by itself: they stay a member and get mail as before. The button is easily pressed by mistake, some programs press it, and it doesn't say who did."
        ),
        catalogue.text(
            "Please ask them, best by telephone. Who wants less mail can write DIGEST or PAUSE to {request}, who wants none STOP. If somebody else reads their mailbox, write to {owner}, so that they are suspended.",
            request=facts.answers_to,
            owner=_owner(facts),
        ),
    ]


def _owner(facts: NoticeFacts) -> object:
    return facts.lists[0].address_for("-owner") if facts.lists else facts.answers_to
