"""Answer what a member asks of the relay by mail to LIST-request@: do it, and queue one answer. Nothing of the message is kept."""

from collections.abc import Mapping
from datetime import datetime

from relay.actions import spill, stop
from relay.actions.admit import has_letters_enough
from relay.actions.directory import answer_about_doors
from relay.actions.identity import identity_of, keyed
from relay.actions.judge import Author, Scanner, facts_of, with_own_facts
from relay.actions.offered import answer_about_key, read_offered
from relay.actions.vouch import vouch
from relay.delivery.delivery import Kind
from relay.delivery.rules import RULES_VERSION
from relay.mail.message import never_answered, read_message, split_header
from relay.mail.reply import OVER_QUOTA, TAKEN, Reply
from relay.maillog import note
from relay.policy.author import judge_author, may_ask
from relay.policy.post import Scan, plain_text
from relay.resources import LANGUAGES, Resources
from relay.roster.mailing_list import MailingList
from relay.roster.member import Member
from relay.roster.reading import Reading, read_pause_end
from relay.roster.request import AS_ITS_LISTS_SAY, OTHERS_IN_PERSON, Request, Word, read_requests
from relay.store import (
    acknowledgements,
    attestations,
    audit,
    deletions,
    digests,
    letters,
    recalls,
    second_thoughts,
    spills,
    wishes,
)
from relay.store.engine import Transaction

Answer = dict[str, str | int]
_ABOUT_POSTS = frozenset(
    {
        Word.WITHDRAW,
        Word.RECALL,
        Word.ACK,
        Word.ACKS,
        Word.REVIEW,
        Word.SEND,
        Word.SPILL,
        Word.CONFIRM_SPILL,
        Word.DISMISS_SPILL,
        Word.DELETED,
    }
)
_CANNOT_WAIT = frozenset({Word.SPILL, Word.STOP_LIST, Word.RECALL, Word.WITHDRAW})  # what goes out meanwhile is gone
_SHREDS = Word.CONFIRM_SPILL  # what it destroys is remembered, which takes a look at it before


def assist(
    resources: Resources,
    scanner: Scanner,
    mailing_list: MailingList,
    author: Author,
    octets: bytes,
    now: datetime,
) -> Reply:
    """Read the words of a message and do what they ask.

    What a machine wrote is dropped, so that no two machines can answer each other (RFC 3834 §2).

    Raises:
        Unavailable: the database or a scanner can't serve; nothing was done.
    """
    member = author.member
    header = split_header(octets)
    message = read_message(header)
    scan = with_own_facts(scanner(octets, facts_of(member, now)), message, resources.ruleset.words)
    if (refused := judge_author(message, author.proof)) is not None:
        return refused.reply
    if never_answered(header):
        return TAKEN
    text = plain_text(scan.parts)
    asked = read_requests(message.subject, text)
    requests = asked.requests
    if has_letters_enough(resources, member, now):
        return _do_without_answer(resources, mailing_list, author, requests, now)
    shredded = [one.argument for one in requests if one.word is _SHREDS and author.proof.is_personal]
    keys = () if author.proof.is_personal else _keys(resources, author, scan, octets)
    offered = read_offered(author, requests, text, now)
    kept = {reference: spill.to_remember(resources, reference) for reference in shredded}

    def answer(transaction: Transaction) -> bool:
        if keys and letters.has_answered(transaction, member.id, keys):
            return False
        answers = [
            _turn_down(resources, transaction, author, one, now)
            or answer_about_doors(resources, transaction, member, one, now)
            or answer_about_key(resources, transaction, author, one, offered, now)
            or _do(resources, transaction, mailing_list, member, one, now, kept)
            for one in requests
        ]
        if requests and asked.unread:
            answers.append({"word": "", "about": "", "outcome": "unread", "number": asked.unread})
        facts = {"answers": answers} | ({"key": keys[0]} if keys else {})
        letters.write(transaction, member.id, Kind.ANSWER, mailing_list.name, facts, now)
        return True

    if not resources.database.write(answer):
        note("request.repeated", member=member.id)
        return TAKEN
    if kept:
        resources.database.truncate_log()  # a destroyed key must not live on in the write-ahead log
    _note(member, requests)
    return TAKEN


def _do_without_answer(
    resources: Resources, mailing_list: MailingList, author: Author, requests: tuple[Request, ...], now: datetime
) -> Reply:
    """Keep from going out what somebody wants stopped who has had all letters of the hour: that can't wait, the answer and all else can.

    What was in vain is to be sent again, as all else in the message is, to be answered then; what was done is already as it asks.
    A list might go on meanwhile, so who has stopped one isn't asked to send that again.
    """
    urgent = tuple(one for one in requests if one.word in _CANNOT_WAIT)

    def carry_out(transaction: Transaction) -> list[Answer]:
        return [
            _turn_down(resources, transaction, author, one, now)
            or _do(resources, transaction, mailing_list, author.member, one, now, {})
            for one in urgent
        ]

    if not urgent:
        return OVER_QUOTA
    answers = resources.database.write(carry_out)
    _note(author.member, urgent)
    if any((one["word"], one["outcome"]) == (Word.STOP_LIST, "done") for one in answers):
        return TAKEN
    in_vain = any(one["outcome"] in {"unproven", "unknown", "barred"} for one in answers)
    return OVER_QUOTA if in_vain or len(urgent) < len(requests) else TAKEN


def _keys(resources: Resources, author: Author, scan: Scan, octets: bytes) -> tuple[str, ...]:
    """By what a message is known when whoever has it hands it in again: not by what a member with a secret of their own has sent."""
    hashes = keyed(resources.keys.duplicate, identity_of(author.member, scan, octets), f"request {author.proof.record}")
    return tuple(one.hex() for one in hashes)


def _turn_down(
    resources: Resources, transaction: Transaction, author: Author, request: Request, now: datetime
) -> Answer | None:
    """The answer to what the author's proof isn't enough for; the audit log has it. None when it is enough."""
    word = request.word
    names = second_thoughts.lists_of(transaction, request.argument) if word in AS_ITS_LISTS_SAY else ()
    own = word not in OTHERS_IN_PERSON or recalls.is_own(transaction, request.argument, author.member.id)
    if may_ask(author.proof, word, map(resources.list_named, names), own=own):
        return None
    facts: audit.Facts = {"member": author.member.id, "word": word.value, "proof": author.proof.record}
    audit.append(transaction, resources.settings.relay.node, now, "request.turned_down", facts)
    return {"word": word.value, "about": "", "outcome": "unproven"}


def _note(member: Member, requests: tuple[Request, ...]) -> None:
    """Log which words were answered. Who reports a spill is named by no log."""
    told = [one.word.value for one in requests if one.word is not Word.SPILL]
    for one in requests:
        if one.word is Word.SPILL:
            note("spill.reported", reference=one.argument)
    if told or not requests:
        note("request.answered", member=member.id, words=told)


def _do(
    resources: Resources,
    transaction: Transaction,
    mailing_list: MailingList,
    member: Member,
    request: Request,
    now: datetime,
    kept: Mapping[str, spill.Kept],
) -> Answer:
    """Do one thing, and say what came of it in facts of our own."""
    node, about = resources.settings.relay.node, request.argument
    answer: Answer = {"word": request.word.value, "about": about, "outcome": "done"}
    match request.word:
        case Word.LANG:
            if about not in LANGUAGES:
                return answer | {"outcome": "unknown", "about": ""}
            wishes.set_language(transaction, node, member, about, now)
        case Word.RECEIPTS:
            wishes.set_receipts(transaction, node, member, now, wanted=about == "ON")
        case Word.DIGEST | Word.INSTANT | Word.PAUSE | Word.RESUME:
            return answer | _when_posts_come(transaction, node, member, request, now)
        case Word.STOP | Word.STOP_LIST | Word.RESUME_LIST:
            return answer | _about_list(transaction, node, mailing_list, member, request, now)
        case word if word in _ABOUT_POSTS:
            return answer | _do_about_post(transaction, node, member, request, now, kept)
        case Word.HERE:
            return answer | {"outcome": "done" if attestations.say_here(transaction, node, member, now) else "unknown"}
        case Word.ACCEPT:
            wishes.accept_rules(transaction, node, member, RULES_VERSION, now)
        case Word.HELP | Word.RULES | Word.WHOAMI | Word.LISTS:
            pass
        case _:
            return answer | vouch(resources, transaction, mailing_list, member, request, now)
    return answer


def _about_list(
    transaction: Transaction, node: str, mailing_list: MailingList, member: Member, request: Request, now: datetime
) -> Answer:
    """Leave the list that was written to, stop it, or let it go on."""
    if request.word is not Word.STOP:
        return stop.by_mail(transaction, node, mailing_list, member, request, now)
    left = wishes.leave(transaction, node, member, mailing_list.name, now)
    return {"outcome": "done" if left else "unknown"}


def _do_about_post(
    transaction: Transaction,
    node: str,
    member: Member,
    request: Request,
    now: datetime,
    kept: Mapping[str, spill.Kept],
) -> Answer:
    match request.word:
        case Word.WITHDRAW:
            return _stopped(second_thoughts.withdraw(transaction, node, member, request.argument, now))
        case Word.RECALL:
            done = recalls.recall(transaction, node, member, request.argument, "other", now)
            return {"outcome": done.outcome, "cancelled": done.cancelled, "number": done.asked}
        case Word.ACK:
            return {"outcome": acknowledgements.acknowledge(transaction, node, member, request.argument, now)}
        case Word.ACKS:
            seen = acknowledgements.may_see(transaction, member, request.argument, now)
            return {"outcome": "done" if seen else "unknown"}
        case Word.SEND:
            sent = digests.send_whole(transaction, node, member, request.argument, now)
            return {"outcome": "done" if sent else "unknown"}
        case Word.REVIEW:
            known = second_thoughts.review(transaction, node, member, request.argument, now)
            return {"outcome": "done" if known else "unknown"}
        case _:
            return _about_spill(transaction, node, member, request, now, kept)


def _when_posts_come(transaction: Transaction, node: str, member: Member, request: Request, now: datetime) -> Answer:
    about = request.argument
    if request.word is Word.RESUME:
        return {"missed": wishes.resume(transaction, node, member, now)}
    if request.word is not Word.PAUSE:
        reading = Reading(about.lower()) if about else Reading.INSTANT
        wishes.set_reading(transaction, node, member, reading, now)
        return {}
    until = read_pause_end(about, now.date()) if about else None
    if about and until is None:
        return {"outcome": "unknown", "about": ""}
    wishes.pause(transaction, node, member, until, now)
    return {"about": until.isoformat() if until else ""}


def _about_spill(
    transaction: Transaction,
    node: str,
    member: Member,
    request: Request,
    now: datetime,
    kept: Mapping[str, spill.Kept],
) -> Answer:
    """What is said of a post that should not have gone out."""
    about = request.argument
    match request.word:
        case Word.CONFIRM_SPILL:
            return {"outcome": spill.decide_by_mail(transaction, node, member, about, kept[about], now)}
        case Word.DISMISS_SPILL:
            return {"outcome": spill.decide_by_mail(transaction, node, member, about, None, now)}
        case Word.DELETED:
            known = deletions.acknowledge(transaction, node, member.id, about, now)
            return {"outcome": "done" if known else "unknown"}
        case _:
            return _reported(spills.report(transaction, node, member, about, now))


def _reported(reported: spills.Reported | None) -> Answer:
    if reported is None:
        return {"outcome": "unknown"}
    outcome = {"": "done", "confirmed": "confirmed", "dismissed": "decided"}[reported.decided]
    return {"outcome": outcome, "cancelled": reported.cancelled, "gone": reported.gone}


def _stopped(stopped: second_thoughts.Stopped | None) -> Answer:
    if stopped is None:
        return {"outcome": "unknown"}
    return {
        "outcome": "held" if stopped.held else "done",
        "cancelled": stopped.cancelled,
        "gone": stopped.gone,
    }
