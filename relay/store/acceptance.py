"""Asking members to accept the rules again when these have changed: each once for every version."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from relay.delivery.delivery import Kind
from relay.roster.member import MemberState
from relay.store import letters
from relay.store.tables import members, memberships

AT_ONCE = 200  # letters in one tick, so that alerts needn't wait behind them


def ask_again(connection: Connection, version: int, now: datetime) -> int:
    """Queue the letter with the rules to members of lists who were not asked about this version yet; returns to how many.

    Whoever came in since was asked by their invitation or welcome, or an operator has said that they had the rules otherwise.
    """
    first_list = (
        select(memberships.c.list_name)
        .where(memberships.c.member_id == members.c.id)
        .order_by(memberships.c.list_name)
        .limit(1)
        .scalar_subquery()
    )
    unasked = (
        members.c.rules_asked < version,
        members.c.rules_version < version,
        members.c.state.in_([MemberState.ACTIVE, MemberState.DORMANT]),
        first_list.is_not(None),
    )
    found = connection.execute(
        select(members.c.id, first_list.label("list_name"))
        .where(*unasked)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for row in found:
        letters.write(connection, row.id, Kind.RULES, row.list_name, {"rules": version}, now, about=row.id)
        connection.execute(update(members).where(members.c.id == row.id).values(rules_asked=version))
    return len(found)
