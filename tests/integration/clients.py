"""Mail programs that members use, driven alike: smtplib, curl and swaks. Each returns the server's word on the message."""

import re
import smtplib
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from tests.integration.service import CENTRAL, PATIENCE, Service


def make_post(
    author: str, subject: str, text: str, *, to: str = CENTRAL, message_id: str = "", html: str = "", **fields: str
) -> EmailMessage:
    """A post as a mail program writes it; `fields` are further header fields, `_` in their names standing for `-`."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = author, to, subject
    message["Date"] = "Mon, 02 Mar 2026 10:00:00 +0000"
    if message_id:
        message["Message-ID"] = message_id
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message


def octets_of(message: EmailMessage | bytes) -> bytes:
    """The message as it travels."""
    return message if isinstance(message, bytes) else message.as_bytes(policy=SMTP)


def connect(service: Service, door: str = "submission") -> smtplib.SMTP:
    """A connection under TLS, nobody logged in."""
    context = ssl.create_default_context(cafile=str(service.certificate))
    if door == "submissions":
        return smtplib.SMTP_SSL("localhost", service.ports[door], context=context, timeout=PATIENCE)
    client = smtplib.SMTP("localhost", service.ports[door], timeout=PATIENCE)
    client.starttls(context=context)
    return client


def send(
    service: Service, login: str, message: EmailMessage | bytes, *to: str, mail_from: str = "", door: str = "submission"
) -> str:
    """Send with smtplib, stopping at the first refusal; the last reply. Without recipients: to central-africa."""
    with connect(service, door) as client:
        client.login(login, service.site.passwords[login])
        return transact(client, mail_from or login, octets_of(message), *to)


def transact(client: smtplib.SMTP, mail_from: str, octets: bytes, *to: str) -> str:
    """One transaction on a connection that is open, stopping at the first refusal; the last reply. Without recipients: to central-africa."""
    code, words = client.mail(mail_from)
    for recipient in to or (CENTRAL,):
        if code < 400:
            code, words = client.rcpt(recipient)
    if code < 400:
        try:
            code, words = client.data(octets)
        except smtplib.SMTPDataError as error:
            code, words = error.smtp_code, error.smtp_error  # type: ignore[assignment]  # its stub says str or bytes
    return f"{code} {words.decode('ascii') if isinstance(words, bytes) else words}"


@contextmanager
def in_data(service: Service, login: str, octets: bytes, to: str = CENTRAL) -> Iterator[smtplib.SMTP]:
    """A client that has sent this much of a message."""
    with closing(connect(service)) as client:
        client.login(login, service.site.passwords[login])
        assert client.mail(login)[0] == client.rcpt(to)[0] == 250
        assert client.docmd("DATA")[0] == 354
        client.send(octets)
        yield client


def is_closed(service: Service) -> bool:
    """Whether nobody can connect any more."""
    try:
        socket.create_connection(("127.0.0.1", service.ports["submission"])).close()
    except ConnectionRefusedError:
        return True
    return False


def send_with_curl(service: Service, login: str, message: EmailMessage, folder: Path, door: str, *to: str) -> str:
    """Send with curl."""
    file = folder / "message.eml"
    file.write_bytes(octets_of(message))
    scheme = "smtps" if door == "submissions" else "smtp"
    command = ["curl", "--silent", "--show-error", "--verbose", "--ssl-reqd", "--cacert", str(service.certificate)]
    command += ["--url", f"{scheme}://localhost:{service.ports[door]}/client.example"]
    command += ["--user", f"{login}:{service.site.passwords[login]}", "--mail-from", login]
    command += [word for one in to for word in ("--mail-rcpt", one)] + ["--upload-file", str(file)]
    return _last_reply(subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE).stderr, r"< ")


def send_with_swaks(service: Service, login: str, message: EmailMessage, folder: Path, door: str, *to: str) -> str:
    """Send with swaks and AUTH PLAIN."""
    file = folder / "message.eml"
    file.write_bytes(octets_of(message))
    tls = "--tls-on-connect" if door == "submissions" else "--tls"
    command = ["swaks", "--server", "localhost", "--port", str(service.ports[door]), tls, "--ehlo", "client.example"]
    command += ["--auth", "PLAIN", "--auth-user", login, "--auth-password", service.site.passwords[login]]
    command += ["--from", login, "--to", ",".join(to), "--data", f"@{file}"]
    return _last_reply(subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE).stdout, r"<~? +")


def _last_reply(transcript: bytes, arrow: str) -> str:
    """The last reply but the one to QUIT in what a program showed of its dialogue."""
    replies = re.findall(rf"(?m)^{arrow}(\d{{3}} [^\r\n]*)", transcript.decode("utf-8", "replace"))
    return [str(reply) for reply in replies if not reply.startswith("221")][-1]
