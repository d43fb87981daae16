"""Readers of encrypted mail, with the programs that people read with: gpg and openssl. And their keys, good and bad."""

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from tests.certificates import Identity
from tests.signing import PATIENCE, Gpg


@dataclass(frozen=True)
class Reader:
    """A key file to be registered, and how its owner opens what came."""

    address: str
    file: Path
    open: Callable[[bytes], EmailMessage]


def reads_by_gpg(gpg: Gpg, address: str, *, until: str = "1y") -> Reader:
    """Somebody with an OpenPGP key for signing and encrypting."""
    gpg.make_whole(f"Reader <{address}>", until)

    def read(octets: bytes) -> EmailMessage:
        message = message_from_bytes(octets, policy=default)
        assert message.get_content_type() == "multipart/encrypted"
        assert message.get_param("protocol") == "application/pgp-encrypted"
        control, body = message.iter_parts()
        assert control.get_content_type() == "application/pgp-encrypted"
        assert control.get_content().strip() == b"Version: 1"
        return message_from_bytes(gpg.decrypt(body.get_content()), policy=default)

    return Reader(address, gpg.export(address), read)


def reads_by_openssl(identity: Identity, address: str) -> Reader:
    """Somebody with a certificate."""

    def read(octets: bytes) -> EmailMessage:
        message = message_from_bytes(octets, policy=default)
        assert message.get_content_type() == "application/pkcs7-mime"
        assert message.get_param("smime-type") == "enveloped-data"
        command = ["openssl", "cms", "-decrypt", "-recip", str(identity.shown), "-inkey", str(identity.file)]
        done = subprocess.run(command, input=octets, check=True, capture_output=True, timeout=PATIENCE)
        return message_from_bytes(done.stdout, policy=default)

    return Reader(address, identity.shown, read)


def shown_outside(octets: bytes) -> bytes:
    """What everybody on the way can read of a message, with encoded words and base64 opened once."""
    message = message_from_bytes(octets, policy=default)
    fields = "\n".join(f"{name}: {value}" for name, value in message.items())
    bodies = b"\n".join(part.get_payload(decode=True) or b"" for part in message.walk())
    return b"\n".join((re.sub(rb"\r\n[ \t]", b" ", octets), fields.encode("utf-8", "replace"), bodies))
