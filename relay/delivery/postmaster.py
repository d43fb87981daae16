"""What somebody wrote to postmaster@ or abuse@, as it reaches the people who run the relay: its text and what is known of its sender.

Nobody has proved who wrote it, so From is the relay's own; nothing but plain text that was scanned goes on.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from relay.delivery.body import text_part
from relay.delivery.catalogue import Catalogue, sentence
from relay.delivery.header_fields import addressed, mailbox_field, message_id_field, text_field
from relay.mail.address import Address

_ABOVE = sentence(
    "Somebody wrote this to {address} from {client}. The sender given is {sender}; nobody has proved it. Answer only if you would answer a stranger."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One such mail. `author` is the address in From, "" when it isn't exactly one; `mail_from` is "" for the null reverse-path."""

    written_to: str
    client: str
    mail_from: str
    author: str
    subject: str
    text: str
    removed: int


def pack_letter(letter: Letter) -> bytes:
    """Turn a letter into octets for the vault."""
    return json.dumps({name: getattr(letter, name) for name in letter.__slots__}, sort_keys=True).encode("ascii")


def unpack_letter(octets: bytes) -> Letter:
    """Turn `pack_letter`'s octets back into the letter."""
    return Letter(**json.loads(octets))


def compose_letter(
    letter: Letter, *, reference: str, recipient: Address, domain: str, written_at: datetime, catalogue: Catalogue
) -> bytes:
    """Compose the whole message, CRLF line ends. It is to be sent with the null reverse-path, so that nothing answers it."""
    own = Address(local="postmaster", domain=domain)
    local, _, author_domain = letter.author.rpartition("@")
    author = [addressed("", Address(local=local, domain=author_domain))] if letter.author else []
    sender = (
        f"<{letter.mail_from}>" if letter.author in {"", letter.mail_from} else f"{letter.author} <{letter.mail_from}>"
    )
    above = catalogue.text(_ABOVE, address=letter.written_to, client=letter.client, sender=sender)
    gone = letter.removed
    removed = [catalogue.plural("[{n} attachment removed]", "[{n} attachments removed]", gone)] if gone else []
    header = "".join(
        (
            text_field("Date", format_datetime(written_at)),
            mailbox_field("From", [addressed("WEN Relay", own)]),
            # The operator's server may have no SMTPUTF8: an address that needs it stands in the text alone.
            mailbox_field("Reply-To", author) if author and letter.author.isascii() else "",
            mailbox_field("To", [addressed("", recipient)]),
            text_field("Subject", f"[{letter.written_to.partition('@')[0]}] {letter.subject}"),
            message_id_field("Message-ID", [f"<{reference}@{domain}>"]),
            text_field("Auto-Submitted", "auto-generated"),
            text_field("X-WEN-Reference", reference),
            text_field("MIME-Version", "1.0"),
        )
    )
    return header.encode("ascii") + text_part("text/plain", "\n".join([above, *removed, "", letter.text]))
