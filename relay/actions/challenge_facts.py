"""The facts of the letters about a message whose author is asked whether they wrote it."""

from dataclasses import replace
from datetime import datetime

from relay.actions.letter_facts import letter_to, named_lists
from relay.delivery.bounce import answer_address
from relay.delivery.delivery import Delivery, Kind
from relay.delivery.notice_facts import NoticeFacts, NoticeKind
from relay.resources import Resources
from relay.roster.member import Member
from relay.store.challenges import A_DAY, OPEN, reference_of


def about_challenge(resources: Resources, delivery: Delivery, recipient: Member, now: datetime) -> NoticeFacts:
    """All that the question says, or the word on how it ended."""
    facts, domain = delivery.facts, resources.settings.relay.domain
    received_at, asks = datetime.fromisoformat(facts["at"]), delivery.kind is Kind.CHALLENGE
    key = resources.keys.verp
    kind: NoticeKind = "challenge" if asks else "challenge-ended"
    reference, lists = reference_of(facts["challenge"]), named_lists(resources, facts["lists"])
    return replace(
        letter_to(resources, delivery, recipient, now, kind=kind, reference=reference, lists=lists),
        received_at=received_at,
        size_octets=facts["size"],
        server=facts["server"],
        held_until=received_at + OPEN if asks else None,
        a_day=A_DAY,
        ending=facts.get("ending", ""),
        dropped=facts.get("dropped", 0),
        reply_to=answer_address("challenge", delivery.list_name, domain, facts["challenge"], key) if asks else None,
    )
