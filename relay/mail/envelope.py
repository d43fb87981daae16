"""The SMTP envelope and the client that gave it (RFC 5321 §2.3.1)."""

from dataclasses import dataclass

from relay.mail.address import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Reverse-path and forward-paths of one transaction. `mail_from` None is the null reverse-path."""

    mail_from: Address | None
    rcpt_to: tuple[Address, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The connected client: its IP address as text, the name it gave in EHLO, whether TLS is on, the login it proved."""

    ip: str
    helo_name: str
    tls: bool
    login: Address | None
