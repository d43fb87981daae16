"""A member says whether a message that came in their name is theirs: it goes on as any post would, or it is destroyed.

What this proves is that whoever answers reads the registered mailbox at this moment, and nothing more.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from relay.actions.budget import over_budget
from relay.actions.correct import find_corrected
from relay.actions.thread import hidden_by_keys, recall, scan_of, to_forget, to_remember
from relay.delivery.compose import CleanCopy, unpack
from relay.mail.address import Address
from relay.mail.auth_results import Proof
from relay.mail.reply import OVER_QUOTA, TAKEN, Reply
from relay.maillog import note
from relay.policy.answered import what_it_answers
from relay.policy.decision import Hold, Relay, Withhold
from relay.policy.reconsider import Decided, reconsider
from relay.policy.thread import Given, Memory
from relay.resources import Resources
from relay.roster.member import Member
from relay.roster.saying import read_yes_or_no
from relay.store import challenges, members, posts
from relay.store.challenges import Challenge
from relay.store.vault import unseal


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """What is decided now, and what thread memory learns and forgets by it."""

    decisions: Decided
    withheld: bool
    remembered: tuple[Memory, ...]
    given: Given | None


NOT_UNDERSTOOD = Reply(550, "5.6.0", "Write YES, or NO, alone on the first line of your answer, as plain text")
NOT_OPEN = Reply(
    550, "5.7.1", "This question is not open to this address (any more): if the message is yours, send it again"
)


def take_response(resources: Resources, number: int, author: Address, subject: str, text: str, now: datetime) -> Reply:
    """Take a member's yes or no.

    Args:
        resources: with database and keys.
        number: of the challenge that is answered; whoever answers holds its seal.
        author: who answers.
        subject: the answer's, and `text` its plain text.
        text: see `subject`.
        now: the time, UTC.

    Raises:
        Unavailable: the database can't serve; nothing was done.
    """
    yes = read_yes_or_no(subject, text)
    if yes is None:
        return NOT_UNDERSTOOD
    with resources.database.read() as connection:
        open_one = challenges.find_open(connection, number, now)
        member = members.get(connection, open_one.author_id) if open_one else None
    if open_one is None or member is None or member.address != author:
        return NOT_OPEN
    node = resources.settings.relay.node
    if yes:
        return _own(resources, open_one, member, now)
    done = resources.database.write(lambda connection: challenges.deny(connection, node, open_one, now))
    resources.database.truncate_log()  # a destroyed key must not live on in the write-ahead log
    note("challenge.answered", author=member.id, ip=open_one.client_ip, answer="no", open=int(done))
    return TAKEN if done else NOT_OPEN


def _own(resources: Resources, challenge: Challenge, author: Member, now: datetime) -> Reply:
    """Record the post, by what its author may do now."""
    if not _may_post(resources, challenge, author, now):
        return NOT_OPEN
    post = _accepted(resources, challenge, author, now)
    if over_budget(resources, post):
        note("post.over_limit", author=author.id, limit="member")
        return OVER_QUOTA
    node = resources.settings.relay.node
    recorded = resources.database.write(lambda connection: challenges.confirm(connection, node, challenge, post, now))
    resources.database.truncate_log()  # a key that was destroyed, if it is withheld now, must not live on in the write-ahead log
    note("challenge.answered", author=author.id, ip=challenge.client_ip, answer="yes", open=int(recorded is not None))
    if recorded is None:
        return NOT_OPEN
    names, words = zip(*((name, decision.word) for name, decision in post.decisions), strict=True)
    note("post.decided", reference=recorded.reference, author=author.id, lists=list(names), decisions=list(words))
    return TAKEN


def _may_post(resources: Resources, challenge: Challenge, author: Member, now: datetime) -> bool:
    """Whether nothing has changed since the message came: the author, and the lists that took it from them."""
    if not author.may_write(now.date()):
        return False
    for name, decision in challenge.decisions:
        mailing_list = resources.list_named(name)
        if mailing_list is None or not mailing_list.active or Proof.CHALLENGE not in mailing_list.proofs:
            return False
        if not (isinstance(decision, Hold) and decision.is_offer) and not mailing_list.admits(author):
            return False
    return True


def _judged_anew(resources: Resources, challenge: Challenge, author: Member, copy: CleanCopy) -> _Judged:
    """Decide again: in the half hour since, what it repeats, answers or quotes may have been withheld, reported or destroyed."""
    scan, names = scan_of(copy), [name for name, _ in challenge.decisions]
    lists = {name: one for name in names if (one := resources.list_named(name))}
    recalled = recall(resources, author, scan, lists.values())
    content_keys = (challenge.content_key,) if challenge.content_key else ()
    hidden = hidden_by_keys(resources, author, scan, content_keys)
    scan = replace(scan, findings=(*(recalled.findings if recalled else ()), *hidden))
    waiting = [(name, one) for name, one in challenge.decisions if isinstance(one, Relay | Hold)]
    decisions = reconsider(waiting, scan.findings, lists, author, resources.ruleset)
    return _Judged(
        decisions=decisions,
        withheld=any(isinstance(one, Withhold) for _, one in decisions),
        remembered=to_remember(resources, author, scan, lists.values(), decisions),
        given=to_forget(resources, recalled, decisions),
    )


def _accepted(resources: Resources, challenge: Challenge, author: Member, now: datetime) -> posts.Accepted:
    """The post as it is recorded: received now, since nobody knew before who wrote it."""
    copy = unpack(unseal(resources.keys, challenge.uid, challenge.sealed))
    judged = _judged_anew(resources, challenge, author, copy)
    kept, waits = not judged.withheld, resources.settings.retention.held
    corrected = find_corrected(resources, author, copy.corrects, in_person=False) if copy.corrects else None
    return posts.Accepted(
        uid=challenge.uid,
        received_at=now,
        author_id=author.id,
        size_octets=challenge.size_octets,
        message_id=copy.message_id if kept else None,
        duplicate_keys=(challenge.duplicate_key,),
        content_key=challenge.content_key if kept else None,
        prefix=challenge.prefix,
        decisions=judged.decisions,
        sealed=challenge.sealed if kept else None,
        held_until={
            name: mailing_list.working_time_after(now, waits)
            for name, decision in judged.decisions
            if isinstance(decision, Hold) and (mailing_list := resources.list_named(name))
        },
        client_ip=challenge.client_ip,
        receipt=author.receipts,
        proof=challenge.proof,
        remembered=judged.remembered,
        given=judged.given,
        corrects=corrected.post_id if corrected else None,
        ack_hours=copy.ack_hours if kept else 0,
        answered=what_it_answers(copy.references, copy.parts, resources.settings.relay.domain) if kept else None,
    )
