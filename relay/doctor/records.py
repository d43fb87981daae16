"""Keys, lists and rules, the database and the audit chain: can the relay work with what it has?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from relay.delivery.delivery import Status
from relay.doctor.finding import Finding, ok, warning, wrong
from relay.errors import ConfigurationError, RelayError
from relay.resources import load_lists, load_ruleset
from relay.settings import Settings
from relay.store import audit, schema
from relay.store.alarms import going_on
from relay.store.engine import Database, Transaction
from relay.store.keys import DkimKey, load_keys
from relay.store.standing import look

Answer = TypeVar("Answer")

_SIGNED_WITHIN = timedelta(hours=2)  # the jobs sign every hour


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Where this node's audit chain ends: the newest entry and the newest signature; None where there is none."""

    newest: datetime | None
    signed_at: datetime | None


def look_at_rules(settings: Settings) -> Iterator[Finding]:
    """The lists and the rules."""
    try:
        lists, _ = load_lists(settings), load_ruleset(settings)
    except RelayError as error:
        yield wrong("lists", str(error), "correct that file; `wen-relay lists validate` tells when all are right")
        return
    active = sum(one.active for one in lists.values())
    yield ok("lists", f"{active} active, {len(lists)} defined")


def load_signing_keys(settings: Settings) -> tuple[tuple[DkimKey, ...], Finding]:
    """The DKIM keys for the look at the DNS, and what was found about all keys."""
    try:
        keys = load_keys(settings.data / "keys")
    except RelayError as error:
        return (), wrong("keys", str(error), "without its keys the relay doesn't start")
    return keys.dkim, ok("keys", "all are there and whole")


def open_database(settings: Settings) -> tuple[Chain | None, Finding]:
    """The end of the audit chain, and whether the database answers and has this version's schema."""
    advice = f"correct [database] url, or start the database; the settings lie beside {Path(settings.data) / 'lists'}"
    try:
        database = Database.open(settings.database_url)
    except RelayError as error:
        return None, wrong("database", str(error), advice)
    try:
        try:
            schema.check(database)
        except ConfigurationError as error:
            finding, _, advice = str(error).partition(": ")
            return None, wrong("database", finding, advice)
        with database.read() as connection:
            node = settings.relay.node
            newest, signed_at = audit.last_entry_at(connection, node), audit.last_signed(connection, node)
        risk = database.risk()
    except RelayError as error:
        return None, wrong("database", str(error), advice)
    finally:
        database.close()
    chain = Chain(newest=newest, signed_at=signed_at)
    if risk:
        return chain, wrong("database", risk, "switch it on in postgresql.conf")
    return chain, ok("database", "it answers, and has this version's schema")


def look_into(settings: Settings, read: Callable[[Transaction], Answer]) -> Answer | None:
    """What is read in one transaction; None when the database can't be opened or read: why that is, `open_database` tells."""
    try:
        database = Database.open(settings.database_url)
    except RelayError:
        return None
    try:
        with database.read() as connection:
            return read(connection)
    except RelayError:
        return None
    finally:
        database.close()


def look_at_audit(chain: Chain) -> Iterator[Finding]:
    """Entries that nobody has signed can be cut off unseen."""
    if chain.newest is None or (chain.signed_at and chain.newest - chain.signed_at < _SIGNED_WITHIN):
        yield ok("audit", "the end of the chain is signed" if chain.newest else "there is no entry yet")
    else:
        since = f"{chain.signed_at:%Y-%m-%d %H:%M} UTC" if chain.signed_at else "it was begun"
        yield warning(
            "audit",
            f"the chain has grown, and was not signed since {since}",
            "start `wen-relay serve` with its jobs role",
        )


def look_at_queue(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Whether deliveries leave, and what alarms there are. What can't be read, other looks tell."""
    on_record = look_into(settings, lambda connection: (look(connection, now), going_on(connection, now)))
    if on_record is None:
        return
    found, troubles = on_record
    for one in troubles:
        said = f"since {one.since:%Y-%m-%d %H:%M} UTC: {one.kind}{f' ({one.about})' if one.about else ''}"
        yield warning("alarms", said, "docs/operations/alarms.md tells what it means and what to do")
    minutes = int(found.due_for().total_seconds()) // 60
    waiting = sum(one.number for status, one in found.open.items() if status != Status.DIGEST)
    if found.due_for() > settings.alarms.due:
        said = f"{waiting} deliveries wait, and one has been due for {minutes} minutes"
        yield wrong("deliveries", said, "wen-relay queue status; is a process with the delivery role at work?")
    elif found.undelivered_for() > settings.alarms.undelivered:
        said = f"{waiting} deliveries wait, the oldest for {int(found.undelivered_for().total_seconds()) // 3600} hours"
        yield warning("deliveries", said, "wen-relay queue list --status queued --older-than 1h")
    else:
        yield ok("deliveries", f"{waiting} wait, none for long")
