"""A nominee answers the letter by which they were invited."""

from datetime import datetime

from relay.mail.address import Address
from relay.mail.reply import TAKEN, Reply
from relay.maillog import note
from relay.resources import Resources
from relay.roster.saying import read_acceptance
from relay.store import vetting

NOT_UNDERSTOOD = Reply(
    550,
    "5.6.0",
    "Write ACCEPT, or DECLINE, alone on the first line of your answer, as plain text (J'ACCEPTE, REFUSE; ACEPTO, RECHAZO; ACEITO, RECUSO)",
)
NOT_OPEN = Reply(550, "5.7.1", "This invitation is not open to this address (any more): ask who invited you")


def take_acceptance(
    resources: Resources, invitation: int, author: Address, subject: str, text: str, now: datetime
) -> Reply:
    """Take a nominee's yes or no.

    Args:
        resources: with the database.
        invitation: the number of the letter that is answered; whoever answers holds its seal.
        author: who answers.
        subject: the answer's, and `text` its plain text.
        text: see `subject`.
        now: the time, UTC.

    Raises:
        Unavailable: the database can't serve; nothing was done.
    """
    accepts = read_acceptance(subject, text)
    if accepts is None:
        return NOT_UNDERSTOOD
    node = resources.settings.relay.node
    if accepts:
        done = resources.database.write(lambda connection: vetting.answer(connection, node, invitation, author, now))
    else:
        done = resources.database.write(lambda connection: vetting.decline(connection, node, invitation, author, now))
    note("invitation.answered", letter=invitation, accepted=int(accepts), open=int(done))
    return TAKEN if done else NOT_OPEN
