"""The facts of the letters about a message whose author is asked whether they wrote it."""

from datetime import datetime

from relay.delivery.bounce import answer_address
from relay.delivery.delivery import Delivery, Kind
from relay.delivery.notice_facts import NoticeFacts
from relay.resources import Resources
from relay.roster.member import Member
from relay.store.challenges import A_DAY, OPEN, reference_of


def about_challenge(resources: Resources, delivery: Delivery, recipient: Member, now: datetime) -> NoticeFacts:
    """All that the question says, or the word on how it ended."""
    facts, domain = delivery.facts, resources.settings.relay.domain
    received_at, asks = datetime.fromisoformat(facts["at"]), delivery.kind is Kind.CHALLENGE
    key = resources.keys.verp
    return NoticeFacts(
        kind="challenge" if asks else "challenge-ended",
        reference=reference_of(facts["challenge"]),
        recipient=recipient.address,
        recipient_name=recipient.name,
        domain=domain,
        written_at=now,
        queued_at=delivery.created_at,
        lists=tuple(one for name in facts["lists"] if (one := resources.list_named(name)) is not None),
        received_at=received_at,
        size_octets=facts["size"],
        server=facts["server"],
        held_until=received_at + OPEN if asks else None,
        a_day=A_DAY,
        ending=facts.get("ending", ""),
        dropped=facts.get("dropped", 0),
        reply_to=answer_address("challenge", delivery.list_name, domain, facts["challenge"], key) if asks else None,
    )
