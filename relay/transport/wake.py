"""How a command tells the running service that there is work: an empty datagram to DATA/run/wake."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path


def bind_ear(path: Path) -> socket.socket:
    """Make the socket that hears; only this relay's user can write to it."""
    path.unlink(missing_ok=True)
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ear.setblocking(False)
    with short_name(path) as name:
        ear.bind(name)
    path.chmod(0o600)
    return ear


async def listen(ear: socket.socket, wake: Callable[[], None]) -> asyncio.DatagramTransport:
    """Call `wake` for every datagram until the transport is closed."""

    class Ear(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002  (nothing in it matters)
            wake()

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Ear, sock=ear)
    return transport


def send(path: Path) -> None:
    """Wake whoever listens; nothing happens when nobody does."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wake:
        wake.setblocking(False)
        with short_name(path) as name:
            wake.sendto(b"w", name)


@contextlib.contextmanager
def short_name(path: Path) -> Iterator[str]:
    """A name for the socket by way of its open directory: a socket's name has room for 107 octets, a path may be longer."""
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)
