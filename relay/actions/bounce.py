"""A report about a copy comes back: noted on the copy's delivery, and its author told. Nothing is answered, nobody is removed.

If it says that there is no such address, that is held against the member's address (`store.failing`).

The return path alone says which copy is meant (HMAC); what a report says of addresses or Message-IDs is not looked at.
"""

from datetime import datetime

from relay.delivery.bounce import read_return_path
from relay.delivery.refusal import report_blames_address
from relay.mail.address import Address
from relay.mail.reply import NO_SUCH_ADDRESS, TAKEN, TOO_BIG, Reply
from relay.mail.report import Report, read_report
from relay.maillog import note
from relay.resources import Resources
from relay.store import failures, reach
from relay.store.engine import Transaction

REPORT_OCTETS = 1 << 20  # a report may return the whole copy, but need not, and much of it is read for nothing


def bounce(resources: Resources, return_path: Address, octets: bytes, now: datetime) -> Reply:
    """Take a report. The reply is the same whatever it says, and also when it says nothing: there is nobody to tell.

    Raises:
        Unavailable: the database can't serve.
    """
    delivery_id = read_return_path(return_path, resources.keys.verp)
    if delivery_id is None:
        return NO_SUCH_ADDRESS
    if len(octets) > REPORT_OCTETS:
        return TOO_BIG
    report = read_report(octets)
    if report is None or report.fate != "failed":
        note("bounce.ignored", delivery=delivery_id, why=report.fate if report else "unclear")
        return TAKEN
    lost = resources.database.write(lambda transaction: _lose(resources, transaction, delivery_id, report, now))
    if lost is None:
        note("bounce.ignored", delivery=delivery_id, why="repeated")
    else:
        note("bounce.noted", reference=lost.reference, recipient=lost.recipient_id, status=report.status)
    return TAKEN


def _lose(
    resources: Resources, transaction: Transaction, delivery_id: int, report: Report, now: datetime
) -> reach.LostCopy | None:
    node = resources.settings.relay.node
    lost = reach.lose(transaction, node, delivery_id, report.status, _words(report), now)
    if lost is not None and report_blames_address(report.code, report.status):
        failures.note(transaction, [lost.recipient_id], now)
    return lost


def _words(report: Report) -> str:
    """What the delivery's row keeps of it: codes alone."""
    codes = [str(report.code)] if report.code else []
    return " ".join([*codes, *([report.status] if report.status else []), "(reported later)"])
