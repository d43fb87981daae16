"""The certificate that a client has shown in TLS, and for whom it lets the client speak in this session."""

from dataclasses import dataclass, field

from relay.intake.handler import Reception
from relay.mail.address import Address
from relay.roster.gateway import Gateway
from relay.roster.member import Member


@dataclass(slots=True, kw_only=True)
class ShownCertificate:
    """One certificate in DER. `holder` is whom it stands for, once `look_up` has asked; None for one that nobody has registered.

    It only ever adds a right: with any other certificate, or with MAIL FROM somebody for whom it doesn't stand, a client is who
    it would be without.
    """

    octets: bytes = field(repr=False)
    holder: Member | Gateway | None = None
    asked: bool = False

    async def look_up(self, reception: Reception) -> None:
        """Ask once in a session whom it stands for.

        Raises:
            Unavailable: it can't be told now; already logged.
        """
        if not self.asked:
            self.holder = await reception.recognise(self.octets)
            self.asked = True

    async def member_for(self, reception: Reception, mail_from: Address | None) -> Member | None:
        """The member who sends as `mail_from`, if the certificate proves it; for the null reverse-path nobody.

        Raises:
            Unavailable: it can't be told now; already logged.
        """
        match self.holder:
            case Member(address=address) if address == mail_from:
                return self.holder
            case Gateway() if mail_from is not None:
                return await reception.represented(self.holder, mail_from)
            case _:
                return None

    @property
    def gateway(self) -> str:
        """The name of the gateway whose certificate it is; "" for a member's own."""
        return self.holder.name if isinstance(self.holder, Gateway) else ""

    @property
    def answers_for(self) -> str:
        """Who answers for what is sent, "" for nobody: a member by id, a gateway by name, which is no id."""
        match self.holder:
            case Member(id=member_id):
                return member_id
            case Gateway(name=name):
                return f"gateway {name}"
            case None:
                return ""
