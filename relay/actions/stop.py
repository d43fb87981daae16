"""Stop a list in an emergency, and let it go on: by an official who moderates it or an administrator, by mail, or by an operator."""

from datetime import datetime

from relay.delivery.delivery import Kind
from relay.errors import Conflict, Invalid, NotFound
from relay.maillog import note
from relay.resources import Resources
from relay.roster.mailing_list import MailingList
from relay.roster.member import Member, Role
from relay.roster.request import Request, Word
from relay.store import letters, members, stops
from relay.store.engine import Transaction


def stop(resources: Resources, name: str, reason: str, *, operator: str, now: datetime) -> int:
    """Stop a list at once; returns how many copies wait. Its moderators and the administrators are told.

    Raises:
        Invalid: no such reason.
        NotFound: no such list.
        Conflict: it is stopped already.
    """
    if reason not in stops.REASONS:
        raise Invalid(f"“{reason}” is not a reason: use one of {', '.join(stops.REASONS)}")
    node = resources.settings.relay.node

    def carry_out(connection: Transaction) -> int:
        waiting = stops.stop(connection, node, name, now, reason=reason, operator=operator)
        _tell(connection, name, Word.STOP_LIST, now, {"operator": operator, "why": reason, "number": waiting})
        return waiting

    waiting = resources.database.write(carry_out)
    note("list.stopped", list=name, waiting=waiting)
    return waiting


def resume(resources: Resources, name: str, *, operator: str, now: datetime) -> int:
    """Let a stopped list go on; returns how many copies go out at once. Its moderators and the administrators are told.

    Raises:
        NotFound: it isn't stopped.
    """
    node = resources.settings.relay.node

    def carry_out(connection: Transaction) -> int:
        going = stops.resume(connection, node, name, now, operator=operator)
        _tell(connection, name, Word.RESUME_LIST, now, {"operator": operator, "number": going})
        return going

    going = resources.database.write(carry_out)
    note("list.resumed", list=name, going=going)
    return going


def by_mail(
    transaction: Transaction, node: str, mailing_list: MailingList, member: Member, request: Request, now: datetime
) -> dict[str, str | int]:
    """Stop the list that was written to, or let it go on, where its name was given and the member may; what came of it."""
    name = mailing_list.name
    if request.argument != name:
        return {"outcome": "unknown", "about": name}
    moderates = member.may_moderate and mailing_list.includes(member)
    if not member.may_act(now.date()) or not (moderates or Role.ADMIN in member.roles):
        return {"outcome": "barred"}
    try:
        if request.word is Word.STOP_LIST:
            number = stops.stop(transaction, node, name, now, reason="other", member_id=member.id)
        else:
            number = stops.resume(transaction, node, name, now, member_id=member.id)
    except (Conflict, NotFound):
        return {"outcome": "already"}
    _tell(transaction, name, request.word, now, {"member": member.id, "number": number})
    return {"number": number}


def _tell(connection: Transaction, name: str, word: Word, now: datetime, more: dict[str, str | int]) -> None:
    """Write to all who could have done it, but for who did; `more` tells who that is, why, and of how many copies."""
    told = [{"word": word.value, "about": name, "outcome": "told", **more}]
    for one in members.list_members(connection):
        concerned = (one.may_moderate and name in one.lists) or Role.ADMIN in one.roles
        if concerned and one.may_act(now.date()) and one.id != more.get("member"):
            letters.write(connection, one.id, Kind.ANSWER, name, {"answers": told}, now)
