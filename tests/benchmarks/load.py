"""A small SMTP client for load: one kept connection, STARTTLS, AUTH PLAIN, pipelined commands (RFC 2920), posts one after the other."""

import asyncio
import base64
import ssl
from time import perf_counter
from typing import Self

from tests.running import LIST, Site


class Client:
    """A mail program that stays connected. `open` makes one."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, login: str) -> None:
        self._reader, self._writer, self.login = reader, writer, login

    @classmethod
    async def open(cls, site: Site, port: int, author: int = 0) -> Self:
        """Connect, secure and log in as the author of this number; they take turns."""
        author %= len(site.passwords)
        login, password = site.members[author], site.passwords[author]
        client = cls(*await asyncio.open_connection("127.0.0.1", port), login)
        await client._reply()
        await client._ask("EHLO client.example")
        await client._ask("STARTTLS")
        context = ssl.create_default_context(cafile=str(site.certificate))
        await client._writer.start_tls(context, server_hostname="localhost")
        await client._ask("EHLO client.example")
        await client._ask("AUTH PLAIN " + base64.b64encode(f"\0{login}\0{password}".encode()).decode())
        return client

    async def post(self, octets: bytes) -> float:
        """Send one post; the seconds from its final dot to the 250."""
        self._writer.write(f"MAIL FROM:<{self.login}>\r\nRCPT TO:<{LIST}>\r\nDATA\r\n".encode())
        for _ in range(3):
            await self._reply()
        self._writer.write(octets)
        await self._writer.drain()
        start = perf_counter()
        self._writer.write(b".\r\n")
        await self._reply()
        return perf_counter() - start

    async def close(self) -> None:
        """Take leave."""
        await self._ask("QUIT")
        self._writer.close()
        await self._writer.wait_closed()

    async def _ask(self, command: str) -> None:
        self._writer.write(f"{command}\r\n".encode())
        await self._reply()

    async def _reply(self) -> None:
        """Read one reply; any refusal ends the measurement."""
        while (line := await self._reader.readuntil(b"\r\n"))[3:4] == b"-":
            pass
        if line[:1] not in b"23":
            raise RuntimeError(f"the relay said {line.decode()}")
