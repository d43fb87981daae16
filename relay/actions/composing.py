"""What a claimed delivery sends: a letter from facts, or a copy or digest, made once for all who read the same or for one reader alone."""

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from time import monotonic
from typing import NamedTuple

from relay.actions import encrypt
from relay.actions.alarms import compose_for_operator
from relay.actions.copies import (
    Variant,
    Variants,
    bare_copy,
    compose_for_list,
    head_of,
    require_tls,
    return_path_of,
    return_paths_of,
    signed,
)
from relay.actions.digest import compose_parts, open_parts
from relay.actions.notices import notice_facts
from relay.delivery.delivery import BOUNCING, CONTENT, Delivery, Kind
from relay.delivery.notice import compose_notice
from relay.delivery.signing import sign
from relay.resources import Resources
from relay.store.last_look import Part
from relay.transport.smtp import Content

OCTETS = (
    32 * 1024 * 1024
)  # of all messages that are composed and not settled; one more may be in the air on each connection
SECONDS = 2.0  # of a claim's: its first copies leave then, long before its lease runs out


class Composed(NamedTuple):  # a tuple is made in a third of the time, and each copy makes one
    """What is to be sent for a delivery, which may have become another one: word that it waits. `parts` are a digest's posts.

    `shared_from` is a return path that it can share with others (`return_paths_of`).
    """

    delivery: Delivery
    variant: Variant
    mail_from: str
    shared_from: str = ""
    head: bytes = b""
    parts: tuple[Part, ...] = ()


def alike(claimed: Iterable[Delivery], secrets: encrypt.Secrets) -> Iterator[tuple[Delivery, ...]]:
    """Claimed deliveries as they are composed: those that stand together and get the same, and each other one by itself.

    Encrypted copies come last: what many share doesn't wait for what is made for one.
    """
    shared: list[Delivery] = []
    own: list[Delivery] = []
    for delivery in claimed:
        (own if secrets.need(delivery) else shared).append(delivery)
    for _, same in groupby(shared, _what_is_alike):
        yield tuple(same)
    for delivery in own:
        yield (delivery,)


def _what_is_alike(delivery: Delivery) -> Hashable:
    is_copy = delivery.kind in CONTENT and delivery.kind is not Kind.DIGEST
    return (delivery.kind, *_of_all(delivery)) if is_copy else delivery.id


class Room:
    """How much more a claim may compose. One message it always may, so that each claim gets on."""

    def __init__(self, held: Collection[Content]) -> None:
        """Take what earlier claims composed and still hold; each message counts once, however many get it."""
        self._held: set[Content] = set()
        self._octets, self._ends, self._asked = 0, monotonic() + SECONDS, False
        for one in held:
            self.fill(one)

    def take(self) -> bool:
        """Whether one more message may be composed."""
        allowed = not self._asked or (monotonic() < self._ends and self._octets < OCTETS)
        self._asked = True
        return allowed

    def fill(self, content: Content) -> None:
        """Count what was composed."""
        if content not in self._held:
            self._held.add(content)
            self._octets += len(content.octets)


class Composer:
    """Composes deliveries, and keeps what was composed lately by the same resources."""

    def __init__(self) -> None:
        """Nothing is kept yet."""
        self._variants = Variants()
        self._resources: Resources | None = None

    def prepare(self, resources: Resources) -> None:
        """Forget what was composed by other resources: a list may want TLS now, or be called otherwise."""
        if resources is not self._resources:
            self._variants, self._resources = Variants(), resources

    def must_make(self, delivery: Delivery, secrets: encrypt.Secrets) -> bool:
        """Whether a delivery is none of the small letters, and what it brings isn't composed yet."""
        if delivery.kind not in CONTENT:
            return False
        return delivery.kind is Kind.DIGEST or secrets.need(delivery) or _of_all(delivery) not in self._variants

    def compose(
        self, resources: Resources, deliveries: Sequence[Delivery], secrets: encrypt.Secrets, now: datetime
    ) -> Sequence[Composed]:
        """Compose what these get, who are alike; nothing of a digest of which nothing is left, and of what waits for its reader's key without a further word.

        Raises:
            CannotComposeError: its list's definition or its content is gone.
            Unavailable: the database can't serve, or the content can't be opened.
        """
        delivery = deliveries[0]
        if delivery.kind not in CONTENT:
            return (_letter(resources, delivery, now),)
        parts: tuple[Part, ...] = ()
        if delivery.kind is Kind.DIGEST:
            if not (parts := open_parts(resources, delivery, now)):
                return ()
            variant = self._digest(resources, delivery, parts, secrets, now)
        else:
            variant = self._copy(resources, delivery, secrets, now)
        if variant is None:
            waits = encrypt.put_by(resources, delivery, secrets, now)
            return (_letter(resources, waits, now),) if waits else ()
        return [
            Composed(
                delivery=one,
                variant=variant,
                mail_from=mail_from,
                shared_from=shared_from,
                head=head_of(resources, one, variant, now) if variant.section else b"",
                parts=parts,
            )
            for one, (mail_from, shared_from) in zip(
                deliveries, return_paths_of(resources, deliveries, variant), strict=True
            )
        ]

    def _copy(
        self, resources: Resources, delivery: Delivery, secrets: encrypt.Secrets, now: datetime
    ) -> Variant | None:
        """What all who read the same get, or one reader's own, encrypted; None when that can't be done for them."""
        post_id, key = delivery.post_id or 0, _of_all(delivery)
        if not secrets.need(delivery):
            return self._variants.made(key, lambda: compose_for_list(resources, delivery, post_id, now))
        bare = self._variants.made((*key, "bare"), lambda: bare_copy(resources, delivery, post_id, subject_within=True))
        return encrypt.encrypted(resources, delivery, bare, secrets, now)

    def _digest(
        self,
        resources: Resources,
        delivery: Delivery,
        parts: Sequence[Part],
        secrets: encrypt.Secrets,
        now: datetime,
    ) -> Variant | None:
        post_ids, language = [part.post_id for part in parts], delivery.language
        strict = require_tls(resources, post_ids)

        def bare() -> Variant:
            return Variant(octets=compose_parts(resources, parts, language, now), requires_tls=strict)

        if secrets.need(delivery) or encrypt.required_of(resources, post_ids):
            return encrypt.encrypted(resources, delivery, bare(), secrets, now)
        key = (tuple((part.post_id, part.list_name) for part in parts), language)
        return self._variants.made(key, lambda: signed(resources, delivery, bare(), now))


def _of_all(delivery: Delivery) -> tuple[int, str, str, datetime]:
    """What is equal for all who get the same copy, if nothing of it is their own: after a stop, which changes a copy's age, it has another time to acknowledge it."""
    return delivery.post_id or 0, delivery.list_name, delivery.language, delivery.created_at


def _letter(resources: Resources, delivery: Delivery, now: datetime) -> Composed:
    if delivery.kind in {Kind.ALARM, Kind.POSTMASTER}:
        octets = compose_for_operator(resources, delivery, now)
    else:
        facts = notice_facts(resources, delivery, now)
        octets = compose_notice(facts, resources.catalogue(delivery.language))
    mail_from = return_path_of(resources, delivery) if delivery.kind in BOUNCING else ""
    variant = Variant(octets=sign(octets, resources.signing_keys, now))
    return Composed(delivery=delivery, variant=variant, mail_from=mail_from)
