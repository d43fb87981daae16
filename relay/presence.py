"""This process among those that serve the relay: its signs of life, and whether it leads the scheduled jobs (`store.nodes`)."""

import secrets
import socket
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial

from relay import __version__
from relay.maillog import note
from relay.resources import Resources
from relay.store import nodes
from relay.store.nodes import JOBS


class Presence:
    """One run of a process. `enter` first, `leave` last; in between `beat` every ten seconds, from any thread."""

    def __init__(self, resources: Callable[[], Resources], roles: Collection[str], *, alone: bool) -> None:
        """Take a way to the present resources, this process's roles, and whether no other machine can reach the database."""
        self._resources = resources
        settings = resources().settings
        self._run = nodes.Run(
            node=settings.relay.node,
            roles=tuple(roles),
            boot=secrets.token_hex(8),
            # A file has one place, wherever it was moved to; its lock keeps a second process away.
            place="" if alone else f"{socket.gethostname()}:{settings.data}",
            version=__version__,
        )
        self._token: int | None = None

    def enter(self) -> None:
        """Take the node's name, and the lead where nobody has it.

        Raises:
            Unavailable: a node of this name runs in another place, or the database can't serve.
        """
        database = self._resources().database
        database.write(lambda connection: nodes.enter(connection, self._run, database.now()))
        self._lead()

    def beat(self) -> bool:
        """Give a sign of life, and keep the lead, or take it where nobody has it any more.

        Returns:
            Whether this process may go on: False when another one has taken its node's name.

        Raises:
            Unavailable: the database can't serve.
        """
        database = self._resources().database
        there = database.write(lambda connection: nodes.sign(connection, self._run, database.now()))
        if there:
            self._lead()
        return there

    def _lead(self) -> None:
        if JOBS not in self._run.roles:
            return
        database, before = self._resources().database, self._token
        self._token = database.write(lambda connection: nodes.lead(connection, self._run, database.now()))
        if self._token != before:
            note("jobs.leading" if self._token else "jobs.superseded")

    def leading(self) -> Resources | None:
        """Resources of which every write is refused once another leads; None while this process doesn't lead."""
        resources, token = self._resources(), self._token
        if token is None:
            return None
        return replace(resources, database=resources.database.guarded(partial(nodes.check, token=token)))

    def leave(self) -> None:
        """Give back the lead and the name, so that nobody waits for them.

        Raises:
            Unavailable: the database can't serve; others wait until this run counts as gone.
        """
        database, token, run = self._resources().database, self._token, self._run
        self._token = None
        if token is not None:
            database.write(lambda connection: nodes.step_down(connection, token, database.now()))
        database.write(lambda connection: nodes.leave(connection, run))
