"""A report about a copy comes back: noted on the copy's delivery, and its author told. Nothing is answered, nobody is removed.

What a provider tells of a member who marked it as unwanted is no failure (`actions.complaint`).

If it says that there is no such address, that is held against the member's address (`store.failing`).

The return path alone says which copy is meant (HMAC), or which post (`actions.returned`). What a report says of addresses counts
only for the one to which that copy went: of several recipients in a standard's report its own fate is taken (`mail.report`), and
what says in free text that mail failed must name it (`scan.bounces`). Message-IDs are not looked at.
"""

from datetime import datetime
from enum import Enum, auto

from relay.actions.complaint import take_feedback
from relay.actions.returned import Returned, returned
from relay.delivery.refusal import report_blames_address
from relay.mail.address import Address
from relay.mail.complaint import read_feedback
from relay.mail.message import read_message, split_header
from relay.mail.reply import NO_SUCH_ADDRESS, TAKEN, TOO_BIG, Reply
from relay.mail.report import Fate, Report, read_report
from relay.maillog import note
from relay.resources import Resources
from relay.scan.bounces import read_bounce
from relay.store import failures, reach
from relay.store.engine import Transaction

REPORT_OCTETS = 1 << 20  # a report may return the whole copy, but need not, and much of it is read for nothing


class Believed(Enum):
    """For how long a report that blames an address counts against it."""

    ALWAYS = auto()
    UNTIL_WARNED = auto()


def bounce(resources: Resources, return_path: Address, octets: bytes, now: datetime) -> Reply:
    """Take a report. The reply is the same whatever it says, and also when it says nothing: there is nobody to tell.

    Raises:
        Busy: too many reports in free text come.
        Unavailable: the database can't serve, or no process that reads.
    """
    if len(octets) > REPORT_OCTETS:
        return TOO_BIG
    meant = returned(resources, return_path, octets)
    if meant is None:
        return NO_SUCH_ADDRESS
    if not meant.delivery_ids:
        note("bounce.ignored", why="nobody's copy")
    for delivery_id in meant.delivery_ids:
        _take(resources, delivery_id, octets, now, meant)
    return TAKEN


def _take(resources: Resources, delivery_id: int, octets: bytes, now: datetime, meant: Returned) -> None:
    """What came back is about this delivery."""
    with resources.database.read() as connection:
        recipient = reach.taken_copy_of(connection, delivery_id)
    if recipient is None:  # what has failed can't fail again: nothing is read
        note("bounce.ignored", delivery=delivery_id, why="repeated")
        return
    if feedback := read_feedback(octets):
        if meant.by_path:  # whom its text names has written, or got, the post that it returns
            take_feedback(resources, feedback, delivery_id, now)
        return
    report, blames = _read(octets, recipient)
    if report is None or report.fate != "failed":
        note("bounce.ignored", delivery=delivery_id, why=report.fate if report else "unclear")
        return
    believed = Believed.UNTIL_WARNED if meant.shared else Believed.ALWAYS
    lost = resources.database.write(
        lambda transaction: _lose(resources, transaction, delivery_id, report, now, believed if blames else None)
    )
    if lost is None:
        note("bounce.ignored", delivery=delivery_id, why="repeated")
    else:
        note("bounce.noted", reference=lost.reference, recipient=lost.recipient_id, status=report.status)


def _read(octets: bytes, recipient: Address) -> tuple[Report | None, bool]:
    """What a message says of a recipient's copy, and whether it blames the address: a standard's report, else free text.

    What bears the recipient's own name is a word about their absence, as a rule, and no server's.
    """
    if report := read_report(octets, str(recipient)):
        return report, report_blames_address(report.code, report.status)
    author = read_message(split_header(octets)).author
    outcome = read_bounce(octets, str(recipient)) if author is None or author.address.key != recipient.key else None
    fate: Fate = "delayed" if outcome == "delayed" else "failed"
    return Report(fate=fate, status="", code=None) if outcome else None, outcome == "dead"


def _lose(
    resources: Resources,
    transaction: Transaction,
    delivery_id: int,
    report: Report,
    now: datetime,
    blamed: Believed | None,
) -> reach.LostCopy | None:
    """Note the loss, and against the address what blames it.

    Whoever has a post can forge a report for others who have it where they share its return path. So that counts until the member
    is warned, and from then on only what comes back to a path of their own: that of the letters which are sent to try the address.
    """
    node = resources.settings.relay.node
    lost = reach.lose(transaction, node, delivery_id, report.status, _words(report), now)
    is_warned = blamed is Believed.UNTIL_WARNED and lost and failures.is_warned(transaction, lost.recipient_id)
    if lost is not None and blamed is not None and not is_warned:
        failures.note(transaction, [lost.recipient_id], now)
    return lost


def _words(report: Report) -> str:
    """What the delivery's row keeps of it: codes alone."""
    codes = [str(report.code)] if report.code else []
    return " ".join([*codes, *([report.status] if report.status else []), "(reported later)"])
