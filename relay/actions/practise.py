"""Practice: a message is judged like a post and its author told the whole verdict; nothing goes out and nothing of it is kept."""

from datetime import datetime

from relay.actions.accept import refused_or_discarded
from relay.actions.admit import has_letters_enough
from relay.actions.judge import Author, Scanner, judge
from relay.mail.reply import OVER_QUOTA, TAKEN, Reply, accepted
from relay.maillog import note
from relay.policy.decision import Decision, Discard, Hold, Refuse, Relay
from relay.policy.routing import PREFIX, Addressed
from relay.resources import Resources
from relay.store import letters
from relay.store.decision_rows import reason_rows


def practise(resources: Resources, scanner: Scanner, author: Author, octets: bytes, now: datetime) -> Reply:
    """Judge a message as if its author had sent it to every list that they may write to, and queue the verdict for them.

    Raises:
        Unavailable: the database or a scanner can't serve; nothing was accepted.
    """
    member = author.member
    if has_letters_enough(resources, member, now):
        return OVER_QUOTA
    theirs = tuple(one for one in resources.lists.values() if one.admits(member))
    to = Addressed(lists=theirs, alerts=True, tag=PREFIX)
    judgement = judge(resources, scanner, octets, author=member, authentication=author.proof, to=to, now=now)
    if (whole := refused_or_discarded(judgement)) is not None:
        return TAKEN if isinstance(whole, Discard) else whole.reply
    verdict = [_row(name, decision) for name, decision in judgement.decisions if not isinstance(decision, Refuse)]
    reference = resources.database.write(lambda connection: letters.write_verdict(connection, member.id, verdict, now))
    note("practice.judged", reference=reference, author=member.id)
    return accepted(reference)


def _row(name: str, decision: Decision) -> dict[str, object]:
    """One list's decision as the letter's facts hold it."""
    return {
        "list": name,
        "decision": decision.word,
        "marking": str(decision.marking) if isinstance(decision, Relay | Hold) else None,
        "reasons": reason_rows(decision.reasons),
        "removed": len(decision.removed) if isinstance(decision, Relay | Hold) else 0,
    }
