"""One connection, on aiosmtpd's protocol class.

The base class gives the life of a connection and STARTTLS. Everything that reads what a client says is ours: its command
loop accepts bare LF and decodes encoded words in addresses, its DATA reader grows without bound on an endless line, its
error replies and log lines carry what the client or an exception said.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from typing import Literal

from aiosmtpd.smtp import SMTP, TLSSetupException

from relay.intake import commands, replies
from relay.intake.auth import auth
from relay.intake.conversation import Conversation
from relay.intake.handler import Reception
from relay.intake.limits import Patience
from relay.intake.lines import parse_command
from relay.intake.replies import Answer, Farewell
from relay.intake.shown import ShownCertificate
from relay.intake.wire import Wire
from relay.mail.reply import TRY_LATER, Reply

# The base class logs commands and content of strangers at INFO and DEBUG.
logging.getLogger("mail.log").setLevel(logging.WARNING)

Kind = Literal["smtp", "submission", "submissions"]
KINDS: tuple[Kind, ...] = ("smtp", "submission", "submissions")

_COMMANDS: dict[str, Callable[[Conversation, bytes], Awaitable[Answer]]] = {
    "EHLO": commands.ehlo,
    "HELO": commands.helo,
    "AUTH": auth,
    "MAIL": commands.mail,
    "RCPT": commands.rcpt,
    "DATA": commands.data,
    "RSET": commands.rset,
    "QUIT": commands.quit_,
}
# Of a pipelined group these alone may be answered together with what comes next; a post's 250 never waits (RFC 2920 §3.2).
_MAY_WAIT = (b"MAIL", b"RCPT", b"RSET")


class SmtpSession(SMTP):
    """Speaks with one client until a Farewell.

    Args:
        reception: what all sessions share.
        kind: which door the client came through.
        tls: the context for STARTTLS.
        on_end: called once when the connection has ended, if `connection_made` was ever called.
    """

    line_length_limit = 32_768  # the base class sizes its stream buffer by it: reading pauses at twice as much

    def __init__(
        self, reception: Reception, kind: Kind, ip: str, tls: ssl.SSLContext, on_end: Callable[[], None]
    ) -> None:
        limits = reception.limits
        super().__init__(
            None,
            hostname=reception.hostname,
            tls_context=tls,
            timeout=limits.session_longest.total_seconds(),
            loop=asyncio.get_running_loop(),
        )
        self._reception = reception
        self._kind = kind
        self._ip = ip  # the client's own, also behind a proxy and after STARTTLS: the socket's peer is not asked again
        self._on_end = on_end
        self._patience = Patience()
        self._talk: Conversation
        self._heard = False
        self._at_rest = False
        self._retiring = False

    # — the life of the connection —

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or begin again under TLS: a new Conversation, so that nothing said in clear outlives STARTTLS."""
        super().connection_made(transport)
        tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        certificate = tls.getpeercert(binary_form=True) if tls else None
        self._talk = Conversation(
            reception=self._reception,
            wire=Wire(self._reader, self._writer, self._reception.limits.idle),
            ip=self._ip,
            submits=self._kind != "smtp",
            tls=tls is not None,
            shown=ShownCertificate(octets=certificate) if certificate else None,
        )

    def data_received(self, data: bytes) -> None:
        """Remember that something came, to know who talks before the greeting."""
        self._heard = True
        super().data_received(data)

    def eof_received(self) -> bool:
        """The client sends no more. The base class would drop the work at hand; we finish it, and reading finds the end."""
        asyncio.StreamReaderProtocol.eof_received(self)
        return self.transport is not None and self.transport.get_extra_info("ssl_object") is None

    def connection_lost(self, error: Exception | None) -> None:
        """End. Cancels the conversation; a message that is being judged is not the conversation's any more."""
        if self.transport is None:
            return
        super().connection_lost(error)
        self._on_end()

    def retire(self) -> None:
        """Say good-bye as soon as no transaction is open: now, when the client is expected to send a command, or waits."""
        self._retiring = True
        if (self._at_rest or self._talk.waits) and self.transport is not None:
            self._talk.wire.shout(replies.SHUTS_DOWN)
            if self._handler_coroutine:
                self._handler_coroutine.cancel()

    def abort(self) -> None:
        """Cut the connection."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    @property
    def conversation(self) -> asyncio.Task[None] | None:
        """The task that speaks with the client; None before `connection_made`."""
        return self._handler_coroutine

    def _timeout_cb(self) -> None:
        """The base class's one timer. There it ends a session that is at work; here it asks an old one to come to an end."""
        self.retire()

    def _hang_up(self) -> None:
        """Close once the last words are read, or cut when the client does not read them."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.close()
            if self._timeout_handle:
                self._timeout_handle.cancel()
            self._timeout_handle = self.loop.call_later(
                self._reception.limits.idle.total_seconds(), self.transport.abort
            )

    # — the conversation —

    async def _handle_client(self) -> None:
        """Speak until one side ends it; nothing that goes wrong here reaches the client or leaves this task."""
        try:
            farewell = await self._converse()
            if farewell.reply:
                self._count(farewell.reply)
                if not farewell.reply.positive:
                    self._reception.note("session.refused", ip=self._talk.ip, why=str(farewell.reply))
                await self._talk.wire.say(farewell.reply)
        except (OSError, TLSSetupException) as error:  # the client has gone, reads nothing, or failed its handshake
            self._reception.note("session.refused", ip=self._talk.ip, why=type(error).__name__)
            if isinstance(error, TLSSetupException):
                self.abort()
                self.connection_lost(None)  # asyncio does not tell a protocol that was never told it was connected
        finally:
            self._hang_up()

    async def _converse(self) -> Farewell:
        for _ in range(2):  # two turns of the loop see what was in the socket before we could have spoken
            await asyncio.sleep(0)
            if self._heard:
                return replies.TALKED_EARLY
        await self._talk.wire.say(Reply(220, "", f"{self._reception.hostname} ESMTP"))
        while not self._retiring or self._talk.transaction:
            self._at_rest = self._talk.transaction is None
            line = await self._talk.wire.read_line()
            self._at_rest = False
            answer = line if isinstance(line, Farewell) else await self._answer(line)
            if isinstance(answer, Farewell):
                return answer
            if answer and self._talk.wire.sent_ahead and isinstance(line, bytes) and line[:4].upper() in _MAY_WAIT:
                self._talk.wire.put_by(answer)
            elif answer:
                await self._talk.wire.say(answer)
        return replies.SHUTTING_DOWN

    async def _answer(self, line: bytes) -> Answer | None:
        """The answer to one command line; None when it was given already."""
        if self._patience.ended:
            return replies.OUT_OF_PATIENCE
        command = parse_command(line)
        if isinstance(command, Reply):
            answer: Answer | None = command
        else:
            self._patience.count_command(command.verb)
            try:
                answer = await self._run(command.verb, command.argument)
            except (OSError, TLSSetupException):
                raise
            except Exception as error:  # noqa: BLE001 — a bug: close, since where the input stands is unknown now
                self._reception.note_failure(error)
                return Farewell(TRY_LATER)
            if command.verb == "DATA" and isinstance(answer, Reply) and answer.positive:
                self._patience.renew()
        if isinstance(answer, Reply):
            self._patience.count_reply(answer.code)
            self._count(answer)
        return answer

    def _count(self, reply: Reply) -> None:
        if reply.code >= 400:
            self._reception.measures.count("replies_refused", self._kind, str(reply.code))

    async def _run(self, verb: str, argument: bytes) -> Answer | None:
        if verb == "STARTTLS":
            return await self._start_tls(argument)
        if verb in commands.CONSTANT:
            return commands.CONSTANT[verb]
        run = _COMMANDS.get(verb)
        return await run(self._talk, argument) if run else replies.UNKNOWN_COMMAND

    async def _start_tls(self, argument: bytes) -> Answer | None:
        """RFC 3207. The base class drops what came in clear after the command, and calls `connection_made` again."""
        if argument:
            return replies.BAD_ARGUMENT
        if self._talk.tls:
            return replies.BAD_SEQUENCE
        try:
            async with asyncio.timeout(self._reception.limits.handshake.total_seconds()):
                await super().smtp_STARTTLS("")
        except TimeoutError:
            raise TLSSetupException from None
        if not self._talk.tls:  # the connection ended during the handshake, which the base class takes for success
            raise TLSSetupException
        return None

    async def push(self, status: object) -> None:  # noqa: ARG002 — our own words are said instead
        """What the base class still says itself: only STARTTLS's go-ahead, and RFC 2034 §3 wants a status code there."""
        await self._talk.wire.say(replies.READY_FOR_TLS)
