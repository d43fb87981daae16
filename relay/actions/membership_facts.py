"""The facts of letters about somebody's membership, gathered from the record alone when they are sent."""

from dataclasses import replace
from datetime import date, datetime

from relay.actions.letter_facts import letter_to, named_lists
from relay.delivery.bounce import answer_address
from relay.delivery.delivery import Delivery, Kind
from relay.delivery.notice_facts import NoticeFacts, NoticeKind
from relay.resources import Resources
from relay.roster.attestation import FIRST, Stage
from relay.roster.member import Member, MemberState
from relay.store import members, vetting

_OF_MEMBERSHIP: dict[Kind, NoticeKind] = {
    Kind.NOMINATION: "nomination",
    Kind.INVITATION: "invitation",
    Kind.CONFIRMATION: "confirmation",
    Kind.WELCOME: "welcome",
    Kind.RULES: "rules",
    Kind.ENDED: "ended",
    Kind.ATTESTATION: "attestation",
    Kind.DORMANCY: "dormancy",
}


def about_nomination(resources: Resources, delivery: Delivery, recipient: Member, now: datetime) -> NoticeFacts:
    """What a letter about a nomination says, whoever gets it."""
    with resources.database.read() as connection:
        nomination = vetting.nomination_of(connection, delivery.reference)
    reply_to = None
    if delivery.kind is Kind.INVITATION:
        key = resources.keys.verp
        reply_to = answer_address("invitation", delivery.list_name, resources.settings.relay.domain, delivery.id, key)
    return replace(
        letter_to(
            resources,
            delivery,
            recipient,
            now,
            kind=_OF_MEMBERSHIP[delivery.kind],
            reference=f"M-{delivery.id:06}",
            lists=named_lists(resources, sorted(nomination.lists)),
        ),
        nomination=nomination,
        why=(delivery.facts or {}).get("why", "lapsed"),
        member=recipient,
        reply_to=reply_to,
    )


def about_attestation(resources: Resources, delivery: Delivery, recipient: Member, now: datetime) -> NoticeFacts:
    """Whom it still concerns is read now: who was attested or has left since the letter was queued isn't named any more."""
    facts = delivery.facts
    with resources.database.read() as connection:
        people = [members.get(connection, one) for one in facts.get("members", ())]
    wanting = {MemberState.ACTIVE, MemberState.DORMANT}
    due = date.fromisoformat(facts["due"])
    return replace(
        letter_to(
            resources,
            delivery,
            recipient,
            now,
            kind=_OF_MEMBERSHIP[delivery.kind],
            reference=f"M-{delivery.id:06}",
        ),
        author_country=facts.get("country", ""),
        people=tuple(one for one in people if one.state in wanting and not _is_settled(one, delivery)),
        member=recipient,
        stage=Stage(facts["stage"]),
        due=due,
        ends=bool(facts.get("ends")),
    )


def _is_settled(one: Member, delivery: Delivery) -> bool:
    if delivery.facts.get("ends"):
        return one.valid_until is None or one.valid_until > date.fromisoformat(delivery.facts["due"]) + FIRST
    return one.attested_on is not None and one.attested_on >= delivery.created_at.date()
