"""What the relay's own letters are made from. No content of any message is among the facts, so none can come out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from relay.mail.address import Address
from relay.policy.channels import Advice, Door, SendAgain
from relay.policy.decision import Reason
from relay.policy.routing import Missed
from relay.roster.attestation import Stage
from relay.roster.mailing_list import MailingList
from relay.roster.member import Member
from relay.roster.nomination import Nomination

NoticeKind = Literal[
    "withhold",
    "hold",
    "receipt",
    "undelivered",
    "expiry",
    "nomination",
    "invitation",
    "confirmation",
    "welcome",
    "rules",
    "ended",
    "attestation",
    "dormancy",
    "call",
    "waiting",
    "probe",
    "failing",
    "complaint",
    "practice",
    "answer",
    "review",
    "spill",
    "spilled",
    "deletion",
    "recall",
    "reminder",
    "acknowledged",
    "breach",
    "doors",
    "silence",
    "challenge",
    "challenge-ended",
    "pointer",
    "encryption",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What would have become of a practice message on one list. `marking` is None where it would not have gone out."""

    title: str
    decision: Literal["relay", "hold", "withhold"]
    marking: str | None
    offered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one request (`roster.request`): the word, what it was about, and how it went; copies stopped and gone, posts missed in a pause.

    `member` (an id in the record, a name in a letter) or `operator` (an account's name) has stopped a list or let it go on, and `why` it was stopped.
    `number`: of members, of copies, of a form's line that isn't known, or (`unread`) of the text's first line that wasn't read.
    """

    word: str
    about: str
    outcome: Literal[
        "done",
        "held",
        "changed",
        "unknown",
        "forbidden",
        "unproven",
        "form",
        "wrong",
        "conflict",
        "late",
        "rejected",
        "decided",
        "barred",
        "already",
        "told",
        "confirmed",
        "dismissed",
        "unread",
    ]
    cancelled: int = 0
    gone: int = 0
    number: int = 0
    missed: int = 0
    member: str = ""
    operator: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingMember:
    """A member whose address fails: since which day, on how many days, and from which day on another failure suspends them."""

    name: str
    agency: str
    since: date
    days: int
    suspended_from: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """A post that was reported, or is to be destroyed because somebody has a right to that (`cause` "request").

    `own` says whether the letter is about the reader's own post, `answer` whether that only answers or quotes the reported one, whose
    reference is `of`. `may_decide` whether the reader may. `posts` are hidden or destroyed, the first one among them; `asked` members were
    asked to delete their copies, `deleted` have said that they did. `again` when the letter is a reminder;
    `may_write` whether the relay takes mail from the reader. `others` are what else of it the reader has got, by reference.
    """

    state: Literal["reported", "confirmed", "dismissed"]
    cause: Literal["report", "request"]
    of: str
    own: bool = False
    answer: bool = False
    may_decide: bool = False
    posts: int = 1
    asked: int = 0
    deleted: int = 0
    again: bool = False
    may_write: bool = True
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallFacts:
    """A post that was taken back: by its author (`by_author`) or a moderator. `own` when the letter goes to its author."""

    by_author: bool
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgements:
    """Who has acknowledged a post, by name and agency, each with the time; and who has it and hasn't, where the reader may know.

    `missing` is how many these are.
    """

    due: datetime | None
    acknowledged: tuple[tuple[str, str, datetime], ...]
    missing: int
    others: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachFacts:
    """An entry of the breach register. `hours_left` is negative when the time is over."""

    of: str
    reported_at: datetime
    confirmed_at: datetime
    deadline: datetime
    hours_left: int
    recipients: int
    deleted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFacts:
    """All that a notice is made from.

    Which facts a kind needs:

    - every kind: `reference` (a nomination's own number), `recipient`, `recipient_name`, `domain`, `written_at`, `queued_at`
      (the same at every attempt), `lists`
    - withhold: `received_at`, `reasons`, `advice`, `send_again`; `was_held` when a moderator refused it after a hold
    - hold: the same, `held_until`
    - receipt: `members`, `countries`, `removed` as counts; titles of the lists that have `accepted` an offer of the post, to
      which it is still `offered`, and that `declined` it or let it pass; what a routed alert named in vain, `missed`
    - undelivered: `unreached`, the members whose servers took no copy until we gave up
    - expiry: `received_at`, `advice`
    - nomination, confirmation: `nomination`; invitation: the same, `reply_to`; ended: the same, `why`; rules, welcome: `member`
    - attestation: `author_country`, `people`, `stage`, `due`; dormancy: `member`, `stage`, `due`; of either `ends`, when a last day comes and not an attestation's end
    - call, to a moderator: `received_at`, `reasons`, `held_until`, `author_country`; `agreed`, how many have released it already
    - waiting, to the author: `received_at`, `reasons`, `held_until`, `advice`
    - probe, to an address that fails, and failing, to who looks after its member: `failing`; `suspended` when that is done
    - complaint, to who looks after a member: `received_at`, and that one of `people`
    - answer: `acknowledgements` of the posts that were asked about, by reference; `answers`, `member`, `every_list`; `people` of the countries that it lists;
      `list_keys` in text form where they were asked for
    - review, to an administrator: `received_at`, `reasons`
    - spill, to a moderator or focal point: `received_at`, `members` that have a copy, `author_country`, `leak`
    - spilled, to an author or focal point, and deletion, to a member who has a copy: `received_at`, `leak`
    - recall, to a member who has a copy, or to the author when a moderator recalls it: `received_at`, `recall`
    - reminder, to a member who has a copy: `received_at`; acknowledged, to the author and moderators: the same, `acknowledgements`
      of the post without any names
    - recall and reminder: `below`, the Message-ID of the copy below which they stand
    - breach, to an administrator: `breach`
    - doors, to a focal point: `doors` of their country, `contacts` (the integrity contact of each list by its title), `reminder`, `operators`
    - silence, to an administrator: `silent`, the countries
    - challenge, to whom a message says that it is from: `received_at`, `size_octets`, `server`, `held_until`, `a_day`, `reply_to`;
      challenge-ended: the same facts of the message, `ending`, and how many more were `dropped` meanwhile
    - pointer, to a member for whom a post or digest waits: `key_fault`, `held_until`; encryption, to a member, or about them (`member`) to who looks
      after them: `key_fault`, and `due` when the key ends
    - every kind: `stopped`, the titles of those of its `lists` that are stopped for now
    - withhold, hold, receipt: `corrects`, the reference of the post whose place it takes or was to take
    - withhold: `unproven` when nobody knows who wrote it
    - practice: `verdict`, `reasons`, `advice`, `send_again`, `removed`
    """

    kind: NoticeKind
    reference: str
    recipient: Address
    recipient_name: str
    domain: str
    written_at: datetime
    queued_at: datetime
    lists: tuple[MailingList, ...]
    received_at: datetime | None = None
    reasons: tuple[Reason, ...] = ()
    advice: Advice | None = None
    send_again: SendAgain | None = None
    was_held: bool = False
    held_until: datetime | None = None
    members: int = 0
    countries: int = 0
    removed: int = 0
    unreached: int = 0
    agreed: int = 0
    failing: tuple[FailingMember, ...] = ()
    suspended: bool = False
    accepted: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    declined: tuple[str, ...] = ()
    missed: Missed = field(default_factory=Missed)
    nomination: Nomination | None = None
    why: Literal["declined", "rejected", "lapsed"] = "lapsed"
    author_country: str = ""
    verdict: tuple[Verdict, ...] = ()
    answers: tuple[Answer, ...] = ()
    member: Member | None = None
    every_list: tuple[MailingList, ...] = ()
    reply_to: Address | None = None
    people: tuple[Member, ...] = ()
    stage: Stage = Stage.NONE
    size_octets: int = 0
    server: str = ""
    a_day: int = 0
    ending: str = ""
    dropped: int = 0
    unproven: bool = False
    due: date | None = None
    key_fault: Literal["", "missing", "expired", "unusable", "ends"] = ""
    list_keys: tuple[str, ...] = ()
    ends: bool = False
    leak: Leak | None = None
    recall: RecallFacts | None = None
    below: str | None = None
    acknowledgements: Mapping[str, Acknowledgements] = field(default_factory=dict)
    stopped: tuple[str, ...] = ()
    corrects: str = ""
    breach: BreachFacts | None = None
    request: Address | None = None
    doors: Mapping[str, tuple[Door, ...]] = field(default_factory=dict)
    contacts: Mapping[str, str] = field(default_factory=dict)
    reminder: bool = False
    operators: Address | None = None
    silent: tuple[str, ...] = ()

    @property
    def answers_to(self) -> Address:
        """Where the notice comes from and where its words (REVIEW, WITHDRAW, NO) go: the first list's -request, unless another is named."""
        if self.request is not None:
            return self.request
        return self.lists[0].address_for("-request") if self.lists else Address(local="postmaster", domain=self.domain)
