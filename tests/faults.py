"""Servers that misbehave at the level of octets, and certificates to misbehave with."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
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
