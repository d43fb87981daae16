"""What one connection has told us so far: the session's state, and that of a message on its way."""

from dataclasses import dataclass, field

from relay.intake.handler import Reception
from relay.intake.limits import STRANGER_OCTETS
from relay.intake.shown import ShownCertificate
from relay.intake.wire import Wire
from relay.mail.address import Address
from relay.mail.auth_results import AuthenticationResults
from relay.mail.envelope import Client
from relay.roster.member import Member


@dataclass(slots=True, kw_only=True)
class Transaction:
    """A message on its way: from whom, to whom (by key, so that no address counts twice), its declared size.

    `author` is who sends it, by `proof`; None where the message itself must prove it.
    """

    mail_from: Address | None
    declared_octets: int
    author: Member | None = None
    proof: AuthenticationResults | None = None
    utf8: bool = False
    rcpt_to: dict[str, Address] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Conversation:
    """What one connection has told us so far, and where its answers come from. STARTTLS begins a new one.

    `shown` is the certificate that the client has in TLS; `external` is true once it has named that as its login.
    `submits` is true on the doors for members' mail programs, where nobody sends without a login; `waits` while a login is
    being delayed. `password_id` tells by which of the member's passwords they have logged in.
    """

    reception: Reception
    wire: Wire
    ip: str
    submits: bool
    tls: bool
    helo_name: str = ""
    extended: bool = False
    shown: ShownCertificate | None = None
    external: bool = False
    member: Member | None = None
    password_id: str = ""
    login_tries: int = 0
    waits: bool = False
    transaction: Transaction | None = None

    @property
    def client(self) -> Client:
        """The client as the rest of the relay knows it."""
        login = self.member.address if self.member else None
        known = self.shown.octets if self.shown and self.shown.holder else None
        return Client(ip=self.ip, helo_name=self.helo_name, tls=self.tls, login=login, certificate=known)

    @property
    def answers_for(self) -> str:
        """Who answers for what is sent: a member by id, "gateway" for one that we trust, "" for nobody.

        A gateway's address is trusted on the door for other servers alone: on the members' doors it logs nobody in.
        """
        if self.member:
            return self.member.id
        if self.shown and self.shown.holder:
            return self.shown.answers_for
        return "gateway" if not self.submits and self.reception.trusts(self.client) else ""

    @property
    def max_octets(self) -> int:
        """How big a message may be; on the members' doors nobody sends without a login, on the other a post may prove itself."""
        most = self.reception.limits.max_message_octets
        may_post = self.submits or self.answers_for or (self.reception.takes_from_servers() and not self._reports)
        return most if may_post else min(most, STRANGER_OCTETS)

    @property
    def _reports(self) -> bool:
        """Whether the open transaction has the null sender: it brings no post, but what became of one."""
        return self.transaction is not None and self.transaction.mail_from is None
