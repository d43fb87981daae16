"""A digest: many posts in one text of 50 KB at most, for who reads over a slow or dear line.

It is composed when it is sent, from the clean copies alone. No post can be mistaken for another: each begins with a rule that no line of a
post's text can begin with.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime

from relay.delivery.above import acknowledgement_lines, correction_line, correction_mark
from relay.delivery.body import text_part
from relay.delivery.catalogue import Catalogue
from relay.delivery.compose import CleanCopy, meaning, on_list, without
from relay.delivery.header_fields import (
    addressed,
    bare_subject,
    digest_fields,
    mailbox_field,
    message_id_field,
    one_line,
    stamp_subject,
    text_field,
)
from relay.delivery.plain import text_of_html
from relay.roster.mailing_list import MailingList, Tlp

LIMIT = 50_000  # octets of the whole message, with its signatures
TAG = "DIGEST"

_SIGNATURES = 4_000  # octets: two DKIM keys need 1,400, and there may be four while they change
_SUBJECT, _NAME = 150, 80  # characters of a subject and of an author's name
_LONGEST, _SHORTEST = 40_000, 400  # characters of one post's text
_REFERENCES = 300  # of posts that found no room
_RULE = "━━"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A post as a digest shows it. `author` is what copies show of them; of photos, documents and what was removed there are numbers; `corrects` as in `CleanCopy`, `ack_due` as in `Frame`."""

    reference: str
    mailing_list: MailingList
    marking: Tlp
    subject: str
    author: str
    received_at: datetime
    text: str = field(repr=False)
    photos: int = 0
    documents: int = 0
    removed: int = 0
    corrects: str = ""
    ack_due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What one digest is made from.

    `lists` are those by which the reader gets its posts, `marking` the highest of all. `more` are references of posts whose text isn't
    shown anyway. `identity` is the same for the same posts, and makes the Message-ID.
    """

    entries: tuple[Entry, ...] = field(repr=False)
    more: tuple[str, ...] = field(repr=False)
    lists: tuple[MailingList, ...]
    marking: Tlp
    identity: str
    written_at: datetime
    domain: str


def make_entry(
    copy: CleanCopy,
    mailing_list: MailingList,
    marking: Tlp,
    removed: tuple[str, ...],
    *,
    reference: str,
    received_at: datetime,
    ack_due: datetime | None = None,
) -> Entry:
    """What a digest shows of a post as it goes to this list.

    Args:
        copy: what is kept of the post.
        mailing_list: by which the reader gets it.
        marking: as this list marks it.
        removed: the places that this list lets not pass.
        reference: the post's.
        received_at: when it came.
        ack_due: until when it asks to be acknowledged.
    """
    copy = on_list(copy, mailing_list)
    left = without(copy, removed)
    plain = [part.text for part in copy.parts if part.media_type == "text/plain"]
    html = [text_of_html(part.text) for part in copy.parts if part.media_type == "text/html"]
    author = addressed(copy.author_name or copy.author_address.local, copy.author_address)
    name = _cut(author.name, _NAME)
    return Entry(
        reference=reference,
        mailing_list=mailing_list,
        marking=marking,
        subject=_cut(bare_subject(copy.subject, mailing_list.tag, marking), _SUBJECT),
        author=name if mailing_list.reply_to == "list" else f"{name} <{author.address}>",
        received_at=received_at,
        text="\n\n".join(plain or html).strip("\r\n"),
        photos=len(left.images),
        documents=len(left.documents),
        removed=len(removed),
        corrects=copy.corrects,
        ack_due=ack_due,
    )


def compose_digest(digest: Digest, catalogue: Catalogue) -> bytes:
    """Compose the whole message, CRLF line ends; with its signatures it has `LIMIT` octets at most.

    Where there is too much, first the longest texts are shortened, all to the same length; then the oldest posts are left to their
    references. Either is said.
    """
    newest = sorted(digest.entries, key=lambda one: (one.received_at, one.reference), reverse=True)
    for shown, characters in _steps(newest):
        octets = _message(digest, newest[:shown], [one.reference for one in newest[shown:]], characters, catalogue)
        if len(octets) <= LIMIT - _SIGNATURES:
            return octets
    raise ValueError("a digest without any post must find room")


def _steps(newest: Sequence[Entry]) -> Iterator[tuple[int, int]]:
    """How many posts to show, with how many characters each: ever less. What can't fit isn't tried."""
    sizes = [(len(one.text), len(one.text.encode("utf-8", "replace"))) for one in newest]
    characters = _LONGEST
    while characters > _SHORTEST:
        if _least(sizes, characters) <= LIMIT:
            yield len(newest), characters
        characters = characters * 5 // 6
    for shown in range(len(newest), -1, -1):
        if _least(sizes[:shown], _SHORTEST) <= LIMIT:
            yield shown, _SHORTEST


def _least(sizes: Iterable[tuple[int, int]], characters: int) -> int:
    """About how many octets these texts need at least, when each is cut: no encoding makes them fewer."""
    return sum(octets if length <= characters else octets * characters // length for length, octets in sizes)


def _message(
    digest: Digest, newest: Sequence[Entry], no_room: Sequence[str], characters: int, catalogue: Catalogue
) -> bytes:
    request = digest.lists[0].address_for("-request")
    relay = addressed("WEN Relay", request)
    more = (*no_room, *digest.more)
    title = _title(len(digest.entries) + len(digest.more), digest, catalogue)
    header = "".join(
        (
            text_field("Date", format_datetime(digest.written_at)),
            mailbox_field("From", [relay]),
            # Not the lists: whoever answers everybody must not send other people's posts back to them.
            mailbox_field("To", [relay]),
            text_field("Subject", stamp_subject(title, TAG, digest.marking)),
            message_id_field("Message-ID", [f"<{digest.identity}@{digest.domain}>"]),
            digest_fields(digest.lists, digest.domain),
            text_field("Auto-Submitted", "auto-generated"),
            text_field("Precedence", "list"),
            text_field("MIME-Version", "1.0"),
        )
    )
    # Those of one list stand together, the newest first.
    ordered = sorted(newest, key=lambda one: one.mailing_list.name)
    blocks = [
        str(digest.marking),
        "\n".join([title, *_several_markings(digest, catalogue)]),
        "\n".join(f"{number}. {_line(one, catalogue)}" for number, one in enumerate(ordered, start=1)),
        _left_out(more, catalogue),
        *(_post(number, len(ordered), one, characters, catalogue) for number, one in enumerate(ordered, start=1)),
        "\n".join(["-- ", *_footer(digest, catalogue)]),
    ]
    return header.encode("ascii") + text_part("text/plain", "\n\n".join(block for block in blocks if block))


def _title(n: int, digest: Digest, catalogue: Catalogue) -> str:
    return catalogue.plural("{n} post, {day}", "{n} posts, {day}", n, day=catalogue.day(digest.written_at.date()))


def _several_markings(digest: Digest, catalogue: Catalogue) -> list[str]:
    if len({one.marking for one in digest.entries}) < 2:
        return []
    return [highest_of_several(catalogue)]


def highest_of_several(catalogue: Catalogue) -> str:
    """What stands below the first line of a digest whose posts have different markings; the same in all of them."""
    return catalogue.text("The marking above is the highest of them. Each may be shared as its own marking says.")


def _line(one: Entry, catalogue: Catalogue) -> str:
    return f"{one.marking} {correction_mark(one.corrects, one.subject or one.reference, catalogue)}"


def _left_out(references: Sequence[str], catalogue: Catalogue) -> str:
    """What there was no room for, honestly."""
    if not references:
        return ""
    said = catalogue.plural(
        "{n} more post, by its reference alone:", "{n} more posts, by their references alone:", len(references)
    )
    named = ", ".join(references[:_REFERENCES]) + (" …" if len(references) > _REFERENCES else "")
    return f"{said} {named}"


def _post(number: int, of: int, one: Entry, characters: int, catalogue: Catalogue) -> str:
    lines = [
        f"{_RULE} {number}/{of} · {one.marking} · {one.reference}",
        *([_guarded(one.subject)] if one.subject else []),
        *correction_line(one.corrects, catalogue),
        *acknowledgement_lines(one.ack_due, one.reference, one.mailing_list.address_for("-request"), catalogue),
        _guarded(one.author),
        f"{catalogue.definition(one.mailing_list.title)} <{one.mailing_list.address}>, {catalogue.moment(one.received_at)}",
        "",
        *map(_guarded, _cut(one.text, characters).splitlines()),
    ]
    if len(one.text) > characters:
        lines.append(catalogue.text("[Shortened. The whole of it: SEND {reference}]", reference=one.reference))
    if files := _files(one, catalogue):
        lines += ["", files]
    return "\n".join(lines)


def _guarded(line: str) -> str:
    """A line of a post's text, which can't begin as a post begins, whatever blanks it has in front.

    Without blanks at its end it is no signature's separator either, behind which mail programs hide the rest.
    """
    visible, line = one_line(line), line.rstrip()
    return f"| {line}" if visible and "\u2500" <= visible[0] <= "\u257f" else line


def _files(one: Entry, catalogue: Catalogue) -> str:
    """What a text can't hold, in numbers."""
    words = [
        catalogue.plural("[{n} photo]", "[{n} photos]", one.photos) if one.photos else "",
        catalogue.plural("[{n} document]", "[{n} documents]", one.documents) if one.documents else "",
        catalogue.plural("[{n} attachment removed]", "[{n} attachments removed]", one.removed) if one.removed else "",
    ]
    words += [f"· SEND {one.reference}"] if one.photos or one.documents else []
    return " ".join(word for word in words if word)


def _footer(digest: Digest, catalogue: Catalogue) -> list[str]:
    """With whom this may be shared, the lists' own words, and how to get more, or it otherwise."""
    request = digest.lists[0].address_for("-request")
    references = [one.reference for one in digest.entries] or list(digest.more)
    return [
        f"{digest.marking} · {', '.join(catalogue.definition(one.title) for one in digest.lists)}",
        meaning(digest.marking, digest.lists, catalogue),
        *dict.fromkeys(catalogue.definition(one.footer) for one in digest.lists if one.footer),
        catalogue.text(
            "The whole of a post, with its photos and documents: write SEND and its reference to {request}, such as SEND {reference}",
            request=request,
            reference=references[0],
        ),
        catalogue.text(
            "To answer, write to an author or to a list; what answers this message reaches the relay alone. For each post at once write INSTANT, "
            "for a pause PAUSE 14 (days), for help HELP to {request}. The people who run the lists: {owners}",
            request=request,
            owners=", ".join(str(one.address_for("-owner")) for one in digest.lists),
        ),
    ]


def _cut(text: str, characters: int) -> str:
    """At most so many characters, ended at a space where there is one near."""
    if len(text) <= characters:
        return text
    head = text[: characters - 1]
    space = max(head.rfind(" "), head.rfind("\n"))
    return head[: space if space > characters * 3 // 4 else len(head)].rstrip() + "…"
