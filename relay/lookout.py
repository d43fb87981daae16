"""Looks at each tick whether anything is wrong with the relay that whoever runs it must know, and has alarms raised for it.

What concerns one node is looked at by the process that has it, under the node's name; what all nodes share by the one that does the
periodic work. That this work is done at all is looked at by every process.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from relay.actions.alarms import raise_alarms
from relay.delivery.alarm import AlarmKind, Sign
from relay.gauges import certificate_ends, free_on_disks, vault_key_made
from relay.resources import Resources
from relay.settings import AlarmsSection
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

_SHARED = frozenset(
    {
        AlarmKind.DUE,
        AlarmKind.UNDELIVERED,
        AlarmKind.AUDIT,
        AlarmKind.ADDRESSES,
        AlarmKind.VAULT_KEY,
        AlarmKind.JOB,
        AlarmKind.NODE,
        AlarmKind.SHUT,
    }
)
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
            Unavailable: the database can't serve.
        """
        alarms = resources.settings.alarms
        while self._noticed:
            self._noticed_at[self._noticed.popleft()] = now
        with resources.database.read() as connection:
            found = look(connection, now)
        unsigned = found.signed_at is not None and now - found.signed_at > SIGNED_WITHIN
        looks = [Look(node="", part="", kinds=frozenset({AlarmKind.UNSIGNED}), signs=_if(unsigned, AlarmKind.UNSIGNED))]
        if leads:
            signs = tuple(self._signs_of_all(resources, found, now, away=away))
            looks.append(Look(node="", part="", kinds=_SHARED, signs=signs))
        node, part = resources.settings.relay.node, "-".join(self._roles)
        bugs = _if(self._noticed_lately(AlarmKind.BUG, now), AlarmKind.BUG)
        looks.append(Look(node=node, part=part, kinds=frozenset({AlarmKind.BUG}), signs=bugs))
        if own := frozenset(kind for role in self._roles for kind in _OF_ROLE.get(role, ())):
            seen = [*_if(away, AlarmKind.SMARTHOST), *self._signs_of_node(resources, now)]
            looks.append(Look(node=node, part="", kinds=own, signs=[one for one in seen if one.kind in own]))
        for one in looks:
            raise_alarms(resources, one, lambda kind: patience(kind, alarms), now)

    def _signs_of_all(self, resources: Resources, found: Standing, now: datetime, *, away: bool) -> Iterator[Sign]:
        """What is wrong with what all nodes share."""
        alarms = resources.settings.alarms
        with resources.database.read() as connection:
            processes = list_processes(connection)
            there = {one.node for one in processes if not one.is_silent(now)}
            away = away or smarthost_is_away(connection, there)
            many = failing.too_many(connection, now)
        # Behind a smarthost that is away deliveries wait as they should, and that is told by itself.
        yield from _if(found.due_for() > alarms.due and not away, AlarmKind.DUE)
        yield from _if(found.undelivered_for() > alarms.undelivered, AlarmKind.UNDELIVERED)
        yield from _if(not self._whole(resources, now), AlarmKind.AUDIT)
        yield from _if(many > 0, AlarmKind.ADDRESSES)
        yield from _if(now - vault_key_made(resources) > KEY_WITHIN, AlarmKind.VAULT_KEY)
        yield from _if(self._noticed_lately(AlarmKind.SHUT, now), AlarmKind.SHUT)
        for node in sorted({one.node for one in processes if one.is_silent(now)}):
            yield Sign(kind=AlarmKind.NODE, about=node)
        for job in self._jobs_that_fail(resources, now):
            yield Sign(kind=AlarmKind.JOB, about=job)

    def _noticed_lately(self, kind: AlarmKind, now: datetime) -> bool:
        at = self._noticed_at.get(kind)
        return at is not None and now - at < TOLD_HOURLY

    def _signs_of_node(self, resources: Resources, now: datetime) -> Iterator[Sign]:
        settings = resources.settings
        for name, free in free_on_disks(settings).items():
            if free < settings.smtp.min_free_octets:
                yield Sign(kind=AlarmKind.DISK_FULL, about=name)
            elif free < settings.alarms.disk:
                yield Sign(kind=AlarmKind.DISK, about=name)
        ends = certificate_ends(settings.smtp.tls_certificate)
        yield from _if(ends is not None and ends - now < settings.alarms.certificate, AlarmKind.CERTIFICATE)
        counts = resources.measures.counts()
        self._lost.append((now, sum(counts.get(("scans", (one,)), 0) for one in _LOST)))
        while self._lost[0][0] < now - timedelta(hours=1):
            self._lost.popleft()
        yield from _if(self._lost[-1][1] - self._lost[0][1] >= SCANS_LOST, AlarmKind.SCANNERS)

    def _jobs_that_fail(self, resources: Resources, now: datetime) -> list[str]:
        went_well = {labels[0]: at for (name, labels), at in resources.measures.marks().items() if name == "job_succeeded_timestamp_seconds"}  # fmt: skip
        while self._failed:
            job = self._failed.popleft()
            self._failing[job] = self._failing.get(job, (now, now))[0], now
        for job, (_, last) in tuple(self._failing.items()):
            if went_well.get(job, 0.0) > last.timestamp() or now - last > LATELY:
                del self._failing[job]
        return [job for job, (first, _) in self._failing.items() if now - first >= FAILING_FOR]

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


def _if(wrong: bool, kind: AlarmKind) -> list[Sign]:
    return [Sign(kind=kind)] if wrong else []
