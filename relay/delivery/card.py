"""The one-page card by which a member sets up a phone: self-contained HTML in their language, to be read or printed on A5 or A4.

It never holds a password. Every text that comes from elsewhere is escaped; there are no scripts, and nothing is loaded.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from html import escape

from relay.delivery.catalogue import Catalogue
from relay.delivery.rules import RULES
from relay.mail.address import Address
from relay.roster.login import SubmissionDoors
from relay.roster.mailing_list import OWNER, MailingList
from relay.roster.member import Member

_NEVER, _RIGHT_DOOR = RULES[1], RULES[2]

_STYLE = """
*{box-sizing:border-box}html{-webkit-text-size-adjust:100%}
body{margin:0;background:#eef1f4;color:#16202b;font:16px/1.45 system-ui,"Segoe UI",Roboto,sans-serif}
main{max-width:40rem;margin:0 auto;padding:1rem;background:#fff;min-height:100vh}
header{border-bottom:3px solid #0b5d4a;margin-bottom:.9rem;padding-bottom:.5rem}
h1{font-size:1.3rem;line-height:1.2;margin:0}h2{font-size:1.02rem;color:#0b5d4a;margin:1.1rem 0 .35rem}
p{margin:.35rem 0}header p{color:#4a5663}
dl{margin:0;display:grid;grid-template-columns:minmax(9rem,max-content) 1fr;border-top:1px solid #ccd4dc}
dt,dd{margin:0;padding:.4rem .5rem .4rem 0;border-bottom:1px solid #ccd4dc;overflow-wrap:anywhere}
dt{color:#4a5663}b,code{font-weight:600}code{font-family:ui-monospace,"DejaVu Sans Mono",Menlo,monospace;font-size:.94em;overflow-wrap:anywhere}
ul{margin:.35rem 0;padding-left:1.2rem}li{margin:.3rem 0;overflow-wrap:anywhere}li code{display:block}
.never{border:2px solid #a11d33;border-radius:.3rem;padding:.5rem .7rem;margin-top:1rem}.never h2{color:#a11d33;margin-top:0}
footer{margin-top:1.1rem;padding-top:.5rem;border-top:1px solid #ccd4dc;color:#4a5663;font-size:.9rem}
@media(max-width:30rem){dl{grid-template-columns:1fr}dt{border:0;padding-bottom:0}dd{padding-top:.1rem}}
@page{margin:10mm}
@media print{body{background:#fff;font-size:8.8pt;line-height:1.3}main{max-width:none;min-height:0;padding:0}h1{font-size:12pt}
h2{font-size:9.2pt;margin:2.2mm 0 .8mm}header{margin-bottom:2mm;padding-bottom:1mm}p{margin:.6mm 0}ul{margin:.6mm 0}li{margin:.5mm 0}li code{display:inline;white-space:nowrap}
dl{grid-template-columns:max-content 1fr}dt,dd{padding:.6mm 2mm .6mm 0}.never{margin-top:2mm;padding:1.2mm 2.5mm;break-inside:avoid}
footer{font-size:7.6pt;margin-top:2mm;padding-top:1mm}}
"""


def card(
    member: Member,
    lists: Sequence[MailingList],
    doors: SubmissionDoors,
    practice: Address,
    today: date,
    catalogue: Catalogue,
) -> str:
    """The whole page.

    Args:
        member: whose card it is.
        lists: those that they are on, one at least.
        doors: where mail is submitted.
        practice: the address that only judges.
        today: for the foot of the page.
        catalogue: the member's language.
    """
    title = escape(catalogue.text("Sending account for {domain}", domain=practice.domain))
    parts = (
        f"<header><h1>{title}</h1><p>{escape(member.name)}, {escape(member.agency)}</p></header>",
        *_section(catalogue.text("In your mail program"), _settings(member, doors, catalogue)),
        *_section(catalogue.text("Where to write"), _addresses(lists, practice, catalogue)),
        *_section(catalogue.text("What never to send"), _never(lists, catalogue), box="never"),
        *_section(catalogue.text("If the device is lost, or you leave your post"), _lost(lists, catalogue)),
        "<footer>",
        _paragraph(
            catalogue.text(
                "{day}. This card holds no secret, but it says that you are a member: keep it to yourself.",
                day=catalogue.day(today),
            )
        ),
        "</footer>",
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(catalogue.language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f'<meta name="referrer" content="no-referrer"><title>{title}</title><style>{_STYLE}</style></head>'
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


def _settings(member: Member, doors: SubmissionDoors, catalogue: Catalogue) -> Iterator[str]:
    ports = [
        catalogue.text("{port} with SSL/TLS", port=port)
        if tls == "SSL"
        else catalogue.text("{port} with STARTTLS", port=port)
        for port, tls in doors.each()
    ]
    rows = (
        (catalogue.text("Outgoing server (SMTP)"), _code(doors.host)),
        (catalogue.text("Port and encryption"), "<br>".join(f"<b>{escape(port)}</b>" for port in ports)),
        (catalogue.text("User name"), _code(str(member.address))),
        (
            catalogue.text("Password"),
            escape(
                catalogue.text(
                    "The app password that you are given by telephone or in person, another one for each device. It isn't the one of your mailbox."
                )
            ),
        ),
        (catalogue.text("Sender"), escape(catalogue.text("Exactly your address above; every other one is refused."))),
        (
            catalogue.text("Incoming mail"),
            escape(
                catalogue.text(
                    "Your own mailbox, as before: that is where copies arrive. Nothing is fetched from this server."
                )
            ),
        ),
    )
    yield "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in rows) + "</dl>"
    yield _paragraph(
        catalogue.text(
            "Add it as a further outgoing server, or as a second account with the same mailbox, and use it for the addresses below alone. Your other mail goes out as before."
        )
    )


def _addresses(lists: Sequence[MailingList], practice: Address, catalogue: Catalogue) -> Iterator[str]:
    entries = [f"{escape(catalogue.definition(one.title))} {_code(str(one.address))}" for one in lists]
    entries.append(
        f"{escape(catalogue.text('To try a message: you alone get the verdict, nothing is sent or kept.'))} {_code(str(practice))}"
    )
    commands = lists[0].address_for("-request")
    entries.append(f"{escape(catalogue.text('For commands; write HELP to see them.'))} {_code(str(commands))}")
    yield "<ul>" + "".join(f"<li>{entry}</li>" for entry in entries) + "</ul>"


def _never(lists: Sequence[MailingList], catalogue: Catalogue) -> Iterator[str]:
    """The rule with the lowest ceiling of all their lists: what may go to one may not go to another."""
    ceiling = min((one.ceiling for one in lists), key=lambda one: one.level)
    yield _paragraph(catalogue.text(_NEVER, ceiling=ceiling))
    yield _paragraph(catalogue.text(_RIGHT_DOOR))


def _lost(lists: Sequence[MailingList], catalogue: Catalogue) -> Iterator[str]:
    owner = lists[0].address_for(OWNER)
    yield _paragraph(
        catalogue.text(
            "Tell those who run the list at once: {owner}. The password of that device ends; those of your other devices go on.",
            owner=owner,
        )
    )


def _section(heading: str, body: Iterator[str], box: str = "") -> Iterator[str]:
    yield f'<section class="{box}"><h2>{escape(heading)}</h2>' if box else f"<section><h2>{escape(heading)}</h2>"
    yield from body
    yield "</section>"


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"
