"""Make a new relay's data directory: settings, keys, lists, database, first administrator."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from relay.actions.enrol import first_administrator
from relay.errors import Conflict, Invalid, Unavailable
from relay.mail.address import Address, parse_address
from relay.resources import Resources, load_resources
from relay.settings import load_settings, shipped, sqlite_url
from relay.store import mailing_lists
from relay.store.disk import make_private_directory, write_private_file
from relay.store.engine import Database
from relay.store.keys import create_keys
from relay.store.migrations import upgrade
from relay.store.schema import is_empty

# What a run that was cut short may have left, and hidden files, which are nobody's data.
_OURS = re.compile(r"lists|run|keys|recovery\.key|relay\.db.*|lost\+found|\..*|.*\.new")
_ACTIVE = re.compile(r"^active\s*=\s*(?:true|false)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Established:
    """A new relay: its settings file, active lists, and the first administrator's secret ("" without one)."""

    site_file: Path
    lists: tuple[str, ...]
    administrator: str
    secret: str


def establish(
    data: Path, domain: str, lists: tuple[str, ...], database_url: str, administrator: Address | None, now: datetime
) -> Established:
    """Make everything a relay needs in a directory of its own.

    Args:
        data: the directory; made when missing, must hold no relay yet.
        domain: the relay's mail domain.
        lists: names of the shipped lists that are to be active; the others become inactive templates.
        database_url: "" for SQLite in the data directory.
        administrator: the first administrator's address, or None.
        now: the time.

    Raises:
        Conflict: there is a relay already, in the directory or the database.
        Invalid: a list, the domain or the directory's name is wrong.
        Unavailable: the directory can't be written, or the database not be opened.
    """
    data = data.absolute()
    site_file = data / "relay.toml"
    definitions = {path.stem: path for path in sorted(shipped("lists").glob("*.toml"))}
    if unknown := [name for name in lists if name not in definitions]:
        raise Invalid(f"“{unknown[0]}” is not a shipped list: there are {', '.join(definitions)}")
    if not str(data).isprintable():
        raise Invalid("the data directory's path must be one line of printable text: name another directory")
    if site_file.exists():
        raise Conflict(f"{data} holds a relay already: name another directory")
    if data.is_dir() and (foreign := sorted(one.name for one in data.iterdir() if not _OURS.fullmatch(one.name))):
        raise Conflict(f"{data} holds “{foreign[0]}”, which is no part of a relay: name a new or empty directory")
    if parse_address(f"postmaster@{domain}") is None:
        raise Invalid(f"“{domain}” is not a mail domain such as relay.example")
    if database_url:
        _check_empty(database_url)
    try:
        _write_files(data, domain, database_url, lists, definitions, now)
    except OSError as error:
        raise Unavailable(f"{data} can't be written: {error.strerror}") from None
    settings = load_settings(site_file)
    database = Database.open(settings.database_url, new=True)
    try:
        upgrade(database)
        resources = load_resources(settings, database)
        secret = _fill(resources, administrator, now)
    finally:
        database.close()
    return Established(site_file=site_file, lists=lists, administrator=str(administrator or ""), secret=secret)


def _check_empty(url: str) -> None:
    """Make sure that the database named can be used and is no other relay's, before anything is written.

    Raises:
        Conflict: it holds a relay.
        ConfigurationError: it is none that a relay can use.
        Unavailable: it can't be opened.
    """
    database = Database.open(url, new=True)
    try:
        if not is_empty(database):
            raise Conflict("the database holds a relay already: name an empty one")
    finally:
        database.close()


def _write_files(
    data: Path, domain: str, database_url: str, lists: tuple[str, ...], definitions: dict[str, Path], now: datetime
) -> None:
    for directory in (data, data / "lists", data / "run"):
        make_private_directory(directory)
    for name, path in definitions.items():
        text = path.read_text("utf-8")
        active = _ACTIVE.sub(f"active = {'true' if name in lists else 'false'}", text)
        write_private_file(data / "lists" / path.name, active.encode())
    create_keys(data / "keys", now)
    template = shipped("config", "templates", "relay.toml").read_text("utf-8")
    database = database_url or sqlite_url(data / "relay.db")
    text = (
        template.replace("@DOMAIN@", domain)
        .replace("@DATA@", _quoted(str(data)))
        .replace("@DATABASE@", _quoted(database))
    )
    # The settings come last: a run that was cut short before this line can be started again.
    write_private_file(data / "relay.toml", text.encode())


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _fill(resources: Resources, administrator: Address | None, now: datetime) -> str:
    node, definitions = resources.settings.relay.node, tuple(resources.known_lists.values())
    resources.database.write(lambda connection: mailing_lists.sync(connection, node, definitions, now))
    return first_administrator(resources, administrator, now) if administrator else ""
