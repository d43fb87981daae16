"""Decide about posts that should not have gone out, and destroy posts at the request of somebody who is named in them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeAlias

from relay.actions import thread
from relay.errors import Conflict, Invalid, NotFound
from relay.mail.address import Address
from relay.maillog import note
from relay.policy.thread import Memory
from relay.resources import Resources
from relay.roster.member import Member, Role
from relay.store import deletions, members, posts, spills, threads, verdicts
from relay.store.engine import Transaction
from relay.store.spills import Spill
from relay.store.verdicts import Verdict

Kept: TypeAlias = Mapping[int, Sequence[Memory]]  # what thread memory keeps of posts, by their ids
# Why a post may be destroyed on request; words of our own, so that nobody writes a name into the audit log.
REASONS = ("erasure", "objection", "rectification", "court-order", "published-in-error")


def confirm(resources: Resources, reference: str, decider: Address, now: datetime) -> Verdict:
    """It should not have gone out: destroy it, ask for its copies to be deleted, open a breach.

    Raises:
        NotFound: nobody has reported it.
        Conflict: this person may not decide, or it is decided already.
    """
    spill, person = _for_decision(resources, reference, decider, now)
    kept, node = to_remember(resources, reference), resources.settings.relay.node
    verdict = resources.database.write(
        lambda connection: verdicts.confirm(connection, node, spill, person.id, kept, now)
    )
    resources.database.truncate_log()  # a destroyed key must not live on in the write-ahead log
    note("spill.confirmed", reference=spill.reference, destroyed=verdict.destroyed, asked=verdict.asked)
    return verdict


def dismiss(resources: Resources, reference: str, decider: Address, now: datetime) -> Verdict:
    """Nothing is wrong with it: show it again and send on what was stopped.

    Raises:
        NotFound: nobody has reported it.
        Conflict: this person may not decide, or it is decided already.
    """
    spill, person = _for_decision(resources, reference, decider, now)
    node = resources.settings.relay.node
    verdict = resources.database.write(lambda connection: verdicts.dismiss(connection, node, spill, person.id, now))
    note("spill.dismissed", reference=spill.reference, sent_on=verdict.sent_on)
    return verdict


def to_remember(resources: Resources, reference: str) -> Kept:
    """What thread memory will keep of a reported post and of what answers it, if it is confirmed."""
    with resources.database.read() as connection:
        try:
            hidden = threads.hidden_by(connection, spills.find(connection, reference).id)
        except NotFound:
            return {}
    return thread.to_remember_of_spill(resources, hidden)


def decide_by_mail(
    transaction: Transaction, node: str, person: Member, reference: str, kept: Kept | None, now: datetime
) -> Literal["confirmed", "dismissed", "decided", "barred", "unknown"]:
    """Decide in the transaction that answers a moderator's mail: confirm when it is told what to remember, else dismiss.

    Who may not see the post learns nothing of it, not even whether it was reported.
    """
    try:
        spill = spills.find(transaction, reference)
    except NotFound:
        return "unknown"
    if spill.why_not(person, now):
        return "barred" if spills.may_see(transaction, person, reference) else "unknown"
    try:
        if kept is None:
            verdicts.dismiss(transaction, node, spill, person.id, now)
            return "dismissed"
        verdicts.confirm(transaction, node, spill, person.id, kept, now)
    except Conflict:
        return "decided"
    return "confirmed"


def destroy(
    resources: Resources, reference: str, admin: Address, reason: str, now: datetime, *, alone: bool
) -> Verdict:
    """Destroy a post, and what answers it unless `alone`, because somebody has a right to it; recipients are asked to delete.

    Raises:
        Invalid: no such reason.
        NotFound: no such post.
        Conflict: this person may not, a report waits for a moderator, or nothing of it is left here.
    """
    if reason not in REASONS:
        raise Invalid(f"“{reason}” is not a reason: use one of {', '.join(REASONS)}")
    person = administrator(resources, admin, now)
    with resources.database.read() as connection:
        post_id = posts.show_post(connection, reference)[0].post_id
        before = spills.about(connection, post_id)
        stored = posts.load_sealed(connection, post_id, hidden=True)
    if before is not None and before.state == "reported":
        raise Conflict(f"{before.reference} is reported as a spill: have a moderator confirm that first")
    if stored is None:
        raise Conflict(f"nothing of {reference} is kept here any more")
    with resources.database.read() as connection:
        concerned = (post_id,) if alone else threads.thread_of(connection, post_id)
    kept = thread.to_remember_of_spill(resources, concerned)
    node = resources.settings.relay.node

    def carry_out(connection: Transaction) -> Verdict:
        spill = spills.request(connection, post_id, now, alone=alone)
        return verdicts.destroy_on_request(connection, node, spill, person.id, kept, reason, now)

    verdict = resources.database.write(carry_out)
    resources.database.truncate_log()
    note("post.destroyed", reference=reference, destroyed=verdict.destroyed, asked=verdict.asked)
    return verdict


def note_deleted(resources: Resources, reference: str, whose: Address, admin: Address, now: datetime) -> None:
    """Note for a member who can't write here that they have deleted their copy, as an administrator heard it.

    Raises:
        NotFound: they were not asked to.
        Conflict: this person is no administrator.
    """
    person, node = administrator(resources, admin, now), resources.settings.relay.node
    with resources.database.read() as connection:
        member = members.find(connection, whose)
    if member is None or not resources.database.write(
        lambda connection: deletions.acknowledge(connection, node, member.id, reference, now, noted_by=person.id)
    ):
        raise NotFound(f"{whose} was not asked to delete {reference}; see `wen-relay spills show {reference}`")


def administrator(resources: Resources, address: Address, now: datetime) -> Member:
    """The active administrator of this address.

    Raises:
        Conflict: there is none.
    """
    return _with_role(resources, address, Role.ADMIN, "administrator", now)


def auditor(resources: Resources, address: Address, now: datetime) -> Member:
    """The active auditor of this address.

    Raises:
        Conflict: there is none.
    """
    return _with_role(resources, address, Role.AUDITOR, "auditor", now)


def _with_role(resources: Resources, address: Address, role: Role, name: str, now: datetime) -> Member:
    with resources.database.read() as connection:
        person = members.find(connection, address)
    if person is None or not person.may_act(now.date()) or role not in person.roles:
        raise Conflict(f"{address} is not an active {name}")
    return person


def _for_decision(resources: Resources, reference: str, decider: Address, now: datetime) -> tuple[Spill, Member]:
    with resources.database.read() as connection:
        spill = spills.find(connection, reference)
        person = members.find(connection, decider)
    if person is None:
        raise Conflict(f"{decider} is not an active member")
    if why := spill.why_not(person, now):
        raise Conflict(f"{decider} {why}")
    return spill, person
