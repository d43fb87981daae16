"""A filled message as the octets that a mail program would send: now plain, now with a page beside it, in one encoding or another."""

import html
import textwrap
from datetime import UTC, datetime, time
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from random import Random

from tests.evaluation.corpus import Message
from tests.evaluation.techniques import OCTETS, Letter
from tests.pictures import encoded, picture

LIST = "central-africa@relay.example"
_PHOTO = encoded(picture())
_OWN_FIELDS = frozenset({"from", "to", "subject", "date", "message-id"})


def octets_of(message: Message, now: datetime) -> bytes:
    """RFC 5322 octets, sent this morning. What they look like is a fact of the message's id."""
    chance = Random("octets:" + message.id)
    mail = EmailMessage(policy=SMTP.clone(utf8=False))
    mail["From"] = Address(display_name=_display_name(message, chance), addr_spec=message.author_email)
    mail["To"] = LIST
    mail["Subject"] = " ".join(message.subject.split())
    mail["Date"] = datetime.combine(now.date(), time(hour=6), UTC)
    mail["Message-ID"] = f"<{message.id.replace('#', '.')}@agency.example>"
    for name, value in message.headers.items():
        if name.lower() in _OWN_FIELDS:
            del mail[name]
        mail[name] = value
    if make := OCTETS.get(message.skeleton.technique):
        del mail["Subject"]
        return make(Letter(head=bytes(mail).rstrip(), subject=message.subject, text=message.text))
    text = _wrapped(message.text.strip("\n"), chance) + "\n"
    charset = chance.choice(["utf-8", "utf-8", "utf-8", "cp1252"])
    _set_text(mail, text, charset, chance)
    page = message.html or (_page(message.text) if chance.random() < 0.3 else "")
    if page:
        mail.add_alternative(page, subtype="html", cte=chance.choice(["quoted-printable", "base64"]))
    if message.filename:
        mail.add_attachment(_PHOTO, maintype="image", subtype="jpeg", filename=message.filename)
    return bytes(mail)


def _display_name(message: Message, chance: Random) -> str:
    """Most programs name the officer, some a desk, some nobody."""
    way = chance.random()
    return message.author if way < 0.8 else "" if way < 0.9 else "Duty desk"


def _set_text(mail: EmailMessage, text: str, charset: str, chance: Random) -> None:
    cte = chance.choice(["quoted-printable", "base64", "8bit"])
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        charset = "utf-8"
    if cte == "8bit" and any(len(line.encode(charset)) > 900 for line in text.splitlines()):
        cte = "quoted-printable"
    mail.set_content(text, charset=charset, cte=cte)


def _wrapped(text: str, chance: Random) -> str:
    """Many programs break lines at 72 columns; quotes, tables and lists stay as they are."""
    if chance.random() < 0.5:
        return text
    return "\n".join(
        line
        if len(line) < 73 or line.startswith((">", " ", "|")) or "|" in line or "\t" in line
        else textwrap.fill(line, 72, break_long_words=False, break_on_hyphens=False)
        for line in text.split("\n")
    )


def _page(text: str) -> str:
    """The same text as a mail program makes a page of it."""
    paragraphs = (html.escape(one).replace("\n", "<br>\n") for one in text.strip("\n").split("\n\n"))
    return (
        '<html><head><style>p {margin: 0 0 1em}</style></head><body style="font-family: Calibri">'
        + "".join(f"<p>{one}</p>\n" for one in paragraphs)
        + "</body></html>\n"
    )
