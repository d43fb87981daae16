"""Letters about keys: a post waits for its reader's, or one comes to its end. They hold no word of any post, and so go in clear."""

from relay.delivery.catalogue import Catalogue, sentence
from relay.delivery.notice_facts import Answer, NoticeFacts

_FAULTS = {
    "missing": sentence("It is sent encrypted only, and no key of yours is registered."),
    "expired": sentence("It is sent encrypted only, and the key of yours that is registered has expired."),
    "unusable": sentence(
        "It is sent encrypted only, and nothing can be encrypted with the key of yours that is registered: it is revoked, or has no part for that which is still valid."
    ),
}
_FAULTS_OF_OTHERS = {
    "missing": sentence("no key of theirs is registered"),
    "expired": sentence("the key that is registered has expired"),
    "unusable": sentence("nothing can be encrypted with the key that is registered"),
}
NOT_TAKEN = sentence(
    "The key in your message was not taken. It must be one OpenPGP public key or one S/MIME certificate, as text, that names your address, is valid now, and can encrypt; nobody may have more than eight."
)
_NEVER_PRIVATE = sentence("Give the public key or certificate alone, never a private key or its password.")


def pointer(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Tell a member that a post is there for them, and how they get it."""
    return [
        catalogue.text("New posts wait for you: {reference}.", reference=facts.reference)
        if facts.reference.startswith("DIGEST-")
        else catalogue.text(
            "A post on {title} waits for you: {reference}.",
            title=", ".join(catalogue.definition(one.title) for one in facts.lists) or "-",
            reference=facts.reference,
        ),
        catalogue.text(_FAULTS[facts.key_fault]),
        catalogue.text(
            "Write KEY to {request}, with your login at the relay, and below it your OpenPGP public key or your S/MIME certificate as text; or give it to the people who run the list: {owner}. What waits then comes to you by itself, encrypted, if that is before {moment}.",
            request=facts.answers_to,
            owner=_owner(facts),
            moment=catalogue.moment(facts.held_until),
        )
        if facts.held_until
        else "",
        catalogue.text(_NEVER_PRIVATE),
        catalogue.text("Nothing of its text is in this message."),
    ]


def encryption(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Tell of a key that ends, or to who looks after a member that none works."""
    one = facts.member
    if one is None:
        raise ValueError("a letter about a member's key needs the member")
    own = one.address == facts.recipient
    if own and facts.due:
        return [
            catalogue.text(
                "The last key with which posts to you are encrypted ends on {day}.", day=catalogue.day(facts.due)
            ),
            catalogue.text(
                "Please give a newer one, or the same with a later end, to the people who run the list: {owner}. From that day on posts wait for you until there is one; they are not sent in clear.",
                owner=_owner(facts),
            ),
            catalogue.text(_NEVER_PRIVATE),
        ]
    if facts.due:
        return [
            catalogue.text(
                "The last key with which posts to {name}, {agency}, are encrypted ends on {day}.",
                name=one.name,
                agency=one.agency,
                day=catalogue.day(facts.due),
            ),
            catalogue.text("They are told as well. From that day on posts wait for them; they are not sent in clear."),
        ]
    return [
        catalogue.text(
            "Posts wait for {name}, {agency}: they are sent encrypted only, and {fault}.",
            name=one.name,
            agency=one.agency,
            fault=catalogue.text(_FAULTS_OF_OTHERS[facts.key_fault]),
        ),
        catalogue.text(
            "They are told about each post. You are told this once. Please help them to give a public key or certificate to the people who run the list: {owner}",
            owner=_owner(facts),
        ),
    ]


def key(one: Answer, facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Answer KEY: what was registered, or the list's own public halves."""
    if one.about:
        return [
            catalogue.text(
                "From now on posts to you are encrypted for the key with this fingerprint: {fingerprint}",
                fingerprint=one.about,
            ),
            "" if facts.stopped else catalogue.text("What waited for it comes now."),
            catalogue.text("None comes in clear any more."),
            catalogue.text(
                "If this was not you, tell the people who run the list at once: {owner}", owner=_owner(facts)
            ),
        ]
    mine = catalogue.text(
        "To have posts encrypted for you, write KEY and below it your public key or certificate as text."
    )
    if not facts.list_keys:
        return [catalogue.text("This list has no keys, so what is posted to it can't be encrypted for it."), mine]
    return [
        catalogue.text("With these keys what you post to this list can be encrypted, by OpenPGP or by S/MIME:"),
        *facts.list_keys,
        mine,
    ]


def _owner(facts: NoticeFacts) -> object:
    return facts.lists[0].address_for("-owner") if facts.lists else facts.answers_to
