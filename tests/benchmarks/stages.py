"""Processor time for each stage of one message, measured from outside: the verbs are run here, one message after another.

What runs in this thread is told from what the writer's thread does by the two clocks of the processor's time.
"""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from statistics import median
from time import process_time, thread_time

from relay.actions.deliver import Outbox
from relay.actions.receive import receive
from relay.detectors.facts import Facts
from relay.mail.auth_results import AuthenticationResults, Method
from relay.mail.envelope import Client, Envelope
from relay.policy.post import Progress, Scan
from relay.resources import load_definitions, load_resources
from relay.scan.frames import advance, decode_stage, encode_stage
from relay.scan.rules import make_rules
from relay.scan.stages import scan_octets
from relay.settings import load_settings
from relay.transport.smtp import Parcel
from tests.benchmarks.figures import Figures, message
from tests.builders import address
from tests.running import LIST, Site

_TIMES = 60


def stages(site: Site) -> Figures:
    """Medians for a message of 4 KB to a list of 20 others; the service must not run."""
    spent: dict[str, list[float]] = {}
    with _Environment(site.environment):
        resources = load_resources(load_settings(site.data / "relay.toml"))
    rules = make_rules(load_definitions(resources.settings, resources.ruleset))
    outbox = Outbox(lambda: resources, boot="benchmark")
    author = address(site.author)
    client = Client(ip="127.0.0.1", helo_name="client.example", tls=True, login=author)
    proof = AuthenticationResults(method=Method.AUTH, address=author)
    envelope = Envelope(mail_from=author, rcpt_to=(address(LIST),))

    def note(stage: str, seconds: float) -> None:
        spent.setdefault(stage, []).append(seconds)

    def scan(octets: bytes, facts: Facts) -> Scan:
        start = thread_time()
        frames = [encode_stage(stage) for stage in scan_octets(octets, rules, facts)]
        note("scan (a scanner's process)", thread_time() - start)
        found = Scan(progress=Progress.NOTHING, message=None)
        for frame in frames:
            found = advance(found, decode_stage(frame, rules.detectors.rules()))
        return found

    try:
        for _ in range(_TIMES):
            octets, now = message(site.author), datetime.now(UTC)
            all_threads, own = process_time(), thread_time()
            reply = receive(resources, scan, envelope, client, proof, octets, now)
            own, all_threads = thread_time() - own, process_time() - all_threads
            assert reply.positive
            note("decide and seal", own - spent["scan (a scanner's process)"][-1])
            note("record", all_threads - own)
            start = process_time()
            parcels = _all_due(outbox)
            note("claim and compose 20 copies and a receipt", process_time() - start)
            start = process_time()
            outbox.begin(parcels)
            note("begin", process_time() - start)
            for parcel in parcels:  # nothing is sent here: the next claim must not find them again
                del outbox._carried[parcel.key]
    finally:
        resources.database.close()
    return {f"processor time per message: {stage}, p50 [s]": median(values) for stage, values in spent.items()}


def _all_due(outbox: Outbox) -> tuple[Parcel, ...]:
    return outbox.claim(100).parcels


class _Environment:
    """The settings' variables, for as long as they are read."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._before, self._variables = dict(os.environ), variables

    def __enter__(self) -> None:
        os.environ.update(self._variables)

    def __exit__(self, *_: object) -> None:
        os.environ.clear()
        os.environ.update(self._before)
