"""Looks at each tick whether anything is wrong with the relay that whoever runs it must know, and has alarms raised for it.

What concerns one node is looked at by the process that has it, under the node's name; what all nodes share by the one that does the
periodic work. That this work is done at all is looked at by every process. Each look stands by itself: one that fails silences no other.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache

from relay.actions.alarms import raise_alarms
from relay.delivery.alarm import AlarmKind, Sign
from relay.gauges import certificate_ends, free_on_disks, vault_key_made
from relay.resources import Resources
from relay.settings import AlarmsSection, Settings
from relay.store import audit, failing
from relay.store.alarms import Look, smarthost_is_away
from relay.store.nodes import list_processes
from relay.store.standing import Standing, look

VERIFY_EVERY = timedelta(days=1)
SIGNED_WITHIN = timedelta(hours=2)  # the jobs sign every hour
KEY_WITHIN = timedelta(days=9)  # the vault's key is renewed weekly
FAILING_FOR = timedelta(hours=1)  # a job
LATELY = timedelta(minutes=5)
SCANS_LOST = 5  # within an hour
TOLD_HOURLY = timedelta(hours=2)  # so long what the log tells hourly is believed

# What shows whether there is trouble of these kinds.
_View = tuple[Collection[AlarmKind], Callable[[], Iterable[Sign]]]

_OF_ROLE: Mapping[str, frozenset[AlarmKind]] = {
    "delivery": frozenset({AlarmKind.SMARTHOST}),
    "smtp": frozenset({AlarmKind.DISK, AlarmKind.DISK_FULL, AlarmKind.CERTIFICATE, AlarmKind.SCANNERS}),
}
_TOLD = {"keys.posts_shut": AlarmKind.SHUT, "service.bug": AlarmKind.BUG}
_LOST = ("late", "died", "garbled")


class Lookout:
    """What one process looks at. `heard` is to be told of events; `tick` belongs to one thread."""

    def __init__(self, roles: tuple[str, ...]) -> None:
        """Take the process's roles."""
        self._roles = roles
        self._failing: dict[
            str, tuple[datetime, datetime]
        ] = {}  # a job's first failure since it went well, and its last
        self._failed: deque[str] = deque(maxlen=1000)  # jobs that failed since the last tick
        self._lost: deque[tuple[datetime, int]] = deque()  # how many scans were lost in all, as of each tick
        self._noticed: deque[AlarmKind] = deque(maxlen=1000)  # what was told since the last tick
        self._noticed_at: dict[AlarmKind, datetime] = {}
        self._verified_at: datetime | None = None
        self._audit_is_whole = True

    def heard(self, event: str, facts: Mapping[str, object]) -> None:
        """Take an event of the log: some are alarms, and so is a job once it has failed for long."""
        if event in _TOLD:
            self._noticed.append(_TOLD[event])
        if event == "jobs.trouble":
            self._failed.append(str(facts.get("job")))
        elif event == "service.bug" and (where := str(facts.get("where"))).startswith("jobs."):
            self._failed.append(where.removeprefix("jobs."))

    def tick(self, resources: Resources, now: datetime, *, leads: bool, away: bool) -> None:
        """Look at everything that is this process's to look at.

        Args:
            resources: what it works with.
            now: the time.
            leads: whether it does the periodic work of all nodes.
            away: whether its smarthost is away.

        Raises:
            Exception: the first of what failed, after everything else was looked at.
        """
        while self._noticed:
            self._noticed_at[self._noticed.popleft()] = now
        failures: list[Exception] = []
        for node, part, views in self._views(resources, now, leads=leads, away=away):
            kinds, signs = _seen(views, failures)
            if not kinds:
                continue
            one = Look(node=node, part=part, kinds=kinds, signs=signs)
            try:
                raise_alarms(resources, one, lambda kind: patience(kind, resources.settings.alarms), now)
            except Exception as error:  # noqa: BLE001  (whatever is wrong, the others must be told)
                failures.append(error)
        if failures:
            raise failures[0]

    def _views(
        self, resources: Resources, now: datetime, *, leads: bool, away: bool
    ) -> Iterator[tuple[str, str, tuple[_View, ...]]]:
        """Whose trouble it would be (a node and a part of it), and how it is seen; what needs no database first."""
        node, standing = resources.settings.relay.node, cache(lambda: _standing(resources, now))
        if own := frozenset(kind for role in self._roles for kind in _OF_ROLE.get(role, ())):
            views = self._views_of_node(resources, now, away=away)
            yield node, "", tuple((kinds, see) for kinds, see in views if own.issuperset(kinds))
        yield node, "-".join(self._roles), (self._noticed_view(AlarmKind.BUG, now),)
        yield "", "", (({AlarmKind.UNSIGNED}, lambda: _if(_is_unsigned(standing()), AlarmKind.UNSIGNED)),)
        if leads:
            yield "", "", self._views_of_all(resources, standing, now, away=away)

    def _views_of_node(self, resources: Resources, now: datetime, *, away: bool) -> tuple[_View, ...]:
        """How trouble is seen of what a node has for itself."""
        settings = resources.settings
        return (
            ({AlarmKind.SMARTHOST}, lambda: _if(away, AlarmKind.SMARTHOST)),
            ({AlarmKind.DISK, AlarmKind.DISK_FULL}, lambda: _signs_of_disks(settings)),
            ({AlarmKind.CERTIFICATE}, lambda: _if(_ends_soon(settings, now), AlarmKind.CERTIFICATE)),
            ({AlarmKind.SCANNERS}, lambda: _if(self._scans_lost(resources, now) >= SCANS_LOST, AlarmKind.SCANNERS)),
        )

    def _views_of_all(
        self, resources: Resources, standing: Callable[[], Standing], now: datetime, *, away: bool
    ) -> tuple[_View, ...]:
        """How trouble is seen of what all nodes share."""
        return (
            ({AlarmKind.DUE, AlarmKind.UNDELIVERED}, lambda: _signs_of_queue(resources, standing(), now, away=away)),
            ({AlarmKind.ADDRESSES}, lambda: _if(_many_fail(resources, now), AlarmKind.ADDRESSES)),
            ({AlarmKind.VAULT_KEY}, lambda: _if(now - vault_key_made(resources) > KEY_WITHIN, AlarmKind.VAULT_KEY)),
            self._noticed_view(AlarmKind.SHUT, now),
            ({AlarmKind.NODE}, lambda: _signs_of_nodes(resources, now)),
            ({AlarmKind.JOB}, lambda: self._signs_of_jobs(resources, now)),
            ({AlarmKind.AUDIT}, lambda: _if(not self._whole(resources, now), AlarmKind.AUDIT)),
        )

    def _noticed_view(self, kind: AlarmKind, now: datetime) -> _View:
        return {kind}, lambda: _if(self._noticed_lately(kind, now), kind)

    def _noticed_lately(self, kind: AlarmKind, now: datetime) -> bool:
        at = self._noticed_at.get(kind)
        return at is not None and now - at < TOLD_HOURLY

    def _scans_lost(self, resources: Resources, now: datetime) -> int:
        """How many within the hour."""
        counts = resources.measures.counts()
        self._lost.append((now, sum(counts.get(("scans", (one,)), 0) for one in _LOST)))
        while self._lost[0][0] < now - timedelta(hours=1):
            self._lost.popleft()
        return self._lost[-1][1] - self._lost[0][1]

    def _signs_of_jobs(self, resources: Resources, now: datetime) -> list[Sign]:
        went_well = {labels[0]: at for (name, labels), at in resources.measures.marks().items() if name == "job_succeeded_timestamp_seconds"}  # fmt: skip
        while self._failed:
            job = self._failed.popleft()
            self._failing[job] = self._failing.get(job, (now, now))[0], now
        for job, (_, last) in tuple(self._failing.items()):
            if went_well.get(job, 0.0) > last.timestamp() or now - last > LATELY:
                del self._failing[job]
        long = [job for job, (first, _) in self._failing.items() if now - first >= FAILING_FOR]
        return [Sign(kind=AlarmKind.JOB, about=job) for job in long]

    def _whole(self, resources: Resources, now: datetime) -> bool:
        """Whether the audit log is whole, as of the last time that it was read through, a day ago at most."""
        if self._verified_at is None or now - self._verified_at >= VERIFY_EVERY:
            with resources.database.read() as connection:
                self._audit_is_whole = not audit.verify(connection, resources.keys.audit.public_key())
            self._verified_at = now
        return self._audit_is_whole


def patience(kind: AlarmKind, alarms: AlarmsSection) -> timedelta:
    """How long trouble of a kind may last before it is told; most kinds have their patience in the sign itself."""
    match kind:
        case AlarmKind.SMARTHOST:
            return alarms.smarthost_away
        case AlarmKind.NODE:
            return timedelta(minutes=2)  # to start anew may take as long
        case AlarmKind.UNSIGNED:
            return timedelta(minutes=10)  # a process that has just started may be faster than the one that signs
        case _:
            return timedelta(0)


def _seen(views: Iterable[_View], failures: list[Exception]) -> tuple[frozenset[AlarmKind], list[Sign]]:
    """Look at each by itself; of what can't be looked at nothing is said, neither that it is wrong nor that it is over."""
    kinds, signs = frozenset[AlarmKind](), list[Sign]()
    for of, view in views:
        try:
            seen = list(view())
        except Exception as error:  # noqa: BLE001  (whatever is wrong with one look, the others must be told)
            failures.append(error)
        else:
            kinds |= frozenset(of)
            signs += [one for one in seen if one.kind in of]
    return kinds, signs


def _signs_of_disks(settings: Settings) -> Iterator[Sign]:
    for name, free in free_on_disks(settings).items():
        if free < settings.smtp.min_free_octets:
            yield Sign(kind=AlarmKind.DISK_FULL, about=name)
        elif free < settings.alarms.disk:
            yield Sign(kind=AlarmKind.DISK, about=name)


def _ends_soon(settings: Settings, now: datetime) -> bool:
    ends = certificate_ends(settings.smtp.tls_certificate)
    return ends is not None and ends - now < settings.alarms.certificate


def _standing(resources: Resources, now: datetime) -> Standing:
    with resources.database.read() as connection:
        return look(connection, now)


def _is_unsigned(found: Standing) -> bool:
    return found.signed_at is not None and found.at - found.signed_at > SIGNED_WITHIN


def _signs_of_queue(resources: Resources, found: Standing, now: datetime, *, away: bool) -> Iterator[Sign]:
    alarms = resources.settings.alarms
    with resources.database.read() as connection:
        there = {one.node for one in list_processes(connection) if not one.is_silent(now)}
        away = away or smarthost_is_away(connection, there)
    # Behind a smarthost that is away deliveries wait as they should, and that is told by itself.
    yield from _if(found.due_for() > alarms.due and not away, AlarmKind.DUE)
    yield from _if(found.undelivered_for() > alarms.undelivered, AlarmKind.UNDELIVERED)


def _many_fail(resources: Resources, now: datetime) -> bool:
    with resources.database.read() as connection:
        return failing.too_many(connection, now) > 0


def _signs_of_nodes(resources: Resources, now: datetime) -> list[Sign]:
    with resources.database.read() as connection:
        silent = {one.node for one in list_processes(connection) if one.is_silent(now)}
    return [Sign(kind=AlarmKind.NODE, about=node) for node in sorted(silent)]


def _if(wrong: bool, kind: AlarmKind) -> list[Sign]:
    return [Sign(kind=kind)] if wrong else []
