"""Practice: a message is judged like a post and its author told the whole verdict; nothing goes out and nothing of it is kept."""

from datetime import datetime

from relay.actions.accept import refused_or_discarded
from relay.actions.admit import admit_to_letters
from relay.actions.judge import Scanner, judge
from relay.mail.auth_results import AuthenticationResults
from relay.mail.reply import TAKEN, Reply, accepted
from relay.maillog import note
from relay.policy.decision import Decision, Discard, Hold, Refuse, Relay
from relay.policy.routing import PREFIX, Addressed
from relay.resources import Resources
from relay.store import letters
from relay.store.decision_rows import reason_rows


def practise(
    resources: Resources, scanner: Scanner, authentication: AuthenticationResults, octets: bytes, now: datetime
) -> Reply:
    """Judge a message as if its author had sent it to every list that they may write to, and queue the verdict for them.

    Raises:
        Unavailable: the database or a scanner can't serve; nothing was accepted.
    """
    author = admit_to_letters(resources, authentication.address, now)
    if isinstance(author, Reply):
        return author
    theirs = tuple(one for one in resources.lists.values() if one.admits(author))
    to = Addressed(lists=theirs, alerts=True, tag=PREFIX)
    judgement = judge(resources, scanner, octets, author=author, authentication=authentication, to=to, now=now)
    if (whole := refused_or_discarded(judgement)) is not None:
        return TAKEN if isinstance(whole, Discard) else whole.reply
    verdict = [_row(name, decision) for name, decision in judgement.decisions if not isinstance(decision, Refuse)]
    reference = resources.database.write(lambda connection: letters.write_verdict(connection, author.id, verdict, now))
    note("practice.judged", reference=reference, author=author.id)
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
