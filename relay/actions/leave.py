"""A member leaves a list by the click that its copies offer (RFC 8058)."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from relay.delivery.delivery import Kind
from relay.delivery.leaving import read_leave_path
from relay.maillog import note
from relay.resources import Resources
from relay.store import letters, members, wishes
from relay.store.engine import Transaction

LEFT = {"word": "STOP", "about": "", "outcome": "done"}  # what STOP by mail is answered with


def leave_by_click(
    resources: Resources, path: str, now: datetime, allowed: Callable[[str], bool]
) -> Literal["taken", "too many"]:
    """Take the member off the list that this address is about; they get a letter that says so, in case it wasn't they.

    Args:
        resources: what the relay works with.
        path: of the address that was asked for.
        now: the time, UTC.
        allowed: whether one more may be done now for the member with this id; asked only for an address of ours.

    Returns:
        "taken" whether the address was ours or not, and whether the member was on the list or not: nobody can learn that here.

    Raises:
        Unavailable: the database can't serve.
    """
    if (found := read_leave_path(path, resources.keys.verp)) is None:
        return "taken"
    list_name, member_id = found
    one = resources.lists.get(list_name)
    if one is None or not one.one_click_leave:
        return "taken"
    if not allowed(member_id):
        return "too many"
    node = resources.settings.relay.node

    def carry_out(transaction: Transaction) -> bool:
        member = members.get(transaction, member_id)
        if not wishes.leave(transaction, node, member, list_name, now):
            return False
        letters.write(transaction, member_id, Kind.ANSWER, list_name, {"answers": [LEFT]}, now)
        return True

    if resources.database.write(carry_out):
        note("request.left_by_click", member=member_id, list=list_name)
    return "taken"
