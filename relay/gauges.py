"""What the page of metrics asks for when it is read: how the database, the disk and the keys stand. Names and labels are those of `measures.GAUGES`."""

import os
import platform
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from cryptography import x509

from relay.errors import RelayError
from relay.measures import Key
from relay.resources import Resources
from relay.store.keys import VAULT, made_at
from relay.store.standing import Standing, look


def of_database(resources: Resources, now: datetime) -> dict[Key, float]:
    """What waits in the database, which all nodes share; only that it is away, when it can't be read."""
    try:
        with resources.database.read() as connection:
            found = look(connection, now)
    except RelayError:
        return {("database_up", ()): 0}
    return {("database_up", ()): int(resources.database.can_write)} | of_standing(found)


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
    try:
        space = os.statvfs(settings.data)
        gauges["disk_free_octets", ()] = space.f_bavail * space.f_frsize
        gauges["database_log_octets", ()] = (settings.data / "relay.db-wal").stat().st_size
    except OSError:  # there is no such log on PostgreSQL
        pass
    if ends := certificate_ends(settings.smtp.tls_certificate):
        gauges["tls_certificate_ends_timestamp_seconds", ()] = ends.timestamp()
    return gauges


def vault_key_made(resources: Resources) -> datetime:
    """When the key that seals was made; it stands in its name."""
    return made_at(Path(f"{VAULT}-{next(reversed(resources.keys.vault))}.key"))


def certificate_ends(file: str) -> datetime | None:
    """When the first certificate of a file ends; None where there is none, or it can't be read."""
    try:
        return x509.load_pem_x509_certificates(Path(file).read_bytes())[0].not_valid_after_utc if file else None
    except (OSError, ValueError):
        return None
