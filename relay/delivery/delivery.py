"""One copy for one recipient, and what became of it.

digest     waits for its reader's digest (digest_id: the delivery it is a part of), and ends as that one ends
queued     next_attempt_at set, no lease       nothing to do after a crash
leased     prefetched, leased_until ahead      lease expires → queued: never sent yet
sending    claimed for sending now             ambiguous after a crash: sent again, same Message-ID, counted as possible duplicate
delivered  final 2yz       failed  final 5yz (552 to RCPT counts as 452)
expired    max_age passed  cancelled  member or post withdrawn
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from relay.mail.address import Address


class Kind(StrEnum):
    """What is delivered. Everything but copies and digests is composed when it is sent, from the record alone."""

    COPY = "copy"
    RECEIPT = "receipt"
    NOTICE = "notice"
    UNDELIVERED = "undelivered"
    EXPIRY = "expiry"
    NOMINATION = "nomination"
    INVITATION = "invitation"
    CONFIRMATION = "confirmation"
    WELCOME = "welcome"
    RULES = "rules"  # they have changed: accept them again
    ENDED = "ended"  # a nomination that came to nothing, told to who made it
    ATTESTATION = "attestation"
    DORMANCY = "dormancy"
    CALL = "call"
    WAITING = "waiting"
    PROBE = "probe"
    FAILING = "failing"
    COMPLAINT = "complaint"  # a member has marked a copy as unwanted, told to who looks after them
    PRACTICE = "practice"
    ANSWER = "answer"
    REVIEW = "review"
    SPILL = "spill"
    DOORS = "doors"
    SILENCE = "silence"
    CHALLENGE = "challenge"
    CHALLENGE_ENDED = "challenge-ended"
    POSTMASTER = "postmaster"
    DIGEST = "digest"
    WHOLE = "whole"
    SPILLED = "spilled"  # what was decided about a reported post
    DELETION = "deletion"  # please delete your copy
    REMINDER = "reminder"  # its author asks to acknowledge a post, and its reader hasn't yet
    ACKNOWLEDGED = "acknowledged"  # how many have, to its author and moderators
    RECALL = "recall"  # its author or a moderator has taken it back: please delete your copy
    BREACH = "breach"
    POINTER = "pointer"  # a post waits for its reader's key; becomes the copy that it stands for when there is one
    ENCRYPTION = "encryption"  # keys that end, or that are missing
    ALARM = "alarm"


# What holds words of a post: to who wants it encrypted it goes so, or not at all. Every other kind is composed from facts alone.
CONTENT = frozenset({Kind.COPY, Kind.WHOLE, Kind.DIGEST})
# What comes back of these counts: they have our return path (`delivery.bounce`), and go out whether their reader asks for them or not.
BOUNCING = frozenset({Kind.COPY, Kind.DIGEST, Kind.PROBE})


class Status(StrEnum):
    """The states of the table above."""

    DIGEST = "digest"
    QUEUED = "queued"
    LEASED = "leased"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Action(StrEnum):
    """What the next server did with it, in the words of RFC 3464 §2.3.3."""

    DELIVERED = "delivered"
    DELAYED = "delayed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of one attempt for one recipient; `reply` is the server's line, or our words when there was none.

    `reached` is False when the server could not be talked to at all: then the attempt is not counted against the delivery.
    `ambiguous` is True when the message was handed over and no reply came: it is sent again, and may have arrived twice.
    `to_rcpt` is True when the reply answers RCPT, and so is about the recipient alone.
    `blamed` is True when the session ended at this copy, of which the server had taken MAIL at most: it may be the cause.
    """

    action: Action
    reply: str
    reached: bool = True
    ambiguous: bool = False
    blamed: bool = False
    to_rcpt: bool = False

    @property
    def answered(self) -> bool:
        """Whether the server gave this copy a reply, and so is there and working."""
        return self.reached and not self.blamed and not self.ambiguous

    @property
    def waits(self) -> bool:
        """Whether a delayed copy is tried again only after a while, so that it can't stand in the others' way."""
        return self.reached or self.blamed


class Delivery(NamedTuple):  # a tuple is made in a third of the time, and each copy makes one
    """One row of the queue. `lease` is the fencing token under which this process may settle it.

    `facts` are what no other record holds of a letter that is about no post; never a word of any message.
    """

    id: int
    post_id: int | None
    reference: str
    list_name: str
    recipient: Address
    recipient_id: str
    language: str
    kind: Kind
    attempts: int
    created_at: datetime
    lease: str
    facts: Mapping[str, Any] = MappingProxyType({})
