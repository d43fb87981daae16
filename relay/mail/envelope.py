"""The SMTP envelope and the client that gave it (RFC 5321 §2.3.1)."""

from dataclasses import dataclass, field

from relay.mail.address import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Reverse-path and forward-paths of one transaction. `mail_from` None is the null reverse-path."""

    mail_from: Address | None
    rcpt_to: tuple[Address, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The connected client: its IP address as text, the name it gave in EHLO, whether TLS is on, the login it proved.

    `certificate` is the DER of the TLS certificate whose key it has shown to have, where that stands for somebody.
    """

    ip: str
    helo_name: str
    tls: bool
    login: Address | None
    certificate: bytes | None = field(default=None, repr=False)
