"""DKIM as proof of an author: what a signature must be beyond what the RFC asks of one (RFC 6376, RFC 8301, RFC 8463).

By the RFC a signature says that some domain has handled some fields and the beginning of a text. Here it must say that the author's
own domain sent this message, all of it, lately, and to the lists that it now comes for.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from relay.errors import DnsError
from relay.mail.address import Address
from relay.mail.message import read_message
from relay.policy.labels import is_label_field
from relay.senders.canonical import RawMessage, signed_header
from relay.senders.lookup import Lookup
from relay.senders.public_key import PublicKey, read_public_key
from relay.senders.signature import Signature, read_signature

TRIES = 3  # signatures that are looked into: each costs a question to the DNS, and a message may bear hundreds
AGE = timedelta(
    days=5
)  # a server tries as long to hand a message over (RFC 5321 §4.5.4.1); older ones are handed in again
AHEAD = timedelta(hours=1)  # that clocks may differ

# A signature must name these whether the message has them or not: somebody could have taken them away.
_NAMED = frozenset({"from", "subject", "date", "message-id", "content-type"})
# All that a message has of these must be signed: who, to whom, what, when, in which form. So must labels, which can be exchanged.
_COVERED = re.compile(
    r"from|sender|reply-to|to|cc|subject|date|message-id|in-reply-to|references|mime-version|resent-.+|keywords|comments|"
    r"content-(?:type|transfer-encoding|disposition|id|description)|msip_labels"
)
_WORD = re.compile(
    r"[^\s<>()\",;:]+"
)  # with the sign @ within, a pattern would take time that grows with the square of a word


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """One signature that was looked into.

    `passed` is the RFC's judgement; `fault` names why it didn't pass, or why it proves nobody all the same ("" when it does prove).
    `unknown` is true when the DNS gave no answer, so that nothing can be said.
    """

    domain: str
    passed: bool
    fault: str
    unknown: bool = False


def verify(
    message: RawMessage, author: Address, recipients: Collection[Address], lookup: Lookup, now: datetime
) -> Iterator[Verified]:
    """Look into the signatures that could speak for the author, one after the other, at most `TRIES`.

    Those of the author's domain come first, then those of a domain above or below it, which prove nobody here, but
    which DMARC can count (`senders.dmarc`). Others are nobody's business, and cost nothing.
    """
    domain = author.domain.lower()
    found = [one for one in map(read_signature, message.all("dkim-signature")) if one is not None]
    own = [one for one in found if one.domain == domain]
    related = [one for one in found if _are_related(one.domain, domain) and one not in own]
    for one in (*own, *related)[:TRIES]:
        yield _verify_one(message, one, author, recipients, lookup, now)


def _are_related(one: str, other: str) -> bool:
    return one.endswith(f".{other}") or other.endswith(f".{one}")


def _verify_one(
    message: RawMessage,
    signature: Signature,
    author: Address,
    recipients: Collection[Address],
    lookup: Lookup,
    now: datetime,
) -> Verified:
    def failed(fault: str, *, unknown: bool = False) -> Verified:
        return Verified(domain=signature.domain, passed=False, fault=fault, unknown=unknown)

    if fault := judge_form(signature, now):
        return failed(fault)
    try:
        records = lookup(signature.key_name, "TXT")
    except DnsError:
        return failed("dkim.no_answer", unknown=True)
    key = read_public_key(records[0], signature.algorithm) if len(records) == 1 else None
    if key is None:
        return failed("dkim.no_key")
    if fault := check(message, signature, key):
        return failed(fault)
    fault = _shortfall(message, signature, key, author, now) or _not_meant(message, recipients)
    return Verified(domain=signature.domain, passed=not key.testing, fault=fault)


def judge_form(signature: Signature, now: datetime) -> str:
    """What makes a signature none before anybody is asked for its key; "" when nothing does."""
    if "from" not in signature.names:
        return "dkim.from_not_signed"
    if signature.partial:
        return "dkim.body_in_part"  # l=: anybody could have written on
    seconds = int(now.timestamp())
    if signature.expires_at is not None and signature.expires_at <= max(seconds, signature.signed_at or 0):
        return "dkim.expired"
    if signature.signed_at is not None and signature.signed_at > seconds + AHEAD.total_seconds():
        return "dkim.in_the_future"
    agent = signature.agent.rpartition("@")[2].lower()
    if signature.agent and agent != signature.domain and not agent.endswith(f".{signature.domain}"):
        return "dkim.identity"
    return ""


def check(message: RawMessage, signature: Signature, key: PublicKey) -> str:
    """Whether the key made the signature, over this header and this body; what is wrong, "" when nothing is."""
    content = signed_header(message, signature.names, signature.own, signature.header_form)
    if not key.verifies(signature.made, content):
        return "dkim.header_changed"
    return "" if message.body_hash(signature.body_form) == signature.body_hash else "dkim.body_changed"


def _shortfall(message: RawMessage, signature: Signature, key: PublicKey, author: Address, now: datetime) -> str:
    """Why a signature that passes by the RFC proves nobody."""
    if signature.domain != author.domain.lower():
        return "dkim.another_domain"
    if key.testing:
        return "dkim.testing"
    if not key.is_sound:
        return "dkim.weak_key"
    local, _, agent = signature.agent.rpartition("@")
    if signature.agent and (agent.lower() != signature.domain or local.lower() not in {"", author.local.lower()}):
        return "dkim.identity"
    signed, present = Counter(signature.names), Counter(one.name for one in message.fields)
    read = {name for name in present if _COVERED.fullmatch(name) or is_label_field(f"header {name}")}
    if not set(signed) >= _NAMED or any(signed[name] < present[name] for name in read):
        return "dkim.field_not_signed"
    facts = read_message(message.header)
    if facts.message_id is None:
        return "dkim.no_message_id"  # by which it is known when somebody hands it in again
    return _judge_age(facts.date, signature, now)


def _judge_age(written: datetime | None, signature: Signature, now: datetime) -> str:
    """A signature's time, or where it has none the message's: what is old is handed in again by somebody who has kept it."""
    if written is None:
        return "dkim.date"
    made = written.timestamp() if signature.signed_at is None else signature.signed_at
    if made < now.timestamp() - AGE.total_seconds():
        return "dkim.old"
    return "dkim.in_the_future" if made > now.timestamp() + AHEAD.total_seconds() else ""


def _not_meant(message: RawMessage, recipients: Collection[Address]) -> str:
    """Each list must be named in the signed To or Cc: else mail of a member to anybody could be handed in for a list."""
    named = {word.lower() for name in ("to", "cc") for one in message.all(name) for word in _WORD.findall(one.value)}
    return "" if all(str(one).lower() in named for one in recipients) else "dkim.meant_for_others"
