"""The queue of deliveries: claimed in batches under a lease, begun, settled; recovered after a crash.

    queued ─claim→ leased ─begin→ sending ─settle→ delivered · failed · expired · queued again
      └────────────── cancel ─→ cancelled

A lease is a fencing token: only who holds a row under it may begin or settle it. Take a new one for each claim, starting with the
node's name and a slash, so that one that was lost can't be mistaken for one that is held.

Longer than most files, so that a row's whole way stands on one page.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, or_, select, union, update

from relay.delivery.delivery import Delivery, Kind, Status
from relay.errors import NotFound
from relay.mail.address import Address
from relay.roster.mailing_list import OWNER
from relay.store import audit, digests, fanout
from relay.store import queue_statements as statements
from relay.store.member_rows import address_of
from relay.store.tables import CLAIMABLE, COLLECTED, HELD, decisions, deliveries, lists, posts

ROWS = 1000  # that are listed at once
REPLY_CHARACTERS = 500  # a server's reply is kept to explain a failure, not to store what it likes to send

_KINDS = {one.value: one for one in Kind}  # a look-up, where to call the class takes four times as long
_SETTLED = frozenset({Status.QUEUED, Status.DELIVERED, Status.FAILED, Status.EXPIRED})


class Settlement(NamedTuple):  # a tuple is made in a third of the time, and each copy makes one
    """What became of one attempt. `next_attempt_at` is given for `queued` only.

    `counted` is False when the server could not be reached at all: that is no attempt of this delivery. `ambiguous` is True
    when it may have taken the message without saying so: the next attempt is counted as a possible duplicate.
    """

    id: int
    status: Status
    reply: str
    next_attempt_at: datetime | None = None
    sent_at: datetime | None = None
    counted: bool = True
    ambiguous: bool = False

    @property
    def is_plainly_delivered(self) -> bool:
        """Whether it came to a good end, and nothing but the reply tells it from others of its time."""
        is_first_word = self.counted and not self.ambiguous
        return self.status is Status.DELIVERED and is_first_word and self.next_attempt_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """One row of the queue for people to look at, in whatever state."""

    id: int
    reference: str
    list_name: str
    recipient: Address
    kind: str
    status: str
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None
    last_reply: str
    possible_duplicate: int
    sent_at: datetime | None


def claim(connection: Connection, lease: str, now: datetime, until: datetime, limit: int) -> tuple[Delivery, ...]:
    """Lease the rows that are due, and those whose lease ran out.

    First tries of copies go by their turn (`store.fanout`), all else by when it fell due: letters, digests, and what was put off.
    Where both wait for more than the limit allows, copies get three quarters of it and all else one: neither waits for ever.

    Args:
        connection: a writing transaction.
        lease: a token never used before, except for a claim of which nobody knows whether it was committed: its rows are free.
        now: the time, UTC.
        until: when the lease runs out if it isn't begun.
        limit: so many at most.
    """
    values = {"by": lease, "now": now, "until": until}
    share = limit // 4
    others = statements.CLAIM_OTHERS.column(connection, values | {"limit": share})
    copies = statements.CLAIM_IN_TURN.column(connection, values | {"limit": limit - len(others)})
    if len(others) == share < limit - len(copies):  # what copies leave; what this lease has already comes first
        others = statements.CLAIM_OTHERS.column(connection, values | {"limit": limit - len(copies)})
    ids = copies + others
    return tuple(_delivery(row) for row in statements.CLAIMED.all(connection, {"ids": ids})) if ids else ()


def give_back(connection: Connection, lease: str, ids: Iterable[int]) -> None:
    """Queue again what was claimed under this lease and won't be begun, as it was before: whose turn it was has it again."""
    statements.GIVE_BACK.count(connection, {"by": lease, "ids": list(ids)})


def settle(connection: Connection, lease: str, settlements: Iterable[Settlement], now: datetime) -> frozenset[int]:
    """Write down what became of the rows being sent under this lease.

    Returns:
        The ids that were no longer held under it and were left as they are.
    """
    given = {settlement.id: settlement for settlement in settlements}
    delivered: dict[datetime, dict[int, str]] = {}
    rows: dict[int, dict[str, Any]] = {}
    for settlement in given.values():
        if settlement.is_plainly_delivered:
            delivered.setdefault(settlement.sent_at or now, {})[settlement.id] = settlement.reply[:REPLY_CHARACTERS]
        else:
            _judge(settlement)
            rows[settlement.id] = _settled(settlement, now) | {"row": settlement.id, "by": lease}
    held: set[int] = set()
    for at, replies in delivered.items():
        values = {"by": lease, "ids": list(replies), "replies": replies, "at": at}
        held.update(statements.SETTLE_DELIVERED.column(connection, values))
    if rows:
        sent = set(statements.BEING_SENT.column(connection, {"by": lease, "ids": list(rows)}))
        if sent:
            statements.SETTLE.each(connection, [row for id_, row in rows.items() if id_ in sent])
        held |= sent
    return frozenset(given.keys() - held)


def _judge(settlement: Settlement) -> None:
    """Refuse what leaves a row between two states.

    Raises:
        ValueError: it does.
    """
    if settlement.status not in _SETTLED or (settlement.status is Status.QUEUED) != (
        settlement.next_attempt_at is not None
    ):
        raise ValueError("an attempt ends delivered, failed, expired, or queued with a time for the next one")


def _settled(settlement: Settlement, now: datetime) -> dict[str, Any]:
    """The columns that one settlement changes."""
    return {
        "status": settlement.status,
        "next_attempt_at": settlement.next_attempt_at,
        "put_off": settlement.next_attempt_at is None or settlement.next_attempt_at > now,
        "last_reply": settlement.reply[:REPLY_CHARACTERS],
        "sent_at": (settlement.sent_at or now) if settlement.status is Status.DELIVERED else settlement.sent_at,
        "uncounted": 0 if settlement.counted else 1,
        "ambiguous": int(settlement.ambiguous),
    }


def lists_in_use(connection: Connection) -> frozenset[str]:
    """The lists of every post that is held or has a copy to be sent: a copy needs its own list, and its post's first one."""
    copies = select(deliveries.c.post_id).where(deliveries.c.kind.in_([Kind.COPY, Kind.WHOLE]))
    waiting = union(
        copies.where(CLAIMABLE),
        copies.where(COLLECTED),
        copies.where(deliveries.c.lease.is_not(None)),
        select(decisions.c.post_id).where(HELD),
    ).subquery()
    names = select(decisions.c.list_name).join(waiting, waiting.c.post_id == decisions.c.post_id)
    return frozenset(connection.execute(names.distinct()).scalars())


def next_due(connection: Connection) -> datetime | None:
    """When the next row can be claimed; None when nothing waits."""
    [due] = statements.DUE.all(connection, {})
    times = [at for at in due if at is not None]
    return min(times, default=None)


def counts(connection: Connection) -> dict[str, int]:
    """Rows by status, every status named, and how many times something may have arrived twice."""
    query = select(
        deliveries.c.status, func.count().label("number"), func.sum(deliveries.c.possible_duplicate).label("twice")
    )
    rows = connection.execute(query.group_by(deliveries.c.status)).all()
    by_status = {row.status: row.number for row in rows}
    return {status.value: by_status.get(status, 0) for status in Status} | {
        "possible_duplicates": sum(row.twice for row in rows)
    }


def list_deliveries(
    connection: Connection,
    reference: str | None = None,
    *,
    status: str | None = None,
    list_name: str | None = None,
    before: datetime | None = None,
    limit: int = ROWS,
) -> tuple[DeliveryRow, ...]:
    """Rows of the queue, the latest first: of one post, with one status, of one list, or as old as that; so many at most."""
    query = statements.ROWS.order_by(deliveries.c.id.desc()).limit(limit)
    wanted = ((posts.c.reference, reference), (deliveries.c.status, status), (deliveries.c.list_name, list_name))
    query = query.where(*(column == value for column, value in wanted if value is not None))
    if before is not None:
        query = query.where(deliveries.c.created_at <= before)
    return tuple(
        DeliveryRow(
            id=row.id,
            reference=row.reference or (row.facts or {}).get("reference", ""),
            list_name=row.list_name,
            recipient=_recipient(row),
            kind=row.kind,
            status=row.status,
            attempts=row.attempts,
            created_at=row.created_at,
            next_attempt_at=row.next_attempt_at,
            last_reply=row.last_reply,
            possible_duplicate=row.possible_duplicate,
            sent_at=row.sent_at,
        )
        for row in connection.execute(query)
    )


def retry(connection: Connection, node: str, reference: str | None, *, operator: str, now: datetime) -> int:
    """Make what waits, failed or expired due at once, of one post or of all; returns how many. The audit log names the operator.

    A post that failed in a digest comes in its reader's next one.

    Raises:
        NotFound: no post has this reference.
    """
    active = select(lists.c.name).where(lists.c.active).union(select(lists.c.name + OWNER).where(lists.c.active))
    query = update(deliveries).where(
        deliveries.c.status.in_([Status.QUEUED, Status.FAILED, Status.EXPIRED]),
        deliveries.c.digest_id.is_(None),
        or_(deliveries.c.kind.not_in([Kind.COPY, Kind.WHOLE]), deliveries.c.list_name.in_(active)),
    )
    post_id = _post_id(connection, reference) if reference is not None else None
    if post_id is not None:
        query = query.where(deliveries.c.post_id == post_id)
    count = connection.execute(query.values(status=Status.QUEUED, next_attempt_at=now)).rowcount
    count += digests.retry(connection, post_id)
    facts: audit.Facts = {"reference": reference, "operator": operator, "count": count}
    audit.append(connection, node, now, "deliveries.retried", facts)
    return count


def cancel(connection: Connection, node: str, reference: str, *, operator: str, now: datetime) -> int:
    """Cancel the copies of a post that still wait; returns how many. The audit log names the operator.

    Word to the post's author goes out all the same.

    Raises:
        NotFound: no post has this reference.
    """
    count = fanout.cancel_copies(connection, _post_id(connection, reference))
    facts: audit.Facts = {"reference": reference, "operator": operator, "count": count}
    audit.append(connection, node, now, "deliveries.cancelled", facts)
    return count


def _post_id(connection: Connection, reference: str) -> int:
    found = connection.execute(select(posts.c.id).where(posts.c.reference == reference)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"no post has the reference {reference}; see `wen-relay queue list`")
    return int(found)


def _recipient(row: Row[Any]) -> Address:
    """The member's address; a letter to the postmaster names its own."""
    return address_of(row.address or row.facts["recipient"])


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        post_id=row.post_id,
        reference=row.reference or (row.facts or {}).get("reference", ""),
        list_name=row.list_name,
        recipient=_recipient(row),
        recipient_id=row.member_id or "",
        language=row.language or row.facts["language"],
        kind=_KINDS[row.kind],
        attempts=row.attempts,
        created_at=row.created_at,
        lease=row.lease,
        facts=row.facts or {},
    )
