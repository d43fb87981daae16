"""Countries vouch for their people again and again: who is asked when, whose word counts, who falls dormant (`roster.attestation`).

How far the asking has gone stands in each member's row, in the transaction that queues the letters: a job that dies is done again,
and nobody is asked twice for the same.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, and_, or_, select, update

from relay.delivery.delivery import Kind
from relay.roster.attestation import FIRST, SECOND, Stage, due_on, receives_until, stage_of
from relay.roster.member import Member, MemberState, Role
from relay.store import audit, fanout, letters
from relay.store.fanout import has_role, may_act, speaks_for
from relay.store.member_rows import attested
from relay.store.members import get, people_of
from relay.store.tables import deliveries, members

_LIVING = members.c.state.in_([MemberState.ACTIVE, MemberState.DORMANT])


def ask(connection: Connection, node: str, every: timedelta, now: datetime) -> int:
    """Write to those who are to vouch, for whom an attestation comes to its end; whose time is over falls dormant.

    When one of a country comes near to it for the first time, all of the country are asked for.

    Args:
        connection: the transaction.
        node: whose audit chain records it.
        every: how long an attestation counts.
        now: the time, UTC.

    Returns:
        How many members went a stage further.
    """
    today = now.date()
    candidates = (members.c.state == MemberState.ACTIVE, members.c.attested_on <= today - every + FIRST)
    columns = (
        members.c.id,
        members.c.country,
        members.c.attested_on,
        members.c.answered_on,
        members.c.attestation_asked,
    )
    further: defaultdict[tuple[str, Stage], list[str]] = defaultdict(list)
    due: dict[str, date] = {}
    rows = connection.execute(select(*columns).where(*candidates).with_for_update(skip_locked=True)).all()
    for row in rows:
        stage = stage_of(row.attested_on, every, today)
        if stage > row.attestation_asked:
            further[row.country, stage].append(row.id)
            due[row.id] = due_on(row.attested_on, every)
            _go_further(connection, node, row.id, stage, row.answered_on, due[row.id], now)
    for country in {country for country, stage in further if stage is Stage.FIRST}:
        further[country, Stage.FIRST] += _ask_for_the_others(connection, country)
    for (country, stage), ids in sorted(further.items()):
        _write_to_vouchers(connection, country, stage, ids, min(due[one] for one in ids if one in due), now)
    return sum(map(len, further.values()))


def tell_of_ends(connection: Connection, now: datetime) -> int:
    """Tell members and who vouches for their country that a membership ends by itself, 30 and 7 days before; returns how many.

    An attestation doesn't prolong it: whoever set the last day, as with a waiver for a free address, must set another.
    """
    today = now.date()
    columns = (members.c.id, members.c.country, members.c.valid_until, members.c.end_told)
    ending = (_LIVING, members.c.valid_until >= today, members.c.valid_until <= today + FIRST)
    told: defaultdict[tuple[str, Stage], list[tuple[str, date]]] = defaultdict(list)
    for row in connection.execute(select(*columns).where(*ending).with_for_update(skip_locked=True)).all():
        stage = Stage.SECOND if row.valid_until - today <= SECOND else Stage.FIRST
        if stage > row.end_told:
            told[row.country, stage].append((row.id, row.valid_until))
            connection.execute(update(members).where(members.c.id == row.id).values(end_told=stage))
            facts = {"stage": int(stage), "due": row.valid_until.isoformat(), "ends": True}
            letters.write(connection, row.id, Kind.DORMANCY, min(get(connection, row.id).lists, default=""), facts, now)
    for (country, stage), ends in sorted(told.items()):
        _write_to_vouchers(
            connection, country, stage, [one for one, _ in ends], min(day for _, day in ends), now, ends=True
        )
    return sum(map(len, told.values()))


def attest(
    connection: Connection, node: str, people: Iterable[Member], by: Member, *, operator: str, now: datetime
) -> tuple[str, ...]:
    """Take somebody's word that these people still serve; dormant ones are active again.

    Nobody attests themself, nor anybody whose country isn't theirs to vouch for; those are left out.

    Returns:
        The ids of those who are attested now.
    """
    today = now.date()
    done = [
        one.id
        for one in people
        if one.id != by.id
        and by.may_vouch_for(one.country, today)
        and one.state in {MemberState.ACTIVE, MemberState.DORMANT}
    ]
    if not done:
        return ()
    fresh = update(members).where(members.c.id.in_(done)).values(state=MemberState.ACTIVE, **attested(today))
    connection.execute(fresh)
    fanout.cancel(connection, and_(deliveries.c.member_id.in_(done), deliveries.c.kind == Kind.DORMANCY))
    facts: audit.Facts = {"members": sorted(done), "by": by.id, "operator": operator}
    audit.append(connection, node, now, "members.attested", facts)
    return tuple(done)


def asked_for(connection: Connection, country: str) -> tuple[Member, ...]:
    """The people of a country for whom somebody was asked to vouch again, dormant ones too."""
    asked = or_(members.c.attestation_asked > 0, members.c.state == MemberState.DORMANT)
    return people_of(connection, members.c.country == country, _LIVING, asked)


def say_here(connection: Connection, node: str, member: Member, now: datetime) -> bool:
    """Note that a member, for want of an attestation, says themself that they are there; False when none is wanting.

    It keeps them receiving for a while, and nothing else: their posts wait all the same.
    """
    wanting = (members.c.id == member.id, _LIVING, members.c.attestation_asked >= Stage.SECOND)
    row = connection.execute(select(members.c.dormant_on).where(*wanting)).one_or_none()
    if row is None:
        return False
    until = receives_until(row.dormant_on, now.date()) if row.dormant_on else None
    said = {"answered_on": now.date(), "receives_until": until}
    connection.execute(update(members).where(members.c.id == member.id).values(**said))
    facts: audit.Facts = {"member": member.id, "receives_until": until.isoformat() if until else None}
    audit.append(connection, node, now, "member.said_here", facts)
    return True


def _go_further(
    connection: Connection, node: str, member_id: str, stage: Stage, answered: date | None, due: date, now: datetime
) -> None:
    """Write down a member's stage, and tell them from the second on."""
    change: dict[str, object] = {"attestation_asked": stage}
    if stage is Stage.LAPSED:
        until = receives_until(now.date(), answered)
        change |= {"state": MemberState.DORMANT, "dormant_on": now.date(), "receives_until": until}
        audit.append(connection, node, now, "member.dormant", {"member": member_id})
    connection.execute(update(members).where(members.c.id == member_id).values(**change))
    if stage >= Stage.SECOND:
        facts = {"stage": int(stage), "due": due.isoformat()}
        letters.write(
            connection, member_id, Kind.DORMANCY, min(get(connection, member_id).lists, default=""), facts, now
        )


def _ask_for_the_others(connection: Connection, country: str) -> list[str]:
    """Ask for everybody else of a country together with who is due there, so that one answer a year is enough for it."""
    others = (members.c.country == country, members.c.state == MemberState.ACTIVE, members.c.attestation_asked == 0)
    asked = update(members).where(*others).values(attestation_asked=Stage.FIRST).returning(members.c.id)
    return list(connection.execute(asked).scalars())


def _write_to_vouchers(
    connection: Connection,
    country: str,
    stage: Stage,
    ids: Sequence[str],
    due: date,
    now: datetime,
    *,
    ends: bool = False,
) -> None:
    """Ask the country's focal points; the administrators too from the second time on, and where nobody else could vouch."""
    asked = set(connection.execute(select(members.c.id).where(may_act(now.date()), speaks_for(country))).scalars())
    if stage >= Stage.SECOND or any(not asked - {one} for one in ids):
        asked |= set(
            connection.execute(select(members.c.id).where(may_act(now.date()), has_role(Role.ADMIN))).scalars()
        )
    for voucher in sorted(asked):
        theirs = sorted(set(ids) - {voucher})
        if theirs:
            facts = {"country": country, "stage": int(stage), "due": due.isoformat(), "members": theirs}
            facts |= {"ends": True} if ends else {}
            lists = get(connection, voucher).lists or get(connection, theirs[0]).lists
            letters.write(connection, voucher, Kind.ATTESTATION, min(lists, default=""), facts, now)
