"""Whether the smarthost takes mail now, and whether anybody answers on a port: for who wants to know it at once."""

import asyncio
import socket
from datetime import timedelta

from relay.transport.smtp import Connection, Smarthost
from relay.transport.wire import Timeouts

_SOON = timedelta(seconds=10)
_PATIENCE = Timeouts(connect=_SOON, greeting=_SOON, command=_SOON)


def try_smarthost(smarthost: Smarthost) -> int | None:
    """Connect, secure and log in as a copy would be sent, and take leave.

    Returns:
        The most octets it takes in a message; None where it names no limit.

    Raises:
        SmarthostError: no copy could be sent now, and why.
    """

    async def visit() -> int | None:
        connection = await Connection.open(smarthost, _PATIENCE)
        limit = connection.size_limit
        await connection.quit()
        return limit

    return asyncio.run(visit())


def is_open(host: str, port: int) -> bool:
    """Whether anybody takes connections on a port."""
    try:
        with socket.create_connection((host, port), timeout=_SOON.total_seconds()):
            return True
    except OSError:
        return False
