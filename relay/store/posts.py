"""Posts: what was decided, written down in one piece with everything that follows from it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from relay.delivery.delivery import Kind
from relay.errors import NotFound
from relay.mail.address import Address
from relay.policy.answered import Answered
from relay.policy.decision import Decision, Hold, Reason, Refuse, Relay, Withhold, needs_explaining
from relay.policy.thread import Given, Memory
from relay.store import acknowledgements, audit, calls, corrections, fanout, memory, threads
from relay.store import post_statements as statements
from relay.store.decision_rows import insert_decisions, read_decision, read_reasons, reason_rows
from relay.store.member_rows import address_of
from relay.store.references import next_reference
from relay.store.vault import Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A judged message that will be answered with 250.

    `duplicate_keys` are keyed hashes of the message under the present key (stored) and the one before (looked up too);
    `content_key` is one without the lists, of a message that may go out. `prefix` starts the reference. `decisions` are in the
    message's order. `sealed` is there exactly when some list relays or holds; `held_until` has a time for each that holds. `receipt` says
    whether the author wants one.
    `proof` is how the author is known (`AuthenticationResults.record`). `remembered` is what is kept of a withheld post for
    its thread, `given` what is forgotten of others because this one goes out, `answered` what it answers or quotes, `corrects` the id
    of the post whose place it takes, `ack_hours` those within which it asks to be acknowledged, 0 for none.
    """

    uid: str
    received_at: datetime
    author_id: str
    size_octets: int
    message_id: str | None
    duplicate_keys: tuple[bytes, ...]
    content_key: bytes | None = None
    prefix: str
    decisions: tuple[tuple[str, Decision], ...]
    sealed: Sealed | None
    held_until: Mapping[str, datetime]
    client_ip: str
    proof: str
    receipt: bool = True
    remembered: tuple[Memory, ...] = ()
    given: Given | None = None
    answered: Answered | None = None
    corrects: int | None = None
    ack_hours: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The reference of a post; `repeated` when the message had come before and nothing new was done."""

    reference: str
    repeated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a copy is made of: the post's uid and sealed content, as `vault.unseal` takes them; when it came, and until when it asks to be acknowledged."""

    sealed: tuple[str, Sealed]
    received_at: datetime
    ack_due: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRow:
    """What became of a post on one list. `deliveries` counts that list's copies by status, also those long past; `waiting_for_key` are in none yet."""

    post_id: int
    reference: str
    list_name: str
    author: Address
    author_id: str
    message_id: str | None
    proof: str
    received_at: datetime
    size_octets: int
    decision: str
    marking: str | None
    reasons: tuple[Reason, ...]
    removed: tuple[str, ...]
    channels: tuple[str, ...]
    held_until: datetime | None
    decided_by: str | None
    deliveries: Mapping[str, int]


def record(connection: Connection, node: str, accepted: Accepted) -> Recorded:
    """Write a judged message down, all or nothing, in the caller's transaction; one that came before gets its reference again.

    Raises:
        ValueError: the decisions contradict each other or what is to be kept. This is our fault, and nothing is written.
        Unavailable: what it answers or repeats was reported as a spill while it was judged. Sent again it is judged anew.
    """
    _check(accepted)
    if (reference := find_repeated(connection, accepted.duplicate_keys)) is not None:
        facts: audit.Facts = {"reference": reference, "author": accepted.author_id}
        audit.append(connection, node, accepted.received_at, "post.repeated", facts)
        return Recorded(reference=reference, repeated=True)
    reference = next_reference(connection, accepted.prefix, accepted.received_at.year)
    post_id = _insert_post(connection, reference, accepted)
    relayed = _lists_with(accepted, Relay)
    copies = {
        list_name: fanout.queue_copies(connection, post_id, list_name, accepted.author_id, accepted.received_at)
        for list_name in relayed
    }
    insert_decisions(connection, post_id, accepted.decisions, accepted.held_until, copies)
    explained = tuple(name for name, decision in accepted.decisions if needs_explaining(decision))
    author_id, now = accepted.author_id, accepted.received_at
    receipt = relayed if accepted.receipt else ()
    for kind, names in ((Kind.RECEIPT, receipt), (Kind.NOTICE, explained)):
        if names:
            fanout.tell_first(connection, post_id, names[0], kind, author_id=author_id, now=now)
    for list_name, decision in accepted.decisions:
        if isinstance(decision, Hold):
            calls.call_first(connection, post_id, list_name, now, offer=decision.is_offer)
    if accepted.answered is not None:
        twin = {"message_id": accepted.message_id, "content_key": accepted.content_key}
        threads.join(connection, post_id, accepted.answered, twin, goes_out=bool(relayed))
    memory.keep(connection, post_id, accepted.remembered, now)
    if accepted.given is not None:
        memory.give_out(connection, accepted.given)
    audit.append(connection, node, accepted.received_at, "post.decided", _decided_facts(reference, accepted))
    if copies and accepted.ack_hours:
        acknowledgements.begin(connection, post_id, accepted.received_at)
    if copies and accepted.corrects is not None:
        corrections.take_place(connection, node, post_id, accepted.received_at)
    return Recorded(reference=reference, repeated=False)


def find_repeated(connection: Connection, duplicate_keys: Sequence[bytes]) -> str | None:
    """The reference that the same message got when it came before, under one key or two; None when it is new."""
    found = statements.REPEATED.all(connection, {"now": duplicate_keys[0], "old": duplicate_keys[-1]})
    return min(found).reference if found else None


def load_sealed(connection: Connection, post_id: int, *, hidden: bool = False) -> tuple[str, Sealed] | None:
    """The post's uid and sealed content, as `vault.unseal` takes them; None when there is none, or no longer.

    What is hidden as a spill counts as gone, but for thread memory right before it is destroyed (`hidden`).
    """
    statement = statements.SEALED_THOUGH_HIDDEN if hidden else statements.SEALED
    return _sealed(statement.first(connection, {"post": post_id}))


def load_for_copy(connection: Connection, post_id: int) -> Source | None:
    """What a copy is made of; None when its content is gone, or hidden as a spill."""
    row = statements.FOR_COPY.first(connection, {"post": post_id})
    if row is None or (sealed := _sealed(row)) is None:
        return None
    return Source(sealed=sealed, received_at=row.received_at, ack_due=row.ack_due)


def _sealed(row: Any) -> tuple[str, Sealed] | None:
    if row is None or row.wrapped_key is None or row.content is None:
        return None
    return row.uid, Sealed(key_id=row.key_id, wrapped_key=row.wrapped_key, nonce=row.nonce, content=row.content)


def received_at(connection: Connection, post_id: int) -> datetime:
    """When a post was received, UTC."""
    [(at,)] = statements.RECEIVED_AT.all(connection, {"post": post_id})
    assert isinstance(at, datetime)
    return at


def reference_and_time(connection: Connection, post_id: int) -> tuple[str, datetime]:
    """What a post is called, and when it was received, UTC."""
    [(reference, at)] = statements.REFERENCE_AND_TIME.all(connection, {"post": post_id})
    return str(reference), at


def load_decisions(connection: Connection, post_id: int) -> tuple[tuple[str, Decision], ...]:
    """The decision of each list as it stands now, in the message's order of lists."""
    rows = statements.DECISIONS.all(connection, {"post": post_id})
    return tuple((row.list_name, read_decision(row)) for row in rows)


def list_posts(connection: Connection, limit: int) -> tuple[PostRow, ...]:
    """The latest posts, the newest first, a row per list."""
    return _post_rows(connection, statements.LATEST, {"limit": limit})


def show_post(connection: Connection, reference: str, *, counted: bool = True) -> tuple[PostRow, ...]:
    """One post, a row per list; its deliveries are not `counted` where nobody asks for them, which takes as long as it has copies.

    Raises:
        NotFound: no post has this reference.
    """
    if not (rows := _post_rows(connection, statements.OF_REFERENCE, {"reference": reference}, counted=counted)):
        raise NotFound(f"no post has the reference {reference}; see `wen-relay posts list`")
    return rows


def _check(accepted: Accepted) -> None:
    """Refuse what must never be written, whatever mistake brought it here."""
    kept = _lists_with(accepted, Relay, Hold)
    if kept and _lists_with(accepted, Withhold):
        raise ValueError("withhold for any list withholds the whole message")
    if bool(kept) != (accepted.sealed is not None):
        raise ValueError("content is kept when some list relays or holds, and only then")
    if set(_lists_with(accepted, Hold)) != set(accepted.held_until):
        raise ValueError("a held post needs a time until which it is held, and only a held one")
    if not all(decision.reasons for _, decision in accepted.decisions):
        raise ValueError("every decision says why")
    if not _lists_with(accepted, Relay, Hold, Withhold):
        raise ValueError("a message that is refused or discarded whole is no post")


def _lists_with(accepted: Accepted, *kinds: type[Relay | Hold | Withhold | Refuse]) -> tuple[str, ...]:
    return tuple(list_name for list_name, decision in accepted.decisions if isinstance(decision, kinds))


def _insert_post(connection: Connection, reference: str, accepted: Accepted) -> int:
    """Insert the post's row. Its Message-ID stays out unless it goes out with a copy: authors' programs put words into it."""
    sealed = accepted.sealed
    goes_out = _lists_with(accepted, Relay) and not _lists_with(accepted, Withhold, Refuse)
    values = {
        "uid": accepted.uid,
        "reference": reference,
        "received_at": accepted.received_at,
        "author_id": accepted.author_id,
        "size_octets": accepted.size_octets,
        "message_id": accepted.message_id if goes_out else None,
        "proof": accepted.proof,
        "duplicate_key": accepted.duplicate_keys[0],
        "content_key": accepted.content_key,
        "key_id": sealed.key_id if sealed else None,
        "wrapped_key": sealed.wrapped_key if sealed else None,
        "nonce": sealed.nonce if sealed else None,
        "content": sealed.content if sealed else None,
        "originals": sealed.originals if sealed else None,
        "corrects_id": accepted.corrects,
        "ack_hours": accepted.ack_hours or None,
    }
    [(post_id,)] = statements.INSERT.all(connection, values)
    return int(post_id)


def _decided_facts(reference: str, accepted: Accepted) -> audit.Facts:
    withheld = any(isinstance(decision, Withhold) for _, decision in accepted.decisions)
    return {
        "reference": reference,
        "author": accepted.author_id,
        "client": None if withheld else accepted.client_ip,
        "proof": accepted.proof,
        "size": accepted.size_octets,
        "decisions": [[name, decision.word, reason_rows(decision.reasons)] for name, decision in accepted.decisions],
    }


def _post_rows(
    connection: Connection, which: statements.Rows, parameters: Mapping[str, Any], *, counted: bool = True
) -> tuple[PostRow, ...]:
    found = which.rows.all(connection, parameters)
    counts: dict[tuple[int, str], Counter[str]] = {
        (row.post_id, row.list_name): Counter(row.past_deliveries) for row in found
    }
    for row in which.counts.all(connection, parameters) if counted else ():
        counts.setdefault((row.post_id, row.list_name), Counter())[row.became] += row.number
    return tuple(_post_row(row, dict(counts[row.post_id, row.list_name])) for row in found)


def _post_row(row: Row[Any], counts: Mapping[str, int]) -> PostRow:
    return PostRow(
        post_id=row.post_id,
        reference=row.reference,
        list_name=row.list_name,
        author=address_of(row.address),
        author_id=row.author_id,
        message_id=row.message_id,
        proof=row.proof,
        received_at=row.received_at,
        size_octets=row.size_octets,
        decision=row.decision,
        marking=row.marking,
        reasons=read_reasons(row.reasons),
        removed=tuple(row.removed),
        channels=tuple(row.channels),
        held_until=row.held_until,
        decided_by=row.decided_by,
        deliveries=counts,
    )
