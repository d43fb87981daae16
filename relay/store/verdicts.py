"""What is decided about a spill: dismissed, and all goes on as before; or confirmed, and what is kept of it is destroyed.

A request to destroy a post (somebody who is named in it has a right to that) is carried out in the same way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, or_, select, update

from relay.delivery.delivery import Kind
from relay.errors import Conflict
from relay.policy.decision import Reason, is_offer
from relay.policy.thread import Memory
from relay.store import audit, breaches, calls, deletions, fanout, held, letters, memory, threads
from relay.store.decision_rows import read_reasons, reason_rows
from relay.store.fanout import may_act, may_receive, speaks_for
from relay.store.spills import Spill
from relay.store.tables import deliveries, members, posts, spill_reports
from relay.store.tables import spills as spill_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of a decision: posts destroyed, members asked to delete, the breach's number; or copies that go out after all."""

    destroyed: int = 0
    asked: int = 0
    breach: str = ""
    sent_on: int = 0


def dismiss(connection: Connection, node: str, spill: Spill, decider_id: str, now: datetime) -> Verdict:
    """Nothing is wrong with it: it is shown again, and the copies that the report had stopped go out after all.

    Raises:
        Conflict: it was decided before.
    """
    concerned = threads.hidden_by(connection, spill.id)
    _decide(connection, spill, "dismissed", decider_id, now)
    sent_on = threads.unhide(connection, spill.id, now)
    _tell(connection, spill, concerned, now)
    facts: audit.Facts = {"reference": spill.reference, "moderator": decider_id, "sent_on": sent_on}
    audit.append(connection, node, now, "post.spill_dismissed", facts)
    return Verdict(sent_on=sent_on)


def confirm(
    connection: Connection,
    node: str,
    spill: Spill,
    decider_id: str,
    remembered: Mapping[int, Sequence[Memory]],
    now: datetime,
) -> Verdict:
    """It should not have gone out: destroy it with its thread, ask everybody who may have it to delete it, open a breach.

    Args:
        connection: the transaction.
        node: whose audit chain records it.
        spill: the report.
        decider_id: who decides; whether they may is judged by the caller.
        remembered: what thread memory keeps of each post, by its id.
        now: the time, UTC.

    Raises:
        Conflict: it was decided before.
    """
    destroyed, asked = _carry_out(connection, spill, "spill.confirmed", decider_id, remembered, now)
    recipients = asked + deletions.long_gone(connection, threads.hidden_by(connection, spill.id))
    breach = breaches.open_for(connection, spill, recipients, now)
    facts: audit.Facts = {"reference": spill.reference, "moderator": decider_id, "destroyed": destroyed, "asked": asked}
    audit.append(connection, node, now, "post.spill_confirmed", {**facts, "breach": breach})
    return Verdict(destroyed=len(destroyed), asked=asked, breach=breach)


def destroy_on_request(
    connection: Connection,
    node: str,
    spill: Spill,
    decider_id: str,
    remembered: Mapping[int, Sequence[Memory]],
    reason: str,
    now: datetime,
) -> Verdict:
    """As `confirm`, because somebody has a right to it, for a reason from a short list; no breach by itself.

    Raises:
        Conflict: it was decided before.
    """
    destroyed, asked = _carry_out(connection, spill, "post.destroyed_on_request", decider_id, remembered, now)
    facts: audit.Facts = {"reference": spill.reference, "administrator": decider_id, "reason": reason}
    audit.append(connection, node, now, "post.destroyed_on_request", {**facts, "destroyed": destroyed, "asked": asked})
    return Verdict(destroyed=len(destroyed), asked=asked)


def _carry_out(
    connection: Connection,
    spill: Spill,
    rule: str,
    decider_id: str,
    remembered: Mapping[int, Sequence[Memory]],
    now: datetime,
) -> tuple[list[str], int]:
    """Destroy and ask; returns the references that were destroyed, and how many were asked."""
    _decide(connection, spill, "confirmed", decider_id, now)
    concerned = threads.hidden_by(connection, spill.id)
    for post_id in concerned:
        _shred(connection, post_id, rule)
        memory.keep(connection, post_id, remembered.get(post_id, ()), now)
    asked = deletions.ask(connection, spill, concerned, now)
    _tell(connection, spill, concerned, now)
    references = select(posts.c.reference).where(posts.c.id.in_(concerned)).order_by(posts.c.id)
    return list(connection.execute(references).scalars()), asked


def _decide(connection: Connection, spill: Spill, state: str, decider_id: str, now: datetime) -> None:
    """Write the decision down, once; nobody is called to it any more."""
    this = and_(spill_rows.c.id == spill.id, spill_rows.c.state == "reported")
    decided = update(spill_rows).where(this).values(state=state, decided_at=now, decided_by=decider_id)
    if connection.execute(decided).rowcount == 0:
        raise Conflict(f"{spill.reference} is decided already: see `wen-relay spills show {spill.reference}`")
    fanout.cancel(connection, and_(deliveries.c.post_id == spill.post_id, deliveries.c.kind == Kind.SPILL))


def _shred(connection: Connection, post_id: int, rule: str) -> None:
    """Destroy a post's content and key; what waits of it for a moderator or for the next server ends."""
    for row in held.held_rows(connection, post_id):
        reasons = [*row.reasons, *reason_rows([Reason(row.reasons[0][0], rule, "whole message")])]
        word = "refuse" if is_offer(read_reasons(row.reasons)) else "withhold"
        held.decide(connection, row, decision=word, reasons=reasons)
    fanout.cancel_copies(connection, post_id)
    fanout.cancel(connection, and_(deliveries.c.post_id == post_id, deliveries.c.kind == Kind.NOTICE))
    calls.call_off(connection, post_id)
    fanout.destroy(connection, post_id)


def _tell(connection: Connection, spill: Spill, concerned: Sequence[int], now: datetime) -> None:
    """Tell the authors, the focal points of the first one's country, and in letters that are about no post who reported it."""
    authors = select(posts.c.id, posts.c.author_id).where(posts.c.id.in_([spill.post_id, *concerned]))
    for row in connection.execute(authors).all():
        whom = members.c.id == row.author_id
        if row.id == spill.post_id:
            whom = or_(whom, and_(speaks_for(spill.author_country), may_act(now.date())))
        fanout.write_to(connection, row.id, Kind.SPILLED, and_(whom, members.c.name != ""), now)
        these = and_(deliveries.c.post_id == row.id, deliveries.c.kind == Kind.SPILLED)
        connection.execute(update(deliveries).where(these).values(facts={"spill": spill.id}))
    outcome = connection.execute(select(spill_rows.c.state).where(spill_rows.c.id == spill.id)).scalar_one()
    told = [{"word": "SPILL", "about": spill.reference, "outcome": outcome}]
    reporters = (
        select(members.c.id)
        .join(spill_reports, spill_reports.c.member_id == members.c.id)
        .where(spill_reports.c.spill_id == spill.id, may_receive(now.date()))
    )
    for member_id in connection.execute(reporters).scalars().all():
        letters.write(connection, member_id, Kind.ANSWER, spill.lists[0], {"answers": told}, now)
