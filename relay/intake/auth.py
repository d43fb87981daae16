"""AUTH: PLAIN, LOGIN and SCRAM-SHA-256, under TLS only, with the same words for every wrong login (RFC 4954, RFC 4616, RFC 7677)."""

import asyncio
import secrets
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial

from relay.errors import Unavailable
from relay.intake import replies
from relay.intake.conversation import Conversation
from relay.intake.limits import LOGIN_TRIES, STORM
from relay.intake.lines import AUTH_OCTETS
from relay.intake.login_tries import Weighing
from relay.intake.replies import Answer, Farewell
from relay.mail import scram_exchange
from relay.mail.reply import Reply
from relay.mail.sasl import Credentials, decode_base64, read_login, read_plain
from relay.roster.login import Login
from relay.roster.member import Member

LOGIN_CHALLENGES = (b"Username:", b"Password:")  # as clients expect them
SLEEPS_LONGER = 0.0015  # seconds: by so much may the event loop's sleep last longer than asked, but on a busy machine


async def auth(talk: Conversation, argument: bytes) -> Answer:
    """AUTH mechanism [initial-response]."""
    if refusal := _not_now(talk):
        return refusal
    mechanism, _, initial = argument.partition(b" ")
    if not mechanism or b" " in initial:
        return replies.BAD_ARGUMENT
    match mechanism.upper():
        case b"PLAIN":
            return await _by_password(talk, await _ask_plain(talk, initial))
        case b"LOGIN":
            return await _by_password(talk, await _ask_login(talk, initial))
        case b"SCRAM-SHA-256":
            return await _by_proof(talk, initial)
        case b"EXTERNAL":
            return await _take_certificate(talk, initial)
        case _:
            return replies.UNKNOWN_MECHANISM


async def _by_password(talk: Conversation, credentials: Credentials | Answer) -> Answer:
    """Log in by a password that was sent, unless what was sent is none."""
    if not isinstance(credentials, Credentials):
        return credentials
    check = partial(talk.reception.authenticate, credentials.login, credentials.password)
    return await _log_in(talk, credentials.login, check)


async def _by_proof(talk: Conversation, initial: bytes) -> Answer:
    """Log in by SCRAM: the client proves that it knows a password, and we that we know its verifier (RFC 5802 §3).

    What the second proof says is our last challenge, because SMTP has no room for it in 235 (RFC 4954 §4).
    """
    octets = decode_base64(initial) if initial else await _ask(talk, b"")
    if not isinstance(octets, bytes):
        return octets or replies.BAD_BASE64
    if (first := scram_exchange.read_client_first(octets)) is None:
        return replies.BAD_BASE64
    began = asyncio.get_running_loop().time()
    try:
        account = await talk.reception.find_account(first.login)
    except Unavailable:
        return replies.LOGIN_UNAVAILABLE
    exchange = scram_exchange.begin(first, account, secrets.token_urlsafe(18).encode("ascii"))
    await _to_next_tick(talk, began)
    final = await _ask(talk, exchange.server_first)
    if not isinstance(final, bytes):
        return final or replies.BAD_BASE64
    proven = b""

    async def check() -> Login | None:
        nonlocal proven
        if (judged := exchange.judge(final)) is None:
            return None
        found, proven = judged
        return await talk.reception.enter(found.password_id)

    reply = await _log_in(talk, first.login, check)
    if not reply.positive:
        return reply
    answer = await _ask(talk, proven)
    if answer == b"":
        return reply
    talk.member, talk.password_id = None, ""  # it doesn't believe that it speaks with us
    return answer if answer is not None and not isinstance(answer, bytes) else replies.BAD_BASE64


def _not_now(talk: Conversation) -> Answer | None:
    """Why nobody can log in here, or at this moment."""
    if not talk.submits:
        return replies.NOT_IMPLEMENTED
    if not talk.tls:
        return replies.TLS_FIRST
    if not talk.extended:
        return replies.HELLO_FIRST
    if talk.member or talk.external or talk.transaction:
        return replies.BAD_SEQUENCE
    return replies.TOO_MANY_LOGINS if talk.login_tries >= LOGIN_TRIES else None


async def _ask_plain(talk: Conversation, initial: bytes) -> Credentials | Answer:
    octets = decode_base64(initial) if initial else await _ask(talk, b"")
    if octets is None:
        return replies.BAD_BASE64
    if not isinstance(octets, bytes):
        return octets
    return read_plain(octets) or replies.BAD_BASE64


async def _take_certificate(talk: Conversation, initial: bytes) -> Answer:
    """EXTERNAL: the client asks to be who its TLS certificate says, for programs that don't send without a login.

    Source: RFC 4422 appendix A. The answer is empty, or names whom the client wants to act for: nobody but themselves.
    """
    holder = talk.shown.holder if talk.shown else None
    if not isinstance(holder, Member):
        return replies.UNKNOWN_MECHANISM
    octets = decode_base64(initial) if initial else await _ask(talk, b"")
    if not isinstance(octets, bytes):
        return octets or replies.BAD_BASE64
    if octets and octets != str(holder.address).encode():
        talk.login_tries += 1
        return replies.WRONG_LOGIN
    talk.external = True
    return replies.LOGGED_IN


async def _ask_login(talk: Conversation, initial: bytes) -> Credentials | Answer:
    answers: list[bytes] = []
    for challenge in LOGIN_CHALLENGES:
        octets = decode_base64(initial) if initial else await _ask(talk, challenge)
        initial = b""  # only the first answer can come with the command
        if octets is None:
            return replies.BAD_BASE64
        if not isinstance(octets, bytes):
            return octets
        answers.append(octets)
    return read_login(*answers) or replies.BAD_BASE64


async def _ask(talk: Conversation, challenge: bytes) -> bytes | Answer | None:
    """Send a challenge and decode the answer; None when it isn't base64."""
    await talk.wire.say(f"334 {b64encode(challenge).decode('ascii')}")
    line = await talk.wire.read_line(AUTH_OCTETS)
    if isinstance(line, Farewell):
        return line
    return replies.LOGIN_CANCELLED if line == b"*" else decode_base64(line)


async def _log_in(talk: Conversation, login: str, check: Callable[[], Awaitable[Login | None]]) -> Reply:
    """Check a password or the proof of one, as late as the failures before it demand; only this session waits.

    Whether the account has logged in from here before changes the order of waiting and looking, and nothing that can be heard: who
    is turned away, and when, and how many wait, is the same.
    """
    tries, clock = talk.reception.login_tries, asyncio.get_running_loop().time
    weighing = tries.weigh(login, talk.ip, clock())
    if weighing.turn_away and not weighing.known:
        await _to_next_tick(talk, clock())
        return _turned_away(talk, weighing)
    delay = weighing.units * talk.reception.limits.login_delay.total_seconds()
    with _waiting(talk, login) if delay and not weighing.turn_away else nullcontext():
        if not weighing.known:
            await _sleep(talk, delay)
        began = clock()
        try:
            entered = await check()
        except Unavailable:
            return replies.LOGIN_UNAVAILABLE
        if entered:
            tries.succeeded(login, talk.ip)
            talk.member, talk.password_id = entered.member, entered.password_id
            return replies.LOGGED_IN
        await _to_next_tick(talk, began)
        if weighing.turn_away:
            return _turned_away(talk, weighing)
        talk.login_tries += 1
        _note_failure(talk, weighing.units)
        tries.failed(login, talk.ip, clock())
        if weighing.known:
            await _sleep(talk, delay)
    return replies.WRONG_LOGIN


def _turned_away(talk: Conversation, weighing: Weighing) -> Reply:
    talk.login_tries += 1
    _note_failure(talk, weighing.units)
    return replies.TOO_MANY_WAIT


async def _to_next_tick(talk: Conversation, began: float) -> None:
    """Wait for the next tick after the question: the database takes some microseconds longer for somebody whom it knows.

    A sleep lasts whole milliseconds of the event loop's clock (epoll's) from its own beginning, so that its end alone would still
    tell when the work was done, to the microsecond: the last of them are waited for turn by turn.
    """
    tick = talk.reception.limits.login_tick.total_seconds()
    if not tick:
        return
    clock = asyncio.get_running_loop().time
    now = clock()
    end = now + tick - (now - began) % tick
    await asyncio.sleep(end - now - SLEEPS_LONGER)
    while clock() < end:  # noqa: ASYNC110 - it is the clock that is waited for
        await asyncio.sleep(0)


@contextmanager
def _waiting(talk: Conversation, login: str) -> Iterator[None]:
    """Count this login among those that wait, from the question to the answer."""
    tries = talk.reception.login_tries
    tries.wait(login, talk.ip)
    try:
        yield
    finally:
        tries.waited(login, talk.ip)


async def _sleep(talk: Conversation, seconds: float) -> None:
    """Let this session wait; the event loop serves the others meanwhile."""
    if not seconds:
        return
    talk.waits = True
    try:
        await asyncio.sleep(seconds)
    finally:
        talk.waits = False


def _note_failure(talk: Conversation, units: int) -> None:
    """One line for each failure, until there are so many that their number is the news."""
    talk.reception.measures.count("logins_failed")
    number = talk.reception.login_tries.worth_a_line(asyncio.get_running_loop().time())
    if number >= STORM:
        talk.reception.note("session.login_storm", failures_this_minute=number)
    elif number:
        talk.reception.note("session.login_failed", ip=talk.ip, tries=talk.login_tries, delay_units=units)
