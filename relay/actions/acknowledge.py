"""An answer to a list that says ACK and nothing else, below a post that asks for it: it is what its author meant it to be, and goes to nobody.

Mail programs put the list, or the author, where an answer goes; a member who is in a hurry answers there, and hundreds would get it.
"""

from datetime import datetime

from relay.actions.judge import Judgement
from relay.actions.thread import what_it_answers
from relay.delivery.delivery import Kind
from relay.maillog import note
from relay.policy.post import plain_text
from relay.resources import Resources
from relay.roster.member import Member
from relay.roster.request import Request, Word, read_requests
from relay.store import acknowledgements, letters
from relay.store.engine import Transaction


def take_answer(resources: Resources, member: Member, judgement: Judgement, now: datetime) -> bool:
    """Note the acknowledgement, and thank for it; False when the message is a post like any other.

    Raises:
        Unavailable: the database can't serve; nothing was done.
    """
    scan, node = judgement.scan, resources.settings.relay.node
    text = plain_text(scan.parts)
    if text.lstrip()[:3].upper() != Word.ACK:
        return False
    with resources.database.read() as connection:
        reference = acknowledgements.asked_by(connection, what_it_answers(resources, scan))
    asked = read_requests(reference or "", text)
    if reference is None or asked.requests != (Request(Word.ACK, reference),) or asked.unread:
        return False

    def acknowledge(transaction: Transaction) -> bool:
        outcome = acknowledgements.acknowledge(transaction, node, member, reference, now)
        if outcome not in {"done", "already"}:
            return False
        if outcome == "done":  # once, so that nobody makes us write without end
            told = [{"word": Word.ACK.value, "about": reference, "outcome": outcome}]
            letters.write(transaction, member.id, Kind.ANSWER, judgement.lists[0].name, {"answers": told}, now)
        return True

    taken = resources.database.write(acknowledge)
    if taken:
        note("request.answered", member=member.id, words=[Word.ACK.value])
    return taken
