"""The steps of `roster.reachability`: which are due is read from the failures and the deliveries, and each is taken once.

Members are warned, then suspended, and who looks after them is told. All of it is read from the failures and the deliveries, so whichever node ticks, and however often it starts, a step is made once.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, func, select

from relay.delivery.delivery import Kind, Status
from relay.roster.member import Member, MemberState, Role
from relay.roster.reachability import STANDS, Failing, next_step, suspended_from
from relay.store import audit, failures, letters, members
from relay.store.fanout import has_role, may_act, may_receive, moderates, speaks_for
from relay.store.tables import KEPT, LETTER, deliveries, memberships, posts
from relay.store.tables import members as people

REASON = "address fails"
OPERATOR = "relay"
MANY, SHARE = 5, 2  # when so many fail, and half of all members, the next server is to blame and not they


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How many members were warned, suspended, and reached again."""

    warned: int = 0
    suspended: int = 0
    recovered: int = 0


def judge(connection: Connection, node: str, now: datetime) -> Judged:
    """Take the steps that are due."""
    recovered = _forget_what_was_proved_wrong(connection, node, now)
    failing = failures.list_failing(connection)
    if not failing or too_many(connection, now):
        return Judged(recovered=recovered)
    warned, suspended = [], []
    for one in failing.values():
        member = members.get(connection, one.member_id)
        if member.state is not MemberState.ACTIVE or not member.lists:  # nothing goes to who is on no list
            continue
        first, last = _probes(connection, one)
        match next_step(one, warned_at=first, probed_at=last, now=now):
            case "warn":
                warned.append(_warn(connection, node, member, one, now))
            case "suspend":
                members.suspend(connection, node, member.address, reason=REASON, operator=OPERATOR, now=now)
                suspended.append(member)
            case "probe":
                _probe(connection, member, one, first, now)
            case None:
                pass
    _tell(connection, "warned", warned, failing, now)
    _tell(connection, "suspended", suspended, failing, now)
    return Judged(warned=len(warned), suspended=len(suspended), recovered=recovered)


def too_many(connection: Connection, now: datetime) -> int:
    """How many addresses have failed since yesterday, if they are so many that it can't be theirs: nobody is warned then; else 0."""
    lately = sum(one.last > now - timedelta(days=1) for one in failures.list_failing(connection).values())
    everyone = connection.execute(select(func.count()).select_from(people).where(may_receive(now.date()))).scalar_one()
    return lately if lately >= MANY and lately * SHARE > everyone else 0


def _forget_what_was_proved_wrong(connection: Connection, node: str, now: datetime) -> int:
    """Copies and probes that a member's server took, and hasn't reported back since, show that the address worked then."""
    recovered = 0
    for one in failures.list_failing(connection).values():
        if one.since > now - STANDS or (proof := _last_proof(connection, one, now - STANDS)) is None:
            continue
        first, _ = _probes(connection, one)
        failures.forget(connection, one.member_id, before=proof)
        if proof > one.last and first is not None:
            audit.append(connection, node, now, "member.reached_again", {"member": one.member_id})
            recovered += 1
    return recovered


def _last_proof(connection: Connection, one: Failing, before: datetime) -> datetime | None:
    """When the last copy or probe went out that was taken, and has stood so long."""
    sent = func.max(deliveries.c.sent_at, type_=deliveries.c.sent_at.type)
    standing = and_(
        deliveries.c.member_id == one.member_id,
        deliveries.c.status == Status.DELIVERED,
        deliveries.c.sent_at > one.since,
        deliveries.c.sent_at <= before,
    )
    copy = (
        select(sent)
        .join(posts, posts.c.id == deliveries.c.post_id)
        # A copy may go out days after its post came, but not after its content is gone; `KEPT` has an index by age.
        .where(
            KEPT,
            posts.c.received_at > one.since - timedelta(days=30),
            standing,
            deliveries.c.kind.in_([Kind.COPY, Kind.WHOLE]),
        )
    )
    letter = select(sent).where(LETTER, standing, deliveries.c.kind.in_([Kind.PROBE, Kind.DIGEST]))
    times = [connection.execute(query).scalar_one() for query in (copy, letter)]
    return max((at for at in times if at is not None), default=None)


def _probes(connection: Connection, one: Failing) -> tuple[datetime | None, datetime | None]:
    """When the first and the last probe were queued since the address fails; None when there was none."""
    at = deliveries.c.created_at
    query = select(func.min(at, type_=at.type), func.max(at, type_=at.type)).where(
        LETTER, deliveries.c.member_id == one.member_id, deliveries.c.kind == Kind.PROBE, at >= one.since
    )
    first, last = connection.execute(query).one()
    return first, last


def _warn(connection: Connection, node: str, member: Member, one: Failing, now: datetime) -> Member:
    _probe(connection, member, one, now, now)
    facts: audit.Facts = {"member": member.id, "days": one.days, "since": one.since.isoformat()}
    audit.append(connection, node, now, "member.address_fails", facts)
    return member


def _probe(connection: Connection, member: Member, one: Failing, warned_at: datetime | None, now: datetime) -> None:
    """Write to the address itself. The letter comes from one of the member's lists, whose return path it has like a copy."""
    letters.write(connection, member.id, Kind.PROBE, _list_of(member), _facts(one, warned_at or now, now), now)


def _facts(one: Failing, warned_at: datetime, now: datetime) -> dict[str, str | int]:
    until = max(suspended_from(warned_at), now.date())
    return {"since": one.since.isoformat(), "days": one.days, "suspended_from": until.isoformat()}


def _list_of(member: Member) -> str:
    return min(member.lists, default="")


def _tell(
    connection: Connection,
    what: str,
    concerned: Sequence[Member],
    failing: dict[str, Failing],
    now: datetime,
) -> None:
    """Tell those who look after these members: one letter to each, whoever many it is about."""
    by_reader: dict[str, list[Member]] = {}
    for member in concerned:
        for reader in who_looks_after(connection, member, {one.id for one in concerned}, now):
            by_reader.setdefault(reader, []).append(member)
    for reader, whom in by_reader.items():
        rows = [{"member": one.id, **_facts(failing[one.id], now, now)} for one in whom]
        letters.write(connection, reader, Kind.FAILING, _list_of(whom[0]), {"what": what, "members": rows}, now)


def who_looks_after(
    connection: Connection, member: Member, unreachable: Collection[str], now: datetime
) -> Iterable[str]:
    """The focal points of the member's country; else the moderators of their lists; else the administrators. By their ids, without these."""
    on_lists = people.c.id.in_(select(memberships.c.member_id).where(memberships.c.list_name.in_(member.lists)))
    for whom in (
        speaks_for(member.country),
        and_(moderates(), on_lists),
        has_role(Role.ADMIN),
    ):
        query = select(people.c.id).where(whom, may_act(now.date()), people.c.id.not_in(unreachable))
        if found := connection.execute(query.order_by(people.c.id)).scalars().all():
            return found
    return ()
