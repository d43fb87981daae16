"""What the doctor says about the processes that serve a relay."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from relay.doctor.nodes import judge_nodes
from relay.store.nodes import SILENT, Process

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
GONE = NOW - SILENT - timedelta(seconds=1)
LEADER = Process(
    node="node-1", role="jobs", boot="a", place="here:/data", version="1.0", since=NOW, seen_at=NOW, leads=True
)
OTHER = replace(LEADER, node="node-2", boot="b", leads=False)


def said(*found):
    return [(one.level, one.finding) for one in judge_nodes(found, NOW)]


def test_all_are_there():
    assert said(LEADER, OTHER) == [("ok", "node-1, node-2")]
    assert said() == []


def test_one_that_fell_silent_is_named_whoever_leads():
    assert said(LEADER, replace(OTHER, seen_at=GONE)) == [
        ("warning", "no sign of life from node-2, which ended without a word")
    ]


def test_two_versions_are_named():
    assert said(LEADER, replace(OTHER, version="1.1")) == [("warning", "versions 1.0 and 1.1 run side by side")]


def test_that_nobody_leads_is_told():
    assert said(OTHER) == [("warning", "nobody does the scheduled jobs")]
    assert said(replace(OTHER, role="smtp")) == [("warning", "no process has the jobs")]
    assert said(replace(LEADER, seen_at=GONE), OTHER)[-1] == ("warning", "nobody does the scheduled jobs")
