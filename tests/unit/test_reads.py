"""How much is read from a socket at once."""

import asyncio
import socket

from relay import reads


class Reader(asyncio.Protocol):
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.ended = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        self.pieces.append(data)

    def connection_lost(self, _error: Exception | None) -> None:
        self.ended.set_result(None)


async def pieces_of(octets: bytes) -> list[bytes]:
    ours, theirs = socket.socketpair()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * len(octets))
    theirs.sendall(octets)
    theirs.close()
    _, reader = await asyncio.get_running_loop().create_connection(Reader, sock=ours)
    await reader.ended
    return reader.pieces


def test_much_that_waits_is_read_in_pieces_and_whole(monkeypatch):
    for kind in reads.KINDS:
        monkeypatch.setattr(kind, "max_size", kind.max_size)  # as it was, for other tests
    sent = bytes(range(256)) * 600
    reads.read_less_at_once()
    pieces = asyncio.run(pieces_of(sent))
    assert b"".join(pieces) == sent
    assert max(map(len, pieces)) == reads.OCTETS
