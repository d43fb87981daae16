"""Signed messages, made by the programs that people sign with: openssl and gpg."""

import os
import subprocess
from base64 import encodebytes
from dataclasses import dataclass
from pathlib import Path

from tests.certificates import Identity

PATIENCE = 60.0
TEXT = "Content-Type: text/plain; charset=utf-8\r\n\r\nSixty pangolins were seized at the airport.  \r\n-- \r\nAna\r\n"


def header(author: str, subject: str, to: str = "central-africa@relay.example") -> str:
    """The unsigned fields of a message."""
    name = subject.replace(" ", ".")
    return (
        f"From: {author}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: Mon, 02 Mar 2026 10:00:00 +0000\r\n"
        f"Message-ID: <{name}@client.example>\r\nMIME-Version: 1.0\r\n"
    )


def cms(identity: Identity, content: bytes, *words: str, folder: Path) -> bytes:
    """SignedData in DER, by `openssl cms -sign` with further words."""
    return _output(
        ["openssl", "cms", "-sign", "-binary", "-outform", "DER", "-signer", str(identity.file), *words],
        content,
        folder,
    )


def smime(head: str, content: str, signature: bytes, *, behind: str = "") -> bytes:
    """A multipart/signed message; `behind` are parts that nobody signed."""
    protocol = "application/pkcs7-signature"
    return _signed(head, content, protocol, "base64", _base64(signature), behind)


def opaque(head: str, blob: bytes, kind: str = "signed-data") -> bytes:
    """An application/pkcs7-mime message."""
    field = f'Content-Type: application/pkcs7-mime; smime-type={kind}; name="smime.p7m"\r\n'
    return (head + field + "Content-Transfer-Encoding: base64\r\n\r\n" + _base64(blob)).encode()


def pgp_mime(head: str, content: str, armour: bytes, *, behind: str = "") -> bytes:
    """A PGP/MIME message (RFC 3156 §5)."""
    text = armour.decode("ascii").replace("\r\n", "\n").replace("\n", "\r\n")
    return _signed(head, content, "application/pgp-signature", "7bit", text, behind)


def _signed(head: str, content: str, protocol: str, encoding: str, signature: str, behind: str) -> bytes:
    field = f'Content-Type: multipart/signed; protocol="{protocol}"; micalg=sha-256; boundary="=_b"\r\n\r\n'
    part = f"Content-Type: {protocol}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{signature}"
    return f"{head}{field}This is a signed message.\r\n--=_b\r\n{content}\r\n--=_b\r\n{part}\r\n{behind}--=_b--\r\n".encode()


def _base64(octets: bytes) -> str:
    return encodebytes(octets).decode("ascii").replace("\n", "\r\n")


def _output(command: list[str], octets: bytes, folder: Path, home: Path | None = None) -> bytes:
    file = folder / "signed-content"
    file.write_bytes(octets)
    command = [*command, *(["-in"] if command[0] == "openssl" else []), str(file)]
    environment = {**os.environ, "GNUPGHOME": str(home)} if home else None
    return subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE, env=environment).stdout


@dataclass(frozen=True)
class Gpg:
    """A GnuPG home with keys of invented people."""

    home: Path

    def make(self, person: str, algorithm: str = "ed25519", until: str = "1y") -> Path:
        """A key for signing; the file with its public half."""
        self._run("--quick-gen-key", person, algorithm, "sign", until)
        return self.export(person)

    def make_whole(self, person: str, until: str = "1y") -> None:
        """A key for signing, and another one below it for encrypting."""
        self._run("--quick-gen-key", person, "future-default", "default", until)

    def take(self, file: Path) -> None:
        """Import somebody's public key."""
        self._run("--import", str(file))

    def encrypt(self, person: str, content: bytes, *words: str) -> bytes:
        """An armoured message to somebody, with further words."""
        command = [
            "gpg",
            *self._words(),
            "--trust-model",
            "always",
            *words,
            "--armor",
            "--output",
            "-",
            "--recipient",
            person,
            "--encrypt",
        ]
        return _output(command, content, self.home, self.home)

    def decrypt(self, octets: bytes) -> bytes:
        """The content of a message to one of these people."""
        environment = {**os.environ, "GNUPGHOME": str(self.home)}
        command = ["gpg", *self._words(), "--decrypt"]
        return subprocess.run(
            command, input=octets, check=True, capture_output=True, timeout=PATIENCE, env=environment
        ).stdout

    def export(self, person: str) -> Path:
        """The public key as it is now."""
        file = self.home / f"{person.rpartition('<')[2].strip('>')}.asc"
        file.write_bytes(self.armoured(person))
        return file

    def armoured(self, person: str) -> bytes:
        """The public key as it is now, in ASCII armour."""
        return self._run("--armor", "--export", f"={person}" if "<" in person else person)

    def sign(self, person: str, content: bytes, *words: str) -> bytes:
        """An armoured detached signature."""
        command = ["gpg", *self._words(), *words, "--armor", "--output", "-", "--local-user", person, "--detach-sign"]
        return _output(command, content, self.home, self.home)

    def revoke(self, person: str) -> None:
        """Revoke a key with the certificate that gpg made for that."""
        lines = self._run("--with-colons", "--list-keys", person).decode().splitlines()
        fingerprint = next(line.split(":")[9] for line in lines if line.startswith("fpr:"))
        kept = self.home / "openpgp-revocs.d" / f"{fingerprint}.rev"
        usable = self.home / "revocation.asc"
        usable.write_text(kept.read_text().replace(":-----BEGIN", "-----BEGIN"))
        self._run("--import", str(usable))

    @staticmethod
    def _words() -> list[str]:
        return ["--batch", "--quiet", "--yes", "--pinentry-mode", "loopback", "--passphrase", ""]

    def _run(self, *words: str) -> bytes:
        environment = {**os.environ, "GNUPGHOME": str(self.home)}
        command = ["gpg", *self._words(), *words]
        return subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE, env=environment).stdout
