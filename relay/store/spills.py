"""Posts that should not have gone out: reported by a member, hidden with all that answers them, and waiting for a moderator's word.

Who reported one stands in `spill_reports` and in the audit log alone: no letter, command or log tells it to anybody but an auditor.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, insert, or_, select, update

from relay.delivery.delivery import Kind
from relay.errors import NotFound
from relay.roster.mailing_list import OWNER
from relay.roster.member import Member, Role
from relay.store import audit, fanout, reach, threads
from relay.store.fanout import decides, has_role, may_act, moderates, speaks_for
from relay.store.tables import (
    HELD,
    RELAYED,
    decisions,
    hidden_posts,
    members,
    memberships,
    posts,
    spill_reports,
    spills,
)

State = Literal["reported", "confirmed", "dismissed"]
# Moderators are called again when nobody has decided by then; from the second time on administrators too.
CALL_AGAIN = tuple(timedelta(hours=hours) for hours in (4, 24, 48, 72, 96, 120, 144, 168))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spill:
    """One report, or one request to destroy a post. `lists` are the names of the post's lists; `posts` how many are hidden for it.

    `cause` is `report` or `request`. `reporters` are ids, for an auditor alone.
    """

    id: int
    post_id: int
    reference: str
    author_id: str
    author_country: str
    lists: tuple[str, ...]
    cause: str
    state: State
    reported_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    posts: int
    reporters: frozenset[str]

    def why_not(self, member: Member, now: datetime) -> str:
        """Why this member may not decide about it, in words that end a sentence after their address; "" when they may.

        It takes an official who moderates one of its lists, and who neither wrote nor reported it: one person alone can
        neither hide and destroy a post nor clear their own.
        """
        if not member.may_act(now.date()):
            return "is not an active member"
        if not member.may_moderate:
            return "is not a moderator who serves in an official agency"
        if not {name.removesuffix(OWNER) for name in self.lists} & member.lists:
            return f"does not moderate {self.lists[0]}"
        if member.id == self.author_id or member.id in self.reporters:  # which of them isn't said
            return f"can't decide about {self.reference}: somebody must who neither wrote nor reported it"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What a report came to: copies `cancelled`, and so many `gone`.

    `decided` when it changed nothing: it was confirmed before, or a moderator has dismissed this member's report.
    """

    cancelled: int
    gone: int
    decided: Literal["", "confirmed", "dismissed"] = ""


def report(connection: Connection, node: str, member: Member, reference: str, now: datetime) -> Reported | None:
    """Hide a post that should not have gone out with its thread, and call who must decide; None when it isn't theirs to see.

    Its author may report it, who gets it, and the moderators for whom it waits: a list's other members don't learn of what
    was held, declined or withheld. Called are the moderators of its lists and the focal points of its author's country, the
    first time; a further report only adds its member. What was dismissed is hidden again by somebody else's report, not by the same one's.
    """
    post_id = _visible(connection, member, reference)
    if post_id is None:
        return None
    last = _latest(connection, post_id)
    again = last is not None and member.id in last.reporters
    if last is not None and (last.state == "confirmed" or (last.state == "dismissed" and again)):
        return Reported(cancelled=0, gone=len(reach.who_got(connection, post_id)), decided=last.state)
    new = last is None or last.state == "dismissed"
    spill_id = _open(connection, post_id, "report", now) if last is None or new else last.id
    if new or not again:
        connection.execute(insert(spill_reports).values(spill_id=spill_id, member_id=member.id, at=now))
    cancelled = threads.hide(connection, spill_id, threads.thread_of(connection, post_id)) if new else 0
    if new:
        call(connection, get(connection, spill_id), now)
    reported = Reported(cancelled=cancelled, gone=len(reach.who_got(connection, post_id)))
    facts: audit.Facts = {"reference": reference, "member": member.id, "cancelled": cancelled, "gone": reported.gone}
    audit.append(connection, node, now, "post.spill_reported", facts)
    return reported


def request(connection: Connection, post_id: int, now: datetime, *, alone: bool) -> Spill:
    """Open a request to destroy a post, with what answers it unless `alone`; it is hidden at once."""
    spill_id = _open(connection, post_id, "request", now)
    threads.hide(connection, spill_id, (post_id,) if alone else threads.thread_of(connection, post_id))
    return get(connection, spill_id)


def call(connection: Connection, spill: Spill, now: datetime, *, administrators: bool = False) -> int:
    """Call the moderators of a post's lists and the focal points of its author's country; returns how many."""
    names = {name.removesuffix(OWNER) for name in spill.lists}
    on_lists = exists().where(memberships.c.member_id == members.c.id, memberships.c.list_name.in_(names))
    whom = or_(and_(decides(), on_lists), speaks_for(spill.author_country))
    if administrators:
        whom = or_(whom, has_role(Role.ADMIN))
    return fanout.write_to(connection, spill.post_id, Kind.SPILL, and_(whom, may_act(now.date())), now)


def call_again(connection: Connection, now: datetime) -> int:
    """Call again about what nobody has decided; returns how many were called."""
    called = 0
    for row in connection.execute(
        select(spills.c.id, spills.c.reported_at, spills.c.reminders).where(_UNDECIDED)
    ).all():
        due = sum(row.reported_at + after <= now for after in CALL_AGAIN)
        if due > row.reminders:
            connection.execute(update(spills).where(spills.c.id == row.id).values(reminders=due))
            called += call(connection, get(connection, row.id), now, administrators=due > 1)
    return called


def may_see(connection: Connection, member: Member, reference: str) -> bool:
    """Whether a member may know of a post: their own, what their lists got, and what waits for them."""
    return _visible(connection, member, reference) is not None


def find(connection: Connection, reference: str) -> Spill:
    """The latest report or request about a post.

    Raises:
        NotFound: there is none.
    """
    found = connection.execute(select(posts.c.id).where(posts.c.reference == reference)).scalar_one_or_none()
    if found is None or (spill := _latest(connection, found)) is None:
        raise NotFound(f"nobody has reported {reference}; see `wen-relay spills list`")
    return spill


def get(connection: Connection, spill_id: int) -> Spill:
    """The report or request of this number."""
    return _read(connection, spills.c.id == spill_id)[0]


def about(connection: Connection, post_id: int) -> Spill | None:
    """The spill that concerns a post, as the post itself or as an answer to it, the latest first; None when there is none."""
    if (own := _latest(connection, post_id)) is not None:
        return own
    hiding = select(func.max(hidden_posts.c.spill_id)).where(hidden_posts.c.post_id == post_id)
    number = connection.execute(hiding).scalar()
    return get(connection, number) if number is not None else None


def got_beside(connection: Connection, spill: Spill, member_id: str) -> tuple[str, ...]:
    """What else of a spill than the post itself a member has got, by reference; of what never reached them they learn nothing."""
    others = [one for one in threads.hidden_by(connection, spill.id) if one != spill.post_id]
    got = [one for one in others if member_id in reach.who_got(connection, one)]
    query = select(posts.c.reference).where(posts.c.id.in_(got)).order_by(posts.c.id)
    return tuple(connection.execute(query).scalars())


def author_of(connection: Connection, post_id: int) -> str:
    """The id of a post's author."""
    return str(connection.execute(select(posts.c.author_id).where(posts.c.id == post_id)).scalar_one())


def list_all(connection: Connection) -> tuple[Spill, ...]:
    """Every report and request, the latest first."""
    return _read(connection, spills.c.id > 0)


_UNDECIDED = spills.c.state == "reported"


def _visible(connection: Connection, member: Member, reference: str) -> int | None:
    """The post of this reference, if this member may know of it."""
    on_list = memberships.c.list_name == decisions.c.list_name
    on_owners = and_(memberships.c.list_name + OWNER == decisions.c.list_name, moderates())
    receives = exists().where(
        decisions.c.post_id == posts.c.id,
        members.c.id == member.id,
        memberships.c.member_id == members.c.id,
        or_(on_list, on_owners),
        or_(RELAYED, and_(HELD, decides())),
    )
    query = select(posts.c.id).where(posts.c.reference == reference, or_(posts.c.author_id == member.id, receives))
    found: int | None = connection.execute(query).scalar_one_or_none()
    return found


def _open(connection: Connection, post_id: int, cause: str, now: datetime) -> int:
    row = {"post_id": post_id, "cause": cause, "state": "reported", "reported_at": now}
    return int(connection.execute(insert(spills).values(**row).returning(spills.c.id)).scalar_one())


def _latest(connection: Connection, post_id: int) -> Spill | None:
    return next(iter(_read(connection, spills.c.post_id == post_id)), None)


def _read(connection: Connection, condition: ColumnElement[bool]) -> tuple[Spill, ...]:
    query: Any = (
        select(*spills.c, posts.c.reference, posts.c.author_id, members.c.country)
        .join(posts, posts.c.id == spills.c.post_id)
        .join(members, members.c.id == posts.c.author_id)
        .where(condition)
        .order_by(spills.c.id.desc())
    )
    return tuple(_spill(connection, row) for row in connection.execute(query).all())


def _spill(connection: Connection, row: Row[Any]) -> Spill:
    names = select(decisions.c.list_name).where(decisions.c.post_id == row.post_id).order_by(decisions.c.position)
    reporters = select(spill_reports.c.member_id).where(spill_reports.c.spill_id == row.id)
    return Spill(
        id=row.id,
        post_id=row.post_id,
        reference=row.reference,
        author_id=row.author_id,
        author_country=row.country,
        lists=tuple(connection.execute(names).scalars()),
        cause=row.cause,
        state=row.state,
        reported_at=row.reported_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        posts=len(threads.hidden_by(connection, row.id)),
        reporters=frozenset(connection.execute(reporters).scalars()),
    )
