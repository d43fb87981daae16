"""Sends copies to the smarthost: a pipelining SMTP client of our own.

The libraries rewrite line ends after we signed them, and raise only when all recipients are refused. This one sends the very
octets it is given, in groups (PIPELINING, RFC 2920 §3.1) where the server takes them, and returns one Outcome per parcel.

What was not answered decides what may happen twice:
    lost before its MAIL was accepted               delayed, not reached: the session ended, whatever it was to carry
    lost after that, before the final dot was sent  delayed, reached: the server talked about this very message, and ended
    lost after the dot, no reply                    delayed, reached: it may have been taken, and is sent again

Longer than most, so that the whole conversation stands on one page.
"""

import base64
import contextlib
import re
from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from ssl import CERT_NONE, PROTOCOL_TLS_CLIENT, SSLContext, create_default_context
from typing import Literal

from relay.delivery.delivery import Action, Outcome
from relay.mail.address import parse_international_address
from relay.transport.replies import ServerReply, outcome_of, printable
from relay.transport.wire import BLOCK_OCTETS, STANDARD_TIMEOUTS, SmarthostError, Timeouts, Wire

RECIPIENTS = 100  # What every server must take in one transaction (RFC 5321 §4.5.3.1.8).

_NO_UTF8 = Outcome(action=Action.DELAYED, reply="the server takes no addresses with such letters (SMTPUTF8, RFC 6531)")
XVERP = "+="  # between base and user, between user and domain: what Postfix puts there by itself

# What nobody who made an address needs to be asked about again: nothing in it ends a path, a line or a command.
_PLAIN = re.compile(r"(?!.*=\?)[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+")
# What `Connection.leave` gives back: it is due at once, on another connection.
_NOT_BEGUN = Outcome(action=Action.DELAYED, reply="the server was slow with others", reached=False)
_NO_PROMISE = Outcome(
    action=Action.DELAYED,
    reply="the list requires TLS all the way, and the server doesn't promise it (REQUIRETLS, RFC 8689)",
)

_NEEDS_XTEXT = re.compile("[+=]")  # of the characters that a plain address can have (RFC 3461 §4)
_HELO_NAME = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Smarthost:
    """The next server, and how to talk to it. `ca` checks its certificate; None means the system's authorities.

    `enforces_tls` is the operator's word that it passes all mail on over verified TLS only, and that the line to it is as safe.
    """

    host: str
    port: int
    tls: Literal["required", "opportunistic", "none"]
    enforces_tls: bool = False
    username: str = ""
    password: str = field(default="", repr=False)
    helo_name: str
    ca: SSLContext | None = None

    def __post_init__(self) -> None:
        if not _HELO_NAME.fullmatch(self.helo_name):
            raise ValueError("the name for EHLO is one word of printable ASCII")
        if self.username and self.tls != "required":
            raise ValueError("a password is only sent over verified TLS: tls must be “required” with a username")
        if "\0" in self.username + self.password:
            raise ValueError("AUTH PLAIN can't carry a NUL (RFC 4616 §2)")


class Content:
    """A message's octets, looked at once for all who get them.

    Raises:
        ValueError: our bug: they aren't whole CRLF lines.
    """

    __slots__ = ("is_ascii", "octets", "stuffed")

    def __init__(self, octets: bytes) -> None:
        """Take the octets as they are signed."""
        if not _is_whole(octets):
            raise ValueError("a message to send is made of lines that end with CRLF")
        self.octets, self.is_ascii, self.stuffed = octets, octets.isascii(), dot_stuffed(octets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One copy to send: `key` tells it apart within one call, `mail_from` "" is the null reverse-path.

    `head` is what this copy alone has in front of the octets that it shares with others: whole header fields.
    `requires_tls` lets it leave only where verified TLS is promised for the whole way (RFC 8689).
    `shared_from` is a return path that it can share with others where the server makes one of each recipient's own from it
    (XVERP); "" for none. `alone` keeps it out of others' transactions, in whose way it may have been before.

    Raises:
        ValueError: our bug: a head that isn't whole CRLF lines, or an address that doesn't fit between angle brackets.
    """

    key: int
    mail_from: str
    recipient: str
    content: Content = field(repr=False)
    head: bytes = field(default=b"", repr=False)
    requires_tls: bool = False
    shared_from: str = ""
    alone: bool = False

    def __post_init__(self) -> None:
        if self.head and not (_is_whole(self.head) and self.head.isascii()):
            raise ValueError("a head is ASCII lines that end with CRLF")
        if not _PLAIN.fullmatch(self.recipient) and parse_international_address(self.recipient) is None:
            raise ValueError("a recipient is a plain addr-spec")
        for path in (self.mail_from, self.shared_from):
            if path and not _PLAIN.fullmatch(path):
                raise ValueError("a return path is a plain ASCII addr-spec")

    @property
    def octets(self) -> bytes:
        """The octets that it shares with others."""
        return self.content.octets

    def bundle(self, *, xverp: bool) -> Hashable:
        """What is equal for those that may share a transaction."""
        sender = self.shared_from if xverp and self.shared_from else self.mail_from
        alone = self.alone and self.key
        return id(self.content.octets), self.head, sender, self.requires_tls, self.recipient.isascii(), alone

    @property
    def needs_utf8(self) -> bool:
        """Whether its envelope, and so perhaps its header, has letters outside ASCII (RFC 6531)."""
        return not self.recipient.isascii()


Result = tuple[Parcel, Outcome]


@dataclass(frozen=True, slots=True)
class _Opened:
    """A transaction whose DATA got 354: its accepted recipients, and the message, dot-stuffed, without its final dot."""

    parcels: tuple[Parcel, ...]
    message: bytes


class Connection:
    """One session with the smarthost; used by one task at a time. `answered` counts the parcels it got replies for."""

    def __init__(self, wire: Wire) -> None:
        """Take over a line on which the server is about to greet; `open` is the way to get a session."""
        self.answered = 0
        self._wire = wire
        self._extensions: dict[str, str] = {}
        self._verified = self._enforced = (
            False  # this line is under verified TLS; the operator answers for the next ones
        )
        self._reset_due = False
        self._parcels: dict[int, Parcel] = {}  # of the present `send`, by their keys
        self._outcomes: dict[int, Outcome] = {}
        self._todo: deque[tuple[Parcel, ...]] = deque()  # transactions
        self._asked: tuple[Parcel, ...] = ()  # at whom the server would be to have ended a session that ends now
        self._owing: tuple[Parcel, ...] = ()  # their message was handed over, its reply is owed

    @classmethod
    async def open(cls, smarthost: Smarthost, timeouts: Timeouts = STANDARD_TIMEOUTS) -> "Connection":
        """Connect, greet, secure and log in.

        Raises:
            SmarthostError: it can't be reached, or not in the way that `smarthost` demands.
        """
        connection = cls(await Wire.open(smarthost.host, smarthost.port, timeouts))
        try:
            await connection._begin(smarthost)
        except BaseException:
            connection.close()
            raise
        return connection

    @property
    def usable(self) -> bool:
        """Whether, as far as can be seen from here, the session can carry another message."""
        return self._wire.usable

    @property
    def size_limit(self) -> int | None:
        """The most octets of a message that the server says it takes (RFC 1870 §3); None when it names no limit."""
        limit = self._extensions.get("SIZE", "")
        return int(limit) if limit.isdecimal() and int(limit) else None

    @property
    def takes_utf8(self) -> bool:
        """Whether the server takes addresses outside ASCII (RFC 6531)."""
        return "SMTPUTF8" in self._extensions

    @property
    def gives_own_paths(self) -> bool:
        """Whether the server makes each recipient's own return path from a shared one, as Postfix does (XVERP)."""
        return "XVERP" in self._extensions

    @property
    def replies(self) -> int:
        """How many replies were heard."""
        return self._wire.replies

    @property
    def keeps_to_tls(self) -> bool:
        """Whether verified TLS is promised for the whole way: by the operator, or by the server over such a line (RFC 8689 §2)."""
        return self._enforced or (self._verified and "REQUIRETLS" in self._extensions)

    async def send(self, parcels: Sequence[Parcel]) -> list[Result]:
        """Send each parcel and say what became of it; never raises for what the server does.

        Parcels with the same octets object and return path share a transaction, the others get one each. What `leave` has
        told of meanwhile is not told again.
        """
        self._parcels, self._outcomes = {parcel.key: parcel for parcel in parcels}, {}
        self._todo.extend(self._transactions(self._carriable(parcels)))
        opened = None
        try:
            while self._todo:
                opened = await self._advance(opened, self._todo.popleft())
            await self._advance(opened, ())
        except SmarthostError as lost:
            results = self._after_loss(lost)
            self.close()
            return results
        except BaseException:  # cancelled half-way: nobody could tell which reply comes next
            self.close()
            raise
        finally:
            self._todo.clear()
        self.answered += len(self._outcomes)
        return [(parcel, self._outcomes[key]) for key, parcel in self._parcels.items()]

    def leave(self) -> list[Result]:
        """Of the `send` that is under way, give up what isn't on its way yet, and say what became of the rest as far as it is known.

        For who can't wait for the server's next word.
        """
        ready = {parcel.key: _NOT_BEGUN for transaction in self._todo for parcel in transaction} | self._outcomes
        self._todo.clear()
        return [(self._parcels.pop(key), outcome) for key, outcome in ready.items() if key in self._parcels]

    async def quit(self) -> None:
        """End the session politely if it still stands, and close it."""
        if self.usable:
            with contextlib.suppress(SmarthostError):
                await self._ask("QUIT", 221)
        self.close()
        await self._wire.closed()

    def close(self) -> None:
        """Drop the connection at once; a `send` that is under way returns what it knows."""
        self._wire.close()

    async def _begin(self, smarthost: Smarthost) -> None:
        """Greeting, EHLO, and TLS and AUTH as demanded."""
        self._enforced = smarthost.enforces_tls
        greeting = await self._wire.hear(self._wire.timeouts.greeting)
        if greeting.code != 220:
            raise SmarthostError(greeting.line, said=True)
        await self._ehlo(smarthost)
        if smarthost.tls != "none" and "STARTTLS" in self._extensions:
            await self._ask("STARTTLS", 220)
            await self._wire.secure(_tls_context(smarthost), smarthost.host)
            await self._ehlo(smarthost)  # RFC 3207 §4.2: what was learnt before TLS is forgotten
            self._verified = smarthost.tls == "required"
        elif smarthost.tls == "required":
            raise SmarthostError("the server offers no STARTTLS, and TLS is required")
        if smarthost.username:
            if "PLAIN" not in self._extensions.get("AUTH", "").upper().split():
                raise SmarthostError("the server offers no AUTH PLAIN")
            proof = f"\0{smarthost.username}\0{smarthost.password}".encode()
            await self._ask(f"AUTH PLAIN {base64.b64encode(proof).decode()}", 235)

    async def _ehlo(self, smarthost: Smarthost) -> None:
        reply = await self._ask(f"EHLO {smarthost.helo_name}", 250)
        lines = (text.partition(" ") for text in reply.texts[1:])
        self._extensions = {keyword.upper(): parameters for keyword, _, parameters in lines}

    async def _ask(self, line: str, wanted: int) -> ServerReply:
        """Give a command outside of transactions; any other reply than the wanted one ends the session."""
        verb = line.partition(" ")[0]
        await self._wire.write(line.encode() + b"\r\n")
        reply = await self._wire.hear(self._wire.timeouts.quit if verb == "QUIT" else self._wire.timeouts.command)
        if reply.code != wanted:
            raise SmarthostError(f"{verb} refused: {reply.line}", said=True)
        return reply

    def _carriable(self, parcels: Sequence[Parcel]) -> list[Parcel]:
        """Leave out 8-bit messages where the server takes none: they fail for good (RFC 6152 §3).

        What must stay under TLS waits where nobody promises that, and so do addresses outside ASCII where the server takes none
        (RFC 6531 §3.2): both are for the operator to mend, and are never sent in clear or rewritten.
        """
        if not self.keeps_to_tls:
            self._outcomes |= {parcel.key: _NO_PROMISE for parcel in parcels if parcel.requires_tls}
        refusal = Outcome(action=Action.FAILED, reply="the server takes no 8-bit messages (RFC 6152)")
        if "8BITMIME" not in self._extensions:
            self._outcomes |= {parcel.key: refusal for parcel in parcels if not parcel.content.is_ascii}
        if not self.takes_utf8:
            self._outcomes |= {parcel.key: _NO_UTF8 for parcel in parcels if parcel.needs_utf8}
        return [parcel for parcel in parcels if parcel.key not in self._outcomes]

    def _transactions(self, parcels: Iterable[Parcel]) -> Iterator[tuple[Parcel, ...]]:
        """Group what may share a transaction."""
        groups: dict[Hashable, list[Parcel]] = {}
        for parcel in parcels:
            groups.setdefault(parcel.bundle(xverp=self.gives_own_paths), []).append(parcel)
        for group in groups.values():
            for start in range(0, len(group), RECIPIENTS):
                yield tuple(group[start : start + RECIPIENTS])

    async def _advance(self, opened: _Opened | None, transaction: tuple[Parcel, ...]) -> _Opened | None:
        """Hand over the opened transaction's message and, in the same group, the next one's envelope."""
        lines = self._envelope_lines(transaction)
        ahead = b"".join(lines) if "PIPELINING" in self._extensions else b""
        if opened:
            await self._hand_over(opened, ahead)
            outcome = outcome_of(await self._wire.hear(self._wire.timeouts.dot))
            self._owing = ()
            self._outcomes |= {parcel.key: outcome for parcel in opened.parcels}
        elif ahead:
            await self._wire.write(ahead)
        return await self._open_transaction(transaction, lines) if transaction else None

    async def _hand_over(self, opened: _Opened, ahead: bytes) -> None:
        """Write the message block by block; from the last block on, which holds the dot, its reply is owed."""
        whole = len(opened.message) // BLOCK_OCTETS * BLOCK_OCTETS
        for start in range(0, whole, BLOCK_OCTETS):
            await self._wire.write(opened.message[start : start + BLOCK_OCTETS])
        self._asked, self._owing = (), opened.parcels
        await self._wire.write(opened.message[whole:] + b".\r\n" + ahead)

    def _envelope_lines(self, transaction: tuple[Parcel, ...]) -> list[bytes]:
        """RSET if the last transaction was left open, then MAIL, RCPT for each parcel, DATA."""
        if not transaction:
            return []
        first = transaction[0]
        shares_path = self._shares_path(transaction)
        sender, verp = (first.shared_from, f" XVERP={XVERP}") if shares_path else (first.mail_from, "")
        size = f" SIZE={len(first.head) + len(first.octets)}" if "SIZE" in self._extensions else ""
        body = "" if first.content.is_ascii else " BODY=8BITMIME"
        utf8 = " SMTPUTF8" if first.needs_utf8 else ""
        onward = " REQUIRETLS" if first.requires_tls and not self._enforced else ""
        lines = ["RSET"] if self._reset_due else []
        reports = "DSN" in self._extensions and sender != ""
        headers_only = " RET=HDRS" if reports else ""  # what comes back brings no text of a post along
        lines += [f"MAIL FROM:<{sender}>{size}{body}{utf8}{onward}{headers_only}{verp}"]
        lines += [
            f"RCPT TO:<{parcel.recipient}>{_report_on(parcel.recipient) if reports else ''}" for parcel in transaction
        ]
        return [f"{line}\r\n".encode() for line in (*lines, "DATA")]

    def _shares_path(self, transaction: tuple[Parcel, ...]) -> bool:
        """Whether the server is to make each recipient's own return path from the one that it is given (XVERP)."""
        return len(transaction) > 1 and transaction[0].shared_from != "" and self.gives_own_paths

    async def _open_transaction(self, transaction: tuple[Parcel, ...], lines: list[bytes]) -> _Opened | None:
        """Read the envelope's replies; None when there is no message to follow.

        In a transaction that is shared, a session that ends, or a reply that takes long, is held against the recipient whose
        reply is awaited, and the others go again without it. A shared path that is refused for good is nobody's fate: all go again,
        each by its own.
        """
        commands = iter(lines)
        if self._reset_due and not (await self._reply_to(next(commands))).positive:
            raise SmarthostError("the server refused RSET")
        mail = await self._reply_to(next(commands))
        apart = mail.code >= 500 and self._shares_path(transaction)
        accepted: list[Parcel] = []
        for parcel in transaction:
            self._asked = (parcel,) if mail.positive else ()
            rcpt = await self._reply_to(next(commands), shared=len(transaction) > 1)
            if mail.positive and rcpt.positive:
                accepted.append(parcel)
            elif mail.positive and accepted and rcpt.means_too_many:
                self._outcomes[parcel.key] = replace(outcome_of(rcpt, to_rcpt=True), reached=False)
            elif not apart:
                self._outcomes[parcel.key] = outcome_of(rcpt, to_rcpt=True) if mail.positive else outcome_of(mail)
        self._asked = tuple(accepted)
        data = await self._reply_to(next(commands), data=True)
        self._reset_due = mail.positive and data.code != 354
        if apart:
            self._do_without_shared_paths(transaction)
        if data.code != 354:
            self._outcomes |= {parcel.key: outcome_of(data) for parcel in accepted}
            return None
        # With no recipient left, a 354 is answered with the dot alone (RFC 2920 §3.1).
        return _Opened(tuple(accepted), _stuffed(transaction[0]) if accepted else b"")

    def _do_without_shared_paths(self, transaction: tuple[Parcel, ...]) -> None:
        """Believe the server no more, as long as this session lasts, that it makes paths; these and what follows go by their own."""
        self._extensions.pop("XVERP")
        rest = [*transaction, *(parcel for later in self._todo for parcel in later)]
        self._todo.clear()
        self._todo.extend(self._transactions(rest))

    async def _reply_to(self, line: bytes, *, data: bool = False, shared: bool = False) -> ServerReply:
        """The reply to an envelope command, which was already sent when the server takes groups."""
        if "PIPELINING" not in self._extensions:
            await self._wire.write(line)
        timeouts = self._wire.timeouts
        patience = timeouts.shared if shared else timeouts.command
        reply = await self._wire.hear(timeouts.data if data else patience, goes_on=data)
        if data and reply.code < 400 and reply.code != 354:
            raise SmarthostError(f"the server's reply doesn't fit the command: {reply.line}")
        return reply

    def _after_loss(self, lost: SmarthostError) -> list[Result]:
        """What each parcel's fate is when the session ends early; a 421 to the dot is an answer, silence is not."""
        known = self._outcomes
        asked = () if self._wire.cut else self._asked  # when we cut it, the server has ended nothing
        self.answered += len(known) + (len(self._owing) if lost.said else 0)
        broken = Outcome(action=Action.DELAYED, reply=str(lost), blamed=True)
        talked = dict.fromkeys((parcel.key for parcel in asked), broken) | known
        sentence = str(lost) if lost.said else printable(f"no reply after the message was sent: {lost}")
        unheard = Outcome(action=Action.DELAYED, reply=sentence, ambiguous=not lost.said)
        talked |= dict.fromkeys((parcel.key for parcel in self._owing), unheard)
        not_reached = Outcome(action=Action.DELAYED, reply=str(lost), reached=False)
        return [(parcel, talked.get(key, not_reached)) for key, parcel in self._parcels.items()]


def _report_on(recipient: str) -> str:
    """Ask for word when a recipient can't be reached, under the address by which we know them (RFC 3461 §4.1, §4.2).

    No ENVID: the return path says which copy it is, and can't be forged. An address outside ASCII is left out: it has a form of
    its own there (RFC 6533 §3), which few servers read.
    """
    if not recipient.isascii():
        return " NOTIFY=FAILURE"
    return f" NOTIFY=FAILURE ORCPT=rfc822;{_NEEDS_XTEXT.sub(_xtext, recipient)}"


def _xtext(match: re.Match[str]) -> str:
    return f"+{ord(match.group()):02X}"


def _is_whole(octets: bytes) -> bool:
    """Whether these are lines that end with CRLF, without any other CR or LF."""
    lines = octets.count(b"\r\n")
    return octets.count(b"\r") == octets.count(b"\n") == lines and octets.endswith(b"\r\n")


def _stuffed(parcel: Parcel) -> bytes:
    return dot_stuffed(parcel.head + parcel.octets) if parcel.head else parcel.content.stuffed


def dot_stuffed(octets: bytes) -> bytes:
    """A message of CRLF lines as it goes over the wire, without its final dot (RFC 5321 §4.5.2)."""
    return (b"." if octets.startswith(b".") else b"") + octets.replace(b"\n.", b"\n..")


def _tls_context(smarthost: Smarthost) -> SSLContext:
    """What TLS must prove: everything when it is required, nothing when it is a bonus (RFC 7435)."""
    return _unverified() if smarthost.tls == "opportunistic" else smarthost.ca or _system_authorities()


@cache  # reading the authorities takes longer than a handshake
def _system_authorities() -> SSLContext:
    return create_default_context()


@cache
def _unverified() -> SSLContext:
    context = SSLContext(PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = CERT_NONE
    return context
