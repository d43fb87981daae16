"""What the relay writes to one person: receipts and notices, composed from the record alone.

No content of any post is among the facts, so none can come out: that is the whole protection, and it is by construction.
Sentences are plain, because they are read by tired officers at three in the morning and by mail administrators on the
way; they name categories only.

It is longer than other modules, because every kind of letter has its lines here.
"""

from collections.abc import Callable
from email.utils import format_datetime

from relay.delivery.ack_letters import acknowledged, reminder
from relay.delivery.address_letters import complaint, failing, probe
from relay.delivery.after_answers import word_of_lists
from relay.delivery.answer import answer
from relay.delivery.body import text_part
from relay.delivery.catalogue import Catalogue, sentence
from relay.delivery.challenge import ending, question, unproven
from relay.delivery.door_letters import ask_about_doors, tell_of_silence
from relay.delivery.encryption_letters import encryption, pointer
from relay.delivery.header_fields import addressed, mailbox_field, message_id_field, text_field
from relay.delivery.leak_letters import breach, deletion, spill, spilled
from relay.delivery.letters import call, practice, review
from relay.delivery.membership import (
    attestation,
    confirmation,
    dormancy,
    ended,
    invitation,
    new_rules,
    nominated,
    welcome,
)
from relay.delivery.notice_facts import NoticeFacts, NoticeKind
from relay.delivery.paragraphs import doors, reasons, record
from relay.delivery.recall_letters import not_in_its_place, recall, standing_still, took_place
from relay.delivery.receipt import named_in_vain, offers, receipt, undelivered
from relay.delivery.wording import concerns_integrity, may_confirm, only_photos, photo_line, send_again_line

_SUBJECTS = {
    "withhold": sentence("Not distributed: {reference}"),
    "hold": sentence("Waiting for a moderator: {reference}"),
    "receipt": sentence("Distributed: {reference}"),
    "undelivered": sentence("Did not reach everybody: {reference}"),
    "expiry": sentence("Not decided in time: {reference}"),
    "nomination": sentence("A new member in your name: {reference}"),
    "invitation": sentence("You are invited to a restricted mailing list"),
    "confirmation": sentence("To confirm: {reference}"),
    "welcome": sentence("Welcome"),
    "rules": sentence("The rules have changed"),
    "ended": sentence("Your nomination has ended: {reference}"),
    "attestation": sentence("Do they still serve?"),
    "dormancy": sentence("Your membership"),
    "call": sentence("To decide: {reference}"),
    "waiting": sentence("Still waiting: {reference}"),
    "probe": sentence("Does your address work?"),
    "failing": sentence("Mail to members fails"),
    "complaint": sentence("Marked as unwanted"),
    "practice": sentence("Practice: {reference}"),
    "answer": sentence("Answer to your message"),
    "review": sentence("A second look, please: {reference}"),
    "spill": sentence("Reported: {reference}"),
    "spilled": sentence("Looked into: {reference}"),
    "deletion": sentence("Please delete: {reference}"),
    "recall": sentence("Recalled: {reference}"),
    "reminder": sentence("Please acknowledge: {reference}"),
    "acknowledged": sentence("Acknowledgements: {reference}"),
    "breach": sentence("To be assessed: {reference}"),
    "doors": sentence("Please confirm your country's doors: {reference}"),
    "silence": sentence("Countries that have not confirmed their doors"),
    "challenge": sentence("Did you send this? {reference}"),
    "challenge-ended": sentence("About a message in your name: {reference}"),
    "pointer": sentence("A post waits for you: {reference}"),
    "encryption": sentence("Keys for encrypted posts"),
}
# What answers a message of the reader's own; all else nobody asked for (RFC 3834 §5).
_REPLIES = frozenset({"withhold", "hold", "receipt", "undelivered", "expiry", "practice", "answer"})
_NOBODY = sentence("Distributed to nobody: {reference}")
_TAKEN = sentence("Taken: {reference}")  # by a list that is stopped
_DECISIONS = {
    "withhold": "withhold",
    "hold": "hold",
    "receipt": "relay",
    "undelivered": "relay",
    "expiry": "hold",
    "waiting": "hold",
}


def compose_notice(facts: NoticeFacts, catalogue: Catalogue) -> bytes:
    """Compose the whole message, CRLF line ends. It is to be sent with the null reverse-path (RFC 3834 §3.3)."""
    # The same for every attempt, another one when there is more to tell: servers drop a second mail of the same identity.
    identifier = f"{facts.reference}.{facts.kind}.{int(facts.queued_at.timestamp())}"
    decision = _DECISIONS.get(facts.kind)
    header = "".join(
        (
            text_field("Date", format_datetime(facts.written_at)),
            mailbox_field("From", [addressed("WEN Relay", facts.answers_to)]),
            mailbox_field("Reply-To", [addressed("WEN Relay", facts.reply_to)]) if facts.reply_to else "",
            mailbox_field("To", [addressed(facts.recipient_name, facts.recipient)]),
            text_field("Subject", catalogue.text(_subject(facts), reference=_about(facts))),
            message_id_field("Message-ID", [f"<{identifier}.notice@{facts.domain}>"]),
            *(message_id_field(name, [facts.below or ""]) for name in ("In-Reply-To", "References")),
            text_field("Auto-Submitted", "auto-replied" if _is_reply(facts) else "auto-generated"),
            text_field("X-WEN-Reference", facts.reference) if facts.kind != "answer" else "",
            text_field("X-WEN-Decision", decision) if decision else "",
            text_field("MIME-Version", "1.0"),
        )
    )
    return header.encode("utf-8") + text_part("text/plain", "\n\n".join(_paragraphs(facts, catalogue)))


def _subject(facts: NoticeFacts) -> str:
    if facts.kind == "receipt" and not facts.members:
        return _NOBODY
    if facts.kind == "receipt" and facts.stopped:
        return _TAKEN
    return word_of_lists(facts) or _SUBJECTS[facts.kind]


def _about(facts: NoticeFacts) -> str:
    return facts.answers[0].about if word_of_lists(facts) else facts.reference


def _is_reply(facts: NoticeFacts) -> bool:
    return facts.kind in _REPLIES and not word_of_lists(facts)


def _paragraphs(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    paragraphs = [*_WRITERS[facts.kind](facts, catalogue), *standing_still(facts, catalogue)]
    if facts.kind in _SHORT or not facts.recipient_name:
        return [part for part in paragraphs if part]
    return [catalogue.text("Dear {name},", name=facts.recipient_name), *(part for part in paragraphs if part)]


def _received(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    went = receipt(facts.reference, facts.members, facts.countries, facts.removed, catalogue, waits=bool(facts.stopped))
    return [
        went,
        *took_place(facts, catalogue),
        *offers(facts.accepted, facts.offered, facts.declined, catalogue),
        *named_in_vain(facts.missed, catalogue),
    ]


def _undelivered(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    return [undelivered(facts.reference, facts.unreached, catalogue)]


def _withheld(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    return [
        catalogue.text("Your message was not distributed. No member of the list has received it."),
        record(facts, catalogue),
        unproven(catalogue) if facts.unproven else "",
        reasons(facts, catalogue),
        _kept(facts, catalogue),
        doors(facts, catalogue, catalogue.text("The right way for it:")),
        _integrity(facts, catalogue),
        *not_in_its_place(facts, catalogue),
        send_again_line(facts.send_again, catalogue) if facts.send_again else "",
        *_second_look(facts, catalogue),
        catalogue.text("Thank you for your care."),
    ]


def _held(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    two = any(one.two_person_release for one in facts.lists)
    return [
        catalogue.text("Your message is waiting for a moderator. It has not been distributed so far."),
        record(facts, catalogue),
        reasons(facts, catalogue),
        catalogue.text(
            "Who decides: a moderator of the list who is a serving official. Nobody else reads it; it is kept encrypted."
        ),
        catalogue.text("On this list two moderators must agree before it goes out.") if two else "",
        _until(facts, catalogue),
        *not_in_its_place(facts, catalogue),
        doors(facts, catalogue, catalogue.text("Is it urgent? Then do not wait:")),
        _integrity(facts, catalogue),
        photo_line(facts.reasons, catalogue),
        send_again_line(facts.send_again, catalogue) if facts.send_again and not only_photos(facts.reasons) else "",
        _take_back(facts, catalogue),
    ]


def _waiting(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """It waits longer than anybody likes: nothing new, but the author can still choose another way, or take it back."""
    return [
        catalogue.text("Nobody has decided about your message so far. All who may decide have been asked to."),
        record(facts, catalogue),
        _until(facts, catalogue),
        doors(facts, catalogue, catalogue.text("Is it urgent? Then do not wait:")),
        _integrity(facts, catalogue),
        _take_back(facts, catalogue),
    ]


def _until(facts: NoticeFacts, catalogue: Catalogue) -> str:
    if facts.held_until is None:
        return ""
    moment = catalogue.moment(facts.held_until)
    return catalogue.text("Until when: {moment}. If nobody has decided by then, it is destroyed.", moment=moment)


def _take_back(facts: NoticeFacts, catalogue: Catalogue) -> str:
    return catalogue.text(
        "To take it back, write WITHDRAW {reference} to {request}.",
        reference=facts.reference,
        request=facts.answers_to,
    )


def _expired(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    return [
        catalogue.text(
            "Nobody could decide about your message in time. It was not distributed, and it has been destroyed. We are sorry."
        ),
        record(facts, catalogue),
        catalogue.text("If it is still useful, you may send it again as a new message."),
        doors(facts, catalogue, catalogue.text("Is it urgent? Then do not wait:")),
        _integrity(facts, catalogue),
    ]


def _kept(facts: NoticeFacts, catalogue: Catalogue) -> str:
    """What is left of it, honestly: it crossed the internet all the same."""
    kept = (
        catalogue.text("A moderator has decided. The encrypted copy that was kept for this has been destroyed.")
        if facts.was_held
        else catalogue.text(
            "The relay has not stored your text: only the reference, the time and size, your address, the list, these reasons, and keyed "
            "fingerprints that recognise the same text if it comes again."
        )
    )
    crossed = catalogue.text(
        "All the same, your message has crossed the internet in e-mail. If it should not have, report it to your security officer, and write "
        "SPILL {reference} to {request}.",
        reference=facts.reference,
        request=facts.answers_to,
    )
    return f"{kept} {crossed}"


def _integrity(facts: NoticeFacts, catalogue: Catalogue) -> str:
    contacts = dict.fromkeys(
        catalogue.definition(one.integrity_contact) for one in facts.lists if one.integrity_contact
    )
    if not contacts or not concerns_integrity(facts.reasons):
        return ""
    return catalogue.text(
        "If this concerns a colleague or your own chain of command, do not use the doors above: contact {integrity}.",
        integrity="; ".join(contacts),
    )


def _second_look(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """REVIEW always, CONFIRM where it changes something; a moderator's own decision is neither."""
    if facts.was_held:
        owner = facts.lists[0].address_for("-owner") if facts.lists else facts.answers_to
        return [catalogue.text("Questions about this decision: {owner}", owner=owner)]
    review = catalogue.text(
        "If you think that a rule is wrong, write REVIEW {reference} to {request}: the people who keep the rules look at the reasons, not at "
        "your text. Nothing can be restored.",
        reference=facts.reference,
        request=facts.answers_to,
    )
    if not may_confirm(facts.reasons):
        return [review]
    confirm = catalogue.text(
        "If you are sure that the machine is wrong about your message, send it again with CONFIRM {reference} as its first line: a moderator "
        "then decides. It never goes out by itself.",
        reference=facts.reference,
    )
    return [confirm, review]


_SHORT = frozenset({"receipt", "undelivered"})  # one line, for a glance
_WRITERS: dict[NoticeKind, Callable[[NoticeFacts, Catalogue], list[str]]] = {
    "withhold": _withheld,
    "hold": _held,
    "receipt": _received,
    "undelivered": _undelivered,
    "expiry": _expired,
    "nomination": nominated,
    "invitation": invitation,
    "confirmation": confirmation,
    "welcome": welcome,
    "rules": new_rules,
    "ended": ended,
    "attestation": attestation,
    "dormancy": dormancy,
    "call": call,
    "waiting": _waiting,
    "probe": probe,
    "failing": failing,
    "complaint": complaint,
    "practice": practice,
    "answer": answer,
    "review": review,
    "spill": spill,
    "spilled": spilled,
    "deletion": deletion,
    "recall": recall,
    "reminder": reminder,
    "acknowledged": acknowledged,
    "breach": breach,
    "doors": ask_about_doors,
    "silence": tell_of_silence,
    "challenge": question,
    "challenge-ended": ending,
    "pointer": pointer,
    "encryption": encryption,
}
