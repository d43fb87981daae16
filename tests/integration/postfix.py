"""A real Postfix behind the relay: the very files of deploy/postfix, with other ports and folders, and mailboxes to look into.

It needs root, since Postfix's master starts its programs as other users. Everything lies in one temporary folder.
"""

import json
import os
import shutil
import socket
import socketserver
import subprocess
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Self

import pytest

from tests.faults import tls_contexts
from tests.integration.service import DOMAIN, PATIENCE, eventually
from tests.ports import free_port

SHIPPED = Path(__file__).parents[2] / "deploy" / "postfix"
OWN_FIELDS = frozenset({"Return-Path", "X-Original-To", "Delivered-To", "Received"})  # what Postfix puts in front
_NOBODY = 65534
_OCTETS = 100_000  # the most that this Postfix takes: small, so that a test can go beyond it

USER, PASSWORD = "relay", "open sésame"


def need_postfix() -> None:
    """Skip the test where no Postfix can be started."""
    if not shutil.which("postfix", path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
        pytest.skip("postfix is not installed: apt-get install postfix")
    if os.geteuid() != 0:
        pytest.skip("Postfix's programs can only be started by root")


@dataclass(frozen=True, slots=True)
class Arrived:
    """One mail in a mailbox: the octets that stand in the file, and the message read by Python's own parser."""

    octets: bytes
    message: EmailMessage

    @property
    def sent(self) -> bytes:
        """The message without what Postfix put in front of it, with line ends as on the wire."""
        lines, names = self.octets.split(b"\n"), tuple(f"{name}:".encode() for name in OWN_FIELDS)
        start = next(
            number for number, line in enumerate(lines) if not line.startswith((*names, b" ", b"\t"))
        )  # the first field of the message itself
        return b"\r\n".join(lines[start:])

    @property
    def return_path(self) -> str:
        """The envelope's sender; "" for the null return path."""
        return str(self.message["Return-Path"]).strip("<> ")

    def text(self) -> str:
        """The decoded plain text."""
        body = self.message.get_body(("plain",))
        assert body
        return str(body.get_content()).replace("\r\n", "\n")


class Postfix:
    """One Postfix. `fates` says what its policy server answers for a recipient (access(5)); all others are taken.

    Ports: `port` is the shipped door, `secure_port` a second one that demands TLS and offers AUTH; `front_port` is that of a
    mail server in front, which takes mail for the relay's domain from everybody, puts `results` on top of it, and hands it on.
    """

    def __init__(self, mailboxes: tuple[str, ...]) -> None:
        """Lay out the folder; nothing runs before `start`."""
        self.fates: dict[str, str] = {}
        self.results = ""
        self.folder = Path(tempfile.mkdtemp(prefix="postfix-"))
        self.folder.chmod(0o755)  # Postfix's own users must get through
        self.etc, self.mail, self.log = self.folder / "etc", self.folder / "mail", self.folder / "mail.log"
        self.port, self.secure_port, self.front_port = free_port(), free_port(), free_port()
        for name in ("etc", "mail", "spool", "lib"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "lib", "postfix")
        os.chown(self.mail, _NOBODY, _NOBODY)
        tls_contexts(self.folder)
        self.certificate = self.folder / "127.0.0.1.pem"  # self-signed: what a client must trust
        self._way_back = _way_back()
        self._policy, self._logins = _Policy(self._answer), _Logins(self.folder / "mux")
        self._write(mailboxes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        for server in (self._policy, self._logins, self._way_back):
            if server:
                server.shutdown()
                server.server_close()
        shutil.rmtree(self.folder)

    def _write(self, mailboxes: tuple[str, ...]) -> None:
        for path in SHIPPED.glob("*.cf"):
            shutil.copy(path, self.etc)
        master = self.etc / "master.cf"
        text = master.read_text("utf-8")
        assert "127.0.0.1:10025 " in text
        text = text.replace("127.0.0.1:10025 ", f"127.0.0.1:{self.port} ")
        text += "virtual unix - n n - - virtual\n"
        text += _service(
            f"127.0.0.1:{self.secure_port} inet n - n - - smtpd",
            smtpd_tls_security_level="encrypt",
            smtpd_tls_chain_files=self.certificate,
            smtpd_sasl_auth_enable="yes",
            smtpd_relay_restrictions="permit_sasl_authenticated,reject",
        )
        text += _service(
            f"127.0.0.1:{self.front_port} inet n - n - - smtpd",
            smtpd_sender_restrictions="",
            smtpd_relay_restrictions="reject_unauth_destination",
        )
        master.write_text(text, "utf-8")
        (self.etc / "sasl").mkdir()
        (self.etc / "sasl" / "smtpd.conf").write_text(
            f"pwcheck_method: saslauthd\nmech_list: PLAIN\nsaslauthd_path: {self.folder / 'mux'}\n", "ascii"
        )
        boxes = self.etc / "mailboxes"
        boxes.write_text("".join(f"{address} {address}/\n" for address in mailboxes), "ascii")
        settle(self.etc)
        domains = " ".join(sorted({address.partition("@")[2] for address in mailboxes}))
        self.configure(
            queue_directory=str(self.folder / "spool"),
            data_directory=str(self.folder / "lib"),
            maillog_file=str(self.log),
            maillog_file_prefixes=str(self.folder),
            message_size_limit=str(_OCTETS),
            cyrus_sasl_config_path=str(self.etc / "sasl"),
            virtual_mailbox_domains=domains,
            virtual_mailbox_base=str(self.mail),
            virtual_mailbox_maps=f"texthash:{boxes}",
            virtual_uid_maps=f"static:{_NOBODY}",
            virtual_gid_maps=f"static:{_NOBODY}",
            relay_domains=DOMAIN,
            smtpd_recipient_restrictions=f"check_policy_service inet:127.0.0.1:{self._policy.port}",
        )

    def _answer(self, recipient: str) -> str:
        if recipient in self.fates:
            return self.fates[recipient]
        if recipient.endswith(f"@{DOMAIN}") and self.results:
            return f"PREPEND Authentication-Results: {self.results}"
        return "DUNNO"

    def configure(self, **settings: str) -> None:
        """Set parameters of main.cf; they hold from the next start."""
        self._run("postconf", "-e", *(f"{name}={value}" for name, value in settings.items()))
        settle(self.etc)

    def encrypt_to_relay(self, identity: Path) -> None:
        """Have mail for the relay handed over under TLS only, showing this certificate (with its key) to whoever asks."""
        copy = self.etc / "client.pem"
        copy.write_bytes(identity.read_bytes())
        self._run("postconf", "-P", "relay/unix/smtp_tls_security_level=encrypt")
        settle(self.etc)
        self.configure(smtp_tls_chain_files=str(copy))

    def start(self, relay_port: int) -> None:
        """Start it, and wait until it answers.

        Args:
            relay_port: where mail for the relay's own domain goes, reports about copies above all.
        """
        if self._way_back:
            self._way_back.target = relay_port
        else:
            self.configure(transport_maps=f"inline:{{ {{{DOMAIN} = relay:[127.0.0.1]:{relay_port}}} }}")
        self._run("postfix", "start")
        for port in (self.port, self.secure_port, self.front_port):
            eventually(lambda port=port: _greets(port))

    def stop(self) -> None:
        """Stop it, if it runs, and wait until it is gone."""
        if self._run("postfix", "status", check=False):
            self._run("postfix", "abort")  # `stop` looks once a second whether all have ended
            eventually(lambda: not self._run("postfix", "status", check=False))

    def drop(self) -> None:
        """Throw away all that lies in its queue."""
        self._run("postsuper", "-d", "ALL")

    def queue(self) -> list[dict[str, object]]:
        """What lies in its queue."""
        lines = self._output("postqueue", "-j").splitlines()
        return [json.loads(line) for line in lines]

    def flush(self) -> None:
        """Make it try again what it has put off."""
        self._run("postqueue", "-f")

    def arrived(self, address: str) -> list[Arrived]:
        """What lies in a mailbox."""
        files = (path.read_bytes() for path in sorted((self.mail / address).glob("new/*")))
        return [Arrived(octets, message_from_bytes(octets, policy=policy.default)) for octets in files]

    def about(self, address: str, reference: str) -> list[Arrived]:
        """The mails about one post in a mailbox."""
        return [mail for mail in self.arrived(address) if mail.message["X-WEN-Reference"] == reference]

    def files(self) -> dict[Path, bytes]:
        """Every file under its folder: queue, mailboxes, log, state."""
        return {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}

    def _run(self, program: str, *words: str, check: bool = True) -> bool:
        command = [f"/usr/sbin/{program}", "-c", str(self.etc), *words]
        done = subprocess.run(command, check=False, capture_output=True, timeout=PATIENCE)
        assert done.returncode == 0 or not check, (command, done)
        return done.returncode == 0

    def _output(self, program: str, *words: str) -> str:
        command = [f"/usr/sbin/{program}", "-c", str(self.etc), *words]
        return subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE, text=True).stdout


def settle(etc: Path) -> None:
    """Make configuration as old as Postfix wants it: its programs wait for seconds before they read what has just been written."""
    for path in etc.rglob("*.cf"):
        os.utime(path, (0, 0))


def _service(line: str, **options: object) -> str:
    """An entry of master.cf with parameters of its own."""
    return line + "\n" + "".join(f"  -o {name}={value}\n" for name, value in options.items())


def _greets(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
            return line.recv(4).startswith(b"220")
    except OSError:
        return False


def _way_back() -> "_WayBack | None":
    """None where another mail server of this machine has the port; then reports go straight to the relay's."""
    try:
        return _WayBack()
    except OSError:
        return None


class _WayBack(socketserver.ThreadingTCPServer):
    """The relay's port 25 as the shipped main.cf names it, on a loopback address of its own: what comes is passed on.

    Postfix looks for loops on port 25 alone, so that no other port would show whether the shipped route works.
    """

    daemon_threads = allow_reuse_address = True

    def __init__(self) -> None:
        self.target = 0
        owner = self

        class Talk(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with socket.create_connection(("127.0.0.1", owner.target)) as relay:
                    back = threading.Thread(target=_pump, args=(relay, self.request), daemon=True)
                    back.start()
                    _pump(self.request, relay)
                    back.join()

        super().__init__(("127.0.0.2", 25), Talk)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    """Pass octets on until their end, and that too."""
    with suppress(OSError):
        while octets := source.recv(65536):
            sink.sendall(octets)
        sink.shutdown(socket.SHUT_WR)


class _Policy(socketserver.ThreadingTCPServer):
    """Postfix's policy delegation protocol: attributes until an empty line, then an action."""

    daemon_threads = allow_reuse_address = True

    def __init__(self, answer: Callable[[str], str]) -> None:
        class Talk(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                asked: dict[str, str] = {}
                for line in self.rfile:
                    name, _, value = line.decode().strip().partition("=")
                    asked[name] = value
                    if not name:
                        self.wfile.write(f"action={answer(asked.get('recipient', ''))}\n\n".encode())

        super().__init__(("127.0.0.1", 0), Talk)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


class _Logins(socketserver.ThreadingUnixStreamServer):
    """What Cyrus SASL asks whether a password is right: saslauthd's protocol, four strings with their lengths in front."""

    daemon_threads = True

    def __init__(self, path: Path) -> None:
        class Talk(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                user, password, *_ = [self.rfile.read(int.from_bytes(self.rfile.read(2), "big")) for _ in range(4)]
                word = b"OK" if (user, password) == (USER.encode(), PASSWORD.encode()) else b"NO"
                self.wfile.write(len(word).to_bytes(2, "big") + word)

        super().__init__(str(path), Talk)
        path.chmod(0o666)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
