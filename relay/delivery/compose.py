"""The clean copy and what makes it a list's copy.

The clean copy is all that is kept of a relayed post: facts of its header and the parts that were scanned. A list's copy
is rebuilt from it for each list and language; the author's own octets are never forwarded, so nothing that wasn't
scanned can leave: no Cc, Bcc, Received chain, client address or user agent.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from itertools import accumulate, pairwise
from typing import Any

from relay.delivery.above import acknowledgement_lines, correction_line, correction_mark
from relay.delivery.author_fields import author_line, reply_to, visible_author
from relay.delivery.body import attached_part, multipart, text_part
from relay.delivery.catalogue import Catalogue, sentence
from relay.delivery.header_fields import (
    addressed,
    bare_subject,
    list_fields,
    mailbox_field,
    message_id_field,
    stamp_subject,
    text_field,
)
from relay.mail.address import Address
from relay.policy.post import CleanDocument, CleanPart
from relay.roster.mailing_list import MailingList, Tlp


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanCopy:
    """What is kept of a post that may go out. `date` and `message_id` are None when the author's program gave none.

    `images` are JPEGs, and `image_places` where each was ("attachment 2"); a document is a file of its media type, made anew.
    `author_domain_allows` is True only when the author's domain was known to publish no DMARC policy (RFC 9989) as the post
    came: then a list with `from = "author"` may keep the author in From. `corrects` is the reference of the post whose place it takes,
    `corrects_id` its Message-ID, and `corrects_on` are the lists that it went out to: to others it isn't told (`on_list`). `ack_hours` are those within which it asks to be acknowledged; 0 when it doesn't.
    """

    author_name: str
    author_address: Address
    subject: str
    message_id: str | None
    date: datetime | None
    references: tuple[str, ...]
    parts: tuple[CleanPart, ...]
    images: tuple[bytes, ...] = ()
    image_places: tuple[str, ...] = ()
    documents: tuple[CleanDocument, ...] = ()
    author_domain_allows: bool = False
    corrects: str = ""
    corrects_id: str = ""
    corrects_on: tuple[str, ...] = ()
    ack_hours: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a list adds to the clean copy.

    `tag` is that of the first list the author wrote to, the same in every copy. `subject_within` puts the subject into the text too: of
    an encrypted copy many programs show only the subject that stands outside, and that has no word of the post. `complaints_to` is the
    address to which providers may report complaints, "" for none. `ack_due` is until when the post asks to be acknowledged.
    """

    reference: str
    mailing_list: MailingList
    tag: str
    marking: Tlp
    removed: tuple[str, ...]
    received_at: datetime
    language: str
    domain: str
    subject_within: bool = False
    complaints_to: str = ""
    ack_due: datetime | None = None


_MEANING = {
    Tlp.CLEAR: sentence("This message may be passed on freely."),
    Tlp.GREEN: sentence(
        "You may share this message within the community of this list, never in public. The community: {community}."
    ),
    Tlp.AMBER: sentence("Only those in your own organisation and its clients who need to know may see this message."),
    Tlp.AMBER_STRICT: sentence("Only those in your own organisation who need to know may see this message."),
    Tlp.RED: sentence("This message is for you alone."),
}


def pack(copy: CleanCopy) -> bytes:
    """Turn a clean copy into octets for the vault: a line of JSON, and behind it the files, whose sizes it tells."""
    plain = _as_dict(copy) | {
        "author_address": str(copy.author_address),
        "date": copy.date.isoformat() if copy.date else None,
        "parts": [_as_dict(part) for part in copy.parts],
        "images": [len(image) for image in copy.images],
        "documents": [[one.media_type, one.place, len(one.octets)] for one in copy.documents],
    }
    files = (*copy.images, *(one.octets for one in copy.documents))
    return b"".join((_TO_JSON(plain).encode("ascii"), b"\n", *files))


_TO_JSON = json.JSONEncoder(sort_keys=True).encode  # made once: json.dumps makes an encoder each time


def _as_dict(value: CleanCopy | CleanPart) -> dict[str, Any]:
    """Its fields by name, the values as they are: dataclasses.asdict copies every one of them."""
    return {name: getattr(value, name) for name in value.__slots__}


def unpack(octets: bytes) -> CleanCopy:
    """Turn `pack`'s octets back into the clean copy."""
    line, _, rest = octets.partition(b"\n")
    plain = json.loads(line)
    images, documents = plain.pop("images"), plain.pop("documents", [])  # posts of an earlier release have none
    ends = accumulate((*images, *(size for _, _, size in documents)), initial=0)
    files = [rest[start:end] for start, end in pairwise(ends)]
    local, _, domain = plain.pop("author_address").rpartition("@")
    date = plain.pop("date")
    return CleanCopy(
        author_address=Address(local=local, domain=domain),
        date=datetime.fromisoformat(date) if date else None,
        references=tuple(plain.pop("references")),
        corrects_on=tuple(plain.pop("corrects_on", ())),
        parts=tuple(CleanPart(**part) for part in plain.pop("parts")),
        images=tuple(files[: len(images)]),
        image_places=tuple(plain.pop("image_places", ())),
        documents=tuple(
            CleanDocument(octets=octets, media_type=media_type, place=place)
            for octets, (media_type, place, _) in zip(files[len(images) :], documents, strict=True)
        ),
        **plain,
    )


def compose_copy(copy: CleanCopy, frame: Frame, catalogue: Catalogue) -> bytes:
    """Compose the whole message that members get, with CRLF line ends; the same octets for the same arguments.

    Where the list lets its members leave at one click, the field that tells how is not in it: that is each member's own.

    Args:
        copy: what is kept of the post.
        frame: what the list adds.
        catalogue: the sentences of the member's language.
    """
    copy = on_list(copy, frame.mailing_list)
    return _header(copy, frame, catalogue).encode("ascii") + _body(without(copy, frame.removed), frame, catalogue)


def on_list(copy: CleanCopy, mailing_list: MailingList) -> CleanCopy:
    """The copy as this list's members get it: it answers the post that it corrects where that went to them, and else doesn't name it."""
    if (mailing_list.of or mailing_list.name) not in copy.corrects_on and mailing_list.name not in copy.corrects_on:
        return replace(copy, corrects="")
    below = (copy.corrects_id,) if copy.corrects_id else ()
    return replace(copy, references=(*copy.references, *below))


def without(copy: CleanCopy, removed: tuple[str, ...]) -> CleanCopy:
    """The copy without the photos and documents that lie in the removed places: another list may let them pass."""
    if not removed:
        return copy
    left_out = tuple(f"{place}, " for place in removed)
    places = (*copy.image_places, *[""] * len(copy.images))  # posts of an earlier release have none
    photos = [pair for pair in zip(copy.images, places, strict=False) if not f"{pair[1]}, ".startswith(left_out)]
    return replace(
        copy,
        images=tuple(image for image, _ in photos),
        image_places=tuple(place for _, place in photos),
        documents=tuple(one for one in copy.documents if not f"{one.place}, ".startswith(left_out)),
    )


def _header(copy: CleanCopy, frame: Frame, catalogue: Catalogue) -> str:
    """The fields of the contract and no others."""
    own_id = f"<{frame.reference}@{frame.domain}>"
    author = addressed(copy.author_name or copy.author_address.local, copy.author_address)
    visible = visible_author(author, frame.mailing_list, allowed=copy.author_domain_allows)
    # RFC 9477 §3.1: only for a From of the same domain, which also signs.
    complaints_to = frame.complaints_to if visible.address.domain == frame.domain else ""
    return "".join(
        (
            text_field("Date", format_datetime(copy.date or frame.received_at)),
            mailbox_field("From", [visible]),
            mailbox_field("Reply-To", reply_to(author, frame.mailing_list)),
            mailbox_field("To", [addressed(frame.mailing_list.title, frame.mailing_list.address)]),
            text_field(
                "Subject",
                stamp_subject(correction_mark(copy.corrects, copy.subject, catalogue), frame.tag, frame.marking),
            ),
            message_id_field("Message-ID", [copy.message_id or ""]) or message_id_field("Message-ID", [own_id]),
            message_id_field("References", copy.references),
            message_id_field("In-Reply-To", copy.references[-1:]),
            list_fields(frame.mailing_list, leaving=not frame.mailing_list.one_click_leave),
            text_field("CFBL-Address", f"{complaints_to}; report=arf") if complaints_to else "",
            text_field("X-WEN-Reference", frame.reference),
            text_field("Precedence", "list"),
            text_field("MIME-Version", "1.0"),
        )
    )


def _body(copy: CleanCopy, frame: Frame, catalogue: Catalogue) -> bytes:
    """The marking first, then the text, then the footer; in HTML too where the post had it. The photos and documents are attached."""
    above = [
        str(frame.marking),
        *_subject_line(copy, frame, catalogue),
        *_removed_line(frame, catalogue),
        *correction_line(copy.corrects, catalogue),
        *acknowledgement_lines(frame.ack_due, frame.reference, frame.mailing_list.address_for("-request"), catalogue),
    ]
    below = [
        *footer(frame.mailing_list, frame.marking, frame.reference, catalogue),
        *author_line(copy.author_address, frame.mailing_list, catalogue),
    ]
    plain = [part.text for part in copy.parts if part.media_type == "text/plain"]
    html = [part.text for part in copy.parts if part.media_type == "text/html"]
    said = (
        "\n\n".join(plain).rstrip().lstrip("\n")
    )  # an empty line is left where one stood that names what is corrected
    parts: tuple[bytes, ...] = ()
    if plain or not html:
        parts += (text_part("text/plain", "\n".join([*above, "", said, "", "-- ", *below])),)
    if html:
        parts += (text_part("text/html", _html_document(above, html, below, frame.language)),)
    # The digest only makes the boundaries short and unlike text; nothing is protected by it.
    digest = sha256(frame.reference.encode()).hexdigest()
    text = multipart("alternative", parts, f"=_{digest[:24]}") if len(parts) > 1 else parts[0]
    files = named_files(copy, frame.reference)
    if not files:
        return text
    attached = (attached_part(media_type, octets, name) for name, (media_type, octets) in files.items())
    return multipart("mixed", (text, *attached), f"=_{digest[24:48]}")


def named_files(copy: CleanCopy, reference: str) -> dict[str, tuple[str, bytes]]:
    """Media type and octets of a copy's photos and documents by their neutral names: what the author called them stays with the author."""
    photos = {
        f"{reference}-photo-{number}.jpg": ("image/jpeg", image) for number, image in enumerate(copy.images, start=1)
    }
    return photos | {f"{reference}-{one.name}": (one.media_type, one.octets) for one in copy.documents}


def _subject_line(copy: CleanCopy, frame: Frame, catalogue: Catalogue) -> list[str]:
    subject = bare_subject(copy.subject, frame.tag, frame.marking) if frame.subject_within else ""
    return [catalogue.text("Subject: {subject}", subject=subject)] if subject else []


def _removed_line(frame: Frame, catalogue: Catalogue) -> list[str]:
    n = len(frame.removed)
    return [catalogue.plural("[{n} attachment removed]", "[{n} attachments removed]", n)] if n else []


def footer(one: MailingList, marking: Tlp, reference: str, catalogue: Catalogue) -> list[str]:
    """Whom the marking allows, the list's own words, and where help is; in the member's language."""
    return [
        f"{marking} · {reference} · {catalogue.definition(one.title)}",
        meaning(marking, [one], catalogue),
        catalogue.definition(one.footer),
        catalogue.text(
            "Help: write HELP to {request}. The people who run this list, also if you wish to leave it: {owner}",
            request=one.address_for("-request"),
            owner=one.address_for("-owner"),
        ),
    ]


def meaning(marking: Tlp, lists: Iterable[MailingList], catalogue: Catalogue) -> str:
    """With whom what bears this marking may be shared; TLP:GREEN means the communities of these lists."""
    communities = dict.fromkeys(catalogue.definition(one.community).rstrip(".") for one in lists)
    return catalogue.text(_MEANING[marking], community="; ".join(communities))


def _linked(line: str) -> str:
    """A line of ours in a page; one that is an address to write to can be touched."""
    shown = escape(line)
    return f'<a href="{shown}">{shown}</a>' if line.startswith("mailto:") else shown


def _html_document(above: list[str], html: list[str], below: list[str], language: str) -> str:
    """The sanitised parts between our own lines. Each part is balanced, as the sanitiser leaves it, and in a box of its own."""
    head = f'<!DOCTYPE html>\n<html lang="{escape(language)}">\n<head><meta charset="utf-8"></head>\n<body>\n'
    first = f"<p><strong>{'<br>'.join(map(_linked, above))}</strong></p>\n"
    parts = "".join(f"<div>\n{part}\n</div>\n" for part in html)
    footer = "<br>\n".join(map(escape, below))
    return f"{head}{first}{parts}<hr>\n<p>{footer}</p>\n</body>\n</html>\n"
