"""What a scan found in a message: facts, findings and the cleaned parts, all as small values."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal

from relay.mail.auth_results import AuthenticationResults
from relay.mail.message import Message
from relay.mail.signature import SignatureResult
from relay.policy.decision import Reason
from relay.roster.mailing_list import MailingList
from relay.roster.member import Member

# Rules that begin so tell what is left when all others have spoken: they count on lists with `strict = true` only.
RESIDUAL = "residual."
# Rules that begin so tell by what was learned that a letter is grave, perhaps a threat or a plan: no list can let them pass.
LIKENESS = "likeness."


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One hit of a rule. Offsets are into the view of that place; the matched text is never kept.

    `code` is the policy's (POLICY codes: M1, H1, H2, H7 …); `label` is the canonical marking that an M1 finding stands for.
    """

    code: str
    rule: str
    place: str
    start: int = 0
    end: int = 0
    score: float = 1.0
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One text that a reader could see, and its place in words: "subject", "text", "text, hidden part", "attachment 2, name"."""

    text: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanPart:
    """A part that was fully read and may leave: plain text, or sanitised HTML of the same text."""

    media_type: Literal["text/plain", "text/html"]
    text: str


def plain_text(parts: Iterable[CleanPart]) -> str:
    """The text that a message begins with, as its author wrote it; "" when it has none."""
    return next((part.text for part in parts if part.media_type == "text/plain"), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanImage:
    """A photo that may leave: a JPEG made anew from the pixels of the part at `place`.

    `start`, `end` and `encoding` say where the original lies in the message, and in which transfer encoding; `lines` how
    many lines of writing it seems to show.
    """

    octets: bytes = field(repr=False)
    place: str
    start: int
    end: int
    encoding: str
    lines: int = 0


# What an attached document may be, and how its neutral name ends.
DOCUMENT_TYPES: Mapping[str, str] = {
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "text/plain": "txt",
    "text/csv": "csv",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanDocument:
    """A document that may leave: made anew from what was read at `place`, one of `DOCUMENT_TYPES`; texts are UTF-8.

    `lines`: of one whose pages are nothing but pictures, how many lines of writing each page seems to show.
    """

    octets: bytes = field(repr=False)
    media_type: str
    place: str
    lines: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """What it is called from now on: after its place, never after what its author called it."""
        return "-".join(("attachment", *re.findall("[0-9]+", self.place))) + f".{DOCUMENT_TYPES[self.media_type]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What a finding of this code stands on, as digests.

    `whole` is the digest of its own words, as many as `words`. `windows` are the digests of every shingle of it and the eight words
    on each side, in order; the first begins `before` words ahead of it.
    """

    code: str
    words: int
    whole: bytes = field(repr=False)
    before: int
    windows: tuple[bytes, ...] = field(repr=False)


class Progress(StrEnum):
    """How far the scan came before it ended or was ended."""

    NOTHING = "nothing"
    HEADER = "header"
    TEXT = "text"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """Everything a scanner reported about one message. `message` is None when not even the header was read.

    `removed` are the places of parts that could not be read or shown safe, in order: "attachment 1". `passages` are what findings
    of N and O codes stand on; `shingles` digests of the texts of a marked message's attachments (policy.shingle).
    """

    progress: Progress
    message: Message | None
    findings: tuple[Finding, ...] = ()
    parts: tuple[CleanPart, ...] = ()
    images: tuple[CleanImage, ...] = ()
    documents: tuple[CleanDocument, ...] = ()
    removed: tuple[str, ...] = ()
    passages: tuple[Passage, ...] = ()
    shingles: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Everything a decision is made from. `author` is the member the proof speaks for, None when there is none.

    `lists` are the addressed lists in the order they were named; `on` is the day of receipt (UTC).
    `offers` names those of them that the author doesn't belong to, and why each is offered the post.
    `signature` is what became of its signature, where a list wants one.
    `names_another` is true when the header says that another member sent it (Sender, Resent-From). `confirmed` is true when they
    say that the machine was wrong about a withheld post of theirs (POLICY “Sending again”).
    """

    author: Member | None
    authentication: AuthenticationResults | None
    lists: tuple[MailingList, ...]
    scan: Scan
    on: date
    offers: Mapping[str, Reason] = field(default_factory=dict)
    names_another: bool = False
    confirmed: bool = False
    signature: SignatureResult | None = None
