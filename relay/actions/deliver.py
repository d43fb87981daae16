"""Deliver: claim what is due, compose each variant once, and settle what the smarthost said.

claim ─ compose (per post, list and language; DKIM-signed once each) ─ begin ─ [transport sends] ─ settle
"""

import itertools
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import NamedTuple

from relay.actions import encrypt
from relay.actions.composing import Composer, Room, alike
from relay.actions.leases import Leases
from relay.actions.measure import measure_attempts, measure_ends
from relay.actions.outcomes import note_settled, settlement_of
from relay.delivery.delivery import BOUNCING, CONTENT, Action, Delivery, Outcome, Status
from relay.delivery.refusal import reply_blames_address
from relay.errors import Unavailable
from relay.maillog import bug, note
from relay.resources import Resources
from relay.store import digests, failures, last_look, letters, queue, reach
from relay.store.engine import Transaction
from relay.store.vault import SealError
from relay.transport.courier import Work
from relay.transport.smtp import Content, Parcel, Result

LEASE = timedelta(seconds=60)  # after a kill, another node takes a claimed copy when this has run out
MEASURED = 1000  # posts at once
POSTPONE = timedelta(minutes=10)  # for a copy that we fail to compose; the operator sees it in the log


class _Carried(NamedTuple):  # a tuple is made in a third of the time, and each copy makes one
    """What is known of a parcel: `since` in monotonic seconds when it was claimed, a digest's `parts`, and whether anybody can read a post in it."""

    delivery: Delivery
    content: Content
    since: float
    parts: tuple[last_look.Part, ...]
    is_clear: bool


class Outbox:
    """The queue as the courier sees it. Its methods are called from several threads, never twice for one parcel.

    A parcel's key counts parcels, not deliveries: one that is claimed again, after its lease ran out or it was put back,
    is another parcel.
    """

    def __init__(self, resources: Callable[[], Resources], boot: str) -> None:
        """Take a way to the present resources, and a random word that no earlier run of this node used."""
        self._resources = resources
        self.leases = Leases(resources, boot)
        self._claims = 1
        self._keys = itertools.count(1)
        self._carried: dict[int, _Carried] = {}  # what is in the air, by the parcels' keys
        self._composer = Composer()
        self.ended: set[int] = set()  # posts of which copies came to an end, for who measures how long that took

    def claim(self, limit: int) -> Work:
        """Lease and compose what is due; what there is no room to compose now is left to the next claim.

        Raises:
            Unavailable: the database can't serve; nothing is lost.
        """
        resources = self._resources()
        # The same lease again after trouble, so that what a claim took whose end nobody knows need not wait until it runs out.
        lease = f"{self.leases.owner}{self._claims}"

        # Leases run by the time of the very transaction: what may lie in between, such as a halt of this process, counts.
        def claim(connection: Transaction) -> tuple[Delivery, ...]:
            now = resources.now()
            claimed = queue.claim(connection, lease, now, now + LEASE, limit)
            if len(claimed) == limit:  # there may be more than this process can carry: others may help
                resources.database.announce(connection)
            return claimed

        claimed, now = resources.database.write(claim), resources.now()
        parcels: list[Parcel] = []
        try:
            rest = self._compose(resources, claimed, parcels, now)
            next_due: datetime | None = now  # as far as is known while there was more than was asked for
            if rest:
                resources.database.write(lambda connection: _leave_to_others(resources, connection, lease, rest))
            elif len(claimed) < limit:
                with resources.database.read() as connection:
                    next_due = queue.next_due(connection)
        except Unavailable:
            for parcel in parcels:  # nobody sends them: they are claimed anew
                self._forget(parcel)
            raise
        self._claims += 1
        return Work(parcels=tuple(parcels), next_due=next_due)

    def _compose(
        self, resources: Resources, claimed: Sequence[Delivery], parcels: list[Parcel], now: datetime
    ) -> list[int]:
        """Add a parcel for each that could be composed; the ids of those for which there was no room."""
        secrets, room = encrypt.look(resources, claimed), Room([one.content for one in tuple(self._carried.values())])
        self._composer.prepare(resources)
        rest: list[int] = []
        for deliveries in alike(claimed, secrets):
            if self._composer.must_make(deliveries[0], secrets) and not room.take():
                rest += [delivery.id for delivery in deliveries]
            elif made := self._try_parcels(resources, deliveries, secrets, now):
                parcels += made
                room.fill(made[0].content)
        return rest

    def beat(self) -> int:
        """Give a sign of life; how many were taken over from nodes that gave none. See `Leases.beat`."""
        return self.leases.beat(sending=bool(self._carried))

    def begin(self, parcels: Sequence[Parcel]) -> tuple[Parcel, ...]:
        """Mark a chunk as being sent; those whose member was suspended or chose encryption, or whose post was withdrawn, meanwhile drop out.

        Raises:
            Unavailable: the database can't serve; the courier tries again.
        """
        database = self._resources().database
        carried = [self._carried[parcel.key] for parcel in parcels]
        by_lease: dict[str, list[int]] = {}
        for one in carried:
            by_lease.setdefault(one.delivery.lease, []).append(one.delivery.id)
        clear = [one.delivery.id for one in carried if one.is_clear]

        def begin(connection: Transaction) -> set[tuple[str, int]]:
            now = database.now()
            for one in carried:
                if one.parts:
                    digests.confirm(connection, one.delivery, one.parts, now)
            looked = (
                (lease, last_look.begin(connection, lease, ids, now, clear=clear)) for lease, ids in by_lease.items()
            )
            return {(lease, id_) for lease, ids in looked for id_ in ids}

        begun = database.write(begin)
        allowed: list[Parcel] = []
        for parcel, one in zip(parcels, carried, strict=True):
            if (one.delivery.lease, one.delivery.id) in begun:
                allowed.append(parcel)
            else:
                self._forget(parcel)
        return tuple(allowed)

    def settle(self, results: Sequence[Result]) -> None:
        """Write down what became of a chunk; an author whose copies failed or ran out of time is told.

        Raises:
            Unavailable: the database can't serve; the courier tries again.
        """
        resources = self._resources()
        now = resources.now()
        by_lease: dict[str, list[queue.Settlement]] = {}
        dead: list[str] = []
        settled: list[tuple[Delivery, queue.Settlement]] = []
        for parcel, outcome in results:
            delivery = self._carried[parcel.key].delivery
            if _is_dead(delivery, outcome):
                dead.append(delivery.recipient_id)
            settlement = settlement_of(resources, delivery, outcome, now)
            settled.append((delivery, settlement))
            by_lease.setdefault(delivery.lease, []).append(settlement)
        lost = [delivery for delivery, settlement in settled if settlement.status in {Status.EXPIRED, Status.FAILED}]
        resources.database.write(
            lambda connection: (
                [queue.settle(connection, lease, settlements, now) for lease, settlements in by_lease.items()],
                digests.settle(connection, [delivery for delivery, _ in settled]),
                reach.tell_of_lost(connection, lost, now),
                failures.note(connection, dead, now),
                letters.destroy_settled(connection, [delivery for delivery, _ in settled]),
            )
        )
        note_settled(settled)
        ended = monotonic()
        took = [ended - self._carried.pop(parcel.key).since for parcel, _ in results]
        measure_attempts(resources.measures, settled, took, now)
        self.ended.update(
            delivery.post_id
            for delivery, settlement in settled
            if delivery.post_id is not None and settlement.status is not Status.QUEUED
        )

    def measure_ends(self) -> None:
        """Note how long posts took whose last copy went out. What still has one to send comes back when that has ended.

        Raises:
            Unavailable: the database can't be read.
        """
        seen: list[int] = []
        while self.ended and len(seen) < MEASURED:  # others add to it meanwhile
            seen.append(self.ended.pop())
        if seen:
            measure_ends(self._resources(), seen)

    def _try_parcels(
        self, resources: Resources, deliveries: Sequence[Delivery], secrets: encrypt.Secrets, now: datetime
    ) -> list[Parcel]:
        """Compose what is alike; a bug in one copy or a post that can't be opened must not stop the others: it waits, and the log says so.

        What the database can't read now is put off for a moment only; one that is away altogether can't even do that, and
        so ends the claim.
        """
        try:
            return self._parcels(resources, deliveries, secrets, now)
        except Unavailable as error:
            note("delivery.trouble", reference=deliveries[0].reference, reason=str(error))
            _postpone(resources, deliveries, now, POSTPONE if isinstance(error, SealError) else LEASE)
            return []
        except Exception as error:  # noqa: BLE001  (whatever went wrong, the next copy is still due)
            if len(deliveries) > 1:  # it may be one of them alone
                return self._try_each(resources, deliveries, secrets, now)
            bug(error, "compose")
            _postpone(resources, deliveries, now, POSTPONE)
            return []

    def _try_each(
        self, resources: Resources, deliveries: Sequence[Delivery], secrets: encrypt.Secrets, now: datetime
    ) -> list[Parcel]:
        made: list[Parcel] = []
        try:
            for delivery in deliveries:
                made += self._try_parcels(resources, (delivery,), secrets, now)
        except Unavailable:
            for parcel in made:  # nobody sends them: they are claimed anew
                self._forget(parcel)
            raise
        return made

    def _forget(self, parcel: Parcel) -> None:
        del self._carried[parcel.key]

    def _parcels(
        self, resources: Resources, deliveries: Sequence[Delivery], secrets: encrypt.Secrets, now: datetime
    ) -> list[Parcel]:
        composed = self._composer.compose(resources, deliveries, secrets, now)
        since, parcels, carried = monotonic(), list[Parcel](), dict[int, _Carried]()
        for one in composed:
            key, delivery, variant = next(self._keys), one.delivery, one.variant
            carried[key] = _Carried(
                delivery=delivery,
                content=variant.content,
                since=since,
                parts=one.parts,
                is_clear=delivery.kind in CONTENT and not variant.encrypted,
            )
            parcels.append(
                Parcel(
                    key=key,
                    mail_from=one.mail_from,
                    recipient=str(delivery.recipient),
                    content=variant.content,
                    head=one.head,
                    requires_tls=variant.requires_tls,
                    shared_from=one.shared_from,
                    alone=delivery.attempts > 0,  # who was put off may be who puts off
                )
            )
        self._carried.update(carried)
        return parcels


def _is_dead(delivery: Delivery, outcome: Outcome) -> bool:
    """Whether the server said for good that a member's address doesn't work; only of mail whose reports come back to us."""
    is_final = outcome.action is Action.FAILED and delivery.kind in BOUNCING
    return is_final and reply_blames_address(outcome.reply, to_rcpt=outcome.to_rcpt)


def _leave_to_others(resources: Resources, connection: Transaction, lease: str, ids: Sequence[int]) -> None:
    queue.give_back(connection, lease, ids)
    resources.database.announce(connection)


def _postpone(resources: Resources, deliveries: Sequence[Delivery], now: datetime, wait: timedelta) -> None:
    """Put copies of one claim that we can't compose back into the queue for later, until they are too old like any others."""
    lease, max_age = deliveries[0].lease, resources.settings.delivery.max_age
    lost = [delivery for delivery in deliveries if now - delivery.created_at >= max_age]
    ends = dict.fromkeys([delivery.id for delivery in lost], (Status.EXPIRED, None))
    later = []
    for delivery in deliveries:
        status, at = ends.get(delivery.id, (Status.QUEUED, now + wait))
        later.append(queue.Settlement(delivery.id, status, "not composed: our fault", at, counted=False))
    resources.database.write(
        lambda connection: (
            last_look.begin(connection, lease, [delivery.id for delivery in deliveries], now),
            queue.settle(connection, lease, later, now),
            digests.settle(connection, deliveries),
            reach.tell_of_lost(connection, lost, now),
            letters.destroy_settled(connection, deliveries),
        )
    )
