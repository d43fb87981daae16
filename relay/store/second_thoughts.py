"""What becomes of a post when its author takes it back, or asks for a second look."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select

from relay.delivery.delivery import Kind
from relay.policy.decision import Reason, is_offer
from relay.roster.member import Member, Role
from relay.store import audit, calls, fanout, held, reach
from relay.store.decision_rows import read_reasons, reason_rows
from relay.store.fanout import has_role, may_act
from relay.store.tables import decisions, deliveries, posts


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """What stopping a post came to: it was only `held`, and is destroyed; so many copies were `cancelled`, so many had `gone` out."""

    held: bool
    cancelled: int
    gone: int


def withdraw(connection: Connection, node: str, author: Member, reference: str, now: datetime) -> Stopped | None:
    """Take back one's own post as far as it hasn't gone out; None when there is no such post of theirs.

    What waits for a moderator is destroyed; offers end; copies that aren't on their way are cancelled.
    """
    post_id = _post_of(connection, reference, posts.c.author_id == author.id)
    if post_id is None:
        return None
    stopped = take_back(connection, post_id, "author.withdrew")
    facts: audit.Facts = {"reference": reference, "author": author.id, "cancelled": stopped.cancelled}
    audit.append(connection, node, now, "post.withdrawn", {**facts, "gone": stopped.gone})
    return stopped


def take_back(connection: Connection, post_id: int, rule: str) -> Stopped:
    """End what of a post waits for a moderator, under a rule's name, and cancel its copies that aren't on their way."""
    cancelled = fanout.cancel_copies(connection, post_id)
    waited = end_waiting(connection, post_id, rule)
    held_only = waited and not fanout.relayed_to(connection, post_id)
    return Stopped(held=held_only, cancelled=cancelled, gone=len(reach.who_got(connection, post_id)))


def end_waiting(connection: Connection, post_id: int, rule: str, lists: Collection[str] | None = None) -> bool:
    """End what of a post waits for a moderator of these lists, or of any; whether anything but offers did."""
    rows = held.held_rows(connection, post_id)
    ended = [row for row in rows if lists is None or row.list_name in lists]
    for row in ended:
        reasons = [*row.reasons, *reason_rows([Reason(row.reasons[0][0], rule, "whole message")])]
        word = "refuse" if is_offer(read_reasons(row.reasons)) else "withhold"
        held.decide(connection, row, decision=word, reasons=reasons)
    if len(ended) == len(rows):
        words = deliveries.c.kind.in_([Kind.NOTICE, Kind.WAITING])
        fanout.cancel(connection, and_(deliveries.c.post_id == post_id, words))
        calls.call_off(connection, post_id)
    waited = any(not is_offer(read_reasons(row.reasons)) for row in ended)
    if waited:
        fanout.forget_withheld(connection, post_id)
    else:
        fanout.destroy_unneeded(connection, post_id)
    return waited


def review(connection: Connection, node: str, author: Member, reference: str, now: datetime) -> bool:
    """Ask the administrators, who keep the rules, to look at the reasons of one's own post; False when there is no such post."""
    post_id = _post_of(connection, reference, posts.c.author_id == author.id)
    if post_id is None:
        return False
    whom = and_(has_role(Role.ADMIN), may_act(now.date()))
    fanout.write_to(connection, post_id, Kind.REVIEW, whom, now, again=False)
    audit.append(connection, node, now, "post.review_asked", {"reference": reference, "author": author.id})
    return True


def lists_of(connection: Connection, reference: str) -> tuple[str, ...]:
    """The names of the lists that a post was judged for, in their order; none where there is no such post."""
    query = select(decisions.c.list_name).join(posts, posts.c.id == decisions.c.post_id)
    found = connection.execute(query.where(posts.c.reference == reference).order_by(decisions.c.position))
    return tuple(found.scalars())


def _post_of(connection: Connection, reference: str, condition: Any) -> int | None:
    found: int | None = connection.execute(
        select(posts.c.id).where(posts.c.reference == reference, condition)
    ).scalar_one_or_none()
    return found
