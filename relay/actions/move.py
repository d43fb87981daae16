"""Move a relay from its SQLite file to a PostgreSQL database."""

import os
import re
import tomllib
from contextlib import ExitStack
from pathlib import Path

from relay.errors import ConfigurationError, Invalid, Unavailable
from relay.settings import Settings, load_settings
from relay.store import schema
from relay.store.disk import only_one, sync_directory
from relay.store.engine import Database
from relay.store.keys import load_keys
from relay.store.moving import move

_SECTION = re.compile(r"(?ms)^\[database\][^\n]*\n.*?(?=^\[|\Z)")
_URL = re.compile(r"(?m)^url[ \t]*=[^\n]*$")


def move_database(settings: Settings, url: str, roles: tuple[str, ...]) -> dict[str, int]:
    """Copy all that the relay has to the database of this URL, and leave the file marked; how many rows each table has.

    Raises:
        ConfigurationError: it doesn't live in a file, or not in one of this version's schema, or the URL is of no use.
        Conflict: the database holds something.
        Invalid: the copy wasn't whole; nothing has changed.
        Unavailable: the relay runs, or a database can't serve.
    """
    if not settings.database_url.startswith("sqlite"):
        raise ConfigurationError("this relay is on a database server already")
    with ExitStack() as stack:
        for role in roles:
            stack.enter_context(only_one(settings.data / "run" / f"{role}.lock"))
        key = load_keys(settings.data / "keys").audit.public_key()
        source = Database.open(settings.database_url)
        stack.callback(source.close)
        schema.check(source)
        target = Database.open(url)
        stack.callback(target.close)
        return move(source, target, key)


def name_database(site_file: Path, url: str) -> None:
    """Write the URL into the site's settings, in the place of the old one; owner and mode stay, and a link still leads there.

    Raises:
        Invalid: a person must do it: the file has a form that isn't understood, or the environment says otherwise.
        Unavailable: the file can't be written.
    """
    site_file = site_file.resolve()
    try:
        text = _with_url(site_file.read_text("utf-8"), url)
        draft = site_file.with_name(f".{site_file.name}.new")
        old = site_file.stat()
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            if os.geteuid() == 0:
                os.fchown(descriptor, old.st_uid, old.st_gid)
            os.fchmod(descriptor, old.st_mode & 0o7777)
            os.fsync(descriptor)
        draft.replace(site_file)
        sync_directory(site_file.parent)
    except OSError as error:
        raise Unavailable(f"{site_file} can't be written ({error.strerror}): change [database] url by hand") from None
    if load_settings(site_file).database_url != url:
        raise Invalid("RELAY_DATABASE__URL or a secret overrides [database] url: change it there too")


def _with_url(text: str, url: str) -> str:
    quoted = url.replace("\\", "\\\\").replace('"', '\\"')
    line = f'url = "{quoted}"'
    if (section := _SECTION.search(text)) is None:
        changed = f"{text.rstrip()}\n\n[database]\n{line}\n"
    elif _URL.search(section[0]):
        changed = text[: section.start()] + _URL.sub(lambda _: line, section[0]) + text[section.end() :]
    else:
        header, _, rest = section[0].partition("\n")
        changed = text[: section.start()] + f"{header}\n{line}\n{rest}" + text[section.end() :]
    try:
        understood = tomllib.loads(changed)["database"]["url"] == url
    except (tomllib.TOMLDecodeError, KeyError, TypeError):
        understood = False
    if not understood:
        raise Invalid("the settings file has a form that isn't understood: change [database] url by hand")
    return changed
