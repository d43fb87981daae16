"""Every event the log can tell, one function each: chosen facts only, never a subject, a text, a file name or matched words.

One JSON object a line on stderr (or readable text): time, level, event, facts. Nobody else calls `logging`.
"""

import json
import logging
import sys
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Literal

_LOG = logging.getLogger("relay")
_CONTENT_FREE = (str, int, float, bool, type(None))
_HEARERS: list[Callable[[str, Mapping[str, object]], None]] = []

# What each event means; docs and tests hold every name used in the code against this table.
EVENTS: Mapping[str, str] = {
    "service.ready": "every door is open; names the ports",
    "service.draining": "no new connections; running transactions finish",
    "service.stopped": "all is closed",
    "service.reloaded": "new settings, lists and rules are in force after SIGHUP",
    "service.reload_refused": "SIGHUP found a fault; the old settings stay in force",
    "service.bug": "an error of ours was caught at a door: type and places in the code, never values",
    "service.disk_low": "less than smtp.min_free_octets is free; posts are put off until there is room",
    "service.disk_recovered": "there is room on the disk again; posts are taken",
    "service.few_open_files": "the system allows too few open files for smtp.max_connections; so many are taken instead",
    "scanner.sandbox": "what confines the scanner processes on this machine",
    "session.refused": "a connection was refused or ended early: why",
    "session.login_failed": "a login was refused",
    "session.login_storm": "so many logins failed within a minute that only each doubling of their number is told",
    "session.reply_not_sent": "a post was accepted but its client had hung up",
    "session.trouble": "a session met trouble of ours; the client was told to try later",
    "post.decided": "a post was judged and written down: reference, lists, decisions",
    "post.repeated": "a post was sent again and got its first reference again",
    "post.refused": "a message was refused in the session: code and rule",
    "post.discarded": "an automatic message or a loop was dropped",
    "post.busy": "no scanner was free in time; the client was told to try later",
    "post.no_answer": "the DNS gave no answer about a message from another server, and its proof depends on that; it may come again",
    "post.over_limit": "a member, or their whole agency, sent more than [limits] allows and was told to try later; an account may be in other hands",
    "practice.judged": "a message to the practice address was judged; its author gets the verdict",
    "request.answered": "a member asked something of LIST-request@: which words",
    "request.repeated": "a message to LIST-request@ came again by a gateway's word or a signature; nothing was done a second time",
    "request.left_by_click": "a member left a list at one click, by the address that its copies carry",
    "held.others_called": "posts have waited for one, two or four hours: so many deputies, further moderators and members of the secretariat were called",
    "held.authors_told": "posts have waited for 4 or 24 hours: so many authors were told that theirs still waits",
    "encryption.waits": "a copy waits because nothing can be encrypted for its reader; they are told",
    "encryption.looked_after": "so many copies that waited for their readers' keys are queued; so many members were told that their last key ends soon",
    "digest.gathered": "so many members' digests were due and are queued",
    "spill.reported": "a member reported that a post should not have gone out; who is in no log",
    "spill.confirmed": "a spill was confirmed: so many posts were destroyed, so many members asked to delete their copies",
    "spill.dismissed": "a reported post was shown again; so many stopped copies go out after all",
    "spill.called_again": "a report waits: so many moderators and others were called once more",
    "post.acknowledgements_due": "the time to acknowledge so many posts is over: so many members were reminded, authors and moderators told",
    "list.stopped": "a list was stopped in an emergency: so many of its copies wait",
    "list.resumed": "a stopped list goes on: so many copies go out at once",
    "post.recalled": "a post was taken back by its author or a moderator: so many copies were cancelled, so many members asked to delete theirs",
    "post.destroyed": "a post was destroyed because somebody has a right to that",
    "deletion.reminded": "so many members were asked once more to delete a copy",
    "breach.time_passes": "entries of the breach register are neither notified nor closed: administrators were told",
    "retention.breaches_deleted": "entries of the breach register that were closed long ago were deleted",
    "held.expired": "held posts reached their time; their keys were destroyed",
    "members.addresses_judged": "mail to so many members fails: they were warned, or suspended; so many are reached again",
    "delivery.sent": "copies or a notice were handed to the smarthost; of a post one line for all who fared alike, by their ids",
    "delivery.delayed": "the smarthost asked to try again later; told like delivery.sent, and so are the next two",
    "delivery.failed": "the smarthost refused a copy or notice for good",
    "delivery.expired": "a copy or notice could not be delivered in time",
    "delivery.smarthost_away": "the smarthost can't be reached; waiting before the next try",
    "delivery.recovered": "copies that the last run, or another node that fell silent, was sending were taken up again",
    "delivery.trouble": "the delivery role met trouble of ours; it goes on",
    "bounce.noted": "a server reported that a copy which it had taken could not be delivered",
    "bounce.ignored": "mail to a copy's return path that changes nothing: why",
    "bounce.forged": "somebody wrote to a return path that we never made, or whose list has gone: its number in this minute, of which in a storm only each doubling is told",
    "complaint.noted": "a provider tells that a member has marked a copy as unwanted; who looks after them is told once a month at most",
    "complaint.ignored": "a provider's report about a copy that changes nothing: why",
    "invitation.answered": "a nominee has answered their letter; whether it was still open",
    "challenge.asked": "a member is asked by mail whether a message without proof is theirs, or told that it is withheld",
    "challenge.answered": "a member has answered whether a message is theirs; “no” says that somebody uses their name",
    "challenge.dropped": "a message without proof was dropped and nobody was asked: why",
    "challenge.expired": "so many members did not answer in time; what they were asked about is destroyed",
    "letter.taken": "somebody wrote to postmaster@ or abuse@; a clean copy goes on",
    "letter.dropped": "mail to postmaster@ or abuse@ went no further: why",
    "alarm.raised": "something is wrong with the relay, or still is after a day: what, on which node, since when; the operator is told by mail",
    "alarm.over": "what an alarm was raised for is over",
    "audit.head_signed": "the end of the audit chain was signed",
    "keys.renewed": "keys whose time had come were made anew: their files",
    "keys.posts_rewrapped": "the keys of living posts were wrapped anew under the newest vault key",
    "keys.posts_shut": "so many stored posts can't be opened; told once an hour at most, `wen-relay keys status` says more",
    "keys.destroyed": "keys that nothing needed any more were destroyed: their files",
    "directory.asked": "focal points were asked, or asked again, whether their countries' doors are right: which countries",
    "directory.silent": "administrators were told which countries have not confirmed their doors",
    "retention.posts_destroyed": "old posts reached their time; their keys were destroyed",
    "retention.deliveries_deleted": "the deliveries of old posts were deleted; their numbers stay with the posts",
    "retention.names_replaced": "people who left long ago got pseudonyms",
    "vetting.nominations_ended": "nominations that nobody completed in time have ended",
    "vetting.rules_asked": "so many members were sent the rules in a new version, to accept them",
    "vetting.ends_told": "so many members come near to their last day; they and who vouches for their country were told",
    "vetting.attestations_asked": "so many members came nearer to the day on which their country must vouch again; who is to vouch was asked",
    "jobs.leading": "this process leads the scheduled jobs from now on",
    "jobs.superseded": "another process leads the scheduled jobs now; this one has stopped doing them",
    "nodes.forgotten": "so many processes that ended without a word a month ago were forgotten",
    "jobs.trouble": "periodic work met trouble of ours; the next tick tries again",
}


class _JsonLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        facts: dict[str, object] = getattr(record, "facts", {})
        return json.dumps(
            {"time": at, "level": record.levelname.lower(), "event": record.getMessage(), **facts}, ensure_ascii=True
        )


class _TextLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        facts: dict[str, object] = getattr(record, "facts", {})
        return f"{at} {record.getMessage()} " + " ".join(
            f"{key}={json.dumps(value, ensure_ascii=True)}" for key, value in facts.items()
        )


def start_logging(form: Literal["json", "text"], level: str) -> None:
    """Send our events to stderr; quiet every library, whose lines could hold content (aiosmtpd logs DATA at DEBUG)."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLine() if form == "json" else _TextLine())
    # What no line of ours tells is not asked for, which is half of what a line costs.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    _LOG.handlers = [handler]
    _LOG.propagate = False
    _LOG.setLevel(level.upper())
    for name in ("mail.log", "sqlalchemy", "asyncio", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)  # its warnings quote the server, which quotes rows
    logging.getLogger("mail.log").addHandler(logging.NullHandler())
    logging.getLogger("mail.log").propagate = False


def tell(heard: Callable[[str, Mapping[str, object]], None]) -> Callable[[], None]:
    """Have every event told to somebody who counts, whatever the log's level, until the returned function is called."""
    _HEARERS.append(heard)
    return lambda: _HEARERS.remove(heard)


def note(event: str, /, **facts: object) -> None:
    """Write one event.

    Args:
        event: a name of EVENTS.
        facts: plain values or lists of them; anything else is a mistake of ours and raises TypeError.
    """
    for name, value in facts.items():
        values = value if isinstance(value, list | tuple) else [value]
        if not all(isinstance(one, _CONTENT_FREE) for one in values):
            raise TypeError(f"log fact {name} of {event} is not a plain value")
    for heard in _HEARERS:
        heard(event, facts)
    level = logging.ERROR if event == "alarm.raised" else logging.WARNING if _is_trouble(event) else logging.INFO
    if _LOG.isEnabledFor(level):  # the event says where it comes from: the caller is not searched for
        _LOG.handle(_LOG.makeRecord(_LOG.name, level, "", 0, event, (), None, extra={"facts": facts}))


def bug(error: BaseException, where: str) -> None:
    """Log an error of ours: its type and the places in the code, never its text, which could hold content."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-8:]]
    for heard in _HEARERS:
        heard("service.bug", {"where": where})
    _LOG.error("service.bug", extra={"facts": {"where": where, "type": type(error).__name__, "at": places}})


def _is_trouble(event: str) -> bool:
    return event.rpartition(".")[2] in {
        "trouble",
        "reload_refused",
        "smarthost_away",
        "failed",
        "expired",
        "bug",
        "posts_shut",
    }
