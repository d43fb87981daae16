"""Copies and digests for those who get them encrypted only: made for one reader each, or put by until there is a key."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from relay.actions.copies import Variant, signed
from relay.delivery.delivery import CONTENT, Delivery, Kind
from relay.encryption.copies import can_encrypt, encrypt_copy
from relay.errors import Unavailable
from relay.mail.signature import RegisteredKey
from relay.maillog import note
from relay.resources import Resources
from relay.roster.mailing_list import OWNER
from relay.store import encryption, key_warnings
from relay.store.encryption import Reader
from relay.store.engine import Transaction

_NOBODY = Reader()


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """Of claimed deliveries: how those of their members get posts who have chosen that or have keys, and which posts some list wants encrypted."""

    readers: Mapping[str, Reader] = field(default_factory=dict)
    posts: frozenset[int] = frozenset()

    def need(self, delivery: Delivery) -> bool:
        """Whether a copy or digest may go encrypted only, by its reader's choice or its post's lists'."""
        reader = self.readers.get(delivery.recipient_id)
        return (reader is not None and reader.chosen) or delivery.post_id in self.posts

    def of(self, delivery: Delivery) -> Reader:
        """How a delivery's reader gets posts."""
        return self.readers.get(delivery.recipient_id, _NOBODY)


def look(resources: Resources, claimed: Collection[Delivery]) -> Secrets:
    """What must be known of claimed deliveries before they are composed.

    Raises:
        Unavailable: the database can't be read.
    """
    bring = [one for one in claimed if one.kind in CONTENT]
    if not bring:
        return Secrets()
    with resources.database.read() as connection:
        readers = encryption.readers(connection, {one.recipient_id for one in bring})
    return Secrets(readers=readers, posts=required_of(resources, {one.post_id for one in bring if one.post_id}))


def required_of(resources: Resources, post_ids: Collection[int]) -> frozenset[int]:
    """Those of these posts that go out encrypted only, whichever list they come by: one of theirs wants that, and they have one text.

    Raises:
        Unavailable: the database can't be read.
    """
    if not (names := encrypted_lists(resources)):
        return frozenset()
    with resources.database.read() as connection:
        return encryption.posts_of(connection, post_ids, names)


def encrypted_lists(resources: Resources) -> frozenset[str]:
    """The names of the lists whose posts go out encrypted only, those of their moderators too."""
    names = [one.name for one in resources.known_lists.values() if one.encrypted]
    return frozenset(names) | {name + OWNER for name in names}


def encrypted(
    resources: Resources, delivery: Delivery, bare: Variant, secrets: Secrets, now: datetime
) -> Variant | None:
    """One reader's own copy of a composed message, encrypted and signed; None when none of their keys can be used.

    Raises:
        Unavailable: a program that it needs can't be run now.
    """
    made = encrypt_copy(bare.octets, secrets.of(delivery).keys, now)
    return None if made is None else signed(resources, delivery, replace(bare, octets=made, encrypted=True), now)


def put_by(resources: Resources, delivery: Delivery, secrets: Secrets, now: datetime) -> Delivery | None:
    """Let a claimed copy or digest wait for a key; its focal points are told the first time.

    Returns:
        The letter to send in its place, which says so; None when there is nothing to send now.

    Raises:
        Unavailable: the database can't serve.
    """
    fault = fault_of(secrets.of(delivery), now)

    def write(connection: Transaction) -> bool:
        key_warnings.tell_once(connection, delivery.recipient_id, fault, now)
        return encryption.put_by(connection, delivery, now)

    waits = resources.database.write(write)
    note("encryption.waits", reference=delivery.reference, recipient=delivery.recipient_id)
    return delivery._replace(kind=Kind.POINTER) if waits else None


def fault_of(reader: Reader, now: datetime) -> Literal["missing", "expired", "unusable"]:
    """Why nothing can be encrypted for a reader, as letters say it."""
    if not reader.keys:
        return "missing"
    return "unusable" if any(one.is_valid(now) for one in reader.keys) else "expired"


def usable_now(key: RegisteredKey, now: datetime) -> bool:
    """Whether something can be encrypted with a key at this moment."""
    return key.is_valid(now) and can_encrypt(key)


def release_waiting(resources: Resources, now: datetime) -> int:
    """Queue what waits for members who have a key that can be used, and what a list doesn't ask for any more; returns how many copies.

    Raises:
        Unavailable: the database can't serve.
    """
    with resources.database.read() as connection:
        waiting = encryption.waiting_readers(connection)
    required, count = encrypted_lists(resources), 0
    for member_id, reader in waiting.items():
        if _has_usable(reader, now):
            but: frozenset[str] = frozenset()
        elif not reader.chosen:
            but = required
        else:
            continue
        count += resources.database.write(
            lambda connection, one=member_id, but=but: encryption.release(connection, one, now, but=but)  # type: ignore[misc]
        )
    return count


def _has_usable(reader: Reader, now: datetime) -> bool:
    try:
        return any(usable_now(key, now) for key in reader.keys)
    except Unavailable:
        return False  # openssl is away: they wait until the next time
