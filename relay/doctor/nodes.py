"""The processes that serve the relay: whether all are there, of one version, and one leads."""

from collections.abc import Iterator
from datetime import datetime

from relay.doctor.finding import Finding, ok, warning
from relay.doctor.records import look_into
from relay.settings import Settings
from relay.store.nodes import JOBS, Process, list_processes


def look_at_nodes(settings: Settings, now: datetime) -> Iterator[Finding]:
    """What `wen-relay nodes list` shows, judged. What can't be read, other looks tell."""
    if (found := look_into(settings, list_processes)) is not None:
        yield from judge_nodes(found, now)


def judge_nodes(found: tuple[Process, ...], now: datetime) -> Iterator[Finding]:
    """Judge the processes on record.

    Args:
        found: all of them.
        now: the time by the database's clock, or near it: a minute makes no difference to what is told.
    """
    here = [one for one in found if not one.is_silent(now)]
    silent = sorted({one.node for one in found if one.is_silent(now)})
    versions = sorted({one.version for one in here})
    if silent:
        said = f"no sign of life from {', '.join(silent)}, which ended without a word"
        yield warning("nodes", said, "start it again, or let it be: after a month it is forgotten")
    if len(versions) > 1:
        yield warning("nodes", f"versions {' and '.join(versions)} run side by side", "restart the older ones")
    if here and not any(one.leads for one in here):
        said = "nobody does the scheduled jobs" if any(one.role == JOBS for one in here) else "no process has the jobs"
        yield warning("nodes", said, "start `wen-relay serve` with its jobs role; another takes over within a minute")
    elif here and not silent and len(versions) == 1:
        yield ok("nodes", ", ".join(sorted({one.node for one in here})))
