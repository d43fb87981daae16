"""How the process is judged, and what /health answers."""

import http.client
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from relay.roster.login import SubmissionDoors
from relay.settings import AlarmsSection
from relay.web.health import Health, judge_delivery
from relay.web.leave import leave_desk
from relay.web.server import WebServer

ALARMS = AlarmsSection(
    due="15m", undelivered="4h", smarthost_away="10m", disk="1GiB", certificate="14d", letters_per_hour=4
)

[_RULE] = re.findall(
    r"http-check expect rstring '(.*)'",
    (Path(__file__).parents[2] / "docs" / "operations" / "nodes.md").read_text("utf-8"),
)
BALANCER = re.compile(_RULE)


@pytest.mark.parametrize(
    ("waiting", "away", "status"),
    [
        (timedelta(0), None, "ok"),
        (ALARMS.due, None, "ok"),
        (ALARMS.due + timedelta(seconds=1), None, "delivery stuck"),
        (timedelta(days=3), ALARMS.smarthost_away, "ok"),
        (timedelta(0), ALARMS.smarthost_away + timedelta(seconds=1), "smarthost away"),
    ],
)
def test_what_waits_too_long_is_stuck_and_a_smarthost_may_not_be_away_for_long(waiting, away, status):
    health = judge_delivery(waiting, away, ALARMS)
    assert health == Health(status, due_seconds=int(waiting.total_seconds()), smarthost_away=away is not None)


@pytest.mark.parametrize(
    ("health", "path", "code", "body"),
    [
        (Health("ok"), "/health", 200, {"status": "ok"}),
        (Health("unavailable"), "/health", 503, {"status": "unavailable"}),
        (Health("unavailable", why="disk"), "/health", 503, {"status": "unavailable", "why": "disk"}),
        (Health("ok", 3, True), "/health", 200, {"status": "ok", "due_seconds": 3, "smarthost_away": True}),
        (Health("delivery stuck", 999, False), "/health", 503,
         {"status": "delivery stuck", "due_seconds": 999, "smarthost_away": False}),
        (judge_delivery(timedelta(0), timedelta(days=1), ALARMS), "/health", 503,
         {"status": "smarthost away", "due_seconds": 0, "smarthost_away": True}),
        (Health("ok"), "/", 404, {"error": "not found"}),
    ],
)  # fmt: skip
def test_the_answer_says_what_is_wrong_in_its_code_and_in_words(health, path, code, body):
    server = WebServer(
        "127.0.0.1",
        0,
        lambda: health,
        lambda: SubmissionDoors(host="relay.example", submission=0, submissions=0),
        leave_desk(lambda *_: "taken", ()),
    )
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("GET", path)
        reply = connection.getresponse()
        said = reply.read().decode()
        assert (reply.status, json.loads(said)) == (code, body)
        # What the operator's balancer goes by: whoever takes posts stays.
        assert bool(BALANCER.search(said)) == (body.get("status", "unavailable") != "unavailable")
    finally:
        connection.close()
        server.close()
