"""Held posts: released by moderators, refused by them, or expired unread."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, and_, func, insert, select, update

from relay.delivery.delivery import Kind
from relay.errors import Conflict, NotFound
from relay.mail.address import Address
from relay.policy.decision import Reason, is_offer
from relay.roster.member import Member
from relay.store import audit, calls, fanout, threads
from relay.store.decision_rows import read_reasons, reason_rows
from relay.store.member_rows import address_of
from relay.store.tables import HELD, decisions, deliveries, members, posts, releases

Released = Literal["released", "waiting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPost:
    """A post that waits for a moderator of one list. `released_by` are the members who said yes so far, by id; `called` who was asked to decide about the post."""

    post_id: int
    reference: str
    list_name: str
    author: Address
    author_id: str
    author_country: str
    proof: str
    received_at: datetime
    held_until: datetime
    size_octets: int
    marking: str
    reasons: tuple[Reason, ...]
    removed: tuple[str, ...]
    released_by: tuple[str, ...]
    called: tuple[calls.Call, ...]


def list_held(connection: Connection, reference: str | None = None) -> tuple[HeldPost, ...]:
    """What is held, a row per list, the oldest first; of one post when its reference is given."""
    yes: dict[tuple[int, str], list[str]] = {}
    for row in connection.execute(select(releases).order_by(releases.c.at)):
        yes.setdefault((row.post_id, row.list_name), []).append(row.moderator_id)
    of_post = (posts.c.reference, posts.c.received_at, posts.c.size_octets, posts.c.proof, posts.c.author_id)
    joined = decisions.join(posts, posts.c.id == decisions.c.post_id).join(members, members.c.id == posts.c.author_id)
    columns = (*decisions.c, *of_post, members.c.address, members.c.country)
    query = select(*columns).select_from(joined).where(HELD).order_by(posts.c.id, decisions.c.position)
    if reference is not None:
        query = query.where(posts.c.reference == reference)
    rows = connection.execute(query).all()
    called = calls.list_calls(connection, {row.post_id for row in rows})
    return tuple(
        _held_post(row, yes.get((row.post_id, row.list_name), []), called.get(row.post_id, ())) for row in rows
    )


def release(  # noqa: PLR0913 - one decision, told whole
    connection: Connection,
    node: str,
    reference: str,
    list_name: str | None,
    moderator: Member,
    now: datetime,
    *,
    two_person: bool,
    message_id: str | None = None,
) -> Released:
    """Let a held post go out, to one list or to all that hold it; whether this person may is judged by the caller.

    Args:
        connection: the transaction.
        node: whose audit chain records it.
        reference: the post.
        list_name: for which list; None for every list that holds it.
        moderator: who decides.
        now: the time, UTC.
        two_person: whether two different moderators must say so; the first one's word is noted.
        message_id: the post's, which lies in the sealed copy alone while it is held, and on record once it goes out.

    Returns:
        "released", or "waiting" for the second person.

    Raises:
        NotFound: no such post or list.
        Conflict: it isn't held, its time ran out, it is the moderator's own, or this moderator has released it before.
    """
    held = _find_held(connection, reference, list_name, now)
    if held[0].author_id == moderator.id:
        raise Conflict(f"{reference} is your own post: somebody else must release it")
    outcomes = {_release_one(connection, node, row, moderator, now, two_person=two_person) for row in held}
    if "waiting" in outcomes:
        calls.call_second(connection, held[0].post_id, moderator.id, now)
        return "waiting"
    connection.execute(update(posts).where(posts.c.id == held[0].post_id).values(message_id=message_id))
    _cancel_notice(connection, held[0].post_id)
    calls.call_off(connection, held[0].post_id)
    return "released"


def refuse(  # noqa: PLR0913 - one decision, told whole: what, where, who, when, why, and whereto instead
    connection: Connection,
    node: str,
    reference: str,
    list_name: str | None,
    moderator: Member,
    now: datetime,
    *,
    code: str,
    channels: tuple[str, ...] = (),
) -> None:
    """Withhold a held post for good: its content is destroyed unless another list needs it, and the author gets a notice.

    Args:
        connection: the transaction.
        node: whose audit chain records it.
        reference: the post.
        list_name: for which list; None for every list that holds it.
        moderator: who decides.
        now: the time, UTC.
        code: the policy's code for why, such as N1.
        channels: the doors that the notice names.

    Raises:
        NotFound: no such post or list.
        Conflict: it isn't held, or its time ran out.
    """
    held = _find_held(connection, reference, list_name, now)
    for row in held:
        reasons = reason_rows([Reason(code, "moderator.refused", "whole message")])
        decide(connection, row, decision="withhold", reasons=reasons, channels=list(channels), decided_by=moderator.id)
        facts: audit.Facts = {"reference": reference, "list": row.list_name, "moderator": moderator.id, "code": code}
        audit.append(connection, node, now, "post.refused_by_moderator", facts)
    fanout.forget_withheld(connection, held[0].post_id)
    _cancel_notice(connection, held[0].post_id)
    calls.call_off(connection, held[0].post_id)
    fanout.tell_author(connection, held[0].post_id, held[0].list_name, Kind.NOTICE, now)


def decline(
    connection: Connection, node: str, reference: str, list_names: Sequence[str], moderator: Member, now: datetime
) -> None:
    """Leave an offer: it doesn't go to these lists, and stays what it is on every other.

    Raises:
        NotFound: no such post or list.
        Conflict: it isn't held, or its time ran out.
    """
    for list_name in list_names:
        for row in _find_held(connection, reference, list_name, now):
            _end_offer(connection, node, row, "offer.declined", now, moderator=moderator.id)


def _end_offer(connection: Connection, node: str, row: Row[Any], how: str, now: datetime, **by: str) -> None:
    """Close an offer that nobody takes; the author hears it with the receipt, once there is one."""
    reasons = [*row.reasons, *reason_rows([Reason("F1", how, "whole message")])]
    decide(connection, row, decision="refuse", reasons=reasons, decided_by=by.get("moderator"))
    audit.append(connection, node, now, how, {"reference": row.reference, "list": row.list_name, **by})
    calls.call_off(connection, row.post_id)
    fanout.destroy_unneeded(connection, row.post_id)
    if fanout.relayed_to(connection, row.post_id):
        fanout.tell_author(connection, row.post_id, row.list_name, Kind.RECEIPT, now)


def _cancel_notice(connection: Connection, post_id: int) -> None:
    """Take back the word that a post waits, where it wasn't sent before the waiting ended; not while another list holds it."""
    waiting = connection.execute(_held_query().where(posts.c.id == post_id)).all()
    if all(is_offer(read_reasons(row.reasons)) for row in waiting):
        words = deliveries.c.kind.in_([Kind.NOTICE, Kind.WAITING])
        fanout.cancel(connection, and_(deliveries.c.post_id == post_id, words))


def expire(connection: Connection, node: str, now: datetime) -> tuple[str, ...]:
    """Withhold every post whose time to decide ran out and close the offers, destroy what no other list needs, tell the authors.

    A post that nobody could decide about at home, and that goes nowhere, is offered no longer either.

    Returns:
        The references, each once.
    """
    due = _held_query().where(decisions.c.held_until <= now)
    rows = connection.execute(due.with_for_update(of=decisions, skip_locked=True)).all()  # another node may do it too
    for row in rows:
        if is_offer(read_reasons(row.reasons)):
            _end_offer(connection, node, row, "offer.expired", now)
            continue
        reasons = [*row.reasons, *reason_rows([Reason(row.reasons[0][0], "hold.expired", "whole message")])]
        decide(connection, row, decision="withhold", reasons=reasons)
        fanout.forget_withheld(connection, row.post_id)
        _cancel_notice(connection, row.post_id)
        calls.call_off(connection, row.post_id)
        fanout.tell_author(connection, row.post_id, row.list_name, Kind.EXPIRY, now)
        audit.append(connection, node, now, "post.expired", {"reference": row.reference, "list": row.list_name})
    for post_id in dict.fromkeys(row.post_id for row in rows):
        left = held_rows(connection, post_id)
        if all(is_offer(read_reasons(row.reasons)) for row in left) and not fanout.relayed_to(connection, post_id):
            for row in left:
                _end_offer(connection, node, row, "offer.expired", now)
    return tuple(dict.fromkeys(row.reference for row in rows))


def held_rows(connection: Connection, post_id: int) -> list[Row[Any]]:
    """What of a post waits for a moderator, offers too."""
    return list(connection.execute(_held_query().where(posts.c.id == post_id)))


def _held_query() -> Any:
    columns = (*decisions.c, posts.c.reference, posts.c.author_id)
    return (
        select(*columns)
        .join(posts, posts.c.id == decisions.c.post_id)
        .where(HELD)
        .order_by(posts.c.id, decisions.c.position)
    )


def _find_held(connection: Connection, reference: str, list_name: str | None, now: datetime) -> list[Row[Any]]:
    """The held rows that a moderator means; never empty."""
    every = (
        select(decisions.c.list_name, decisions.c.decision)
        .join(posts, posts.c.id == decisions.c.post_id)
        .where(posts.c.reference == reference)
    )
    words = {row.list_name: row.decision for row in connection.execute(every)}
    if not words:
        raise NotFound(f"no post has the reference {reference}; see `wen-relay held list`")
    if list_name is not None and list_name not in words:
        raise NotFound(f"{reference} was not sent to the list “{list_name}”")
    query = _held_query().where(posts.c.reference == reference)
    rows = list(connection.execute(query if list_name is None else query.where(decisions.c.list_name == list_name)))
    if not rows:
        word = words[list_name] if list_name else next(iter(words.values()))
        raise Conflict(f"{reference} is not held (any more): its decision is {word}")
    if threads.is_hidden(connection, rows[0].post_id):
        raise Conflict(f"{reference} is hidden, as a spill or an answer to one: see `wen-relay spills list`")
    # The clock decides, and not whether the job that expires posts has run yet.
    if any(row.held_until <= now for row in rows):
        raise Conflict(f"the time to decide on {reference} ran out at {rows[0].held_until:%Y-%m-%d %H:%M} UTC")
    return rows


def _release_one(
    connection: Connection, node: str, row: Row[Any], moderator: Member, now: datetime, *, two_person: bool
) -> Released:
    """Note one moderator's yes for one list; carry it out when it is enough."""
    this = (releases.c.post_id == row.post_id) & (releases.c.list_name == row.list_name)
    if connection.execute(select(releases.c.at).where(this, releases.c.moderator_id == moderator.id)).first():
        raise Conflict(f"you have released {row.reference} already: a second, different moderator must do so too")
    connection.execute(
        insert(releases).values(post_id=row.post_id, list_name=row.list_name, moderator_id=moderator.id, at=now)
    )
    facts: dict[str, str | int | list[Any] | None] = {
        "reference": row.reference,
        "list": row.list_name,
        "moderator": moderator.id,
    }
    said_yes = connection.execute(select(func.count()).select_from(releases).where(this)).scalar_one()
    if two_person and said_yes < 2:
        audit.append(connection, node, now, "post.release_waiting", facts)
        return "waiting"
    copies = fanout.queue_copies(connection, row.post_id, row.list_name, row.author_id, now)
    decide(connection, row, decision="relay", decided_by=moderator.id, copies=copies)
    facts["copies"] = copies
    fanout.tell_author(connection, row.post_id, row.list_name, Kind.RECEIPT, now)
    audit.append(connection, node, now, "post.released", facts)
    return "released"


def decide(connection: Connection, row: Row[Any], **values: Any) -> None:
    """Put another decision in place of a hold."""
    this = (decisions.c.post_id == row.post_id) & (decisions.c.list_name == row.list_name)
    connection.execute(update(decisions).where(this).values(held_until=None, **values))


def _held_post(row: Row[Any], released_by: list[str], called: tuple[calls.Call, ...]) -> HeldPost:
    return HeldPost(
        post_id=row.post_id,
        reference=row.reference,
        list_name=row.list_name,
        author=address_of(row.address),
        author_id=row.author_id,
        author_country=row.country,
        proof=row.proof,
        received_at=row.received_at,
        held_until=row.held_until,
        size_octets=row.size_octets,
        marking=row.marking,
        reasons=read_reasons(row.reasons),
        removed=tuple(row.removed),
        released_by=tuple(released_by),
        called=called,
    )
