"""An Internet message's header section (RFC 5322), read from octets without ever raising.

The reading is tolerant so that everything can be looked at, and strict where identity is decided: a message whose
author is not exactly one plain address has no author. What two readers could read differently becomes a defect.
"""

import binascii
import quopri
import re
import unicodedata
from base64 import b64decode
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from relay.mail.address import Address, Mailbox, parse_international_address, parse_mailbox
from relay.mail.charsets import codec_of, decode_strictly

HEADER_OCTETS = 102_400  # Postfix's header_size_limit; more is an attack on parsers
HEADER_FIELDS = 1_000
REFERENCES = 20
LIST_IDS = 50
SENDERS = 50
IDENTIFIER_LENGTH = 255

# Fields that RFC 5322 §3.6 and RFC 2045 allow once; a second one lets two readers see two messages.
SINGLETONS = frozenset({
    "from", "sender", "reply-to", "to", "cc", "bcc", "message-id", "in-reply-to", "references", "subject",
    "date", "mime-version", "content-type", "content-transfer-encoding", "content-disposition", "content-id",
})  # fmt: skip

_NAME = re.compile(rb"[!-9;-~]+")
_ENCODED_WORD = re.compile(r"=\?([A-Za-z0-9_.:-]+)(?:\*[A-Za-z0-9-]+)?\?([bBqQ])\?([^?\r\n]*)\?=")
_BETWEEN_WORDS = re.compile(r"(=\?[^?\s]+\?[bBqQ]\?[^?\r\n]*\?=)\s+(?==\?[^?\s]+\?[bBqQ]\?)")
_MESSAGE_ID = re.compile(r"<[!#-'*+\-./0-9=?A-Z^-~]+@[!#-'*+\-./0-9=?A-Z\[\]^-~:]+>")
_SURROGATE = re.compile("[\ud800-\udfff]")
_HIDES_FIELDS = frozenset({
    "header.byte_order_mark", "header.field_name", "header.too_large", "header.bare_carriage_return",
    "header.null_octet",
})  # fmt: skip
_SENDERS = ("sender", "resent-from", "resent-sender")
_WORD = re.compile(r"[^\s<>()\",;:]+")
_AUTOMATIC_PRECEDENCE = frozenset({b"bulk", b"junk", b"auto_reply"})


@dataclass(frozen=True, slots=True)
class Field:
    """One header field: name in lower case, the unfolded body as octets."""

    name: str
    body: bytes


@dataclass(frozen=True, slots=True)
class HeaderSection:
    """The fields of one header section in order, where the body starts, and what was wrong (rule names)."""

    fields: tuple[Field, ...]
    body_offset: int
    defects: tuple[str, ...]

    def all(self, name: str) -> tuple[bytes, ...]:
        """Every body of the field named so (lower case), in order."""
        return tuple([field.body for field in self.fields if field.name == name])

    def first(self, name: str) -> bytes:
        """The first body of the field named so, b"" when it is absent."""
        for field in self.fields:
            if field.name == name:
                return field.body
        return b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What the top header section says: the facts that decisions and copies are made from.

    `author` is None unless there is exactly one From field with exactly one plain address. `date` is None when absent or
    unreadable. `automatic` is RFC 3834's "was not written by a person". `defects` are rule names, for the policy to judge.
    """

    author: Mailbox | None
    subject: str
    message_id: str | None
    date: datetime | None
    references: tuple[str, ...]
    automatic: bool
    list_ids: tuple[str, ...]
    hops: int
    defects: tuple[str, ...]


def never_answered(header: HeaderSection) -> bool:
    """Whether a program sent this message, or a list did: an answer could go round for ever, or to everybody (RFC 3834 §2)."""
    by_a_list = any(field.name.startswith("list-") for field in header.fields)
    return by_a_list or _is_automatic(header) or b"list" in map(bytes.lower, header.all("precedence"))


def split_header(octets: bytes) -> HeaderSection:
    """Split a header section off the octets of a message or MIME part; never raises.

    Args:
        octets: lines that end in CRLF. A section that ends all its lines in a bare LF is read as well, as files on disk
            are written; one that mixes the two is a defect.
    """
    defects = ["header.byte_order_mark"] if octets.startswith(b"\xef\xbb\xbf") else []
    fields: list[tuple[str, bytearray]] = []
    offset = 0
    for content, end in _lines(octets):
        if not content:
            offset = end
            break
        if end > HEADER_OCTETS or len(fields) >= HEADER_FIELDS:
            defects.append("header.too_large")
            break
        folded = content[:1] in b" \t"
        name, colon, body = content.partition(b":")
        if not colon and not folded:
            defects.append("header.line_without_colon")
            break  # the rest is body text, whatever it looks like
        offset = end
        if not folded:
            if not _NAME.fullmatch(name):
                defects.append("header.field_name")
            fields.append((name.rstrip().decode("latin-1").lower(), bytearray(body.strip())))
        elif fields:
            fields[-1][1].extend(b" " + content.strip())
        else:
            defects.append("header.continues_nothing")
    defects += _ambiguities(octets[:offset], [name for name, _ in fields])
    return HeaderSection(
        tuple(Field(name, bytes(body)) for name, body in fields), offset, tuple(dict.fromkeys(defects))
    )


def _lines(octets: bytes) -> Iterator[tuple[bytes, int]]:
    """Each line without its end, and where the next one starts."""
    offset = 0
    while offset < len(octets):
        end = octets.find(b"\n", offset) + 1 or len(octets)
        yield octets[offset:end].rstrip(b"\r\n"), end
        offset = end


def _ambiguities(section: bytes, names: list[str]) -> Iterator[str]:
    """What two readers of one header section could read differently."""
    feeds, pairs = section.count(b"\n"), section.count(b"\r\n")
    if pairs and feeds != pairs:
        yield "header.mixed_line_ends"
    if section.count(b"\r") != pairs:
        yield "header.bare_carriage_return"
    if b"\0" in section:
        yield "header.null_octet"
    if len(names) != len(set(names)):
        counted = Counter(names)
        yield from (f"header.duplicate.{name}" for name in sorted(SINGLETONS) if counted[name] > 1)


def octets_to_text(octets: bytes, charset: str) -> tuple[str, bool]:
    """Decode octets; the flag is False when the charset is unknown or does not fit and the text is a best guess.

    No text that is returned holds a lone surrogate, so that all of it can be encoded again.
    """
    if octets.isascii() and charset == "utf-8":
        return octets.decode("ascii"), True
    codec = codec_of(charset)
    text = decode_strictly(octets, codec) if codec else None
    if text is not None and not _SURROGATE.search(text):  # CPython's UTF-7 lets them through
        return text, True
    try:
        return octets.decode("utf-8"), False
    except UnicodeError:
        return octets.decode("latin-1"), False


def decode_text(body: bytes) -> tuple[str, bool]:
    """Decode a field body as unstructured text with encoded words (RFC 2047); the flag is False on a best guess.

    More tolerant than the standard in one way: an encoded word is decoded wherever it stands, since other readers may.
    """
    sound = True
    text, fits = octets_to_text(body, "utf-8")
    sound &= fits

    def decode_word(match: re.Match[str]) -> str:
        nonlocal sound
        charset, encoding, payload = match.groups()
        raw = payload.encode("utf-8", "replace")
        if encoding in "bB":
            try:
                octets = b64decode(raw + b"=" * (-len(raw) % 4))
            except (binascii.Error, ValueError):
                sound = False
                return match.group(0)
        else:
            octets = quopri.decodestring(raw.replace(b"_", b" "), header=False)
        decoded, fits = octets_to_text(octets, charset)
        sound &= fits
        return decoded

    if "=?" not in text:
        return text, sound
    return _ENCODED_WORD.sub(decode_word, _BETWEEN_WORDS.sub(r"\1", text)), sound


def read_message(header: HeaderSection) -> Message:
    """Read the facts of a top header section; never raises."""
    defects = list(header.defects)
    subject, sound = decode_text(header.first("subject"))
    if not sound:
        defects.append("header.undecodable.subject")
    identifiers = _message_ids(header.all("message-id"))
    return Message(
        author=_author(header),
        subject=_one_line(subject),
        message_id=identifiers[0] if len(identifiers) == 1 else None,
        date=_date(header.first("date")),
        references=_message_ids(header.all("references") or header.all("in-reply-to"))[-REFERENCES:],
        automatic=_is_automatic(header),
        list_ids=_list_ids(header),
        hops=len(header.all("received")),
        defects=tuple(defects),
    )


def _author(header: HeaderSection) -> Mailbox | None:
    """The one author, or None: also where something in the section could hide another From from us or show one to others."""
    bodies = header.all("from")
    if len(bodies) != 1 or not _HIDES_FIELDS.isdisjoint(header.defects):
        return None
    if any(octet < 0x20 and octet != 0x09 for octet in bodies[0]):
        return None
    text, sound = octets_to_text(bodies[0], "utf-8")
    mailbox = parse_mailbox(text) if sound else None
    if mailbox is None:
        return None
    name, _ = decode_text(mailbox.name.encode())
    return Mailbox(name=_one_line(name), address=mailbox.address)


def named_senders(header: HeaderSection) -> frozenset[Address]:
    """Every address in the fields that say who sent a message for its author (RFC 5322 §3.6.2, §3.6.6), read tolerantly."""
    bodies = b" ".join(body for name in _SENDERS for body in header.all(name))
    # A pattern with the sign within would take time that grows with the square of a word's length.
    words = [word for word in _WORD.findall(octets_to_text(bodies, "utf-8")[0]) if "@" in word]
    return frozenset(filter(None, map(parse_international_address, words[:SENDERS])))


def _one_line(text: str) -> str:
    """Controls and line separators become spaces, so that no decoded value can end a header line.

    Invisible format controls go, so that no value is shown in another order than it is written in; the joiners U+200C and
    U+200D stay, Persian and the Indic scripts are spelt with them.
    """
    if not is_printable(text):
        kept = (char for char in text if is_printable(char) or unicodedata.category(char) != "Cf")
        text = "".join(char if is_printable(char) else " " for char in kept)
    return " ".join(text.split())


def is_printable(text: str) -> bool:
    """Whether all of a text can stand in a line: no line end, control or lone surrogate, no format control but the joiners."""
    return text.replace("\u200c", "").replace("\u200d", "").isprintable()


def _list_ids(header: HeaderSection) -> tuple[str, ...]:
    """The identifiers in List-Id fields (RFC 2919 §3); a field's one word when the angle brackets are missing.

    The RFC asks for at most 255 octets; longer ones are nobody's.
    """
    bodies = [body.decode("latin-1").lower() for body in header.all("list-id")]
    found = (
        one for body in bodies for one in re.findall(r"<([!-;=?-~]+)>", body) or re.findall(r"\A[!-;=?-~]+\Z", body)
    )
    return tuple(one for one in found if len(one) <= IDENTIFIER_LENGTH)[:LIST_IDS]


def _message_ids(bodies: Iterable[bytes]) -> tuple[str, ...]:
    return tuple(match for body in bodies for match in _MESSAGE_ID.findall(body.decode("latin-1")) if len(match) <= 250)


def _date(body: bytes) -> datetime | None:
    try:
        found = parsedate_to_datetime(body.decode("latin-1"))
        # No offset means "-0000": the time in UTC, from a place that isn't told (RFC 5322 §3.3).
        return (found if found.tzinfo else found.replace(tzinfo=UTC)) if 1990 <= found.year < 2100 else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _is_automatic(header: HeaderSection) -> bool:
    """RFC 3834 §2 and the habits of auto-responders that don't follow it. Of several fields, one that says so is enough."""
    words = [re.split(rb"[;(\s]", body.lower(), maxsplit=1)[0] for body in header.all("auto-submitted")]
    if any(word and word != b"no" for word in words):
        return True
    if any(body.lower() in _AUTOMATIC_PRECEDENCE for body in header.all("precedence")):
        return True
    return bool(header.all("x-autoreply") or header.all("x-autorespond"))
