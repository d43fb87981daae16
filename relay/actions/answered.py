"""Somebody answers a letter of ours that asks them something. Only its reader could: the reply address is sealed (`delivery.bounce`).

What is wrong with an answer is said in the session, so that the reader's own server tells them. What a machine wrote is dropped:
nobody's absence accepts rules or owns up to a message.
"""

from datetime import datetime

from relay.actions.invite import take_acceptance
from relay.actions.judge import Scanner, facts_of
from relay.actions.respond import take_response
from relay.delivery.bounce import read_answer_address
from relay.mail.address import Address
from relay.mail.message import never_answered, read_message, split_header
from relay.mail.reply import NO_SUCH_ADDRESS, NOT_AN_EMAIL, TAKEN, TOO_BIG, Reply
from relay.policy.post import plain_text
from relay.resources import Resources

ANSWER_OCTETS = 262_144  # an answer quotes the letter, and a signature may come with a logo


def take_answer(resources: Resources, scanner: Scanner, sealed: Address, octets: bytes, now: datetime) -> Reply:
    """Read an answer and do what it says, by what was asked.

    Raises:
        Unavailable: the database or a scanner can't serve; nothing was done.
    """
    answered = read_answer_address(sealed, resources.keys.verp)
    if answered is None:
        return NO_SUCH_ADDRESS
    if len(octets) > ANSWER_OCTETS:
        return TOO_BIG
    header = split_header(octets)
    message = read_message(header)
    if never_answered(header):
        return TAKEN
    if message.author is None:
        return NOT_AN_EMAIL
    asked, number = answered
    author, text = message.author.address, plain_text(scanner(octets, facts_of(None, now)).parts)
    take = {"invitation": take_acceptance, "challenge": take_response}[asked]
    return take(resources, number, author, message.subject, text, now)
