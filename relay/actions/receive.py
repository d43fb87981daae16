"""One message has come whole: which verb answers it depends on the address it was sent to."""

from datetime import datetime

from relay.actions.accept import accept
from relay.actions.answered import take_answer
from relay.actions.assist import assist
from relay.actions.bounce import bounce
from relay.actions.challenge import challenge, may_challenge
from relay.actions.judge import Scanner
from relay.actions.postmaster import take_letter
from relay.actions.practise import practise
from relay.actions.prove import find_author, refuse_unproven
from relay.mail.auth_results import AuthenticationResults
from relay.mail.envelope import Client, Envelope
from relay.mail.reply import NO_SUCH_ADDRESS, Reply
from relay.resources import Resources
from relay.roster.destination import Purpose
from relay.senders.evidence import Evidence


def receive(
    resources: Resources,
    scanner: Scanner,
    envelope: Envelope,
    client: Client,
    authentication: AuthenticationResults | Evidence,
    octets: bytes,
    now: datetime,
) -> Reply:
    """Answer one message, by the proof of its author or by what there is instead of one.

    Its recipients were admitted one by one, but the lists may have been reloaded since.

    Raises:
        Unavailable: the database or a scanner can't serve; nothing was accepted.
    """
    destination = resources.destination(envelope.rcpt_to[0])
    if destination is None:
        return NO_SUCH_ADDRESS
    if destination.purpose is Purpose.RETURN_PATH:
        return bounce(resources, envelope.rcpt_to[0], octets, now)
    if destination.purpose is Purpose.POSTMASTER:
        return take_letter(resources, scanner, envelope, client, octets, now)
    if destination.purpose is Purpose.ANSWER:
        return take_answer(resources, scanner, envelope.rcpt_to[0], octets, now)
    if isinstance(authentication, Evidence):
        return _take_unproven(resources, scanner, envelope, client, authentication, octets, now)
    author = find_author(resources, envelope, client, authentication, now)
    if isinstance(author, Reply):
        return author
    match destination.purpose:
        case Purpose.POST | Purpose.ALERTS:
            return accept(resources, scanner, author, envelope, client, octets, now)
        case Purpose.REQUEST:
            here = destination.mailing_list
            return assist(resources, scanner, here, author, octets, now) if here else NO_SUCH_ADDRESS
        case Purpose.PRACTICE:
            return practise(resources, scanner, author, octets, now)


def _take_unproven(
    resources: Resources,
    scanner: Scanner,
    envelope: Envelope,
    client: Client,
    evidence: Evidence,
    octets: bytes,
    now: datetime,
) -> Reply:
    """Ask the author whom a message without proof names, where its lists take their word; else refuse it."""
    if may_challenge(resources, envelope, evidence):
        return challenge(resources, scanner, envelope, client, evidence, octets, now)
    return refuse_unproven(resources, client, evidence, now)
