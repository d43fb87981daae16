"""What /metrics tells of a running relay: every stage of a post, and nothing of what it says."""

import http.client
import smtplib
from contextlib import closing

import pytest
from prometheus_client.parser import text_string_to_metric_families

from relay.measures import Measures, Report
from relay.web.reports import Reporter, others
from tests.integration.clients import make_post, octets_of, send
from tests.integration.service import ANA, CLAIRE, EVA, JEAN, MARIA, PAUL, eventually, open_house
from tests.integration.withheld_posts import post_marked_in, words_of


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with open_house(tmp_path_factory.mktemp("metrics"), ANA) as house:
        yield house


def get(house, **header):
    connection = http.client.HTTPConnection("127.0.0.1", house.service.ports["web"], timeout=20)
    with closing(connection):
        connection.request("GET", "/metrics", headers={name.replace("_", "-"): value for name, value in header.items()})
        reply = connection.getresponse()
        return reply.status, reply.read().decode()


def read(house):
    """Every sample by its name and its labels' values in the order of their names, the process left out."""
    status, text = get(house)
    assert status == 200
    return {
        (one.name.removeprefix("wen_relay_"), *(value for name, value in sorted(one.labels.items()) if name != "process")): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }  # fmt: skip


def test_a_post_is_seen_at_every_stage_and_no_word_or_address_of_it(house):
    send(house.service, ANA, octets_of(make_post(ANA, "Zanzibar", "Two tusks.\n", message_id="<1@douanes.example>")))
    assert send(house.service, ANA, octets_of(post_marked_in("body"))).startswith("250")
    found = eventually(lambda: (now := read(house)).get(("fanout_seconds_count",)) and now)
    assert found["posts_total", "relay", "central-africa"] == 1
    assert found["posts_total", "withhold", "central-africa"] == 1
    assert sum(value for key, value in found.items() if key[0] == "withheld_total") >= 1
    assert found["deliveries_total", "copy", "delivered", "2yz"] == 4
    assert found["copy_seconds_count",] == found["delivery_seconds_count",] - found["deliveries_total", "letter", "delivered", "2yz"] == 4  # fmt: skip
    for stage in ("receive", "prove", "scan", "decide", "commit", "answer"):
        assert found["stage_seconds_count", stage] == 2
    assert found["scans_total", "finished"] == found["scan_seconds_count",] == 2
    assert (found["database_up",], found["intake_has_room",], found["smarthost_away",]) == (1, 1, 0)
    assert found["disk_free_octets", "data"] > 0
    assert found["process_resident_memory_bytes",] > 10_000_000
    assert ("job_succeeded_timestamp_seconds", "close_the_hour") in found
    text = get(house)[1]
    for secret in (
        ANA,
        PAUL,
        CLAIRE,
        JEAN,
        MARIA,
        EVA,
        "Example",
        "Zanzibar",
        "tusks",
        "@",
        "CAFR-",
        *words_of("body"),
    ):
        assert secret not in text


def test_refusals_are_counted(house):
    assert send(house.service, ANA, octets_of(make_post(ANA, "x", "y\n")), "nobody@relay.example").startswith("550")
    eventually(lambda: read(house).get(("replies_refused_total", "550", "submission")))  # a page lives for a second


def test_each_forged_return_path_is_counted_also_where_the_log_tells_only_of_some(house):
    with smtplib.SMTP("127.0.0.1", house.service.ports["smtp"], timeout=20) as client:
        client.ehlo("mail.example")
        client.mail("")
        replies = {client.rcpt("central-africa-bounces+AAAAAAAAAA@relay.example")[0] for _ in range(3)}
    assert replies == {550}
    eventually(lambda: read(house).get(("bounces_total", "forged")) == 3)


def test_for_who_may_not_read_it_there_is_no_such_page(house):
    assert get(house, X_Forwarded_For="203.0.113.9") == (404, '{"error": "not found"}')


def test_a_process_beside_tells_what_it_has_measured_until_it_ends(tmp_path):
    measures = Measures()
    measures.count("logins_failed", by=3)

    def told():
        return Report(counts=measures.counts(), times={}, gauges={}, process={})

    reporter = Reporter(tmp_path, "smtp", told)
    assert dict(others(tmp_path)) == {"smtp": told()}
    reporter.close()
    assert dict(others(tmp_path)) == {}
