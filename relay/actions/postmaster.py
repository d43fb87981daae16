"""Mail to postmaster@ and abuse@, from anybody: a clean copy goes to `[relay] postmaster`, never to members, and nothing is answered.

A provider's report that a member has marked a copy as unwanted is taken as such (`actions.complaint`), not passed on.
All else is scanned like a post. What is marked too high is dropped as a post would be withheld: nothing of it is kept but the fact.
"""

import secrets
from datetime import datetime

from relay.actions.complaint import copy_complained_of, take_feedback
from relay.actions.judge import Scanner, facts_of, with_own_facts
from relay.delivery.delivery import Delivery
from relay.delivery.postmaster import Letter, compose_letter, pack_letter, unpack_letter
from relay.errors import NotFound
from relay.mail.address import parse_address
from relay.mail.complaint import read_feedback
from relay.mail.envelope import Client, Envelope
from relay.mail.message import HeaderSection, Message, read_message, split_header
from relay.mail.reply import NO_SUCH_ADDRESS, REFUSED, TAKEN, TOO_BIG, Reply
from relay.maillog import note
from relay.policy.decide import HOP_LIMIT
from relay.policy.post import CleanPart, Progress, Scan
from relay.policy.withholding import WITHHOLD_CODES
from relay.resources import Resources
from relay.roster.mailing_list import Tlp
from relay.store import audit, letters
from relay.store.vault import seal, unseal

LETTER_OCTETS = 65_536


def take_letter(
    resources: Resources, scanner: Scanner, envelope: Envelope, client: Client, octets: bytes, now: datetime
) -> Reply:
    """Take one mail for the people who run the relay.

    Raises:
        Unavailable: the database or a scanner can't serve; nothing was accepted.
    """
    recipient = parse_address(resources.settings.relay.postmaster)
    if recipient is None:
        return NO_SUCH_ADDRESS
    feedback = read_feedback(octets)
    if feedback and (delivery_id := copy_complained_of(resources, feedback)) is not None:
        take_feedback(resources, feedback, delivery_id, now)
        return TAKEN
    if len(octets) > LETTER_OCTETS:
        return TOO_BIG
    header = split_header(octets)
    message = read_message(header)
    if _has_been_here(header, message, resources.settings.relay.domain):
        note("letter.dropped", ip=client.ip, why="loop")
        return TAKEN
    scan = with_own_facts(scanner(octets, facts_of(None, now)), message, resources.ruleset.words)
    if scan.progress not in {Progress.TEXT, Progress.COMPLETE}:
        note("letter.dropped", ip=client.ip, why="unread")
        return REFUSED
    if codes := _codes(scan):
        return _drop(resources, client, codes, now)
    uid = secrets.token_hex(16)
    sealed = seal(resources.keys, uid, pack_letter(_letter(envelope, client, scan)))
    node, language = resources.settings.relay.node, resources.settings.relay.language
    letter = letters.SealedLetter(uid=uid, recipient=recipient, language=language, client_ip=client.ip, sealed=sealed)
    reference = resources.database.write(lambda connection: letters.write_to_postmaster(connection, node, letter, now))
    note("letter.taken", reference=reference, ip=client.ip, size=len(octets))
    return TAKEN


def compose_for_postmaster(resources: Resources, delivery: Delivery, now: datetime) -> bytes:
    """The whole message that one letter's delivery sends.

    Raises:
        NotFound: its content is gone.
        SealError: it can't be opened.
    """
    with resources.database.read() as connection:
        stored = letters.load_sealed(connection, delivery.id)
    if stored is None:
        raise NotFound(f"the content of {delivery.reference} is gone")
    return compose_letter(
        unpack_letter(unseal(resources.keys, *stored)),
        reference=delivery.reference,
        recipient=delivery.recipient,
        domain=resources.settings.relay.domain,
        written_at=now,
        catalogue=resources.catalogue(delivery.language),
    )


def _has_been_here(header: HeaderSection, message: Message, domain: str) -> bool:
    """Whether a mail came from us, or goes round: one that bears our reference, a list's name, or too many hops."""
    ours = any(one.endswith(f".{domain}") for one in message.list_ids)
    return ours or message.hops > HOP_LIMIT or bool(header.all("x-wen-reference"))


def _codes(scan: Scan) -> tuple[str, ...]:
    """The codes for which a post would be withheld from the widest list."""
    return tuple(
        dict.fromkeys(
            one.code
            for one in scan.findings
            if one.code in WITHHOLD_CODES and not (one.label and Tlp(one.label).level <= Tlp.GREEN.level)
        )
    )


def _drop(resources: Resources, client: Client, codes: tuple[str, ...], now: datetime) -> Reply:
    node = resources.settings.relay.node
    facts: audit.Facts = {"client": client.ip, "codes": list(codes)}
    resources.database.write(lambda connection: audit.append(connection, node, now, "letter.dropped", facts))
    note("letter.dropped", ip=client.ip, why=",".join(codes))
    return TAKEN


def _letter(envelope: Envelope, client: Client, scan: Scan) -> Letter:
    message = scan.message
    texts = [part for part in scan.parts if isinstance(part, CleanPart) and part.media_type == "text/plain"]
    others = [part for part in scan.parts if part not in texts and not (texts and isinstance(part, CleanPart))]
    return Letter(
        written_to=str(envelope.rcpt_to[0]),
        client=client.ip,
        mail_from=str(envelope.mail_from or ""),
        author=str(message.author.address) if message and message.author else "",
        subject=message.subject if message else "",
        text="\n\n".join(part.text for part in texts),
        removed=len(scan.removed) + len(others),
    )
