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
from relay.actions.returned import Told, named, read_told
from relay.delivery.bounce import PostPath, read_post_path, read_return_path
from relay.mail.address import Address
from relay.mail.complaint import read_feedback
from relay.mail.reply import NO_SUCH_ADDRESS, TAKEN, TOO_BIG, Reply
from relay.mail.report import Report
from relay.maillog import note
from relay.resources import Resources
from relay.store import failures, reach
from relay.store.engine import Transaction

REPORT_OCTETS = 1 << 20  # a report may return the whole copy, but need not, and much of it is read for nothing


class Believed(Enum):
    """For how long a report that blames an address counts against it."""

    ALWAYS = auto()
    UNTIL_WARNED = auto()


def bounce(resources: Resources, return_path: Address, octets: bytes, now: datetime) -> Reply:
    """Take a report. The reply is the same whatever it says, and also when it says nothing: there is nobody to tell.

    How long that takes tells who got a post, where copies share the path: who brings a report to such a path is answered before.

    Raises:
        Busy: too many reports in free text come to copies' own paths.
        Unavailable: the database can't serve, or no process that reads.
    """
    if len(octets) > REPORT_OCTETS:
        return TOO_BIG
    if (delivery_id := read_return_path(return_path, resources.keys.verp)) is not None:
        _take_about_one(resources, delivery_id, octets, now)
    elif path := read_post_path(return_path, resources.keys.verp):
        _take_about_some(resources, path, octets, now)
    else:
        return NO_SUCH_ADDRESS
    return TAKEN


def _take_about_one(resources: Resources, delivery_id: int, octets: bytes, now: datetime) -> None:
    """What came back to a path that one delivery alone has."""
    with resources.database.read() as connection:
        recipient = reach.taken_copy_of(connection, delivery_id)
    if recipient is None:  # what has failed can't fail again: nothing is read
        note("bounce.ignored", delivery=delivery_id, why="repeated")
    elif feedback := read_feedback(octets):
        take_feedback(resources, feedback, delivery_id, now)
    else:
        [told] = read_told(octets, [recipient])
        _believe(resources, delivery_id, told, now, Believed.ALWAYS)


def _take_about_some(resources: Resources, path: PostPath, octets: bytes, now: datetime) -> None:
    """What came back to a path that a post's copies share. A complaint isn't taken there: each of its readers could make others complain."""
    if read_feedback(octets):
        note("complaint.ignored", why="shared path")
        return
    all_told = read_told(octets, named(path, octets), patient=True)
    with resources.database.read() as connection:
        copies = [(reach.copy_of(connection, path.post_id, told.recipient), told) for told in all_told]
    meant = [(delivery_id, told) for delivery_id, told in copies if delivery_id is not None]
    if not meant:
        note("bounce.ignored", why="nobody's copy")
    for delivery_id, told in meant:
        _believe(resources, delivery_id, told, now, Believed.UNTIL_WARNED)


def _believe(resources: Resources, delivery_id: int, told: Told, now: datetime, believed: Believed) -> None:
    """Note what a message tells of a delivery, if that is a failure."""
    report = told.report
    if report is None or report.fate != "failed":
        note("bounce.ignored", delivery=delivery_id, why=report.fate if report else "unclear")
        return
    blamed = believed if told.blames else None
    lost = resources.database.write(lambda transaction: _lose(resources, transaction, delivery_id, report, now, blamed))
    if lost is None:
        note("bounce.ignored", delivery=delivery_id, why="repeated")
    else:
        note("bounce.noted", reference=lost.reference, recipient=lost.recipient_id, status=report.status)


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
