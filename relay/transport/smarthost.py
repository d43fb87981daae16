"""Whether the smarthost takes mail now, and whether anybody answers on a port: for who wants to know it at once."""

import asyncio
import socket
from dataclasses import dataclass
from datetime import timedelta

from relay.transport.smtp import Connection, Smarthost
from relay.transport.wire import Timeouts

_SOON = timedelta(seconds=10)
_PATIENCE = Timeouts(connect=_SOON, greeting=_SOON, command=_SOON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the server takes: `size_limit` octets in a message (None: it names none); mail that must stay under TLS; addresses outside ASCII.

    `gives_own_paths` is whether it makes each recipient's own return path of one that they share (XVERP).
    """

    size_limit: int | None
    keeps_to_tls: bool
    takes_utf8: bool
    gives_own_paths: bool


def try_smarthost(smarthost: Smarthost) -> Offer:
    """Connect, secure and log in as a copy would be sent, and take leave.

    Raises:
        SmarthostError: no copy could be sent now, and why.
    """

    async def visit() -> Offer:
        connection = await Connection.open(smarthost, _PATIENCE)
        offer = Offer(
            size_limit=connection.size_limit,
            keeps_to_tls=connection.keeps_to_tls,
            takes_utf8=connection.takes_utf8,
            gives_own_paths=connection.gives_own_paths,
        )
        await connection.quit()
        return offer

    return asyncio.run(visit())


def is_open(host: str, port: int) -> bool:
    """Whether anybody takes connections on a port."""
    try:
        with socket.create_connection((host, port), timeout=_SOON.total_seconds()):
            return True
    except OSError:
        return False
