"""One function per SMTP command: the session's state and the argument in, the answer out (RFC 5321 §4.1.1)."""

import re

from relay.errors import Unavailable
from relay.intake import replies
from relay.intake.conversation import Conversation, Transaction
from relay.intake.data import DataReader, Ending
from relay.intake.handler import Submission
from relay.intake.limits import Reservation
from relay.intake.replies import Answer, Farewell, Greeting
from relay.mail.address import Address, Path, parse_path
from relay.mail.auth_results import AuthenticationResults, Method
from relay.mail.envelope import Envelope
from relay.mail.reply import AUTHOR_DIFFERS, DISK_LOW, NO_SUCH_ADDRESS, TOO_BIG, TOO_MANY_RECIPIENTS, TRY_LATER, Reply
from relay.roster.member import Member

FIRST_OCTETS = 65_536  # reserved for a message of undeclared size; it grows as the message comes

SIZE_SLACK = 65_536  # what may come beyond an eighth more than was declared: programs estimate (RFC 1870 §6.3)

_HOST_NAME = re.compile(rb"[!-~]{1,255}")  # looser than RFC 5321 §4.1.1.1 on purpose: many honest clients send nonsense
_POSTMASTER = re.compile(rb"\ATO: ?<postmaster>(?= |\Z)", re.IGNORECASE)  # RFC 5321 §4.5.1: also without a domain
_SIZE = re.compile(r"[0-9]{1,20}")  # RFC 1870 §3


async def ehlo(talk: Conversation, argument: bytes) -> Answer:
    """EHLO names the client, resets the transaction, and is answered by what is offered here and now."""
    refusal = await _hello(talk, argument, extended=True)
    return refusal or Greeting(talk.reception.hostname, offers(talk))


async def helo(talk: Conversation, argument: bytes) -> Answer:
    """HELO does the same for a client without extensions."""
    refusal = await _hello(talk, argument, extended=False)
    return refusal or Reply(250, "", talk.reception.hostname)


async def _hello(talk: Conversation, argument: bytes, *, extended: bool) -> Answer | None:
    if not _HOST_NAME.fullmatch(argument):
        return replies.BAD_ARGUMENT
    if talk.wire.sent_ahead:  # RFC 2920 §3.1: EHLO is the last of a group
        return replies.BAD_PIPELINE
    talk.helo_name = argument.decode("ascii")
    talk.extended = extended
    talk.transaction = None
    if talk.shown:
        try:
            await talk.shown.look_up(talk.reception)
        except Unavailable:
            return replies.CANNOT_TELL  # as somebody unknown they would be refused for good
    return None


def offers(talk: Conversation) -> tuple[str, ...]:
    """The extensions that EHLO announces here and now. AUTH appears under TLS only, so that nobody is tempted."""
    always = (
        f"SIZE {talk.max_octets}",
        "8BITMIME",
        "PIPELINING",
        "ENHANCEDSTATUSCODES",
        "SMTPUTF8",
    )
    if not talk.tls:
        return (*always, "STARTTLS")
    if not talk.submits:
        return always
    external = " EXTERNAL" if talk.shown and isinstance(talk.shown.holder, Member) else ""
    return (*always, f"AUTH SCRAM-SHA-256 PLAIN LOGIN{external}")


async def mail(talk: Conversation, argument: bytes) -> Answer:
    """MAIL FROM opens a transaction; from a member only under their own one address."""
    if not talk.helo_name:
        return replies.HELLO_FIRST
    if talk.submits and not talk.answers_for:
        return replies.LOGIN_FIRST
    if talk.transaction:
        return replies.BAD_SEQUENCE
    path = read_path(argument, b"FROM:", replies.BAD_SENDER)
    if isinstance(path, Reply):
        return path
    declared = _declared_octets(path, talk.max_octets)
    if isinstance(declared, Reply):
        return declared
    try:
        author = await _author(talk, path.address)
        if isinstance(author, Reply):
            return author
        if not talk.reception.has_room(declared):
            return DISK_LOW
    except Unavailable:
        return TRY_LATER
    talk.transaction = Transaction(
        mail_from=path.address,
        declared_octets=declared,
        author=author,
        proof=_proof(talk, author) if author else None,
        utf8=path.utf8,
    )
    return replies.SENDER_OK


async def _author(talk: Conversation, mail_from: Address | None) -> Member | Reply | None:
    """Who sends as `mail_from`: by their login, else by what the certificate stands for, else whom the message will prove.

    Raises:
        Unavailable: it can't be told now; already logged.
    """
    if talk.member:
        return talk.member if talk.member.address == mail_from else AUTHOR_DIFFERS
    author = await talk.shown.member_for(talk.reception, mail_from) if talk.shown else None
    return AUTHOR_DIFFERS if talk.submits and not author else author


def _proof(talk: Conversation, author: Member) -> AuthenticationResults:
    """By what the author of a transaction is known: the login, else the certificate."""
    if talk.member:
        return AuthenticationResults(method=Method.AUTH, address=author.address, password_id=talk.password_id)
    through = talk.shown.gateway if talk.shown else ""
    return AuthenticationResults(method=Method.CERTIFICATE, address=author.address, through=through)


async def rcpt(talk: Conversation, argument: bytes) -> Answer:
    """RCPT TO: nobody, unless who asks may write to exactly this address; the same words for unknown and forbidden."""
    transaction = talk.transaction
    if not transaction:
        return replies.BAD_SEQUENCE
    argument = _POSTMASTER.sub(f"TO:<postmaster@{talk.reception.hostname}>".encode("ascii"), argument)
    path = read_path(argument, b"TO:", replies.BAD_RECIPIENT, utf8=transaction.utf8)
    if isinstance(path, Reply):
        return path
    if path.parameters:
        return replies.UNKNOWN_PARAMETER
    address = path.address
    if not address:
        return NO_SUCH_ADDRESS
    if address.key in transaction.rcpt_to:
        return replies.RECIPIENT_OK
    if len(transaction.rcpt_to) >= talk.reception.limits.max_recipients:
        return TOO_MANY_RECIPIENTS
    try:
        refused = talk.reception.admit(
            address, transaction.author, talk.client, transaction.mail_from, tuple(transaction.rcpt_to.values())
        )
    except Unavailable:
        return TRY_LATER
    if refused:
        return refused
    transaction.rcpt_to[address.key] = address
    return replies.RECIPIENT_OK


async def data(talk: Conversation, argument: bytes) -> Answer:
    """DATA: take the message into memory, have it judged, and answer with the outcome."""
    transaction = talk.transaction
    if argument:
        return replies.BAD_ARGUMENT
    if not transaction or not transaction.rcpt_to:
        return replies.BAD_SEQUENCE
    if talk.wire.sent_ahead:  # RFC 2920 §3.1: DATA is the last of a group; content would be read as commands
        return replies.BAD_PIPELINE
    reservation = Reservation(talk.reception.share_of(talk.answers_for))
    first = min(FIRST_OCTETS, talk.max_octets)
    if not reservation.grow_to(transaction.declared_octets or first):
        return DISK_LOW
    try:
        octets = await _receive(talk, reservation, _allowed(transaction.declared_octets, talk.max_octets))
        talk.transaction = None
        if not isinstance(octets, bytes):
            return octets
        submission = Submission(
            envelope=Envelope(mail_from=transaction.mail_from, rcpt_to=tuple(transaction.rcpt_to.values())),
            client=talk.client,
            authentication=transaction.proof,
            octets=octets,
        )
        with talk.reception.measures.timed("stage_seconds", "answer"):
            reply = await talk.reception.judge(submission, reservation.hand_over())
    finally:
        reservation.release()
    if talk.wire.heard_end:
        talk.reception.note_unheard(reply)
    return reply


def _allowed(declared: int, most: int) -> int:
    """How big a message may become that was declared so big; 0 was not declared."""
    return min(most, declared + declared // 8 + SIZE_SLACK) if declared else most


async def _receive(talk: Conversation, reservation: Reservation, allowed: int) -> bytes | Answer:
    """Read the message, or say why it can't be had."""
    limits = talk.reception.limits
    message = DataReader(allowed)
    await talk.wire.say(replies.SEND_DATA)
    with talk.reception.measures.timed("stage_seconds", "receive"):
        ending = await talk.wire.read_message(message, reservation, limits)
    if isinstance(ending, Farewell):
        return ending
    if ending is Ending.TOO_BIG:
        return TOO_BIG
    octets = message.take()
    return DISK_LOW if octets is None else octets


async def rset(talk: Conversation, argument: bytes) -> Answer:
    """RSET forgets the transaction and nothing else."""
    if argument:
        return replies.BAD_ARGUMENT
    talk.transaction = None
    return replies.OK


async def quit_(_talk: Conversation, argument: bytes) -> Answer:
    """QUIT."""
    return replies.BAD_ARGUMENT if argument else replies.BYE


_HTTP = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PRI")

CONSTANT: dict[str, Answer] = {
    "NOOP": replies.OK,
    "HELP": replies.HELP,
    "VRFY": replies.CANNOT_VERIFY,
    "EXPN": replies.NOT_IMPLEMENTED,
    "BDAT": replies.CHUNKING_NOT_OFFERED,  # its chunk would be read as commands
    "PROXY": replies.NOT_A_PROXY,  # whoever sends it speaks for somebody else, and isn't listed
    **dict.fromkeys(_HTTP, replies.NOT_MAIL),
}
"""Commands that are answered alike to everybody. HTTP is here so that no web page can make a browser speak SMTP."""


def read_path(argument: bytes, keyword: bytes, bad_address: Reply, *, utf8: bool = False) -> Path | Reply:
    """Read `FROM:<…> parameters` or `TO:<…> parameters`, saying whether the address or the rest is wrong.

    Args:
        argument: what follows the verb.
        keyword: `FROM:` or `TO:`.
        bad_address: the reply when the address is no address.
        utf8: whether this transaction has asked for addresses outside ASCII already (RFC 6531 §3.4).
    """
    if not argument.upper().startswith(keyword):
        return replies.BAD_ARGUMENT
    text = argument[len(keyword) :]
    null_allowed = keyword == b"FROM:"
    inside, closed, _ = text.partition(b">")
    if not inside.isascii():
        bad_address = replies.NO_UTF8_ADDRESS
    if path := parse_path(text, null_allowed=null_allowed):
        return path if inside.isascii() or utf8 or path.utf8 else bad_address
    if not closed or not inside.removeprefix(b" ").startswith(b"<"):
        return replies.BAD_ARGUMENT
    return replies.BAD_ARGUMENT if parse_path(inside + b">", null_allowed=null_allowed) else bad_address


def _declared_octets(path: Path, max_octets: int) -> int | Reply:
    """Judge the parameters of MAIL; the declared size, 0 when there is none.

    Source: RFC 1870 §6, RFC 6152 §2, RFC 6531 §3.4, RFC 4954 §5.
    """
    declared = 0
    for name, value in path.parameters:
        match name:
            case "SIZE":
                if not value or not _SIZE.fullmatch(value):
                    return replies.BAD_ARGUMENT
                declared = int(value)
            case "BODY":
                if not value or value.upper() not in {"7BITMIME", "8BITMIME"}:
                    return replies.BAD_ARGUMENT
            case "SMTPUTF8":
                if value is not None:
                    return replies.BAD_ARGUMENT
            case "AUTH":
                pass  # somebody else's claim of who wrote it: nothing here believes it
            case _:
                return replies.UNKNOWN_PARAMETER
    return TOO_BIG if declared > max_octets else declared
