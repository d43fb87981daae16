"""Alarms: what is told to who runs the relay when something is wrong with it, once an episode, and what such a letter says.

    begun ─ (lasts for its patience) → told ─ (a day) → told again …
      └──── calm for ten minutes ────→ over ─ (if it was told) → the all-clear is told

A letter tells all that is new together. Nothing in it is about a post or a member; time is an argument.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum

from relay.delivery.body import text_part
from relay.delivery.catalogue import Catalogue, sentence
from relay.delivery.header_fields import addressed, mailbox_field, message_id_field, text_field
from relay.mail.address import Address

CALM = timedelta(minutes=10)  # what comes and goes is one episode
AGAIN = timedelta(days=1)


class AlarmKind(StrEnum):
    """What can be wrong. docs/operations/alarms.md tells of each what it means and what to do."""

    DUE = "due"
    UNDELIVERED = "undelivered"
    SMARTHOST = "smarthost"
    DISK = "disk"
    DISK_FULL = "disk-full"
    CERTIFICATE = "certificate"
    VAULT_KEY = "vault-key"
    AUDIT = "audit"
    UNSIGNED = "unsigned"
    ADDRESSES = "addresses"
    SCANNERS = "scanners"
    JOB = "job"
    NODE = "node"
    SHUT = "shut"
    BUG = "bug"


class Step(StrEnum):
    """What is told of an alarm."""

    NEW = "new"
    STILL = "still"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Something is wrong now; `about` tells which, where there are several (a job's name), and is "" otherwise."""

    kind: AlarmKind
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One time that something was wrong, from its first sign on.

    `calm_since` is when the sign was gone, if it is; `told_at` when it was told last; `ended_at` when it was over.
    """

    id: int
    kind: AlarmKind
    about: str
    began_at: datetime
    calm_since: datetime | None = None
    told_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a look at the signs changes: signs that begin an episode, and ids of those that calm down, are back, or are over."""

    begun: tuple[Sign, ...] = ()
    calmed: tuple[int, ...] = ()
    back: tuple[int, ...] = ()
    over: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One line of a letter: what there is to tell of an episode, which `node` had ("" for all of them)."""

    step: Step
    kind: AlarmKind
    about: str
    node: str
    since: datetime


def follow(signs: Collection[Sign], episodes: Iterable[Episode], now: datetime) -> Changes:
    """Compare what is wrong now with the episodes that are not over."""
    going = {Sign(kind=one.kind, about=one.about): one for one in episodes if one.ended_at is None}
    here = [one for sign, one in going.items() if sign in signs]
    gone = [one for sign, one in going.items() if sign not in signs]
    return Changes(
        begun=tuple(sign for sign in dict.fromkeys(signs) if sign not in going),
        calmed=tuple(one.id for one in gone if one.calm_since is None),
        back=tuple(one.id for one in here if one.calm_since is not None),
        over=tuple(one.id for one in gone if one.calm_since is not None and now - one.calm_since >= CALM),
    )


def to_tell(episode: Episode, patience: timedelta, now: datetime) -> Step | None:
    """What is to be told of an episode now; None for nothing.

    Args:
        episode: one of which not everything was told.
        patience: how long its kind of trouble may last before anybody is told.
        now: the time.
    """
    if episode.ended_at is not None:
        return Step.OVER if episode.told_at else None
    if episode.calm_since is not None:
        return None
    if episode.told_at is None:
        return Step.NEW if now - episode.began_at >= patience else None
    return Step.STILL if now - episode.told_at >= AGAIN else None


_WHAT = {
    AlarmKind.DUE: sentence("Deliveries are due, but are not taken up."),
    AlarmKind.UNDELIVERED: sentence("Deliveries have been waiting for long: the next mail server puts them off, or can't be reached."),
    AlarmKind.SMARTHOST: sentence("The next mail server can't be reached. Nothing leaves; nothing is lost."),
    AlarmKind.DISK: sentence("There is little room left on the disk."),
    AlarmKind.DISK_FULL: sentence("The disk is so full that no post is taken: senders are asked to try again later."),
    AlarmKind.CERTIFICATE: sentence("The TLS certificate ends soon, or has ended."),
    AlarmKind.VAULT_KEY: sentence("The key that posts are encrypted with was not renewed in time."),
    AlarmKind.AUDIT: sentence("The audit log was changed. Treat this as an incident."),
    AlarmKind.UNSIGNED: sentence("Periodic work is not done: the end of the audit log was not signed for hours."),
    AlarmKind.ADDRESSES: sentence("Mail to so many members fails that the next mail server must be to blame."),
    AlarmKind.SCANNERS: sentence("Again and again scanners die, or don't finish in time. Messages are held or withheld for it."),
    AlarmKind.JOB: sentence("A piece of periodic work fails."),
    AlarmKind.SHUT: sentence("Stored posts can't be opened: the key that they need is missing."),
    AlarmKind.BUG: sentence("The relay met an error of its own; its log says where."),
    AlarmKind.NODE: sentence("A node of the relay has ended without taking leave, or can't reach the database."),
}  # fmt: skip
_STEPS = {
    Step.NEW: sentence("New, since {moment}"),
    Step.STILL: sentence("Still so, since {moment}"),
    Step.OVER: sentence("Over; it was so since {moment}"),
}
_ALARM = sentence("Alarm from {domain}: {what}")
_ALL_CLEAR = sentence("All clear: {domain}")


def compose_alarm(
    news: Collection[News],
    *,
    reference: str,
    recipient: Address,
    domain: str,
    written_at: datetime,
    catalogue: Catalogue,
) -> bytes:
    """Compose the whole letter, CRLF line ends. It is to be sent with the null reverse-path, so that nothing answers it."""
    own = Address(local="postmaster", domain=domain)
    wrong = [_WHAT[one.kind] for one in news if one.step is not Step.OVER]
    subject = _ALARM if wrong else _ALL_CLEAR
    what = catalogue.text(wrong[0]) if wrong else ""
    header = "".join(
        (
            text_field("Date", format_datetime(written_at)),
            mailbox_field("From", [addressed("WEN Relay", own)]),
            mailbox_field("To", [addressed("", recipient)]),
            text_field("Subject", catalogue.text(subject, domain=domain, what=what)),
            message_id_field("Message-ID", [f"<{reference}@{domain}>"]),
            text_field("Auto-Submitted", "auto-generated"),
            text_field("X-WEN-Reference", reference),
            text_field("MIME-Version", "1.0"),
        )
    )
    more = catalogue.text(
        "What each of these means and what to do stands in docs/operations/alarms.md; wen-relay doctor and wen-relay queue status tell more. A letter follows when it is over, or daily while it lasts."
    )
    body = "\n\n".join([*(_line(one, catalogue) for one in news), more])
    return header.encode("ascii") + text_part("text/plain", body)


def _line(one: News, catalogue: Catalogue) -> str:
    when = catalogue.text(_STEPS[one.step], moment=catalogue.moment(one.since))
    where = f" ({', '.join(filter(None, (one.node, one.about)))})" if one.node or one.about else ""
    return f"{when}{where}:\n{catalogue.text(_WHAT[one.kind])}"
