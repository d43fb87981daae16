"""What must hold of the database and of what the next mail server got, whatever has happened in between."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, text

from relay.store import audit, queue
from relay.store.engine import Database
from relay.store.keys import load_keys
from relay.transport.sink import Received
from tests.running import Site

WORDS = (b"quittenbaum", b"xylophonberg")  # stand in withheld posts alone

_UNDER_WAY = ("queued", "leased", "sending")
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.MULTILINE | re.IGNORECASE)
_REFERENCE = re.compile(rb"^X-WEN-Reference:\s*(\S+)", re.MULTILINE | re.IGNORECASE)

_DELIVERIES = text(
    "SELECT d.id, d.kind, d.status, d.possible_duplicate AS twice, d.sent_at, d.lease, d.digest_id, p.reference, m.address "
    "FROM deliveries d LEFT JOIN posts p ON p.id = d.post_id LEFT JOIN members m ON m.id = d.member_id"
)
_ORPHANS = {
    "a delivery of no post": "SELECT count(*) FROM deliveries WHERE post_id NOT IN (SELECT id FROM posts)",
    "a delivery to nobody": "SELECT count(*) FROM deliveries WHERE member_id NOT IN (SELECT id FROM members)",
    "a part of no digest": "SELECT count(*) FROM deliveries WHERE digest_id NOT IN (SELECT id FROM deliveries)",
    "a decision about no post": "SELECT count(*) FROM decisions WHERE post_id NOT IN (SELECT id FROM posts)",
    "a post without a decision": "SELECT count(*) FROM posts WHERE id NOT IN (SELECT post_id FROM decisions)",
    "a sealed post without its key": "SELECT count(*) FROM posts WHERE (content IS NULL) <> (wrapped_key IS NULL)",
    "content of a withheld post": "SELECT count(*) FROM posts WHERE content IS NOT NULL AND id IN "
    "(SELECT post_id FROM decisions WHERE decision IN ('withhold', 'refuse', 'discard'))",
    "a withheld post's copy": "SELECT count(*) FROM deliveries WHERE kind IN ('copy', 'whole') AND post_id IN "
    "(SELECT post_id FROM decisions WHERE decision = 'withhold')",
}


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail that came to the next server: to whom, which one it is, about which post; a copy has a return path."""

    address: str
    message_id: str
    reference: str
    is_copy: bool


@contextmanager
def database(site: Site) -> Iterator[Database]:
    """The relay's database, beside the service."""
    opened = Database.open(site.url)
    try:
        yield opened
    finally:
        opened.close()


def mails_of(received: Iterable[Received]) -> tuple[Mail, ...]:
    """What came, a mail for each recipient of a transaction."""
    return tuple(
        Mail(
            address=address,
            message_id=_first(_MESSAGE_ID, one.octets),
            reference=_first(_REFERENCE, one.octets),
            is_copy=one.mail_from != "",
        )
        for one in received
        for address in one.rcpt_to
    )


def _first(field: re.Pattern[bytes], octets: bytes) -> str:
    found = field.search(octets)
    return found.group(1).decode() if found else ""


def is_at_rest(connection: Connection) -> bool:
    """Whether nothing is queued or under way."""
    now = queue.counts(connection)
    return not any(now[state] for state in _UNDER_WAY)


def faults(
    site: Site, received: Iterable[Received], answered: Collection[str], folders: Iterable[Path] = ()
) -> list[str]:
    """What is broken of the promise once the queue is empty, a sentence each.

    Args:
        site: the relay.
        received: all that the next mail server has ever got from it.
        answered: the references of all posts that were answered with 250.
        folders: further ones in which no withheld word may stand, such as a database server's.
    """
    received = list(received)
    mails = mails_of(received)
    with database(site) as relay, relay.read() as connection:
        rows = connection.execute(_DELIVERIES).all()
        decisions = _decisions(connection)
        return [
            *_of_audit(connection, site),
            *_of_database(connection, site),
            *_of_queue(queue.counts(connection), rows, mails),
            *_of_mails(rows, mails),
            *_of_encrypted(connection, received),
            *_of_posts(site, rows, decisions, answered, mails),
            *traces(site.data, *folders),
        ]


def _of_audit(connection: Connection, site: Site) -> Iterator[str]:
    for problem in audit.verify(connection, load_keys(site.data / "keys").audit.public_key()):
        yield f"the audit log is broken: {problem}"


def _of_database(connection: Connection, site: Site) -> Iterator[str]:
    for what, query in _ORPHANS.items():
        if number := connection.execute(text(query)).scalar_one():
            yield f"{what}: {number}"
    if not site.database:
        if (found := connection.execute(text("PRAGMA integrity_check")).scalar_one()) != "ok":
            yield f"the database file is damaged: {found}"
        if connection.execute(text("PRAGMA foreign_key_check")).all():
            yield "a row points to one that isn't there"


def _of_queue(counts: dict[str, int], rows: Iterable[Row[Any]], mails: Collection[Mail]) -> Iterator[str]:
    """The queue is at rest, and what `queue status` says is what the next server has seen."""
    rows = list(rows)
    for state in _UNDER_WAY:
        if counts[state]:
            yield f"{counts[state]} {state}"
    if any(row.lease for row in rows):
        yield "a lease is left"
    arrived = len({(mail.address, mail.message_id) for mail in mails})
    sent = sum(row.sent_at is not None and row.digest_id is None for row in rows)
    perhaps = sum(row.sent_at is None and row.twice > 0 and row.digest_id is None for row in rows)
    if not sent <= arrived <= sent + perhaps:
        yield f"{sent} were sent by the records, and {arrived} different mails came"
    if (twice := len(mails) - arrived) > counts["possible_duplicates"]:
        yield f"{twice} mails came twice, and `queue status` tells of {counts['possible_duplicates']}"


def _of_mails(rows: Iterable[Row[Any]], mails: Iterable[Mail]) -> Iterator[str]:
    """A copy came as often as its own record allows, and each time as the same message."""
    came: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for mail in mails:
        if mail.is_copy and mail.reference:
            came[mail.reference, mail.address][mail.message_id] += 1
    for row in rows:
        if row.kind != "copy" or row.digest_id is not None:
            continue
        copies = came.pop((row.reference, row.address), Counter())
        number, name = copies.total(), f"{row.reference} to {row.address} ({row.status})"
        if row.sent_at is not None and number == 0:
            yield f"{name}: recorded as sent, and never came"
        if number > (row.sent_at is not None) + row.twice:
            yield f"{name}: came {number} times, {row.twice} possible duplicates are counted"
        if len(copies) > 1:
            yield f"{name}: came under {len(copies)} Message-IDs"
    for reference, address in came:
        yield f"{reference} to {address}: came, and there is no record of it"


def _of_encrypted(connection: Connection, received: Iterable[Received]) -> Iterator[str]:
    """Who has a key got no copy in clear."""
    query = "SELECT address FROM members WHERE id IN (SELECT member_id FROM encryption_keys)"
    for address in connection.execute(text(query)).scalars():
        copies = [one.octets for one in received if address in one.rcpt_to and one.mail_from]
        if number := sum(b"-----BEGIN PGP MESSAGE-----" not in octets for octets in copies):
            yield f"{address}: {number} copies in clear"


def _of_posts(
    site: Site,
    rows: Iterable[Row[Any]],
    decisions: dict[str, set[str]],
    answered: Iterable[str],
    mails: Collection[Mail],
) -> Iterator[str]:
    """Every post that was answered is there; what goes out has reached everybody, or its end is on record and told."""
    yield from (f"{reference}: answered with 250, and lost" for reference in answered if reference not in decisions)
    of_post: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        of_post[row.reference or ""].append(row)
    for reference, decided in decisions.items():
        if "relay" in decided:
            yield from _of_relayed(reference, set(site.members) - {site.author}, of_post[reference])
        elif copies := {mail.address for mail in mails if mail.reference == reference and mail.is_copy}:
            yield f"{reference}: {decided}, and went to {sorted(copies)}"


def _of_relayed(reference: str, entitled: set[str], rows: Collection[Row[Any]]) -> Iterator[str]:
    fates = {row.address: row.status for row in rows if row.kind == "copy"}
    if missing := entitled - set(fates):
        yield f"{reference}: no record for {sorted(missing)}"
    told = {row.kind for row in rows} & {"undelivered", "expiry"}
    if {"failed", "expired"} & set(fates.values()) and not told:
        yield f"{reference}: a copy failed or expired, and its author isn't told"


def _decisions(connection: Connection) -> dict[str, set[str]]:
    """What was decided about each post."""
    query = text("SELECT p.reference, d.decision FROM decisions d JOIN posts p ON p.id = d.post_id")
    found: dict[str, set[str]] = defaultdict(set)
    for row in connection.execute(query):
        found[row.reference].add(row.decision)
    return found


def traces(*folders: Path) -> Iterator[str]:
    """Files in which a withheld word stands: databases, logs, drafts, temporary files."""
    for path in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
        if any(word in path.read_bytes().lower() for word in WORDS):
            yield f"a withheld word stands in {path}"
