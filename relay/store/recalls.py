"""Recall: a post that has gone out is taken back. What waits is cancelled, nobody is given it any more, and who has it is asked to delete it.

It is stopped as one that its author withdraws; besides, those who have it are written to, and its moderators may do it too. The
content stays sealed until it is old, as a withdrawn post's does: should it turn out to be a spill, thread memory is made from it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from relay.delivery.delivery import Kind
from relay.roster.mailing_list import reads
from relay.roster.member import Member
from relay.store import audit, fanout, reach, second_thoughts
from relay.store.tables import deliveries, members, posts

# Why a post may be recalled; words of our own, so that nobody writes of its content into the audit log.
REASONS = ("error", "outdated", "wrong-list", "duplicate", "other")

Outcome = Literal["done", "held", "already", "unknown", "barred"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """What is on record of a recall: when, by whom (a member's id; "" for what was never recalled) and why."""

    at: datetime | None
    by: str
    why: str
    author_id: str
    message_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """What a recall came to: copies `cancelled`, members `asked` to delete theirs.

    `held` when it had only waited for a moderator, and is destroyed; `already` when it was recalled before, and nothing was done;
    `unknown` when this member may know of no such post; `barred` when they may, and may not recall it.
    """

    outcome: Outcome
    cancelled: int = 0
    asked: int = 0


def recall(connection: Connection, node: str, by: Member, reference: str, why: str, now: datetime) -> Recalled:
    """Take a post back: by its author, or an official who moderates one of its lists and whom it has reached as a member of that list.

    Who is being sent a copy at this moment counts as having it: the attempt can't be called back, only another one.

    Args:
        connection: the transaction.
        node: whose audit chain records it.
        by: who recalls it.
        reference: the post's.
        why: one of `REASONS`.
        now: the time, UTC.
    """
    row = connection.execute(select(posts).where(posts.c.reference == reference)).first()
    if row is None:
        return Recalled(outcome="unknown")
    own = row.author_id == by.id
    if not own and not any(reads(by, name) for name in fanout.relayed_to(connection, row.id)):
        return Recalled(outcome="unknown")
    if not own and not (by.may_moderate and by.may_act(now.date())):
        return Recalled(outcome="barred")
    if row.recalled_at is not None:
        return Recalled(outcome="already")
    rule = "author.recalled" if own else "moderator.recalled"
    stopped = second_thoughts.take_back(connection, row.id, rule)
    mark = {"recalled_at": now, "recalled_by": by.id, "recalled_why": why}
    connection.execute(update(posts).where(posts.c.id == row.id).values(**mark))
    have = reach.who_may_have(connection, [row.id]) - {row.author_id}
    asked = fanout.write_to(connection, row.id, Kind.RECALL, _known(have), now)
    if not own:
        fanout.write_to(connection, row.id, Kind.RECALL, _known({row.author_id}), now)
    facts: audit.Facts = {"reference": reference, "member": by.id, "reason": why, "cancelled": stopped.cancelled}
    audit.append(connection, node, now, "post.recalled", {**facts, "asked": asked})
    return Recalled(outcome="held" if stopped.held else "done", cancelled=stopped.cancelled, asked=asked)


def _known(ids: Collection[str]) -> ColumnElement[bool]:
    """Those of these members whom we still know by name: suspended or gone, what they hold is what matters."""
    return and_(members.c.id.in_(ids), members.c.name != "")


def asked(connection: Connection, post_id: int) -> int:
    """How many members were asked to delete their copy of a recalled post, as far back as letters are on record."""
    author = select(posts.c.author_id).where(posts.c.id == post_id).scalar_subquery()
    letters = and_(deliveries.c.post_id == post_id, deliveries.c.kind == Kind.RECALL, deliveries.c.member_id != author)
    return int(connection.execute(select(func.count()).select_from(deliveries).where(letters)).scalar_one())


def is_own(connection: Connection, reference: str, member_id: str) -> bool:
    """Whether this member wrote the post."""
    author = connection.execute(select(posts.c.author_id).where(posts.c.reference == reference)).scalar_one_or_none()
    return author == member_id


def about(connection: Connection, post_id: int) -> Recall:
    """What is on record of a post's recall."""
    row = connection.execute(select(posts).where(posts.c.id == post_id)).one()
    return Recall(
        at=row.recalled_at,
        by=row.recalled_by or "",
        why=row.recalled_why or "",
        author_id=row.author_id,
        message_id=row.message_id,
    )
