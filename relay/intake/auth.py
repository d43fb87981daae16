"""AUTH: PLAIN and LOGIN, under TLS only, with the same words for every wrong login (RFC 4954, RFC 4616)."""

import asyncio
import binascii
from base64 import b64decode
from dataclasses import dataclass, field

from relay.errors import Unavailable
from relay.intake import replies
from relay.intake.commands import Conversation
from relay.intake.limits import LOGIN_TRIES
from relay.intake.lines import AUTH_OCTETS
from relay.intake.login_tries import STORM
from relay.intake.replies import Answer, Farewell
from relay.mail.reply import Reply

LOGIN_CHALLENGES = ("VXNlcm5hbWU6", "UGFzc3dvcmQ6")  # "Username:" and "Password:" in base64, as clients expect them


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name and a password. The password is left out of `repr`, so that no traceback or log can show it."""

    login: str
    password: str = field(repr=False)


def decode_base64(octets: bytes) -> bytes | None:
    """Decode strictly (RFC 4648 §3.3); None when it isn't base64. A lone `=` is the empty string (RFC 4954 §4)."""
    if octets == b"=":
        return b""
    try:
        return b64decode(octets, validate=True)
    except (binascii.Error, ValueError):
        return None


def read_plain(octets: bytes) -> Credentials | None:
    """Read the message of PLAIN: authzid NUL authcid NUL password; None when it has another form.

    To act for somebody else (an authzid that differs) is not offered and reads as an impossible login.

    Source: RFC 4616 §2.
    """
    parts = octets.split(b"\0")
    if len(parts) != 3:
        return None
    acts_for, login, password = parts
    if acts_for not in {b"", login}:
        return Credentials("", "")
    return read_login(login, password)


def read_login(login: bytes, password: bytes) -> Credentials | None:
    """Read the two answers of LOGIN; None when one isn't UTF-8 or holds a NUL."""
    if b"\0" in login + password:
        return None
    try:
        return Credentials(login.decode("utf-8"), password.decode("utf-8"))
    except UnicodeDecodeError:
        return None


async def auth(talk: Conversation, argument: bytes) -> Answer:
    """AUTH mechanism [initial-response]."""
    if not talk.submits:
        return replies.NOT_IMPLEMENTED
    if not talk.tls:
        return replies.TLS_FIRST
    if not talk.extended:
        return replies.HELLO_FIRST
    if talk.member or talk.transaction:
        return replies.BAD_SEQUENCE
    if talk.login_tries >= LOGIN_TRIES:
        return replies.TOO_MANY_LOGINS
    mechanism, _, initial = argument.partition(b" ")
    if not mechanism or b" " in initial:
        return replies.BAD_ARGUMENT
    match mechanism.upper():
        case b"PLAIN":
            credentials = await _ask_plain(talk, initial)
        case b"LOGIN":
            credentials = await _ask_login(talk, initial)
        case _:
            return replies.UNKNOWN_MECHANISM
    if not isinstance(credentials, Credentials):
        return credentials
    return await _log_in(talk, credentials)


async def _ask_plain(talk: Conversation, initial: bytes) -> Credentials | Answer:
    octets = decode_base64(initial) if initial else await _ask(talk, "")
    if octets is None:
        return replies.BAD_BASE64
    if not isinstance(octets, bytes):
        return octets
    return read_plain(octets) or replies.BAD_BASE64


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


async def _ask(talk: Conversation, challenge: str) -> bytes | Answer | None:
    """Send a challenge and decode the answer; None when it isn't base64."""
    await talk.wire.say(f"334 {challenge}")
    line = await talk.wire.read_line(AUTH_OCTETS)
    if isinstance(line, Farewell):
        return line
    return replies.LOGIN_CANCELLED if line == b"*" else decode_base64(line)


async def _log_in(talk: Conversation, credentials: Credentials) -> Reply:
    """Check a password, as late as the failures before it demand; only this session waits."""
    tries, clock = talk.reception.login_tries, asyncio.get_running_loop().time
    who = credentials.login, talk.ip
    weighing = tries.weigh(*who, clock())
    if weighing.turn_away and not weighing.known:
        talk.login_tries += 1
        _note_failure(talk, weighing.units)
        return replies.TOO_MANY_WAIT
    delay = weighing.units * talk.reception.limits.login_delay.total_seconds()
    if not weighing.known:
        await _wait(talk, credentials, delay)
    try:
        member = await talk.reception.authenticate(credentials.login, credentials.password)
    except Unavailable:
        return replies.LOGIN_UNAVAILABLE
    if member:
        tries.succeeded(*who)
        talk.member = member
        return replies.LOGGED_IN
    talk.login_tries += 1
    _note_failure(talk, weighing.units)
    if weighing.turn_away:
        return replies.TOO_MANY_WAIT
    tries.failed(*who, clock())
    if weighing.known:
        await _wait(talk, credentials, delay)
    return replies.WRONG_LOGIN


async def _wait(talk: Conversation, credentials: Credentials, seconds: float) -> None:
    """Let this session wait; the event loop serves the others meanwhile."""
    if not seconds:
        return
    tries = talk.reception.login_tries
    tries.wait(credentials.login, talk.ip)
    talk.waits = True
    try:
        await asyncio.sleep(seconds)
    finally:
        talk.waits = False
        tries.waited(credentials.login, talk.ip)


def _note_failure(talk: Conversation, units: int) -> None:
    """One line for each failure, until there are so many that their number is the news."""
    number = talk.reception.login_tries.worth_a_line(asyncio.get_running_loop().time())
    if number >= STORM:
        talk.reception.note("session.login_storm", failures_this_minute=number)
    elif number:
        talk.reception.note("session.login_failed", ip=talk.ip, tries=talk.login_tries, delay_units=units)
