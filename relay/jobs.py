"""Periodic work. APScheduler only ticks; what is due is read from our tables and the time is an argument."""

from dataclasses import replace
from datetime import datetime, timedelta

from relay.maillog import note
from relay.resources import Resources
from relay.store import audit, held, posts
from relay.store.keys import load_keys, renew_keys

TICK = timedelta(seconds=30)
HEAD_EVERY = timedelta(hours=1)


def run_due(resources: Resources, now: datetime) -> None:
    """Do everything that is due at `now`: expire held posts, destroy old ones, sign the audit chain's end.

    Raises:
        Unavailable: the database can't serve; the next tick tries again.
    """
    node = resources.settings.relay.node
    expired = resources.database.write(lambda connection: held.expire(connection, node, now))
    if expired:
        note("held.expired", count=len(expired))
    oldest = now - resources.settings.retention.posts
    destroyed = resources.database.write(lambda connection: posts.destroy_before(connection, node, oldest, now))
    if destroyed:
        note("retention.posts_destroyed", count=destroyed)
    resources.database.truncate_log()  # a destroyed key must not live on in the write-ahead log; a reader may delay it a tick
    with resources.database.read() as connection:
        last = audit.last_signed(connection, node)
    if last is None or now - last >= HEAD_EVERY:
        sign_head(resources, now)


def renew(resources: Resources, now: datetime) -> Resources:
    """Make the keys whose time has come: the vault's each week, the duplicates' each 30 days (older ones are destroyed).

    Returns:
        Resources that work with them; the same when nothing was due.
    """
    directory = resources.settings.data / "keys"
    made = renew_keys(directory, now)
    if not made:
        return resources
    note("keys.renewed", files=list(made))
    return replace(resources, keys=load_keys(directory))


def sign_head(resources: Resources, now: datetime) -> None:
    """Sign the end of this node's audit chain; hourly and at shutdown."""
    node, key = resources.settings.relay.node, resources.keys.audit
    resources.database.write(lambda connection: audit.sign_head(connection, node, key, now))
    note("audit.head_signed", node=node)
