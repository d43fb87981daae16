"""What a running process counts and times: one value, made at its start and told of everything by its name in METRICS.

It costs a quarter of a microsecond a time, so that a post pays a few of them. Labels are words of ours (a list, a code, a stage), never
an address, a subject or a word of a message; `web.metrics` writes them down in Prometheus' text format.
"""

import json
import threading
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

MOST_SERIES = 500  # of one metric: what comes beyond is counted together, whatever a mistake of ours makes a label of
BEYOND = "other"

_STAGE_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 60.0)
_JOURNEY_BOUNDS = (
    0.01,
    0.02,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    15.0,
    60.0,
    300.0,
    900.0,
    3600.0,
    14_400.0,
    86_400.0,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One thing that is counted, or timed in seconds where it has `bounds`, by these labels."""

    labels: tuple[str, ...] = ()
    meaning: str
    bounds: tuple[float, ...] = ()


# By their names on the page, without the prefix; docs and tests hold every name used in the code against this table.
METRICS: Mapping[str, Metric] = {
    "events": Metric(labels=("event",), meaning="events of the log, by name (relay/maillog.py)"),
    "posts": Metric(labels=("list", "decision"), meaning="posts that were judged and written down, for each list"),
    "withheld": Metric(labels=("code",), meaning="posts that were withheld, by each code of their reasons"),
    "replies_refused": Metric(labels=("door", "code"), meaning="refusals in sessions (4yz and 5yz), by reply code"),
    "logins_failed": Metric(meaning="logins that were refused, also those that a storm keeps out of the log"),
    "scans": Metric(labels=("outcome",), meaning="messages given to scanners: finished, late, died, garbled, or busy when none was free"),
    "scan_seconds": Metric(meaning="how long one message was in a scanner, without the wait for one", bounds=_STAGE_BOUNDS),
    "stage_seconds": Metric(
        labels=("stage",),
        meaning="the stages of a message: receive (its octets, to the final dot), prove, scan (with the wait for a scanner), decide, commit, and answer: all from the dot to the reply",
        bounds=_STAGE_BOUNDS,
    ),
    "deliveries": Metric(
        labels=("kind", "outcome", "reply"),
        meaning="attempts that ended, by what was sent (copy, digest, letter) and the class of the smarthost's reply",
    ),
    "delivery_seconds": Metric(meaning="from a claim to the smarthost's 250", bounds=_STAGE_BOUNDS),
    "copy_seconds": Metric(meaning="from a post's copy being queued to its delivery", bounds=_JOURNEY_BOUNDS),
    "fanout_seconds": Metric(meaning="of each post: from its copies being queued (its acceptance or release) to its last copy", bounds=_JOURNEY_BOUNDS),
    "possible_duplicates": Metric(meaning="copies that may have arrived twice"),
    "bounces": Metric(labels=("fate",), meaning="what came back to copies' return paths: noted, or why it changed nothing; forged are RCPTs for return paths that we never made"),
    "jobs_failed": Metric(labels=("task",), meaning="runs of a periodic job that met trouble"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Timed:
    """So many times, by bound (the last one has none), and their seconds together."""

    seconds: float
    counts: tuple[int, ...]


Key = tuple[str, tuple[str, ...]]


class Measures:
    """What one process has counted and timed since it started. Thread-safe."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self._lock = threading.Lock()
        self._counts: dict[Key, int] = {}
        self._times: dict[Key, list[float]] = {}
        self._marks: dict[Key, float] = {}
        self._series = dict.fromkeys(METRICS, 0)

    def count(self, name: str, *labels: str, by: int = 1) -> None:
        """Count something that happened, by the values of its labels in the order of METRICS."""
        key = (name, labels)
        with self._lock:
            if key not in self._counts:
                key = self._new(key)
            self._counts[key] = self._counts.get(key, 0) + by

    def time(self, name: str, seconds: float, *labels: str) -> None:
        """Note how long something took."""
        self.time_each(name, (seconds,), *labels)

    def time_each(self, name: str, each: Sequence[float], *labels: str) -> None:
        """Note how long each of some that are alike took, in seconds."""
        if not each:
            return
        key, bounds = (name, labels), METRICS[name].bounds
        with self._lock:
            row = self._times.get(key)
            if row is None:
                key = self._new(key)
                row = self._times.setdefault(key, [0.0] * (len(bounds) + 2))
            for seconds in each:
                row[0] += seconds
                row[1 + bisect_left(bounds, seconds)] += 1

    def mark(self, name: str, value: float, *labels: str) -> None:
        """Keep the newest value of something, by a name of GAUGES."""
        with self._lock:
            self._marks[name, labels] = value

    @contextmanager
    def timed(self, name: str, *labels: str) -> Iterator[None]:
        """Note how long what is inside takes, whatever becomes of it."""
        began = monotonic()
        try:
            yield
        finally:
            self.time(name, monotonic() - began, *labels)

    def heard(self, event: str, facts: Mapping[str, object]) -> None:
        """Take an event of the log: each is counted, and some tell more. Nothing is raised, whatever the facts: a commit may stand behind it."""
        self.count("events", event)
        if event == "post.decided":
            for name, decision in zip(_words(facts, "lists"), _words(facts, "decisions"), strict=False):
                self.count("posts", name, decision)
        elif event == "delivery.recovered":
            twice = facts.get("possible_duplicates")
            self.count("possible_duplicates", by=twice if isinstance(twice, int) else 0)
        elif event.startswith("bounce.") and event != "bounce.forged":  # in a storm of which not each is told
            self.count("bounces", str(facts.get("why", event.partition(".")[2])))
        elif event == "jobs.trouble":
            self.count("jobs_failed", str(facts.get("job")))

    def counts(self) -> dict[Key, int]:
        """All counters as they are now."""
        with self._lock:
            return dict(self._counts)

    def marks(self) -> dict[Key, float]:
        """The newest value of each mark."""
        with self._lock:
            return dict(self._marks)

    def times(self) -> dict[Key, Timed]:
        """All that was timed, as it is now."""
        with self._lock:
            return {key: Timed(row[0], tuple(int(one) for one in row[1:])) for key, row in self._times.items()}

    def _new(self, key: Key) -> Key:
        """The key for something that is counted for the first time: its own, or the one that all share who come too late."""
        name, labels = key
        if len(labels) != len(METRICS[name].labels):
            raise TypeError(f"{name} has the labels {METRICS[name].labels}")
        if self._series[name] >= MOST_SERIES:
            return name, (BEYOND,) * len(labels)
        self._series[name] += 1
        return key


def _words(facts: Mapping[str, object], name: str) -> list[str]:
    found = facts.get(name)
    return [str(one) for one in found] if isinstance(found, list | tuple) else []


# What is asked for when the page is read, by its name on it.
GAUGES: Mapping[str, Metric] = {
    "build_info": Metric(labels=("version", "python"), meaning="1; which version this is"),
    "queue_deliveries": Metric(labels=("status",), meaning="deliveries that have not come to an end"),
    "queue_oldest_seconds": Metric(labels=("status",), meaning="how long the oldest of them is in the queue"),
    "queue_list_deliveries": Metric(labels=("list", "status"), meaning='the same by list; "" are letters about no list'),
    "queue_due_seconds": Metric(meaning="how long the delivery that is due longest has been due; what is well is taken up in less than a second"),
    "held_posts": Metric(meaning="posts that wait for a moderator"),
    "held_oldest_seconds": Metric(meaning="how long the oldest of them waits"),
    "audit_signed_timestamp_seconds": Metric(meaning="when a node last signed the end of its audit chain; hourly"),
    "lists_stopped": Metric(meaning="lists that are stopped: their copies wait"),
    "processes": Metric(labels=("role",), meaning="processes of all nodes that gave a sign of life within 45 seconds"),
    "database_up": Metric(meaning="1 while the database can be read, and written as far as is known"),
    "database_log_octets": Metric(meaning="the size of SQLite's write-ahead log"),
    "disk_free_octets": Metric(labels=("disk",), meaning="what is free on the data directory's disk (data), and where database.disk points (database)"),
    "disk_reserve_octets": Metric(meaning="smtp.min_free_octets: with less free no post is taken"),
    "intake_has_room": Metric(meaning="1 while posts are taken, 0 while they are put off because the disk is low"),
    "connections_open": Metric(meaning="SMTP connections that are open"),
    "scanners_ready": Metric(meaning="1 while a scanner lives that could serve"),
    "smarthost_away": Metric(meaning="1 while the last tries found no smarthost that answered"),
    "tls_certificate_ends_timestamp_seconds": Metric(meaning="when the certificate of smtp.tls_certificate ends"),
    "vault_key_made_timestamp_seconds": Metric(meaning="when the vault key that seals was made; weekly"),
    "alarms": Metric(labels=("kind",), meaning="alarms that are raised now (docs/operations/alarms.md)"),
    "job_succeeded_timestamp_seconds": Metric(labels=("task",), meaning="when a periodic job last went well in this process"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one process has to tell: its counters, its times, and what was asked for now, by name and label values.

    `process` are facts of the process itself under Prometheus' standard names.
    """

    counts: Mapping[Key, int]
    times: Mapping[Key, Timed]
    gauges: Mapping[Key, float]
    process: Mapping[str, float]

    def to_json(self) -> str:
        """One line, for the process that makes the page."""
        rows = [[[*key], value] for key, value in self.counts.items()]
        times = [[[*key], one.seconds, one.counts] for key, one in self.times.items()]
        gauges = [[[*key], value] for key, value in self.gauges.items()]
        return json.dumps({"counts": rows, "times": times, "gauges": gauges, "process": dict(self.process)})


def read_report(text: str) -> Report:
    """A report from what `to_json` gave, of a process of our own."""
    told = json.loads(text)
    return Report(
        counts={_key(key): value for key, value in told["counts"]},
        times={_key(key): Timed(seconds, tuple(counts)) for key, seconds, counts in told["times"]},
        gauges={_key(key): value for key, value in told["gauges"]},
        process=told["process"],
    )


def _key(parts: list[Any]) -> Key:
    name, labels = parts
    return str(name), tuple(labels)
