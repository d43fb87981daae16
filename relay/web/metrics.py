"""The page /metrics in Prometheus' text format: what each process of this node reports, for those who may read it and nobody else."""

import threading
from collections.abc import Callable, Iterator, Mapping
from email.message import Message
from time import monotonic

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from relay.measures import GAUGES, METRICS, Report
from relay.settings import is_within

PATH = "/metrics"
CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
PREFIX = "wen_relay_"
# A request that bears one of these came through a proxy, whose own address says nothing of who asks.
PASSED_ON = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")


def this_process() -> dict[str, float]:
    """Memory, processor time, open files and start of this process, by their names on the page."""
    collector = ProcessCollector(registry=None)
    return {
        sample.name: sample.value
        for family in collector.collect()
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def page(reports: Mapping[str, Report]) -> bytes:
    """Write the page.

    Args:
        reports: of each process by its name, such as "relay", or "smtp" where roles run apart.
    """
    registry = CollectorRegistry()
    registry.register(_Told(reports))
    return generate_latest(registry)


class MetricsDesk:
    """The page for whoever may read it, made once a second at most, however many ask.

    Args:
        networks: asked for the networks from which it may be read.
        make: makes the page.
    """

    def __init__(self, networks: Callable[[], tuple[str, ...]], make: Callable[[], bytes]) -> None:
        self._networks, self._make = networks, make
        self._lock = threading.Lock()
        self._made: tuple[float, bytes] | None = None

    def may_read(self, ip: str, header: Mapping[str, str] | Message) -> bool:
        """Whether who asks from this address, with these header fields, may read it."""
        return is_within(ip, self._networks()) and not any(name in header for name in PASSED_ON)

    def page(self) -> bytes:
        """The page."""
        with self._lock:
            if self._made is None or monotonic() - self._made[0] >= 1:
                self._made = monotonic(), self._make()
            return self._made[1]


class _Told(Collector):
    """All families of all processes, each sample with its process's name as its last label."""

    def __init__(self, reports: Mapping[str, Report]) -> None:
        self._reports = reports

    def describe(self) -> list[Metric]:
        """Nothing: what there is, is only known when the page is read."""
        return []

    def collect(self) -> Iterator[Metric]:
        for name, metric in METRICS.items():
            yield self._timed(name) if metric.bounds else self._counted(name)
        for name, metric in GAUGES.items():
            labels = (*metric.labels, "process")
            gauge = GaugeMetricFamily(PREFIX + name, metric.meaning, labels=labels)
            for process, report in self._reports.items():
                for (its, values), value in report.gauges.items():
                    if its == name:
                        gauge.add_metric((*values, process), value)
            yield gauge
        for name in sorted({name for report in self._reports.values() for name in report.process}):
            family = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
            fact = family(name, "of the process itself", labels=("process",))
            for process, report in self._reports.items():
                if name in report.process:
                    fact.add_metric((process,), report.process[name])
            yield fact

    def _counted(self, name: str) -> CounterMetricFamily:
        labels = (*METRICS[name].labels, "process")
        family = CounterMetricFamily(PREFIX + name, METRICS[name].meaning, labels=labels)
        for process, report in self._reports.items():
            for (its, values), number in report.counts.items():
                if its == name:
                    family.add_metric((*values, process), number)
        return family

    def _timed(self, name: str) -> HistogramMetricFamily:
        metric = METRICS[name]
        family = HistogramMetricFamily(PREFIX + name, metric.meaning, labels=(*metric.labels, "process"))
        for process, report in self._reports.items():
            for (its, values), one in report.times.items():
                if its == name:
                    family.add_metric((*values, process), _cumulative(metric.bounds, one.counts), one.seconds)
        return family


def _cumulative(bounds: tuple[float, ...], counts: tuple[int, ...]) -> list[tuple[str, float]]:
    """Each bucket with all that is below its bound, as the format wants it."""
    names = [*map(str, bounds), "+Inf"]
    sums = [sum(counts[: place + 1]) for place in range(len(counts))]
    return list(zip(names, map(float, sums), strict=True))
