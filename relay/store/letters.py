"""Letters that are about no post.

The verdict on a practice message, the answer to a command: their facts are all that is kept. What somebody wrote to the
postmaster: sealed like a post, until it is delivered or too old.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Text, func, insert, or_, select, type_coerce, union_all, update

from relay.delivery.delivery import Delivery, Kind, Status
from relay.mail.address import Address
from relay.store import audit
from relay.store.references import next_reference
from relay.store.tables import CLAIMABLE, LETTER, deliveries
from relay.store.vault import Sealed

PER_HOUR = 30  # so that nobody makes us write mail without end
_ABOUT_NO_POST = (Kind.PRACTICE, Kind.ANSWER)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedLetter:
    """A letter to the postmaster as it is kept: sealed under its own random uid; to whom, in which language, and whence it came."""

    uid: str
    recipient: Address
    language: str
    client_ip: str
    sealed: Sealed


def write(
    connection: Connection,
    member_id: str,
    kind: Kind,
    list_name: str,
    facts: Mapping[str, Any],
    now: datetime,
    *,
    about: str | None = None,
) -> None:
    """Queue a letter; it is composed from its facts when it is sent.

    Args:
        connection: the transaction.
        member_id: who gets it.
        kind: a letter about no post, such as an answer.
        list_name: in whose name it is written; "" for the relay's own.
        facts: small JSON values; never a word of a message.
        now: the time, UTC.
        about: the id of the member whom it is about, where it is about one.
    """
    row = {"member_id": member_id, "about_id": about, "kind": kind, "list_name": list_name, "facts": dict(facts)}
    connection.execute(insert(deliveries).values(**row, status=Status.QUEUED, created_at=now, next_attempt_at=now))


def has_answered(connection: Connection, member_id: str, keys: Collection[str]) -> bool:
    """Whether a message of this member that is known by one of these hashes has been answered, as far back as answers are on record."""
    mine = (LETTER, deliveries.c.member_id == member_id, deliveries.c.kind == Kind.ANSWER)
    texts = type_coerce(deliveries.c.facts, Text)
    known = or_(*(texts.contains(key) for key in keys))
    return connection.execute(select(deliveries.c.id).where(*mine, known).limit(1)).first() is not None


def write_verdict(connection: Connection, member_id: str, verdict: Sequence[Mapping[str, Any]], now: datetime) -> str:
    """Queue the verdict on a practice message under a reference of its own, which is returned."""
    reference = next_reference(connection, "PRACTICE", now.year)
    write(connection, member_id, Kind.PRACTICE, "", {"reference": reference, "verdict": list(verdict)}, now)
    return reference


def written_lately(connection: Connection, member_id: str, now: datetime) -> int:
    """How many letters a member got within the last hour."""
    mine = (
        LETTER,
        deliveries.c.member_id == member_id,
        deliveries.c.kind.in_(_ABOUT_NO_POST),
        deliveries.c.created_at > now - timedelta(hours=1),
    )
    return int(connection.execute(select(func.count()).select_from(deliveries).where(*mine)).scalar_one())


def write_to_postmaster(connection: Connection, node: str, letter: SealedLetter, now: datetime) -> str:
    """Queue a stranger's letter to the people who run the relay, under a reference of its own, which is returned."""
    reference = next_reference(connection, "POSTMASTER", now.year)
    row = {
        "kind": Kind.POSTMASTER,
        "list_name": "",
        "facts": {"reference": reference, "recipient": str(letter.recipient), "language": letter.language},
        "sealed": _to_octets(letter.uid, letter.sealed),
    }
    connection.execute(insert(deliveries).values(**row, status=Status.QUEUED, created_at=now, next_attempt_at=now))
    audit.append(connection, node, now, "letter.taken", {"reference": reference, "client": letter.client_ip})
    return reference


def load_sealed(connection: Connection, delivery_id: int) -> tuple[str, Sealed] | None:
    """A letter's uid and sealed content, as `vault.unseal` takes them; None when it is destroyed."""
    octets = connection.execute(select(deliveries.c.sealed).where(deliveries.c.id == delivery_id)).scalar_one_or_none()
    return _from_octets(octets) if octets else None


def keys_needed(connection: Connection) -> frozenset[str]:
    """The vault's keys under which letters are sealed that still wait or are being sent."""
    sealed = select(deliveries.c.sealed).where(deliveries.c.sealed.is_not(None))
    found = connection.execute(union_all(sealed.where(CLAIMABLE), sealed.where(deliveries.c.lease.is_not(None))))
    return frozenset(_from_octets(octets)[1].key_id for octets in found.scalars())


def destroy_settled(connection: Connection, settled: Iterable[Delivery]) -> int:
    """Destroy the content of letters to the postmaster among these deliveries, if they came to an end; returns how many."""
    ids = [one.id for one in settled if one.kind is Kind.POSTMASTER]
    if not ids:
        return 0
    ended = [Status.DELIVERED, Status.FAILED, Status.EXPIRED, Status.CANCELLED]
    old = (deliveries.c.id.in_(ids), deliveries.c.status.in_(ended))
    return connection.execute(update(deliveries).where(*old).values(sealed=None)).rowcount


def _to_octets(uid: str, sealed: Sealed) -> bytes:
    parts = (sealed.wrapped_key, sealed.nonce, sealed.content)
    return json.dumps([uid, sealed.key_id, *(b64encode(one).decode("ascii") for one in parts)]).encode("ascii")


def _from_octets(octets: bytes) -> tuple[str, Sealed]:
    uid, key_id, *parts = json.loads(octets)
    wrapped_key, nonce, content = map(b64decode, parts)
    return uid, Sealed(key_id=key_id, wrapped_key=wrapped_key, nonce=nonce, content=content)
