"""The way from a session to the rest of the relay: a few plain functions. Those that may block run in threads, each bounded.

Once a message has ended, judging it belongs to the server and no longer to the session: a client that hangs up can't
stop a commit half-way. It will send the message again and get the same answer (ARCHITECTURE.md, the journey).
"""

import asyncio
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar

from relay.errors import Unavailable
from relay.intake.limits import IntakeLimits, OctetBudget, Reservation
from relay.intake.login_tries import LoginTries
from relay.mail.address import Address
from relay.mail.auth_results import AuthenticationResults
from relay.mail.envelope import Client, Envelope
from relay.mail.reply import TRY_LATER, Reply
from relay.mail.scram import Account
from relay.measures import Measures
from relay.processors import use_all
from relay.roster.gateway import Gateway
from relay.roster.login import Login
from relay.roster.member import Member

Answer = TypeVar("Answer")
LOGINS_AT_ONCE = 4  # a password check is slow on purpose; a flood of them must leave the processors to the others
POSTS_AT_ONCE = 64  # they wait for a scanner, not for a processor


class Note(Protocol):
    """Takes an event name such as `session.login_failed` and facts; never content, never words of a stranger.

    It is called on the event loop, so it must not block, and in threads as well.
    """

    def __call__(self, event: str, /, **facts: object) -> None:
        """Log it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """What intake asks of the relay. Anything but Unavailable that is raised is a bug.

    `authenticate`, `find_account`, `enter`, `recognise`, `represented` and `receive` may block and are called in threads; all others are called on the event loop and answer
    at once. `has_room` says whether a message of so many octets may come: it is put off before the disk is full, not when it is.
    `trusts` tells whether a client without a login may bring posts; `takes_from_servers` whether any may, to be proved by itself.
    `recognise` tells for whom a certificate in DER stands, `represented` which member a gateway may speak for at an address.
    `is_proxy` tells whether an address is a listed proxy's.
    """

    authenticate: Callable[[str, str], Login | None]
    find_account: Callable[[str], Account]
    enter: Callable[[str], Login | None]
    admit: Callable[[Address, Member | None, Client, Address | None, Sequence[Address]], Reply | None]
    receive: Callable[[Envelope, Client, AuthenticationResults | None, bytes], Reply]
    note: Note
    has_room: Callable[[int], bool] = lambda _octets: True
    trusts: Callable[[Client], bool] = lambda _: False
    takes_from_servers: Callable[[], bool] = lambda: False
    is_proxy: Callable[[str], bool] = lambda _: False
    recognise: Callable[[bytes], Member | Gateway | None] = lambda _: None
    represented: Callable[[Gateway, Address], Member | None] = lambda _gateway, _address: None
    measures: Measures = field(default_factory=Measures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One message that has come whole, and everything known about how it came."""

    envelope: Envelope
    client: Client
    authentication: AuthenticationResults | None
    octets: bytes = field(repr=False)


class Reception:
    """What all sessions of one server share: the doors behind their threads, the octets in flight."""

    def __init__(self, doors: Doors, limits: IntakeLimits, hostname: str) -> None:
        self.limits = limits
        self.hostname = hostname
        self.note = doors.note
        self.measures = doors.measures
        self.login_tries = LoginTries()
        self.is_proxy = doors.is_proxy
        self.trusts = doors.trusts
        self.takes_from_servers = doors.takes_from_servers
        self._octets_in_flight = OctetBudget(limits.max_in_flight_octets)
        self._shares: dict[str, OctetBudget] = {}
        self._doors = doors
        self._logins = ThreadPoolExecutor(LOGINS_AT_ONCE, "login", use_all)
        self._judges = ThreadPoolExecutor(POSTS_AT_ONCE, "post")

    def share_of(self, who: str) -> OctetBudget:
        """What one member's messages may hold of the memory: a quarter, or one message; the rest is for the others.

        Trusted gateways share one such part, and all others who have no login share another.
        """
        octets = max(self.limits.max_message_octets, self.limits.max_in_flight_octets // 4)
        return self._shares.setdefault(who, OctetBudget(octets, self._octets_in_flight))

    async def authenticate(self, login: str, password: str) -> Login | None:
        """The member whose user name and password these are, else None.

        Raises:
            Unavailable: it can't be told now; already logged.
        """
        return await self._in_login_thread(partial(self._doors.authenticate, login, password))

    async def find_account(self, login: str) -> Account:
        """What the proofs of a user name are checked against; also of one that nobody has.

        Raises:
            Unavailable: it can't be told now; already logged.
        """
        return await self._in_login_thread(partial(self._doors.find_account, login))

    async def enter(self, password_id: str) -> Login | None:
        """Let in the member who has proved to have this password, if they may; else None.

        Raises:
            Unavailable: it can't be told now; already logged.
        """
        return await self._in_login_thread(partial(self._doors.enter, password_id))

    async def _in_login_thread(self, ask: Callable[[], Answer]) -> Answer:
        with self._told_as_unavailable():
            return await asyncio.get_running_loop().run_in_executor(self._logins, ask)

    async def recognise(self, certificate: bytes) -> Member | Gateway | None:
        """Whom a client's certificate stands for.

        Raises:
            Unavailable: it can't be told now; already logged.
        """
        return await self._in_login_thread(partial(self._doors.recognise, certificate))

    async def represented(self, gateway: Gateway, address: Address) -> Member | None:
        """The member at this address, if the gateway may speak for them.

        Raises:
            Unavailable: it can't be told now; already logged.
        """
        return await self._in_login_thread(partial(self._doors.represented, gateway, address))

    def admit(
        self,
        address: Address,
        member: Member | None,
        client: Client,
        mail_from: Address | None,
        earlier: Sequence[Address],
    ) -> Reply | None:
        """Why this recipient is refused, after those that the message has already; None when it is taken.

        Raises:
            Unavailable: it can't be told now; already logged.
        """
        with self._told_as_unavailable():
            return self._doors.admit(address, member, client, mail_from, earlier)

    def has_room(self, octets: int) -> bool:
        """Whether a message of so many octets may come.

        Raises:
            Unavailable: it can't be told now; already logged.
        """
        with self._told_as_unavailable():
            return self._doors.has_room(octets)

    @contextmanager
    def _told_as_unavailable(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 — a bug behind a door is our trouble, never the client's refusal
            self.note_failure(error)
            raise Unavailable("a look-up failed; the log says where") from None

    async def judge(self, submission: Submission, reservation: Reservation) -> Reply:
        """Judge a message and keep the outcome; runs to its end even if the caller is cancelled.

        Args:
            submission: the message.
            reservation: its octets' share of the memory; released here, when the octets are.
        """
        try:
            post = asyncio.get_running_loop().run_in_executor(self._judges, self._judge, submission)
        except RuntimeError as error:  # no thread can be had
            reservation.release()
            return self.note_failure(error)
        post.add_done_callback(lambda _: reservation.release())
        try:
            return await asyncio.shield(post)
        except asyncio.CancelledError:
            post.add_done_callback(self._note_unheard)
            raise

    def _judge(self, submission: Submission) -> Reply:
        try:
            return self._doors.receive(
                submission.envelope, submission.client, submission.authentication, submission.octets
            )
        except Exception as error:  # noqa: BLE001 — whatever broke, the client keeps the message and tries again
            return self.note_failure(error)

    def note_failure(self, error: Exception) -> Reply:
        """Log our own failure and give the reply for it; never an exception's text, since a bug may put content there."""
        if isinstance(error, Unavailable):
            self.note("session.trouble", error=str(error))
        else:
            self.note("session.trouble", error=type(error).__name__, frames=where(error))
        return TRY_LATER

    def _note_unheard(self, post: asyncio.Future[Reply]) -> None:
        """The client hung up while its message was judged."""
        self.note_unheard(post.result())

    def note_unheard(self, reply: Reply) -> None:
        """The outcome stands, but its reply went nowhere."""
        what = "accepted, reply not sent" if reply.positive else "not accepted, reply not sent"
        self.note("session.reply_not_sent", outcome=what, reply=str(reply))

    async def finish(self) -> None:
        """Stop the threads, once the posts at work are done. No session may be open any more."""
        for pool in (self._logins, self._judges):
            await asyncio.to_thread(pool.shutdown)


def where(error: Exception) -> str:
    """The places an exception passed through, innermost last; without its text and without values."""
    frames = traceback.extract_tb(error.__traceback__)
    return " > ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames)
