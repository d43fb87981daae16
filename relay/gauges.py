"""What the page of metrics asks for when it is read: how the database, the disk and the keys stand. Names and labels are those of `measures.GAUGES`."""

import platform
from contextlib import suppress
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from cryptography import x509

from relay.errors import RelayError
from relay.measures import Key
from relay.resources import Resources
from relay.settings import Settings
from relay.store import alarms, stops
from relay.store.disk import free_octets
from relay.store.keys import VAULT, made_at
from relay.store.nodes import list_processes
from relay.store.standing import Standing, look

ROLES = ("smtp", "delivery", "web", "jobs")


def of_database(resources: Resources, now: datetime) -> dict[Key, float]:
    """What waits in the database, which all nodes share; only that it is away, when it can't be read."""
    try:
        with resources.database.read() as connection:
            found, wrong = look(connection, now), alarms.going_on(connection, now)
            there = [one.role for one in list_processes(connection) if not one.is_silent(now)]
            stopped = len(stops.stopped(connection))
    except RelayError:
        return {("database_up", ()): 0}
    gauges: dict[Key, float] = {("database_up", ()): int(resources.database.can_write), ("lists_stopped", ()): stopped}
    gauges |= {("processes", (role,)): there.count(role) for role in ROLES}
    for one in wrong:
        if one.told:
            gauges["alarms", (one.kind,)] = gauges.get(("alarms", (one.kind,)), 0) + one.nodes
    return gauges | of_standing(found)


def of_standing(found: Standing) -> dict[Key, float]:
    """The same as gauges."""
    gauges: dict[Key, float] = {
        ("queue_due_seconds", ()): found.due_for().total_seconds(),
        ("held_posts", ()): found.held,
        ("held_oldest_seconds", ()): (found.at - found.held_since).total_seconds() if found.held_since else 0,
    }
    for status, one in found.open.items():
        gauges["queue_deliveries", (status,)] = one.number
        gauges["queue_oldest_seconds", (status,)] = (found.at - one.oldest).total_seconds()
    for name, statuses in found.lists.items():
        gauges |= {("queue_list_deliveries", (name, status)): number for status, number in statuses.items()}
    if found.signed_at:
        gauges["audit_signed_timestamp_seconds", ()] = found.signed_at.timestamp()
    return gauges


def of_machine(resources: Resources) -> dict[Key, float]:
    """The version, the disk, the keys and the certificate of this node."""
    settings = resources.settings
    gauges: dict[Key, float] = {
        ("build_info", (version("wen-relay"), platform.python_version())): 1,
        ("disk_reserve_octets", ()): settings.smtp.min_free_octets,
        ("vault_key_made_timestamp_seconds", ()): vault_key_made(resources).timestamp(),
    }
    gauges |= {("disk_free_octets", (name,)): free for name, free in free_on_disks(settings).items()}
    with suppress(OSError):  # there is no such log on PostgreSQL
        gauges["database_log_octets", ()] = (settings.data / "relay.db-wal").stat().st_size
    if ends := certificate_ends(settings.smtp.tls_certificate):
        gauges["tls_certificate_ends_timestamp_seconds", ()] = ends.timestamp()
    return gauges


def free_on_disks(settings: Settings) -> dict[str, int]:
    """What is free on each disk that must not become full; those of which it can't be told are left out."""
    free = {}
    for name, directory in settings.disks.items():
        with suppress(OSError):
            free[name] = free_octets(directory)
    return free


def vault_key_made(resources: Resources) -> datetime:
    """When the key that seals was made; it stands in its name."""
    return made_at(Path(f"{VAULT}-{next(reversed(resources.keys.vault))}.key"))


def certificate_ends(file: str) -> datetime | None:
    """When the first certificate of a file ends; None where there is none, or it can't be read."""
    try:
        return x509.load_pem_x509_certificates(Path(file).read_bytes())[0].not_valid_after_utc if file else None
    except (OSError, ValueError):
        return None
