"""Keys that are renewed: made when their time has come, and destroyed when nothing needs them any more.

vault        a new one each week. Living posts are wrapped anew under it, a batch at a time, each batch in a transaction of its own:
             it can stop anywhere and go on. A key that no post needs is destroyed a week after the next one was made, when no
             process can still seal under it. Whatever an old copy of the database, an old page or a log holds of a post that was
             destroyed, or of a living one, can then no longer be opened: after a fortnight at most.
duplicates   a new one each 30 days. The one before stays for one period, then it is destroyed, and with it the use of its hashes.

To destroy a key is to take its file away and bring the directory to the disk. To overwrite it would promise what today's file
systems and disks don't keep.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

from sqlalchemy import Connection, bindparam, func, select, update

from relay.store import letters
from relay.store.disk import sync_directory, write_new_private_file
from relay.store.engine import Database
from relay.store.keys import DUPLICATES, VAULT, Keys, file_name, made_at, new_secret, renewable
from relay.store.tables import KEPT, posts
from relay.store.vault import SealError, newest, rewrap

WEEK = timedelta(days=7)
DUPLICATES_PERIOD = timedelta(days=30)
BATCH = 100  # posts in one transaction: some milliseconds of the writer's time

_REPLACE = (
    update(posts)
    .where(posts.c.id == bindparam("post"), posts.c.wrapped_key == bindparam("old"))  # not one destroyed meanwhile
    .values(key_id=bindparam("newest"), wrapped_key=bindparam("fresh"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrapped:
    """What one round did: how many posts were wrapped anew, and how many couldn't be opened and were left as they are."""

    done: int
    shut: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """One key for people to look at. `posts` counts those that open with it; None where it opens none by its nature."""

    kind: str
    file: str
    since: datetime | None
    posts: int | None


def renew_keys(directory: Path, now: datetime) -> tuple[str, ...]:
    """Make the keys whose time has come and give the names of the files made.

    Raises:
        ConfigurationError: a key is misnamed or none is left.
        OSError: the directory can't be written.
    """
    periods = {VAULT: WEEK, DUPLICATES: DUPLICATES_PERIOD}
    due = [kind for kind, period in periods.items() if now - made_at(renewable(directory, kind)[-1]) >= period]
    return tuple(name for kind in due for name in _make(directory, kind, now))


def rotate_vault(directory: Path, now: datetime) -> tuple[str, ...]:
    """Make a new vault key before its time; nothing when one was made this very second."""
    return _make(directory, VAULT, now)


def rewrap_posts(database: Database, keys: Keys, limit: int | None = None) -> Rewrapped:
    """Wrap living posts anew under the newest vault key, those that aren't yet; not many more than `limit` of them.

    Raises:
        Unavailable: the database can't serve; what was done stays done.
    """
    done = shut = 0
    with database.read() as connection:
        old = connection.execute(select(posts.c.key_id).where(KEPT, posts.c.key_id < newest(keys)).distinct()).scalars()
        key_ids = sorted(old)
    for key_id in key_ids:
        after = 0
        while limit is None or done + shut < limit:
            with database.read() as connection:
                columns = (posts.c.id, posts.c.uid, posts.c.wrapped_key)
                under = select(*columns).where(KEPT, posts.c.key_id == key_id, posts.c.id > after)
                batch = connection.execute(under.order_by(posts.c.id).limit(BATCH)).all()
            if not batch:
                break
            fresh = []
            for row in batch:
                try:
                    changed = {"old": row.wrapped_key, "fresh": rewrap(keys, row.uid, key_id, row.wrapped_key)}
                except SealError:
                    continue
                fresh.append({"post": row.id, "newest": newest(keys), **changed})
            database.write(partial(_replace, fresh=fresh))
            done, shut, after = done + len(fresh), shut + len(batch) - len(fresh), batch[-1].id
    return Rewrapped(done=done, shut=shut)


def destroy_unneeded(database: Database, directory: Path, now: datetime) -> tuple[str, ...]:
    """Destroy the keys that nothing needs any more and give their names.

    Raises:
        ConfigurationError: a key is misnamed or none is left.
        OSError: the directory can't be written.
        Unavailable: the database can't serve.
    """
    succeeded = [path for path, next_one in pairwise(renewable(directory, VAULT)) if now - made_at(next_one) >= WEEK]
    needed = _needed(database) if succeeded else frozenset()
    old = [path for path in succeeded if _id(path) not in needed]
    old += renewable(directory, DUPLICATES)[:-2]
    for path in old:
        path.unlink(missing_ok=True)  # another node may have been faster
    if old:
        sync_directory(directory)
    return tuple(path.name for path in old)


def oldest_duplicates_key(directory: Path) -> datetime:
    """When the oldest key was made that still recognises a message sent again."""
    return made_at(renewable(directory, DUPLICATES)[-2:][0])


def vault_use(database: Database) -> dict[str, int]:
    """How many living posts each vault key opens, by its id."""
    counted = select(posts.c.key_id, func.count().label("number")).where(KEPT).group_by(posts.c.key_id)
    with database.read() as connection:
        return {row.key_id: row.number for row in connection.execute(counted)}


def list_keys(database: Database, directory: Path) -> tuple[KeyRow, ...]:
    """Every key, also a vault key that is missing though posts need it (its `since` is None)."""
    use = vault_use(database)
    rows = []
    for path in sorted(_key_files(directory)):
        kind = path.name.partition("-")[0].partition(".")[0]
        renewed = kind in {VAULT, DUPLICATES}
        since = made_at(path) if renewed else datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
        number = use.pop(_id(path), 0) if kind == VAULT else None
        rows.append(KeyRow(kind=kind, file=path.name, since=since, posts=number))
    missing = (KeyRow(kind=VAULT, file=f"{VAULT}-{one}.key", since=None, posts=number) for one, number in use.items())
    return (*rows, *missing)


def _needed(database: Database) -> frozenset[str]:
    """The vault's keys that a living post needs, or a letter; a letter is not wrapped anew, since it only waits to be sent."""
    by_posts = frozenset(vault_use(database))
    with database.read() as connection:
        return by_posts | letters.keys_needed(connection)


def _make(directory: Path, kind: str, now: datetime) -> tuple[str, ...]:
    name = file_name(kind, now)
    return (name,) if write_new_private_file(directory / name, new_secret()) else ()


def _replace(connection: Connection, fresh: list[dict[str, object]]) -> None:
    if fresh:
        connection.execute(_REPLACE, fresh)


def _id(path: Path) -> str:
    return path.stem.removeprefix(f"{VAULT}-")


def _key_files(directory: Path) -> Iterable[Path]:
    kinds = ("audit", VAULT, DUPLICATES, "verp", "dkim", "recovery", "list.")
    return (path for path in directory.iterdir() if path.name.startswith(kinds))
