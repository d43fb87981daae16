"""Decisions and their reasons as rows, and back."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, Row, insert

from relay.mail.reply import REFUSED
from relay.policy.decision import Decision, Discard, Hold, Reason, Refuse, Relay, Withhold
from relay.roster.mailing_list import Tlp
from relay.store.prepared import Prepared
from relay.store.tables import decisions

_INSERT = Prepared(insert(decisions))


def insert_decisions(
    connection: Connection,
    post_id: int,
    judged: Sequence[tuple[str, Decision]],
    held_until: Mapping[str, datetime],
    copies: Mapping[str, int],
) -> None:
    """Write the decision of each list, in the order given.

    Args:
        connection: the transaction.
        post_id: the post.
        judged: each list's name and decision.
        held_until: until when those hold that hold.
        copies: how many copies were queued for those that relay.
    """
    rows = [
        decision_row(list_name, decision)
        | {
            "post_id": post_id,
            "position": position,
            "held_until": held_until[list_name] if isinstance(decision, Hold) else None,
            "copies": copies.get(list_name, 0),
        }
        for position, (list_name, decision) in enumerate(judged)
    ]
    _INSERT.each(connection, rows)


def decision_row(list_name: str, decision: Decision) -> dict[str, Any]:
    """What a row of the table says of a decision; small JSON values."""
    return {
        "list_name": list_name,
        "decision": decision.word,
        "marking": getattr(decision, "marking", None),
        "reasons": reason_rows(decision.reasons),
        "removed": list(getattr(decision, "removed", ())),
        "channels": list(getattr(decision, "channels", ())),
    }


def read_decision(row: Row[Any] | SimpleNamespace) -> Decision:
    """The decision that a row of the table stands for."""
    reasons = read_reasons(row.reasons)
    match row.decision:
        case "relay":
            return Relay(reasons=reasons, marking=Tlp(row.marking), removed=tuple(row.removed))
        case "hold":
            return Hold(reasons=reasons, marking=Tlp(row.marking), removed=tuple(row.removed))
        case "withhold":
            return Withhold(
                reasons=reasons, marking=Tlp(row.marking) if row.marking else None, channels=tuple(row.channels)
            )
        case "refuse":
            return Refuse(reasons=reasons, reply=REFUSED)  # the reply's own words were given once and are not kept
        case _:
            return Discard(reasons=reasons)


def reason_rows(reasons: Iterable[Reason]) -> list[list[str]]:
    """Reasons as they are stored and audited: code, rule, place."""
    return [[reason.code, reason.rule, reason.place] for reason in reasons]


def read_reasons(rows: Iterable[Sequence[str]]) -> tuple[Reason, ...]:
    """Reasons as they were stored."""
    return tuple(Reason(code, rule, place) for code, rule, place in rows)
