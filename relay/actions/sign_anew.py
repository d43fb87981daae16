"""The relay's DKIM keys change without a copy that nobody can check: a new pair signs beside the old one, until that is taken away."""

import os
from datetime import datetime

from relay.errors import ConfigurationError, Invalid, Unavailable
from relay.resources import Resources
from relay.store import audit, keys
from relay.store.keys import DkimKey


def add_dkim_keys(resources: Resources, operator: str, now: datetime) -> tuple[DkimKey, ...]:
    """Make a pair under new selectors. Copies bear both pairs' signatures once the relay has been reloaded.

    Raises:
        ConfigurationError: the keys belong to another user, for whom new ones must be readable.
        Invalid: a pair was made today.
        Unavailable: the database can't serve, or the keys' directory can't be written.
    """
    directory = resources.keys.directory
    if directory.stat().st_uid != os.geteuid():
        raise ConfigurationError("the keys belong to another user: run this as the user whom the relay runs as")
    before = {one.selector for one in resources.keys.dkim}
    try:
        keys.make_dkim_pair(directory, now)
    except FileExistsError:
        raise Invalid("a pair of today is there already") from None
    except OSError as error:
        raise Unavailable(f"{directory} can't be written: {error.strerror}") from None
    made = tuple(one for one in keys.load_keys(directory).dkim if one.selector not in before)
    _record(resources, "keys.dkim_added", [one.selector for one in made], operator, now)
    return made


def remove_dkim_key(resources: Resources, selector: str, operator: str, now: datetime) -> None:
    """Destroy a signing key. Its record must stay in the DNS for a week, while copies that it signed are still under way.

    Raises:
        Invalid: there is no such key, or none of its algorithm would be left.
        Unavailable: the database can't serve, or the keys' directory can't be written.
    """
    known = {one.selector: one.algorithm for one in resources.keys.dkim}
    if selector not in known:
        raise Invalid(f"“{selector}” is no selector of this relay: it signs with {', '.join(known)}")
    if list(known.values()).count(known[selector]) == 1:
        raise Invalid(f"{selector} is the only {known[selector]} key: run `wen-relay keys dkim-add` first")
    try:
        keys.destroy_dkim_key(resources.keys.directory, selector)
    except OSError as error:
        raise Unavailable(f"{resources.keys.directory} can't be written: {error.strerror}") from None
    _record(resources, "keys.dkim_removed", [selector], operator, now)


def _record(resources: Resources, event: str, selectors: list[str], operator: str, now: datetime) -> None:
    node = resources.settings.relay.node
    facts: audit.Facts = {"selectors": selectors, "operator": operator}
    resources.database.write(lambda connection: audit.append(connection, node, now, event, facts))
