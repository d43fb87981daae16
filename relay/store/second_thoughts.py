"""What becomes of a post when its author takes it back, asks for a second look, or anybody reports that it should not have gone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, exists, insert, literal, or_, select

from relay.delivery.delivery import Kind, Status
from relay.policy.decision import Reason, is_offer
from relay.roster.mailing_list import OWNER
from relay.roster.member import Member, Role
from relay.store import audit, calls, fanout, held, reach
from relay.store.column_types import Instant
from relay.store.decision_rows import read_reasons, reason_rows
from relay.store.fanout import QUEUED_COLUMNS, has_role, may_act, moderates
from relay.store.tables import HELD, RELAYED, decisions, deliveries, members, memberships, posts


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
    rows = held.held_rows(connection, post_id)
    for row in rows:
        reasons = [*row.reasons, *reason_rows([Reason(row.reasons[0][0], "author.withdrew", "whole message")])]
        word = "refuse" if is_offer(read_reasons(row.reasons)) else "withhold"
        held.decide(connection, row, decision=word, reasons=reasons)
    fanout.cancel(connection, and_(deliveries.c.post_id == post_id, deliveries.c.kind.in_([Kind.NOTICE, Kind.WAITING])))
    calls.call_off(connection, post_id)
    cancelled = fanout.cancel_copies(connection, post_id)
    waited = any(not is_offer(read_reasons(row.reasons)) for row in rows)
    if waited:
        fanout.forget_withheld(connection, post_id)
    else:
        fanout.destroy_unneeded(connection, post_id)
    held_only = waited and not fanout.is_relayed(connection, post_id)
    stopped = Stopped(held=held_only, cancelled=cancelled, gone=len(reach.who_got(connection, post_id)))
    facts: audit.Facts = {"reference": reference, "author": author.id, "cancelled": cancelled, "gone": stopped.gone}
    audit.append(connection, node, now, "post.withdrawn", facts)
    return stopped


def review(connection: Connection, node: str, author: Member, reference: str, now: datetime) -> bool:
    """Ask the administrators, who keep the rules, to look at the reasons of one's own post; False when there is no such post."""
    post_id = _post_of(connection, reference, posts.c.author_id == author.id)
    if post_id is None:
        return False
    _write_to(connection, post_id, Kind.REVIEW, has_role(Role.ADMIN), now)
    audit.append(connection, node, now, "post.review_asked", {"reference": reference, "author": author.id})
    return True


def report_spill(connection: Connection, node: str, member: Member, reference: str, now: datetime) -> Stopped | None:
    """Stop what can be stopped of a post that should not have gone, and call who must know; None when it isn't theirs to see.

    Its author may report it, who gets it, and the moderators for whom it waits: a list's other members don't learn of what
    was held, declined or withheld. Called are the moderators of its lists and the focal points of its author's country.
    """
    on_list = memberships.c.list_name == decisions.c.list_name
    on_owners = and_(memberships.c.list_name + OWNER == decisions.c.list_name, moderates())
    receives = exists().where(
        decisions.c.post_id == posts.c.id,
        members.c.id == member.id,
        memberships.c.member_id == members.c.id,
        or_(on_list, on_owners),
        or_(RELAYED, and_(HELD, moderates())),
    )
    post_id = _post_of(connection, reference, or_(posts.c.author_id == member.id, receives))
    if post_id is None:
        return None
    cancelled = fanout.cancel_copies(connection, post_id)
    stopped = Stopped(held=False, cancelled=cancelled, gone=len(reach.who_got(connection, post_id)))
    names = connection.execute(select(decisions.c.list_name).where(decisions.c.post_id == post_id)).scalars()
    on_lists = exists().where(
        memberships.c.member_id == members.c.id,
        memberships.c.list_name.in_([name.removesuffix(OWNER) for name in names]),
    )
    author = members.alias("author")
    compatriot = members.c.country == (
        select(author.c.country)
        .join(posts, posts.c.author_id == author.c.id)
        .where(posts.c.id == post_id)
        .scalar_subquery()
    )
    whom = or_(and_(moderates(), on_lists), and_(has_role(Role.FOCAL_POINT), compatriot))
    _write_to(connection, post_id, Kind.SPILL, whom, now)
    facts: audit.Facts = {"reference": reference, "member": member.id, "cancelled": cancelled, "gone": stopped.gone}
    audit.append(connection, node, now, "post.spill_reported", facts)
    return stopped


def _post_of(connection: Connection, reference: str, condition: Any) -> int | None:
    found: int | None = connection.execute(
        select(posts.c.id).where(posts.c.reference == reference, condition)
    ).scalar_one_or_none()
    return found


def _write_to(connection: Connection, post_id: int, kind: Kind, whom: Any, now: datetime) -> int:
    """Queue a letter about a post to everybody whom the condition means, once for each kind; returns to how many."""
    already = exists().where(
        deliveries.c.post_id == post_id, deliveries.c.member_id == members.c.id, deliveries.c.kind == kind
    )
    rows = select(
        literal(post_id),
        members.c.id,
        literal(""),
        literal(kind.value),
        literal(Status.QUEUED.value),
        literal(now, Instant()),
        literal(now, Instant()),
    ).where(whom, may_act(now.date()), ~already)
    return connection.execute(insert(deliveries).from_select(QUEUED_COLUMNS, rows)).rowcount
