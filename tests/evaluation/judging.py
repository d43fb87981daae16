"""Judge messages as `wen-relay check` does: in this process, and through the real command with its sandboxed scanners."""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

from relay.actions.check import check
from relay.detectors.facts import Facts
from relay.policy.post import Progress, Scan
from relay.resources import Resources, load_definitions, load_resources
from relay.scan.frames import advance
from relay.scan.rules import make_rules
from relay.scan.stages import scan_octets
from relay.settings import load_settings
from tests.builders import address
from tests.evaluation.corpus import Message
from tests.evaluation.figures import Verdict
from tests.evaluation.octets import LIST, octets_of
from tests.running import WEN_RELAY, Site


@contextmanager
def resources_of(site: Site) -> Iterator[Resources]:
    """What a relay works with: the shipped rules and the shipped list."""
    kept = dict(os.environ)
    os.environ.update(site.environment)
    try:
        resources = load_resources(load_settings(site.data / "relay.toml"))
    finally:
        os.environ.clear()
        os.environ.update(kept)
    try:
        yield resources
    finally:
        resources.database.close()


def judged(resources: Resources, messages: Sequence[Message], now: datetime) -> Iterator[Verdict]:
    """Every message, scanned and decided in this process, on one core."""

    rules = make_rules(load_definitions(resources.settings, resources.ruleset))

    def scan(octets: bytes, facts: Facts) -> Scan:
        result = Scan(progress=Progress.NOTHING, message=None)
        for stage in scan_octets(octets, rules, facts):
            result = advance(result, stage)
        return result

    def judge(message: Message) -> Verdict:
        octets = octets_of(message, now)
        started = process_time()
        [answer] = check(resources, scan, octets, sender=None, list_address=address(LIST), now=now)
        cpu_ms = (process_time() - started) * 1000
        verdict = _verdict(message, len(octets), answer.to_json(message.id), answer.elapsed_ms)
        return replace(verdict, cpu_ms=cpu_ms)

    for message in messages[:3]:  # what a process makes once is no message's own time
        judge(message)
    yield from map(judge, messages)


def commanded(site: Site, messages: Sequence[Message], folder: Path) -> list[Verdict]:
    """Every message through `wen-relay check --json`, all files in one call."""
    now = datetime.now(UTC)
    sizes = {}
    for number, message in enumerate(messages):
        octets = octets_of(message, now)
        sizes[f"{number}.eml"] = (message, len(octets))
        (folder / f"{number}.eml").write_bytes(octets)
    command = [*WEN_RELAY, "check", "--json", "--list", LIST, "--config", str(site.data / "relay.toml"), *sizes]
    run = subprocess.run(command, cwd=folder, env=site.environment, capture_output=True, check=True)
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    return [_verdict(*sizes[row["file"]], row, row["elapsed_ms"]) for row in rows]


def _verdict(message: Message, size: int, row: dict[str, object], elapsed_ms: float) -> Verdict:
    reasons = row["reasons"]
    assert isinstance(reasons, list)
    return Verdict(
        id=message.id,
        skeleton=message.skeleton,
        decision=str(row["decision"]),
        reasons=tuple(f"{one['code']} {one['rule']} ({one['place']})" for one in reasons),
        size=size,
        elapsed_ms=elapsed_ms,
    )
