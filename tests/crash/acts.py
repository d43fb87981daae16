"""What people do to a relay while a blow falls, and what they do again when they got no answer.

A further one needs these four: prepare what it needs, do it, do it again, and say what is wrong in the end beyond `invariants`.
"""

import itertools
import smtplib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from tests.builders import make_message
from tests.crash.blows import Blow, traced
from tests.crash.invariants import WORDS
from tests.crash.lives import Command
from tests.running import LIST, PATIENCE

if TYPE_CHECKING:
    from tests.crash.story import Story

_NUMBERS = itertools.count(1)
_DIGEST_DUE = ("instant", "weekly")  # what a reader waited for is due once they have wished for it at once


class Act(Protocol):
    """One thing that somebody does. `mails` is how many mails come of it when nothing breaks."""

    mails: int

    def prepare(self, story: "Story") -> None:
        """Bring about what it needs; the relay is awake and at rest."""

    def do(self, story: "Story", blow: Blow | None) -> bool:
        """Do it, once; whether it was confirmed."""

    def again(self, story: "Story") -> None:
        """Do what one does who got no answer. The relay is well."""

    def wrong(self, story: "Story", blow: Blow) -> Iterator[str]:
        """What is not as this act promises, once the queue is at rest."""


def new_message(story: "Story", body: str, subject: str = "Seizure at the airport") -> bytes:
    """A message that no other one is like."""
    number = next(_NUMBERS)
    octets = make_message(f"{body} Number {number}.\r\n", sender=story.site.author, subject=subject)
    return octets.replace(b"<1@", b"<%d@" % number)


@dataclass(slots=True)
class Post:
    """A post of a member, which goes to all others, with a receipt; or one that is withheld, with a notice."""

    decision: str = "relay"
    mails: int = 0
    octets: bytes = field(default=b"", repr=False)
    reference: str = ""

    def prepare(self, story: "Story") -> None:
        relayed = self.decision == "relay"
        self.mails = len(story.site.members) if relayed else 1
        words = "Forty kilograms of scales." if relayed else " lead at ".join(word.decode().title() for word in WORDS)
        self.octets = new_message(story, words, "Seizure at the airport" if relayed else "TLP:RED")
        self.reference = ""

    def do(self, story: "Story", blow: Blow | None) -> bool:
        reference = story.send(self.octets)
        self.reference = reference or self.reference
        return bool(reference)

    def again(self, story: "Story") -> None:
        assert self.do(story, None), story.last_reply

    def wrong(self, story: "Story", blow: Blow) -> Iterator[str]:
        found = story.decided(self.reference)
        # What a scanner had not read to its end is held, or withheld; it never goes out.
        if found != self.decision and (blow.whom not in {"scanners", "parent"} or found == "relay"):
            yield f"{self.reference}: decided {found} in place of {self.decision}"


@dataclass(slots=True)
class Release:
    """A moderator releases a held post by command."""

    mails: int = 0
    reference: str = ""

    def prepare(self, story: "Story") -> None:
        self.mails = len(story.site.members)
        self.reference = story.send(new_message(story, "Two tusks.", "[TLP:PURPLE] Seizure"))
        assert self.reference, story.last_reply
        story.rest()
        assert story.decided(self.reference) == "hold"

    def do(self, story: "Story", blow: Blow | None) -> bool:
        words = ("held", "release", self.reference, "--moderator", story.site.members[-1])
        if blow is None or blow.whom != "command":
            return Command(story.site, *words).end() == 0
        command = Command(story.site, *words, stopped=True)
        with traced([command.pid], blow.options):
            command.go_on()
            return command.end() == 0

    def again(self, story: "Story") -> None:
        if story.decided(self.reference) == "hold":
            assert self.do(story, None)

    def wrong(self, story: "Story", blow: Blow) -> Iterator[str]:
        if (found := story.decided(self.reference)) != "relay":
            yield f"{self.reference}: released, and is {found}"


@dataclass(slots=True)
class Bounce:
    """A server reports a copy as undeliverable: that is noted once, and its author told once."""

    mails: int = 1
    return_path: str = ""
    recipient: str = ""
    reference: str = ""

    def prepare(self, story: "Story") -> None:
        self.reference = story.send(new_message(story, "Three horns."))
        story.rest()
        copies = (
            one for one in story.smarthost.sink.received if self.reference.encode() in one.octets and one.mail_from
        )
        copy = next(copies)
        self.return_path, self.recipient = copy.mail_from, copy.rcpt_to[-1]

    def do(self, story: "Story", blow: Blow | None) -> bool:
        report = (
            "From: Mail Delivery System <MAILER-DAEMON@customs-cm.example>\r\nAuto-Submitted: auto-replied\r\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
            "--b\r\n\r\nSorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
            "Reporting-MTA: dns; customs-cm.example\r\n\r\n"
            f"Final-Recipient: rfc822; {self.recipient}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
        )
        try:
            with smtplib.SMTP("localhost", story.life.ports["smtp"], timeout=PATIENCE) as client:
                client.sendmail("", [self.return_path], report)
        except (OSError, smtplib.SMTPException):
            return False
        return True

    def again(self, story: "Story") -> None:
        assert self.do(story, None)

    def wrong(self, story: "Story", blow: Blow) -> Iterator[str]:
        query = (
            "SELECT count(*) FROM deliveries d JOIN posts p ON p.id = d.post_id "
            "WHERE p.reference = :reference AND d.kind = :kind AND d.status = :status"
        )
        for kind, status in (("copy", "failed"), ("undelivered", "delivered")):
            if (number := story.ask(query, reference=self.reference, kind=kind, status=status)) != 1:
                yield f"{self.reference}: {number} of kind {kind} are {status}"


@dataclass(slots=True)
class Recall:
    """A moderator takes back by command what has gone out: whoever may have it is asked to delete it, once."""

    mails: int = 0
    reference: str = ""

    def prepare(self, story: "Story") -> None:
        self.mails = len(story.site.members)  # the author is told too
        self.reference = story.send(new_message(story, "Four skins."))
        assert self.reference, story.last_reply

    def do(self, story: "Story", blow: Blow | None) -> bool:
        words = ("posts", "recall", self.reference, "--moderator", story.site.members[-1])
        return Command(story.site, *words).end() == 0

    def again(self, story: "Story") -> None:
        self.do(story, None)

    def wrong(self, story: "Story", blow: Blow) -> Iterator[str]:
        query = (
            "SELECT count(*) FROM deliveries d JOIN posts p ON p.id = d.post_id "
            "WHERE p.reference = :reference AND d.kind = 'recall' AND d.status = 'delivered'"
        )
        if (asked := story.ask(query, reference=self.reference)) != self.mails:
            yield f"{self.reference}: recalled, and {asked} of {self.mails} were told"


@dataclass(slots=True)
class Digest:
    """A start at which a digest is due, and a post that waited for a next mail server that was away goes out beside it."""

    mails: int = 0
    reference: str = ""

    def prepare(self, story: "Story") -> None:
        reader = story.site.members[1]
        story.wish(reader, "daily")
        in_digest = story.send(new_message(story, "Five tusks."))
        assert in_digest, story.last_reply
        story.rest()
        story.smarthost.sink.behave = lambda stage, _: "451 4.3.0 later" if stage == "mail" else None
        self.reference = story.send(new_message(story, "Six tusks."))
        assert self.reference, story.last_reply
        story.sleep()
        story.let_time_pass()
        story.smarthost.sink.behave = None
        for wish in _DIGEST_DUE:
            story.wish(reader, wish)
        self.mails = len(story.site.members)  # the reader's digest; who reads digests gets no copy

    def do(self, story: "Story", blow: Blow | None) -> bool:
        return story.life.await_doors()

    def again(self, story: "Story") -> None:
        """Starting again is all."""

    def wrong(self, story: "Story", blow: Blow) -> Iterator[str]:
        reader = story.site.members[1]
        digests = [one for one in story.smarthost.sink.received if b"[DIGEST]" in one.octets and reader in one.rcpt_to]
        if not digests:
            yield "no digest came"


@dataclass(slots=True)
class Letter:
    """A member asks for something at LIST-request@ and gets an answer."""

    mails: int = 1
    octets: bytes = field(default=b"", repr=False)

    def prepare(self, story: "Story") -> None:
        self.octets = new_message(story, "Thank you.", "WHOAMI")

    def do(self, story: "Story", blow: Blow | None) -> bool:
        return story.write(self.octets, LIST.replace("@", "-request@"))

    def again(self, story: "Story") -> None:
        assert self.do(story, None), story.last_reply

    def wrong(self, story: "Story", blow: Blow) -> Iterator[str]:
        yield from ()
