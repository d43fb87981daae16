"""SMTP replies with enhanced status codes (RFC 5321 §4.2, RFC 3463), and the ones this relay gives."""

import re
from dataclasses import dataclass

_TEXT = re.compile(r"[ -~]+")


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply line: basic code, enhanced code ("" for a greeting or 354), text in printable ASCII without line ends."""

    code: int
    enhanced: str
    text: str

    def __post_init__(self) -> None:
        if not _TEXT.fullmatch(self.text) or not 200 <= self.code <= 599:
            raise ValueError("an SMTP reply is one line of printable ASCII")

    def __str__(self) -> str:
        return f"{self.code} {self.enhanced} {self.text}" if self.enhanced else f"{self.code} {self.text}"

    @property
    def positive(self) -> bool:
        """Whether the client's command succeeded."""
        return self.code < 400


def accepted(reference: str) -> Reply:
    """The one reply for relay, hold and withhold alike: it lands in foreign logs."""
    return Reply(250, "2.0.0", reference)


TAKEN = Reply(250, "2.0.0", "Ok")

# Words for strangers are bland, and the same for unknown and forbidden.
NO_SUCH_ADDRESS = Reply(550, "5.1.1", "No such address here, or not for you")
REFUSED = Reply(550, "5.7.1", "Refused by policy")
AUTHOR_DIFFERS = Reply(550, "5.7.1", "From: and MAIL FROM must be the one address you logged in with")
NOT_AN_EMAIL = Reply(550, "5.6.0", "This is not a well-formed e-mail with one From: address")
TRY_LATER = Reply(451, "4.3.0", "Temporary trouble on our side, please try again later")
NO_ANSWER = Reply(451, "4.4.3", "The DNS does not answer, please try again later")  # RFC 3463 §3.5
NO_SCANNER = Reply(451, "4.3.2", "Busy, please try again in a moment")
DISK_LOW = Reply(452, "4.3.1", "Short of storage, please try again later")
OVER_QUOTA = Reply(451, "4.7.1", "You have sent a lot in a short time, please try again later")
TOO_BIG = Reply(552, "5.3.4", "Message too big")
# 4yz: a server then sends the message to this recipient in a transaction of its own (RFC 5321 §4.5.3.1.10).
ENCRYPT_FIRST = Reply(451, "4.7.10", "Encryption needed: use STARTTLS first")
ALONE = Reply(452, "4.5.3", "This address takes no message that has other recipients: send it separately")
TOO_MANY_RECIPIENTS = Reply(452, "4.5.3", "Too many recipients in one message")
