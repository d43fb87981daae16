"""What a message to a return path tells of copies: read from its octets and that path alone.

A path that was made for a delivery alone says whose copy is meant. One that a post's copies share says only which post: whose copy
is meant is told by the server that made a path of each recipient's own from it (XVERP), or by the report. That is not under our
seal, and so believed only of members to whom a copy of that very post went. Which of them it did is looked up last, when all has
been read of whomever it names: else the work that a message makes would tell who is a member.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from relay.delivery.bounce import PostPath
from relay.delivery.refusal import report_blames_address
from relay.mail.address import Address, parse_international_address
from relay.mail.message import read_message, split_header
from relay.mail.report import Fate, Report, named_recipients, read_reports
from relay.scan.bounces import Outcome, read_bounces

NAMED = 100  # recipients of one report: a transaction has no more
NAMED_IN_TEXT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is told of one recipient's copy, None when nothing clear is; and whether the address is to blame."""

    recipient: Address
    report: Report | None
    blames: bool


def named(path: PostPath, octets: bytes) -> tuple[Address, ...]:
    """Whom a message to a shared path may be about: whom a server wrote behind the path, else those whom it names itself."""
    if path.names_one:
        return (path.recipient,) if path.recipient else ()
    found, is_report = named_recipients(octets)
    parsed = (parse_international_address(one) for one in found[: NAMED if is_report else NAMED_IN_TEXT])
    return tuple({one.key: one for one in parsed if one}.values())


def read_told(octets: bytes, recipients: Sequence[Address], *, patient: bool = False) -> tuple[Told, ...]:
    """What a message tells of each of these recipients' copies: a standard's report, else free text.

    What bears the recipient's own name is a word about their absence, as a rule, and no server's.

    Raises:
        Busy: too many reports in free text come; never when it is `patient`.
        Unavailable: no process that reads.
    """
    reports = dict(zip(recipients, read_reports(octets, [str(one) for one in recipients]), strict=True))
    author = read_message(split_header(octets)).author
    writer = author.address.key if author else ""
    unclear = [one for one in recipients if reports[one] is None and one.key != writer]
    outcomes = dict(zip(unclear, read_bounces(octets, [str(one) for one in unclear], patient=patient), strict=True))
    return tuple(_told(one, reports[one], outcomes.get(one)) for one in recipients)


def _told(recipient: Address, report: Report | None, outcome: Outcome | None) -> Told:
    if report:
        return Told(recipient=recipient, report=report, blames=report_blames_address(report.code, report.status))
    fate: Fate = "delayed" if outcome == "delayed" else "failed"
    said = Report(fate=fate, status="", code=None) if outcome else None
    return Told(recipient=recipient, report=said, blames=outcome == "dead")
