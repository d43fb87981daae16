"""Challenges: a post without proof is kept, sealed, until its registered author says that it is theirs, for half an hour at most.

Nothing of it is among the posts before: no reference, no copy, no call, no entry in anybody's list of held posts. So there is nothing
that could let it out but `confirm`, which records it as any post is recorded.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, insert, select, update

from relay.delivery.delivery import Kind
from relay.policy.decision import Decision
from relay.store import audit, fanout, letters, posts
from relay.store.decision_rows import decision_row, read_decision
from relay.store.tables import challenges, deliveries
from relay.store.vault import Sealed

OPEN = timedelta(minutes=30)  # who has just sent a message is there to answer; who has not shall not find it tomorrow
DAY = timedelta(days=1)
A_DAY = 4  # of one member: enough for whom nothing else is open to, and so much mail a forger can make us write to them

Outcome = Literal["asked", "withheld", "repeated", "waits", "enough"]
Ending = Literal["confirmed", "denied", "expired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """An open challenge: whose, and the judged message that it is about."""

    id: int
    author_id: str
    size_octets: int
    client_ip: str
    prefix: str
    proof: str
    duplicate_key: bytes
    content_key: bytes | None
    decisions: tuple[tuple[str, Decision], ...]
    uid: str
    sealed: Sealed = field(repr=False)

    @property
    def reference(self) -> str:
        """How letters name it; it is no post's reference."""
        return reference_of(self.id)


def reference_of(number: int) -> str:
    """How letters and the audit log name a challenge."""
    return f"C-{number:06}"


def ask(connection: Connection, node: str, accepted: posts.Accepted, now: datetime) -> Outcome:
    """Ask a member whether a judged message is theirs; of one that is withheld only its notice goes out, and nothing is kept.

    Args:
        connection: the transaction.
        node: whose audit chain records it.
        accepted: the message as it would be recorded if it were proven.
        now: the time, UTC.

    Returns:
        "asked" or "withheld"; or why neither is done: the message came before ("repeated"), another challenge of theirs is open
        ("waits"), or they have had enough mail of this kind within a day ("enough").
    """
    _expire(connection, node, _open_rows(connection, challenges.c.author_id == accepted.author_id), now)
    mine = challenges.c.author_id == accepted.author_id
    rows = connection.execute(select(challenges).where(mine, challenges.c.asked_at > now - DAY)).all()
    same = [row for row in rows if row.duplicate_key in accepted.duplicate_keys and row.state != "expired"]
    if same or posts.find_repeated(connection, accepted.duplicate_keys) is not None:
        return "repeated"
    if waiting := [row.id for row in rows if row.state == "open"]:
        counted = update(challenges).where(challenges.c.id == waiting[0]).values(dropped=challenges.c.dropped + 1)
        connection.execute(counted)
        return "waits"
    if len(rows) >= A_DAY:
        return "enough"
    number = _insert(connection, accepted, now)
    if accepted.sealed is None:
        posts.record(connection, node, accepted)
        return "withheld"
    list_name = accepted.decisions[0][0]
    facts = {"challenge": number, "size": accepted.size_octets, "server": accepted.client_ip, "at": now.isoformat()}
    names = [name for name, _ in accepted.decisions]
    letters.write(connection, accepted.author_id, Kind.CHALLENGE, list_name, facts | {"lists": names}, now)
    _audit(connection, node, "challenge.asked", number, accepted.author_id, accepted.client_ip, now)
    return "asked"


def find_open(connection: Connection, number: int, now: datetime) -> Challenge | None:
    """An open challenge by its number; None when there is none, it was answered, or its time is over, whatever has run yet."""
    in_time = (challenges.c.id == number, challenges.c.asked_at > now - OPEN)
    rows = _open_rows(connection, *in_time)
    return _challenge(rows[0]) if rows else None


def confirm(
    connection: Connection, node: str, challenge: Challenge, accepted: posts.Accepted, now: datetime
) -> posts.Recorded | None:
    """Record the post that its author has owned up to: from now on it is like any other. None when somebody was faster.

    Args:
        connection: the transaction.
        node: whose audit chain records it.
        challenge: as `find_open` gave it.
        accepted: the post, with the proof by which it is known now.
        now: the time, UTC.
    """
    rows = _open_rows(connection, challenges.c.id == challenge.id, challenges.c.asked_at > now - OPEN)
    if not rows:
        return None
    _close(connection, rows[0], "confirmed", now, told=bool(rows[0].dropped))
    recorded = posts.record(connection, node, accepted)
    number, author = challenge.id, challenge.author_id
    _audit(connection, node, "challenge.confirmed", number, author, challenge.client_ip, now, post=recorded.reference)
    return recorded


def deny(connection: Connection, node: str, challenge: Challenge, now: datetime) -> bool:
    """Destroy a message that is not its author's; False when somebody was faster."""
    rows = _open_rows(connection, challenges.c.id == challenge.id, challenges.c.asked_at > now - OPEN)
    if not rows:
        return False
    _close(connection, rows[0], "denied", now, told=True)
    _audit(connection, node, "challenge.denied", challenge.id, challenge.author_id, challenge.client_ip, now)
    return True


def expire(connection: Connection, node: str, now: datetime) -> int:
    """Destroy what nobody owned up to in time, and tell those who were asked; returns how many. Two nodes may do so at once."""
    return _expire(connection, node, _open_rows(connection, challenges.c.asked_at <= now - OPEN), now)


def forget(connection: Connection, now: datetime) -> int:
    """Forget challenges that count no more; the audit log has them. Returns how many."""
    old = (challenges.c.state != "open", challenges.c.asked_at <= now - DAY)
    return connection.execute(delete(challenges).where(*old)).rowcount


def _open_rows(connection: Connection, *conditions: Any) -> list[Row[Any]]:
    return list(connection.execute(select(challenges).where(challenges.c.state == "open", *conditions)))


def _expire(connection: Connection, node: str, rows: Iterable[Row[Any]], now: datetime) -> int:
    due = [row for row in rows if row.asked_at <= now - OPEN]
    for row in due:
        _close(connection, row, "expired", now, told=True)
        _audit(connection, node, "challenge.expired", row.id, row.author_id, row.client_ip, now)
    return len(due)


def _close(connection: Connection, row: Row[Any], ending: Ending, now: datetime, *, told: bool) -> None:
    """Destroy what a challenge keeps, take back a question that wasn't sent, and tell the author how it ended, where there is more to tell."""
    gone = {"content_key": None, "key_id": None, "wrapped_key": None, "nonce": None, "content": None, "originals": None}
    this = challenges.c.id == row.id
    connection.execute(update(challenges).where(this).values(state=ending, judged=[], **gone))
    asked = (deliveries.c.member_id == row.author_id) & (deliveries.c.kind == Kind.CHALLENGE)
    fanout.cancel(connection, asked)
    if told:
        names = [one["list_name"] for one in row.judged]
        facts = {"challenge": row.id, "size": row.size_octets, "server": row.client_ip, "at": row.asked_at.isoformat()}
        facts |= {"lists": names, "ending": ending, "dropped": row.dropped}
        letters.write(connection, row.author_id, Kind.CHALLENGE_ENDED, row.list_name, facts, now)


def _insert(connection: Connection, accepted: posts.Accepted, now: datetime) -> int:
    sealed = accepted.sealed
    values = {
        "author_id": accepted.author_id,
        "list_name": accepted.decisions[0][0],
        "asked_at": now,
        "state": "open" if sealed else "withheld",
        "client_ip": accepted.client_ip,
        "size_octets": accepted.size_octets,
        "prefix": accepted.prefix,
        "proof": accepted.proof,
        "judged": [decision_row(name, decision) for name, decision in accepted.decisions] if sealed else [],
        "duplicate_key": accepted.duplicate_keys[0],
        "content_key": accepted.content_key if sealed else None,
        "uid": accepted.uid,
        "key_id": sealed.key_id if sealed else None,
        "wrapped_key": sealed.wrapped_key if sealed else None,
        "nonce": sealed.nonce if sealed else None,
        "content": sealed.content if sealed else None,
        "originals": sealed.originals if sealed else None,
    }
    return int(connection.execute(insert(challenges).values(**values).returning(challenges.c.id)).scalar_one())


def _audit(
    connection: Connection, node: str, event: str, number: int, author: str, client: str, now: datetime, **more: str
) -> None:
    facts: audit.Facts = {"challenge": reference_of(number), "author": author, "client": client, **more}
    audit.append(connection, node, now, event, facts)


def _challenge(row: Row[Any]) -> Challenge:
    parts = {"key_id": row.key_id, "wrapped_key": row.wrapped_key, "nonce": row.nonce, "content": row.content}
    return Challenge(
        id=row.id,
        author_id=row.author_id,
        size_octets=row.size_octets,
        client_ip=row.client_ip,
        prefix=row.prefix,
        proof=row.proof,
        duplicate_key=row.duplicate_key,
        content_key=row.content_key,
        decisions=tuple((one["list_name"], read_decision(SimpleNamespace(**one))) for one in row.judged),
        uid=row.uid,
        sealed=Sealed(**parts, originals=row.originals),
    )
