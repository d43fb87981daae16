"""Servers and lines that misbehave at the level of octets, and certificates to misbehave with."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext, create_default_context

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

GREETING = b"220 raw.example\r\n"
PIPELINING = b"250-raw.example\r\n250 PIPELINING\r\n"


@asynccontextmanager
async def raw_server(talk: Talk) -> AsyncIterator[int]:
    """A server whose every connection is one call of `talk`, dropped when that returns; gives its port."""
    talks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def whole_talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await talk(reader, writer)
        writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(whole_talk(reader, writer))
        talks[task] = writer

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task, writer in talks.items():
            task.cancel()
            writer.transport.abort()
        results = await asyncio.gather(*talks, return_exceptions=True)
        await server.wait_closed()
    for result in results:
        if isinstance(result, Exception):
            raise result


@dataclass(slots=True)
class Line:
    """How the line to a server is, from now on: `up` is what goes to the server, `down` what comes from it, in octets.

    A connection that has carried so many octets in one direction is reset. `seconds` pass before each piece that goes down, which
    holds at most `piece` octets. A hole takes everything and says nothing.
    """

    cut_up: int | None = None
    cut_down: int | None = None
    seconds: float = 0.0
    piece: int = 65536
    hole: bool = False


class Proxy:
    """Stands before a server and does to each connection what its `line` says, for the next connections or all that are open."""

    def __init__(self, upstream: int) -> None:
        self.line = Line()
        self.cuts = 0
        self._upstream = upstream
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> int:
        """Listen; the port."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def reset(self) -> None:
        """Cut every connection that is open, as a firewall does that was started anew."""
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def stop(self) -> None:
        """Listen no more, and cut what is open."""
        if self._server:
            self._server.close()
        await self.reset()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.create_task(self._talk(reader, writer))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._upstream)
        except OSError:
            writer.transport.abort()
            return
        both = (writer, far_writer)
        self._writers.update(both)
        ways = [
            asyncio.create_task(self._carry(reader, far_writer, down=False)),
            asyncio.create_task(self._carry(far_reader, writer, down=True)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for one in both:
            one.transport.abort()
            self._writers.discard(one)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, down: bool) -> None:
        """Carry one way until it ends or is cut."""
        carried = 0
        while octets := await reader.read(self.line.piece if down else 65536):
            if down and self.line.seconds:
                await asyncio.sleep(self.line.seconds)
            limit = self.line.cut_down if down else self.line.cut_up
            if self.line.hole:
                continue
            over = limit is not None and carried + len(octets) >= limit
            writer.write(octets[: max(limit - carried, 0)] if over and limit is not None else octets)
            await writer.drain()
            carried += len(octets)
            if over:
                self.cuts += 1
                return


def saying(*answers: bytes) -> Talk:
    """A talk that greets, then gives one answer to each line it reads (a final dot counts as a line), then hangs up.

    Lines of a message are read without an answer, as a server does after its 354.
    """

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETING)
        in_message = False
        for answer in answers:
            line = await reader.readuntil(b"\r\n")
            while in_message and line != b".\r\n":
                line = await reader.readuntil(b"\r\n")
            writer.write(answer)
            in_message = answer.startswith(b"354")
        await writer.drain()

    return talk


def tls_contexts(directory: Path, name: str = "127.0.0.1") -> tuple[SSLContext, SSLContext]:
    """A server's context with a self-signed certificate for `name`, and a client's that trusts just that one."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    with_address = name.replace(".", "").isdigit()
    alternative = x509.IPAddress(ipaddress.ip_address(name)) if with_address else x509.DNSName(name)
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject_name=subject, issuer_name=subject, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM)
    file = directory / f"{name}.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + pem)
    server = SSLContext(PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, create_default_context(cadata=pem.decode())
