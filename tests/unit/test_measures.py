"""What is counted and timed, and the page that it becomes."""

import json
from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families

from relay import maillog
from relay.measures import BEYOND, GAUGES, METRICS, MOST_SERIES, Measures, Report, Timed, read_report
from relay.web.metrics import PREFIX, MetricsDesk, page, this_process


def report(measures, gauges=()):
    return Report(
        counts=measures.counts(), times=measures.times(), gauges=measures.marks() | dict(gauges), process={"x": 1}
    )


def samples(octets):
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(octets.decode())
        for sample in family.samples
    }


def test_what_happens_is_counted_by_its_labels():
    measures = Measures()
    measures.count("posts", "central-africa", "relay")
    measures.count("posts", "central-africa", "relay", by=2)
    measures.count("posts", "species-id", "hold")
    assert measures.counts() == {
        ("posts", ("central-africa", "relay")): 3,
        ("posts", ("species-id", "hold")): 1,
    }


def test_labels_without_end_become_one_series():
    measures = Measures()
    for number in range(MOST_SERIES + 5):
        measures.count("withheld", f"N{number}")
    counts = measures.counts()
    assert len(counts) == MOST_SERIES + 1
    assert counts["withheld", (BEYOND,)] == 5


def test_labels_that_a_metric_does_not_have_are_a_mistake():
    with pytest.raises(TypeError):
        Measures().count("posts", "central-africa")


def test_times_are_kept_by_bound():
    measures = Measures()
    for seconds in (0.001, 0.0011, 99.0):
        measures.time("scan_seconds", seconds)
    bounds = METRICS["scan_seconds"].bounds
    expected = Timed(0.001 + 0.0011 + 99.0, (1, 1, *[0] * (len(bounds) - 2), 1))
    assert measures.times() == {("scan_seconds", ()): expected}


def test_what_fails_is_timed_as_well():
    measures = Measures()
    with pytest.raises(ZeroDivisionError), measures.timed("stage_seconds", "prove"):
        1 / 0  # noqa: B018
    assert sum(measures.times()["stage_seconds", ("prove",)].counts) == 1


@pytest.mark.parametrize(
    ("event", "facts", "counted"),
    [
        ("post.decided", {"lists": ["a", "b"], "decisions": ["relay", "hold"]},
         {("posts", ("a", "relay")): 1, ("posts", ("b", "hold")): 1}),
        ("delivery.recovered", {"possible_duplicates": 7}, {("possible_duplicates", ()): 7}),
        ("bounce.ignored", {"why": "delayed"}, {("bounces", ("delayed",)): 1}),
        ("bounce.noted", {"reference": "X"}, {("bounces", ("noted",)): 1}),
        ("bounce.forged", {"ip": "192.0.2.1", "number": 16}, {}),
        ("jobs.trouble", {"job": "renew"}, {("jobs_failed", ("renew",)): 1}),
        ("session.refused", {"ip": "192.0.2.1"}, {}),
        ("post.decided", {"lists": "a"}, {}),
    ],
)  # fmt: skip
def test_an_event_is_counted_and_tells_what_its_facts_tell(event, facts, counted):
    measures = Measures()
    measures.heard(event, facts)
    assert measures.counts() == {("events", (event,)): 1, **counted}


def test_an_event_below_the_log_s_level_is_counted_until_nobody_listens():
    measures = Measures()
    stop = maillog.tell(measures.heard)
    maillog.note("post.busy")
    maillog.bug(ValueError("secret"), "here")
    stop()
    maillog.note("post.busy")
    assert measures.counts() == {("events", ("post.busy",)): 1, ("events", ("service.bug",)): 1}


def test_a_report_comes_out_as_it_went_in():
    measures = Measures()
    measures.count("posts", "a", "relay")
    measures.time("stage_seconds", 0.2, "scan")
    measures.mark("job_succeeded_timestamp_seconds", 12.5, "renew")
    told = report(measures)
    assert read_report(told.to_json()) == told
    assert "\n" not in json.dumps(told.to_json())[1:-1]


def test_the_page_names_each_process_and_adds_up_the_buckets():
    one, other = Measures(), Measures()
    one.count("logins_failed", by=2)
    other.count("logins_failed", by=3)
    for seconds in (0.0005, 0.003, 100.0):
        one.time("stage_seconds", seconds, "scan")
    found = samples(
        page({"smtp": report(one), "jobs": report(other, {("queue_deliveries", ("queued",)): 4.0}.items())})
    )
    assert found[f"{PREFIX}logins_failed_total", (("process", "smtp"),)] == 2
    assert found[f"{PREFIX}logins_failed_total", (("process", "jobs"),)] == 3
    assert found[f"{PREFIX}queue_deliveries", (("process", "jobs"), ("status", "queued"))] == 4
    scan = (("process", "smtp"), ("stage", "scan"))
    buckets = {
        bound: found[f"{PREFIX}stage_seconds_bucket", (("le", bound), *scan)]
        for bound in ("0.001", "0.0025", "0.005", "60.0", "+Inf")
    }
    assert buckets == {"0.001": 1, "0.0025": 1, "0.005": 2, "60.0": 2, "+Inf": 3}
    assert found[f"{PREFIX}stage_seconds_count", scan] == 3
    assert found[f"{PREFIX}stage_seconds_sum", scan] == pytest.approx(100.0035)
    assert found["x", (("process", "jobs"),)] == 1


def test_every_metric_is_on_the_page_before_anything_happened():
    families = {family.name for family in text_string_to_metric_families(page({"relay": report(Measures())}).decode())}
    assert {f"{PREFIX}{name}" for name in (*METRICS, *GAUGES)} <= families


def test_a_process_tells_its_memory_and_processor_time():
    facts = this_process()
    assert facts["process_resident_memory_bytes"] > 1_000_000
    assert facts["process_cpu_seconds_total"] > 0


@pytest.mark.parametrize(
    ("ip", "header", "may"),
    [
        ("127.0.0.1", {}, True),
        ("::ffff:127.0.0.1", {}, True),
        ("192.0.2.7", {}, True),
        ("192.0.2.8", {}, False),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, False),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, False),
        ("127.0.0.1", {"Via": "1.1 web"}, False),
    ],
)
def test_only_listed_networks_read_the_page_and_nobody_through_a_proxy(ip, header, may):
    desk = MetricsDesk(lambda: ("127.0.0.0/8", "192.0.2.7"), lambda: b"")
    assert desk.may_read(ip, header) is may


def test_however_many_ask_the_page_is_made_once_a_second():
    made: list[Callable[[], bytes]] = []
    desk = MetricsDesk(tuple, lambda: made.append(desk.page) or b"page")
    assert [desk.page() for _ in range(50)] == [b"page"] * 50
    assert len(made) <= 2
