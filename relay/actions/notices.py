"""The facts of a notice, gathered from the record alone when it is sent."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from relay.actions.address_facts import about_address, about_complaint
from relay.actions.challenge import UNPROVEN
from relay.actions.challenge_facts import about_challenge
from relay.actions.directory import confirmed_directory
from relay.actions.door_facts import about_doors, about_silence, asked_doors
from relay.actions.encryption_facts import about_keys, about_waiting
from relay.actions.leak_facts import about_breach, about_leak
from relay.actions.letter_facts import letter_to, named_lists
from relay.actions.membership_facts import about_attestation, about_nomination
from relay.actions.recall_facts import about_recall, asked_acknowledgements
from relay.delivery.compose import unpack
from relay.delivery.delivery import Delivery, Kind
from relay.delivery.notice_facts import Answer, NoticeFacts, NoticeKind, Verdict
from relay.policy.channels import Advice, Directory, advise, what_may_be_sent_again
from relay.policy.decision import Decision, Hold, Reason, Refuse, Relay, Withhold, is_offer
from relay.policy.routing import PREFIX, Missed, missed
from relay.resources import Resources
from relay.roster.mailing_list import reads
from relay.roster.member import Member, MemberState
from relay.store import corrections, held, list_keys, members, posts, reach, stops
from relay.store.decision_rows import read_reasons
from relay.store.vault import unseal


def notice_facts(resources: Resources, delivery: Delivery, now: datetime) -> NoticeFacts:
    """Everything that the notice of a delivery says.

    Raises:
        NotFound: the record of what it is about is gone.
    """
    with resources.database.read() as connection:
        recipient = members.get(connection, delivery.recipient_id)
        stopped = stops.stopped(connection)
    facts = _ABOUT.get(delivery.kind, _about_post)(resources, delivery, recipient, now)
    return replace(facts, stopped=tuple(one.title for one in facts.lists if one.name in stopped)) if stopped else facts


def _about_leak(resources: Resources, delivery: Delivery, recipient: Member, now: datetime) -> NoticeFacts:
    return about_leak(_about_post(resources, delivery, recipient, now), resources, delivery, recipient)


def _about_recall(resources: Resources, delivery: Delivery, recipient: Member, now: datetime) -> NoticeFacts:
    return about_recall(_about_post(resources, delivery, recipient, now), resources, delivery)


def _answers(resources: Resources, delivery: Delivery, recipient: Member, now: datetime) -> tuple[Answer, ...]:
    """What came of each word. Whoever was reported gone is named by the record. Who asked for people and may not vouch for their country any more is told that, and no names."""
    answers = (Answer(**one) for one in delivery.facts["answers"])
    return tuple(
        replace(one, outcome="forbidden")
        if _lists_people(one) and not recipient.may_vouch_for(one.about, now.date())
        else replace(one, about=_address_of(resources, one.about))
        if one.word == "GONE" and one.about
        else replace(one, member=_name_of(resources, one.member))
        if one.member
        else one
        for one in answers
    )


def _address_of(resources: Resources, member_id: str) -> str:
    with resources.database.read() as connection:
        return str(members.get(connection, member_id).address)


def _name_of(resources: Resources, member_id: str) -> str:
    with resources.database.read() as connection:
        return members.get(connection, member_id).name


def _lists_people(one: Answer) -> bool:
    return (one.word, one.outcome) == ("PEOPLE", "done")


def _people_of(resources: Resources, answers: Iterable[Answer]) -> tuple[Member, ...]:
    """The people of the countries that an answer lists, those who have left not among them."""
    countries = [one.about for one in answers if _lists_people(one)]
    with resources.database.read() as connection:
        everyone = [one for country in countries for one in members.of_country(connection, country)]
    return tuple(one for one in everyone if one.state is not MemberState.LEFT)


def _about_practice(resources: Resources, delivery: Delivery, recipient: Member, now: datetime) -> NoticeFacts:
    rows = delivery.facts["verdict"]
    with resources.database.read() as connection:
        directory = confirmed_directory(resources, connection, recipient.country)
    reasons = tuple(dict.fromkeys(reason for row in rows for reason in read_reasons(row["reasons"])))
    return replace(
        letter_to(resources, delivery, recipient, now, kind="practice", reference=delivery.facts["reference"]),
        verdict=tuple(
            Verdict(title=one.title, decision=row["decision"], marking=row["marking"], offered=is_offer(found))
            for row in rows
            if (one := resources.list_named(row["list"])) and (found := read_reasons(row["reasons"]))
        ),
        reasons=tuple(reason for reason in reasons if reason.code not in {"P1", "F1"}),
        advice=_advice(recipient, reasons, directory),
        send_again=what_may_be_sent_again(reasons),
        removed=max((row["removed"] for row in rows), default=0),
    )


def _about_request(resources: Resources, delivery: Delivery, recipient: Member, now: datetime) -> NoticeFacts:
    answers = _answers(resources, delivery, recipient, now)
    return replace(
        letter_to(
            resources,
            delivery,
            recipient,
            now,
            kind="answer",
            reference=f"A-{delivery.id:06}",
        ),
        answers=answers,
        acknowledgements=asked_acknowledgements(resources, delivery.facts["answers"], recipient, now),
        member=recipient,
        every_list=tuple(resources.lists.values()),
        people=_people_of(resources, answers),
        doors=asked_doors(resources, delivery.facts["answers"]),
        list_keys=_list_keys(resources, delivery) if any(one.word == "KEY" for one in answers) else (),
    )


def _list_keys(resources: Resources, delivery: Delivery) -> tuple[str, ...]:
    found = list_keys.load_public(resources.keys.directory, delivery.list_name)
    return tuple(one.decode("ascii").strip() for one in found or ())


def _about_post(resources: Resources, delivery: Delivery, recipient: Member, now: datetime) -> NoticeFacts:
    with resources.database.read() as connection:
        rows = posts.show_post(connection, delivery.reference, counted=False)
        decisions = posts.load_decisions(connection, rows[0].post_id)
        went = reach.of_post(connection, rows[0].post_id)
        author_id = rows[0].author_id
        author = recipient if author_id == recipient.id else members.get(connection, author_id)
        waiting = held.list_held(connection, delivery.reference) if delivery.kind is Kind.CALL else ()
        corrects = corrections.corrected_by(connection, rows[0].post_id)
        directory = confirmed_directory(resources, connection, recipient.country)
    kind = _kind(delivery, dict(decisions))
    concerned = [(name, decision) for name, decision in decisions if _concerns(kind, decision)]
    if kind == "call" or (kind in _TO_READERS and author_id != recipient.id):
        concerned = [(name, decision) for name, decision in concerned if reads(recipient, name)]
    reasons = tuple(dict.fromkeys(reason for _, decision in concerned for reason in decision.reasons))
    names = {name for name, _ in concerned}
    until = [row.held_until for row in rows if row.held_until is not None and row.list_name in names]
    offers = [(name, decision) for name, decision in decisions if is_offer(decision.reasons)]
    return replace(
        letter_to(
            resources,
            delivery,
            recipient,
            now,
            kind=kind,
            reference=delivery.reference,
            lists=named_lists(resources, (name for name, _ in concerned)),
        ),
        received_at=rows[0].received_at,
        unproven=rows[0].proof == UNPROVEN,
        corrects=corrects or "",
        reasons=reasons,
        author_country=author.country,
        advice=_advice(recipient, reasons, directory),
        send_again=what_may_be_sent_again(reasons),
        was_held=any(row.decided_by for row in rows) or any(reason.rule == "hold.expired" for reason in reasons),
        held_until=min(until, default=None),
        accepted=_titles(resources, (name for name, decision in offers if isinstance(decision, Relay))),
        offered=_titles(resources, (name for name, decision in offers if isinstance(decision, Hold))),
        declined=_titles(resources, (name for name, decision in offers if isinstance(decision, Refuse))),
        missed=_missed(resources, rows[0]) if kind == "receipt" else Missed(),
        members=went.members,
        countries=went.countries,
        unreached=went.lost,
        agreed=max((len(one.released_by) for one in waiting if one.list_name in names), default=0),
        removed=max((len(decision.removed) for _, decision in concerned if isinstance(decision, Relay)), default=0),
    )


# The kinds of delivery about a post that are a letter of the same name, whatever was decided.
_SAME: dict[Kind, NoticeKind] = {
    Kind.RECEIPT: "receipt",
    Kind.EXPIRY: "expiry",
    Kind.UNDELIVERED: "undelivered",
    Kind.CALL: "call",
    Kind.WAITING: "waiting",
    Kind.REVIEW: "review",
    Kind.SPILL: "spill",
    Kind.SPILLED: "spilled",
    Kind.DELETION: "deletion",
    Kind.RECALL: "recall",
    Kind.REMINDER: "reminder",
    Kind.ACKNOWLEDGED: "acknowledged",
}


# The letters about a post to others than its author name those of its lists alone that are the reader's.
_TO_READERS = frozenset({"deletion", "recall", "reminder", "acknowledged"})


def _kind(delivery: Delivery, decisions: dict[str, Decision]) -> NoticeKind:
    withheld = any(isinstance(one, Withhold) for one in decisions.values())
    return _SAME.get(delivery.kind, "withhold" if withheld else "hold")


def _concerns(kind: NoticeKind, decision: Decision) -> bool:
    """Whether a notice of this kind speaks of this list's decision."""
    match kind:
        case "receipt" | "undelivered" | "recall" | "reminder" | "acknowledged":
            return isinstance(decision, Relay)
        case "call":
            return isinstance(decision, Hold)
        case "review" | "spill" | "spilled" | "deletion":
            return True
        case "hold" | "waiting":
            return isinstance(decision, Hold) and not decision.is_offer
        case _:
            return isinstance(decision, Withhold)


def _missed(resources: Resources, row: posts.PostRow) -> Missed:
    """What a routed alert names in vain. It is read from the sealed copy again: codes and numbers alone come out of it."""
    if not row.reference.startswith(f"{PREFIX}-"):
        return Missed()
    with resources.database.read() as connection:
        stored = posts.load_sealed(connection, row.post_id)
    if stored is None:
        return Missed()
    copy = unpack(unseal(resources.keys, *stored))
    return missed(copy.subject, copy.parts, resources.lists.values())


def _titles(resources: Resources, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(one.title for one in named_lists(resources, names))


def _advice(author: Member, reasons: Iterable[Reason], directory: Directory) -> Advice:
    return advise(reasons, agency_type=author.agency_type, country=author.country, directory=directory)


# What each kind of letter is about; those that aren't named are about a post.
_ABOUT: dict[Kind, Callable[[Resources, Delivery, Member, datetime], NoticeFacts]] = {
    Kind.NOMINATION: about_nomination,
    Kind.INVITATION: about_nomination,
    Kind.CONFIRMATION: about_nomination,
    Kind.WELCOME: about_nomination,
    Kind.RULES: about_nomination,
    Kind.ENDED: about_nomination,
    Kind.ATTESTATION: about_attestation,
    Kind.DORMANCY: about_attestation,
    Kind.CHALLENGE: about_challenge,
    Kind.CHALLENGE_ENDED: about_challenge,
    Kind.PRACTICE: _about_practice,
    Kind.PROBE: about_address,
    Kind.FAILING: about_address,
    Kind.COMPLAINT: about_complaint,
    Kind.ANSWER: _about_request,
    Kind.SPILL: _about_leak,
    Kind.SPILLED: _about_leak,
    Kind.DELETION: _about_leak,
    Kind.RECALL: _about_recall,
    Kind.REMINDER: _about_recall,
    Kind.ACKNOWLEDGED: _about_recall,
    Kind.BREACH: about_breach,
    Kind.DOORS: about_doors,
    Kind.SILENCE: about_silence,
    Kind.POINTER: about_waiting,
    Kind.ENCRYPTION: about_keys,
}
