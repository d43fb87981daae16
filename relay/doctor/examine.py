"""The whole examination, in the order in which a person would go about it."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from relay.doctor import doors, files, machine, records
from relay.doctor.directory import look_at_directory
from relay.doctor.finding import Finding
from relay.doctor.names import look_at_dns, look_at_members_domains
from relay.doctor.nodes import look_at_nodes
from relay.doctor.people import domains_of_members, look_at_people
from relay.doctor.proofs import look_at_encryption, look_at_proofs, look_at_registered
from relay.doctor.senders import look_at_senders
from relay.doctor.spills import look_at_spills, look_at_stops
from relay.settings import Settings


def examine(
    settings: Settings, site_file: Path, now: datetime, *, dumps_forbidden: bool, resolver: str
) -> Iterator[Finding]:
    """Look at everything; changes nothing, and goes on whatever is found, but for a data directory that this user may not enter.

    Args:
        settings: the site's.
        site_file: where they stand.
        now: what the clock says.
        dumps_forbidden: whether this process could be made exempt from memory dumps.
        resolver: the DNS server to ask; "" for the system's.
    """
    if closed := files.try_the_door(settings):
        yield closed
        return
    yield from files.look_at_data(settings)
    yield from files.look_at_keys(settings)
    yield from files.look_at_settings(settings, site_file)
    signing_keys, finding = records.load_signing_keys(settings)
    yield finding
    yield from records.look_at_rules(settings)
    chain, finding = records.open_database(settings)
    yield finding
    if chain:
        yield from records.look_at_audit(chain)
        yield from records.look_at_queue(settings, now)
        yield from look_at_nodes(settings, now)
        yield from look_at_directory(settings, now)
        yield from look_at_people(settings, now)
        yield from look_at_registered(settings, now)
        yield from look_at_encryption(settings, now)
        yield from look_at_spills(settings, now)
        yield from look_at_stops(settings, now)
    yield from machine.look_at_swap()
    yield from machine.look_at_hibernation()
    yield from machine.look_at_memory_dumps(dumps_forbidden)
    yield from machine.look_at_clock(now, chain.newest if chain else None)
    yield from machine.look_at_space(settings)
    yield from machine.look_at_reading()
    yield from look_at_proofs(settings)
    yield from doors.look_at_certificate(settings, now)
    yield from doors.look_at_ports(settings)
    yield from doors.look_at_programs(settings)
    yield from doors.look_at_trust(settings)
    yield from look_at_senders(settings)
    yield from doors.look_at_smarthost(settings)
    yield from look_at_dns(resolver, settings.relay.domain, signing_keys)
    yield from look_at_members_domains(resolver, domains_of_members(settings))
