"""Episodes of alarms, and the letters that tell of them. One writer at a time sees to it that each is told once, whoever looks."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, select, update

from relay.delivery.alarm import AGAIN, AlarmKind, Episode, News, Sign, Step, follow, to_tell
from relay.delivery.delivery import Kind, Status
from relay.mail.address import Address
from relay.store.references import next_reference
from relay.store.tables import LETTER, alarms, deliveries

FORGOTTEN = 2 * AGAIN  # who had it would have told it again, and so looks no more
KEPT = timedelta(days=90)  # after all of an episode was told
_IS_ON = and_(alarms.c.ended_at.is_(None), alarms.c.calm_since.is_(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one process looks at, and what it sees: the signs among these kinds.

    `node` is whose trouble it would be, "" for that of all nodes; `part` tells apart a node's processes where each has trouble of its own.
    """

    node: str
    part: str
    kinds: frozenset[AlarmKind]
    signs: Collection[Sign]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Whom letters go to (None: nobody), in which language, and how many there may be in an hour."""

    address: Address | None
    language: str
    letters_per_hour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that is wrong now, on so many nodes; `told` is False while it has not lasted for long."""

    kind: AlarmKind
    about: str
    nodes: int
    since: datetime
    told: bool


def has_news(connection: Connection, look: Look, patience: Callable[[AlarmKind], timedelta], now: datetime) -> bool:
    """Whether anything would change, so that a look at what is well writes nothing."""
    episodes = [_episode(row) for row in _rows(connection, look)]
    changes = follow(look.signs, episodes, now)
    changed = changes.begun or changes.calmed or changes.back or changes.over
    return bool(changed) or any(to_tell(one, patience(one.kind), now) for one in episodes)


def keep(
    connection: Connection,
    look: Look,
    patience: Callable[[AlarmKind], timedelta],
    operator: Operator,
    now: datetime,
) -> tuple[News, ...]:
    """Write down what a look found, and queue one letter about all that there is to tell, if one may be written in this hour.

    Args:
        connection: the transaction.
        look: what was found.
        patience: how long trouble of a kind may last before it is told.
        operator: whom to tell.
        now: the time, UTC.

    Returns:
        What is told now.
    """
    changes = follow(look.signs, [_episode(row) for row in _rows(connection, look)], now)
    for sign in changes.begun:
        begun = {"node": look.node, "part": look.part, "kind": sign.kind, "about": sign.about, "began_at": now}
        connection.execute(insert(alarms).values(**begun))
    for ids, values in (
        (changes.calmed, {"calm_since": now}),
        (changes.back, {"calm_since": None}),
        (changes.over, {"ended_at": now}),
    ):
        if ids:
            connection.execute(update(alarms).where(alarms.c.id.in_(ids)).values(**values))
    untold = alarms.c.told_at.is_(None) & alarms.c.ended_at.is_not(None) & alarms.c.closed_at.is_(None)
    connection.execute(update(alarms).where(untold).values(closed_at=now))
    forgotten = alarms.c.ended_at.is_(None) & (func.coalesce(alarms.c.told_at, alarms.c.began_at) <= now - FORGOTTEN)
    connection.execute(update(alarms).where(forgotten).values(ended_at=now, closed_at=now))
    connection.execute(delete(alarms).where(alarms.c.closed_at <= now - KEPT))
    if operator.address is not None and _letters_within_the_hour(connection, now) >= operator.letters_per_hour:
        return ()
    return _tell(connection, look, patience, operator, now)


def going_on(connection: Connection, now: datetime) -> tuple[Trouble, ...]:
    """What is wrong now, by kind; not what has been calm since the last look, nor what nodes saw that have not looked for days."""
    number = func.count().label("nodes")
    since = func.min(alarms.c.began_at, type_=alarms.c.began_at.type).label("since")
    told = func.count(alarms.c.told_at).label("told")
    lately = func.coalesce(alarms.c.told_at, alarms.c.began_at) > now - FORGOTTEN
    query = select(alarms.c.kind, alarms.c.about, number, since, told).where(_IS_ON, lately)
    return tuple(
        Trouble(kind=AlarmKind(row.kind), about=row.about, nodes=row.nodes, since=row.since, told=row.told > 0)
        for row in connection.execute(
            query.group_by(alarms.c.kind, alarms.c.about).order_by(alarms.c.kind, alarms.c.about)
        )
    )


def smarthost_is_away(connection: Connection, nodes: Collection[str]) -> bool:
    """Whether one of these nodes finds its smarthost away now."""
    away = (alarms.c.kind == AlarmKind.SMARTHOST, _IS_ON)
    return connection.execute(select(alarms.c.id).where(*away, alarms.c.node.in_(nodes)).limit(1)).first() is not None


def _tell(
    connection: Connection,
    look: Look,
    patience: Callable[[AlarmKind], timedelta],
    operator: Operator,
    now: datetime,
) -> tuple[News, ...]:
    news = []
    for row in _rows(connection, look):
        episode = _episode(row)
        step = to_tell(episode, patience(episode.kind), now)
        if step is None:
            continue
        told = {"closed_at": now} if step is Step.OVER else {"told_at": now}
        connection.execute(update(alarms).where(alarms.c.id == episode.id).values(**told))
        since = episode.began_at
        news.append(News(step=step, kind=episode.kind, about=episode.about, node=row.node, since=since))
    if news and operator.address is not None:
        facts = {
            "reference": next_reference(connection, "ALARM", now.year),
            "recipient": str(operator.address),
            "language": operator.language,
            "news": [
                {
                    "step": one.step,
                    "kind": one.kind,
                    "about": one.about,
                    "node": one.node,
                    "since": one.since.isoformat(),
                }
                for one in news
            ],
        }
        letter = {"kind": Kind.ALARM, "list_name": "", "facts": facts, "status": Status.QUEUED}
        connection.execute(insert(deliveries).values(**letter, created_at=now, next_attempt_at=now))
    return tuple(news)


def _rows(connection: Connection, look: Look) -> list[Row[Any]]:
    """Episodes of these kinds of which not everything is told."""
    whose = (alarms.c.node == look.node, alarms.c.part == look.part, alarms.c.kind.in_(sorted(look.kinds)))
    query = select(alarms).where(*whose, alarms.c.closed_at.is_(None)).order_by(alarms.c.id)
    return list(connection.execute(query).all())


def _letters_within_the_hour(connection: Connection, now: datetime) -> int:
    mine = (LETTER, deliveries.c.member_id.is_(None), deliveries.c.kind == Kind.ALARM)
    lately = deliveries.c.created_at > now - timedelta(hours=1)
    return int(connection.execute(select(func.count()).select_from(deliveries).where(*mine, lately)).scalar_one())


def _episode(row: Row[Any]) -> Episode:
    return Episode(
        id=row.id,
        kind=AlarmKind(row.kind),
        about=row.about,
        began_at=row.began_at,
        calm_since=row.calm_since,
        told_at=row.told_at,
        ended_at=row.ended_at,
    )
