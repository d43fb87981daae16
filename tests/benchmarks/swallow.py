"""A smarthost that takes everything and keeps nothing but the count, in a process of its own: faster than what it measures.

with Swallow() as smarthost: … smarthost.port … smarthost.wait(1000)
"""

import asyncio
import subprocess
import sys
from typing import Self

_REPLIES = {b"MAIL": b"250 2.1.0 Ok\r\n", b"DATA": b"354 Go on\r\n", b"QUIT": b"221 2.0.0 Bye\r\n"}
_TAKEN = b"250 2.0.0 Ok\r\n"
_KEPT = b"250 2.0.0 Ok: queued as %X\r\n"  # each message has a reply of its own, as with real servers


class Swallow:
    """The process, as the measurement sees it.

    Args:
        xverp: whether it offers XVERP.
    """

    def __init__(self, *, xverp: bool = False) -> None:
        command = [sys.executable, "-m", "tests.benchmarks.swallow", *(["xverp"] if xverp else [])]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self._said())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def wait(self, recipients: int) -> float:
        """Wait until so many recipients' copies have been taken since the last time; when it was, by `time.perf_counter`."""
        assert self._process.stdin
        self._process.stdin.write(f"{recipients}\n")
        self._process.stdin.flush()
        return float(self._said())

    def _said(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()


class _Session(asyncio.Protocol):
    """One client's connection; commands in groups are answered in groups (RFC 2920)."""

    def __init__(self, counter: "_Counter") -> None:
        self._counter = counter
        self._pending = bytearray()
        self._recipients = 0
        self._in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 swallow.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._pending += data
        answers: list[bytes] = []
        while answer := self._message() if self._in_data else self._command():
            answers.append(answer)
        self._transport.write(b"".join(answers))

    def _command(self) -> bytes:
        end = self._pending.find(b"\r\n")
        if end < 0:
            return b""
        verb = bytes(self._pending[:4]).upper()
        del self._pending[: end + 2]
        if verb == b"RCPT":
            self._recipients += 1
            return b"250 2.1.5 Ok\r\n"
        if verb == b"EHLO":
            return self._counter.greeting
        self._in_data = verb == b"DATA"
        return _REPLIES.get(verb, _TAKEN)

    def _message(self) -> bytes:
        end = self._pending.find(b"\r\n.\r\n")
        if end < 0:
            return b""
        del self._pending[: end + 5]
        self._counter.add(self._recipients)
        self._recipients, self._in_data = 0, False
        return _KEPT % self._counter.messages


class _Counter:
    """How many copies were taken, and who waits for how many."""

    def __init__(self, greeting: bytes) -> None:
        self.greeting = greeting
        self.messages = 0
        self._taken = self._wanted = 0

    def add(self, recipients: int) -> None:
        self.messages += 1
        self._taken += recipients
        self._answer()

    def want(self) -> None:
        """Read what is waited for from the standard input."""
        line = sys.stdin.readline()
        if not line:
            asyncio.get_running_loop().stop()
            return
        self._wanted = int(line)
        self._answer()

    def _answer(self) -> None:
        if 0 < self._wanted <= self._taken:
            self._taken -= self._wanted
            self._wanted = 0
            print(asyncio.get_running_loop().time(), flush=True)


async def _serve(*words: str) -> None:
    extensions = ["PIPELINING", "8BITMIME", "SIZE 67108864", *(word.upper() for word in words)]
    lines = ["swallow.example", *extensions]
    greeting = "".join(f"250{'-' if line is not lines[-1] else ' '}{line}\r\n" for line in lines)
    counter = _Counter(greeting.encode())
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Session(counter), "127.0.0.1", 0)
    loop.add_reader(sys.stdin, counter.want)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(*sys.argv[1:]))
