"""A message without proof, to lists that take the word of their author's mailbox: its registered author is asked whether they wrote it.

Who sends it learns nothing. Whatever depends on who is a member, what is open or how often was asked comes after the message has been
read, and ends in the same words: read it is for strangers too, so that the time tells as little as the words do (`app` evens out the
rest). Nobody is written to but the member whose address it bears, a few times a day; strangers' messages are dropped, and a refusal in
the session, which depends on the message and its domain alone, is the same for all.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from relay.actions.accept import refused_or_discarded, to_record, unsigned
from relay.actions.admit import proofs_for
from relay.actions.judge import Scanner, addressed, judge
from relay.actions.prove import may_write, refuse_unproven
from relay.mail.auth_results import AuthenticationResults, Method, Proof
from relay.mail.envelope import Client, Envelope
from relay.mail.message import read_message, split_header
from relay.mail.reply import TAKEN, Reply
from relay.maillog import note
from relay.policy.author import judge_author
from relay.policy.decision import Discard, Reason
from relay.resources import Resources
from relay.roster.destination import Purpose
from relay.senders.evidence import Evidence
from relay.store import challenges, members, turned_away

UNPROVEN = "none"  # the proof of a post that is on record as withheld, though nobody knows who wrote it (RFC 8601 §2.7)


def may_challenge(resources: Resources, envelope: Envelope, evidence: Evidence) -> bool:
    """Whether a message without proof is one to ask about: all its recipients are lists that take this, and nothing speaks against it."""
    found = [resources.destination(one) for one in envelope.rcpt_to]
    return not evidence.refused and all(
        one is not None and one.purpose is Purpose.POST and Proof.CHALLENGE in proofs_for(resources, one)
        for one in found
    )


def challenge(
    resources: Resources,
    scanner: Scanner,
    envelope: Envelope,
    client: Client,
    evidence: Evidence,
    octets: bytes,
    now: datetime,
) -> Reply:
    """Judge a message as if its author had proved to be who they say, and ask them. The answer is the same for all.

    Raises:
        Unavailable: the database or a scanner can't serve; nothing was done.
    """
    message = read_message(split_header(octets))
    author = message.author
    if author is None or author.address != envelope.mail_from:
        return refuse_unproven(resources, client, evidence, now)
    proof = AuthenticationResults(method=Method.CHALLENGE, address=author.address)
    if (malformed := judge_author(message, proof)) is not None:
        refuse_unproven(resources, client, evidence, now)
        return malformed.reply
    to = addressed(resources, envelope.rcpt_to)
    with resources.database.read() as connection:
        member = members.find(connection, author.address)
    entitled = member if member and may_write(resources, envelope, client, member, now) else None
    judgement = judge(resources, scanner, octets, author=entitled, authentication=proof, to=to, now=now)
    if entitled is None:
        why = Reason("R1", "membership.not_entitled", "envelope")
        return _drop(resources, member.id if member else None, client, (why,), now)
    if (whole := refused_or_discarded(judgement) or unsigned(judgement)) is not None:
        return _drop(resources, entitled.id, client, whole.reasons, now)
    post = to_record(resources, judgement, entitled, to.tag, client, octets, now)
    if post.sealed is None:
        # What nobody has owned up to teaches thread memory nothing: a forger could have others' posts withheld by it.
        post = replace(post, proof=UNPROVEN, remembered=())
    node = resources.settings.relay.node
    outcome = resources.database.write(lambda connection: challenges.ask(connection, node, post, now))
    if outcome in {"asked", "withheld"}:
        note("challenge.asked", author=entitled.id, ip=client.ip, outcome=outcome)
        return TAKEN
    return _drop(resources, entitled.id, client, (Reason("R2", f"challenge.{outcome}", "envelope"),), now)


def _drop(
    resources: Resources, author_id: str | None, client: Client, reasons: Iterable[Reason], now: datetime
) -> Reply:
    """Write down that a message was dropped, for strangers and members alike, and say what everybody hears."""
    node, dropped = resources.settings.relay.node, Discard(reasons=tuple(reasons))
    resources.database.write(
        lambda connection: turned_away.record_refusal(connection, node, author_id, client.ip, dropped, now)
    )
    rules = [reason.rule for reason in dropped.reasons]
    note("challenge.dropped", author=author_id, ip=client.ip, rules=rules)
    return TAKEN
