"""Messages that became no post: refused, discarded, put off. An audit entry is all that is kept of one."""

from datetime import datetime

from sqlalchemy import Connection

from relay.policy.decision import Discard, Refuse
from relay.store import audit
from relay.store.decision_rows import reason_rows


def record_refusal(
    connection: Connection, node: str, author_id: str | None, client_ip: str, decision: Refuse | Discard, now: datetime
) -> None:
    """Write down that a message was refused or discarded whole: an audit entry and nothing else.

    Args:
        connection: the transaction.
        node: whose audit chain records it.
        author_id: the member; None for a stranger.
        client_ip: where it came from.
        decision: with its reasons.
        now: the time, UTC.
    """
    event = "post.refused" if isinstance(decision, Refuse) else "post.discarded"
    audit.append(
        connection,
        node,
        now,
        event,
        {"author": author_id, "client": client_ip, "reasons": reason_rows(decision.reasons)},
    )


def record_over_limit(
    connection: Connection, node: str, author_id: str, client_ip: str, whose: str, now: datetime
) -> None:
    """Write down that a message was put off because its author, or their agency, has sent enough: an audit entry and nothing else."""
    audit.append(connection, node, now, "post.over_limit", {"author": author_id, "client": client_ip, "limit": whose})
