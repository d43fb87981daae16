"""Whom a recipient is taken from: asked at RCPT, before any content has come."""

from collections.abc import Sequence
from datetime import datetime

from relay.mail.address import Address
from relay.mail.reply import ALONE, NO_SUCH_ADDRESS, Reply
from relay.policy.routing import takes_alerts_of
from relay.resources import Resources
from relay.roster.destination import Purpose
from relay.roster.member import Member
from relay.store import members


def admit(
    resources: Resources, address: Address, member: Member | None, earlier: Sequence[Address], now: datetime
) -> Reply | None:
    """Why this recipient is refused; None when it is taken. Unknown and forbidden are refused in the same words.

    Args:
        resources: the lists, and the database where the member is read anew.
        address: the recipient.
        member: who has logged in; None for a session without a login.
        earlier: the recipients that this message has already.
        now: the time, UTC.

    Raises:
        Unavailable: the database can't be read.
    """
    destination = resources.destination(address)
    if destination is None or member is None:
        return NO_SUCH_ADDRESS
    with resources.database.read() as connection:
        current = members.get(connection, member.id)
    if not current.may_act(now.date()):
        return NO_SUCH_ADDRESS
    match destination.purpose:
        case Purpose.POST:
            allowed = destination.mailing_list is not None and destination.mailing_list.admits(current)
        case Purpose.ALERTS:
            allowed = bool(takes_alerts_of(current, resources.lists.values()))
    if not allowed:
        return NO_SUCH_ADDRESS
    first = resources.destination(earlier[0]) if earlier else None
    return ALONE if first and (first.stands_alone or destination.stands_alone) else None
