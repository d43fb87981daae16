"""A nominee answers the letter by which they were invited. Only they got it: its reply address is sealed (`delivery.bounce`)."""

from datetime import datetime

from relay.actions.judge import Scanner, facts_of
from relay.delivery.bounce import read_invitation
from relay.delivery.rules import RULES_VERSION
from relay.mail.address import Address
from relay.mail.message import read_message, split_header
from relay.mail.reply import NO_SUCH_ADDRESS, TAKEN, TOO_BIG, Reply
from relay.maillog import note
from relay.policy.post import plain_text
from relay.resources import Resources
from relay.roster.request import read_acceptance
from relay.store import vetting

ANSWER_OCTETS = 262_144  # an answer quotes the letter, and a signature may come with a logo

NOT_UNDERSTOOD = Reply(550, "5.6.0", "Write ACCEPT, or DECLINE, alone on the first line of your answer, as plain text")
NOT_OPEN = Reply(550, "5.7.1", "This invitation is not open to this address (any more): ask who invited you")


def take_acceptance(resources: Resources, scanner: Scanner, sealed: Address, octets: bytes, now: datetime) -> Reply:
    """Take a nominee's yes or no. What is wrong with it is said in the session, so that their own server tells them.

    What a machine wrote is dropped: nobody's absence accepts rules for them.

    Raises:
        Unavailable: the database or a scanner can't serve; nothing was done.
    """
    invitation = read_invitation(sealed, resources.keys.verp)
    if invitation is None:
        return NO_SUCH_ADDRESS
    if len(octets) > ANSWER_OCTETS:
        return TOO_BIG
    message = read_message(split_header(octets))
    if message.automatic or message.list_ids:
        return TAKEN
    if message.author is None:
        return NOT_OPEN
    accepts = read_acceptance(message.subject, plain_text(scanner(octets, facts_of(None, now)).parts))
    if accepts is None:
        return NOT_UNDERSTOOD
    node, author = resources.settings.relay.node, message.author.address
    if accepts:
        done = resources.database.write(
            lambda connection: vetting.answer(connection, node, invitation, author, RULES_VERSION, now)
        )
    else:
        done = resources.database.write(lambda connection: vetting.decline(connection, node, invitation, author, now))
    note("invitation.answered", letter=invitation, accepted=int(accepts), open=int(done))
    return TAKEN if done else NOT_OPEN
