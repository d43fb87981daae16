"""All that a scanner may say about a message besides its text: codes, rules, places. Whatever else it says is a lie.

Findings go into the records of withheld posts, and a scanner has opened hostile octets: with an open vocabulary it could
write a post's own words there.
"""

import re

from relay.mail.message import SINGLETONS
from relay.roster.mailing_list import Tlp

CODES = frozenset({
    "T1", "M1", "N1", "N2", "O1", "O2", "O3", "H1", "H2", "H3", "H4", "H5", "H6", "H7", "H8", "H9",
})  # fmt: skip

_MEDIA_TYPES = (
    "application/gzip application/json application/msword application/octet-stream application/pdf application/pgp-encrypted application/pkcs7-mime "
    "application/rtf application/vnd.ms-excel application/vnd.ms-outlook application/vnd.ms-powerpoint application/vnd.ms-tnef application/vnd.rar "
    "application/vnd.openxmlformats-officedocument.presentationml.presentation application/vnd.openxmlformats-officedocument.spreadsheetml.sheet "
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document application/vnd.oasis.opendocument.text application/x-7z-compressed "
    "application/vnd.oasis.opendocument.spreadsheet application/x-pkcs7-mime application/x-zip-compressed application/zip audio/mpeg audio/ogg "
    "image/bmp image/gif image/heic image/jpeg image/png image/svg+xml image/tiff image/webp message/delivery-status message/disposition-notification "
    "message/external-body message/global message/partial message/rfc822 multipart/encrypted text/calendar text/csv text/directory text/enriched "
    "text/html text/markdown text/plain text/rfc822-headers text/rtf text/vcard text/x-amp-html text/xml video/mp4 video/quicktime"
)
_TOP_TYPES = ("application", "audio", "font", "image", "message", "model", "multipart", "text", "video")
_KINDS = frozenset({*_MEDIA_TYPES.split(), *(f"{top}/other" for top in _TOP_TYPES), "other"})

# What `relay.mail.message` finds wrong with a header section.
DEFECTS = frozenset({
    "header.byte_order_mark", "header.field_name", "header.too_large", "header.line_without_colon", "header.continues_nothing",
    "header.mixed_line_ends", "header.bare_carriage_return", "header.null_octet", "header.undecodable.subject",
    *(f"header.duplicate.{name}" for name in SINGLETONS),
})  # fmt: skip
_STRUCTURE = frozenset({
    "archive.path", "archive.link", "archive.duplicate_name", "structure.two_files",
    "structure.unknown_charset", "structure.charset_misfit", "structure.charset_parameter", "structure.content_type",
    "structure.unknown_transfer_encoding", "structure.message_partial", "structure.message_external_body",
    "structure.encoded_multipart", "structure.missing_terminator", "structure.after_terminator", "structure.missing_boundary",
    "structure.duplicate_boundary", "structure.boundary_syntax", "structure.boundary_used_twice",
    "structure.undecodable.base64", "structure.undecodable.quoted-printable", "structure.bidi_override",
    *(f"structure.{defect}" for defect in DEFECTS),
})  # fmt: skip
_PARTS = frozenset({
    "part.over_limits", "part.damaged", "part.disguised", "part.too_large", "part.too_deep", "part.encrypted", "part.nothing_readable",
    *(f"part.unread.{kind}" for kind in _KINDS),
    "document.active", "document.hidden_content", "document.pictures", "document.unknown_part",
})  # fmt: skip
_LABEL_RULES = tuple(label.lower().replace(":", ".").replace("+", "_") for label in Tlp)
_PERMISSIBLE_ACTIONS = ("pap.red", "pap.amber", "pap.green", "pap.clear", "pap.white")
_MARKINGS = frozenset(
    {
        "tlp.unknown",
        "tlp.contradictory",
        *(
            f"{kind}.{found}"
            for kind in ("classified", "restricted")
            for found in ("in_marking_place", "on_its_own_line", "in_prose", "label")
        ),
        "restricted.handling_code",
        "held.marking",
        "held.handling_code",
        "held.label",
        "label.unmapped",
        "label.sensitivity",
        "label.encrypts",
        *_PERMISSIBLE_ACTIONS,
        *_LABEL_RULES,
        *(f"{rule}.in_prose" for rule in _LABEL_RULES),
    }
)

# The transfer encodings of RFC 2045 §6.1; "" where none is named.
ENCODINGS = frozenset({"", "7bit", "8bit", "binary", "quoted-printable", "base64"})

_PHOTOS = frozenset({"photo.face", "photo.names", "photo.text_unread"})

RULES = _STRUCTURE | _PARTS | _MARKINGS | _PHOTOS
LABELS = frozenset(label.value for label in Tlp)

# A place names pieces from the outside in, "attachment 2, page 1": each is one of these words, for which notices have a
# sentence, or a counted thing with its number.
WORDS = frozenset({
    "subject", "text", "quoted text", "header", "attachments", "hidden part", "name", "properties", "preview", "page header",
})  # fmt: skip
NUMBERED = frozenset({"line", "attachment", "page", "sheet", "slide", "row", "part"})
PIECES = 4

# Header fields that a place may name: they are everyone's, where others could be an author's own words.
FIELDS = frozenset({
    "from", "to", "cc", "bcc", "sender", "reply-to", "date", "received", "comments", "keywords", "message-id", "in-reply-to",
    "references", "return-path", "user-agent", "x-mailer", "sensitivity", "importance", "organization", "thread-topic",
    "thread-index", "content-type", "content-disposition", "content-description", "content-id", "content-language",
    "content-location", "list-id", "sio-label", "sio-label-history", "msip_labels", "x-tlp", "x-sensitivity",
    "x-classification", "x-security-label", "x-label", "x-protective-marking", "x-marking", "x-ms-exchange-organization-classification",
})  # fmt: skip
OTHER_FIELD = "header, other field"
WHOLE_MESSAGE = "whole message"
_WHOLE_PLACES = frozenset({OTHER_FIELD, WHOLE_MESSAGE} | {f"header {name}" for name in FIELDS})
_NUMBERED_PIECE = re.compile(rf"(?:{'|'.join(sorted(NUMBERED))}) [0-9]{{1,7}}")


def is_place(text: str) -> bool:
    """Whether a text is a place in these words and no others."""
    if text in _WHOLE_PLACES:
        return True
    pieces = text.split(", ")
    return len(pieces) <= PIECES and all(piece in WORDS or _NUMBERED_PIECE.fullmatch(piece) for piece in pieces)


def place_of_field(place: str) -> str:
    """A place, without the name of a header field that could be the author's own words."""
    if place.startswith("header ") and place.removeprefix("header ") not in FIELDS:
        return OTHER_FIELD
    return place


def kind_of(media_type: str) -> str:
    """The media type as a rule may name it: a registered one, "image/other", or "other"."""
    if media_type in _KINDS:
        return media_type
    top = media_type.partition("/")[0]
    return f"{top}/other" if top in _TOP_TYPES else "other"
