"""Plain text: the form in which it leaves, and the views in which detectors read it."""

import re
from quopri import decodestring
from urllib.parse import unquote

from relay.detectors.variants import decoded_runs
from relay.policy.post import View
from relay.policy.shape import with_line_feeds, without_controls
from relay.scan.markup import without_markup

HIDDEN = "text, hidden part"
TEXT_OCTETS = 2_000_000  # more than any alert; above this a part is not read at all

# Controls; bidi embeddings, overrides and isolates, byte-order marks and tag characters: they can show a text that isn't
# the one that was read. The joiners U+200C and U+200D stay, Persian and the Indic scripts are spelt with them.
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNCLEAN = re.compile(f"{_UNWANTED.pattern}|{_SURROGATE.pattern}")
_QUOTE = re.compile(r"^(?:[ \t]{0,3}>)+ ?(.*)$", re.MULTILINE)
# Text that only another program can read: OpenPGP (RFC 9580 §6.2), S/MIME in PEM (RFC 7468), uuencoded files.
_FLOWED_LINE = re.compile(r"(>*)( ?)(.*)")
_FOLD = re.compile(r"\n[ \t]")
_FOLDED = {b"BEGIN:VCALENDAR": "text/calendar", b"BEGIN:VCARD": "text/vcard"}
_QUOTED_VALUE = re.compile(
    r"^([^:\n]{1,200};ENCODING=QUOTED-PRINTABLE[^:\n]{0,200}:)((?:[^\n]*=\n)*[^\n]*)$", re.MULTILINE | re.IGNORECASE
)
_ESCAPED = re.compile(r"\\([nN,;\\])")
_FORMULA = re.compile(r"""(?:^|[,;\t])["' ]{0,3}[=@+\-][^,;\t\n]{0,200}[(|!]""", re.MULTILINE)
_SEALED = re.compile(
    r"^(?:> ?)*(?:-----BEGIN (?:PGP MESSAGE|PKCS7|CMS|ENCRYPTED MESSAGE)-----|begin(?:-base64)? [0-7]{3,4} [^\n]+\n(?:> ?)*[!-`]{20})",
    re.MULTILINE,
)


def clean(text: str) -> str:
    """Bring a text into the form in which it may leave: LF line ends, no controls but TAB and LF, nothing that reorders."""
    if text.isascii():
        return without_controls(text)
    text = with_line_feeds(text)
    return _SURROGATE.sub("\ufffd", _UNWANTED.sub("", text)) if _UNCLEAN.search(text) else text


def has_override(text: str) -> bool:
    """Whether the text asks to be shown in another order than it is written in; no mail program does that by itself."""
    return "\u202d" in text or "\u202e" in text


def is_sealed(text: str) -> bool:
    """Whether a cleaned text holds an encrypted message or an encoded file."""
    return ("begin" in text or "BEGIN" in text) and _SEALED.search(text) is not None


def views_of_text(text: str) -> tuple[View, ...]:
    """The views of a cleaned text: all of it, what it quotes (RFC 3676 §4.5), and what tags, entities, %XX and base64 in it stand for."""
    views = [View(text=text, place="text")]
    quoted = "\n".join(match.group(1) for match in _QUOTE.finditer(text)) if ">" in text else ""
    if quoted.strip():
        views.append(View(text=quoted, place="quoted text"))
    unescaped = unquote(without_markup(text))
    if unescaped != text and (unescaped := clean(unescaped)) != text:
        views.append(View(text=unescaped, place=HIDDEN))
    if decoded := decoded_runs(text):
        views.append(View(text=decoded, place=HIDDEN))
    return tuple(views)


def join_flowed(text: str, *, delete_space: bool) -> str:
    """A text of format=flowed with its paragraphs joined as a reader's program joins them (RFC 3676 §4.1–4.5)."""
    lines: list[str] = []
    open_depth = -1  # how deep the line before is quoted, if the next may go on with it
    for line in text.split("\n"):
        match = _FLOWED_LINE.fullmatch(line)
        marks, _, words = match.groups() if match else ("", "", line)
        flows = words.endswith(" ") and words != "-- "
        shown = words[:-1] if flows and delete_space else words
        if len(marks) == open_depth:
            lines[-1] += shown
        else:
            lines.append(f"{marks} {shown}" if marks else shown)
        open_depth = len(marks) if flows else -1
    return "\n".join(lines)


def begins_folded(octets: bytes) -> str:
    """The media type of a calendar or card, whatever anybody says that it is; "" when it is neither."""
    start = octets[:40].lstrip(b"\xef\xbb\xbf \r\n").upper()
    return next((media_type for begins, media_type in _FOLDED.items() if start.startswith(begins)), "")


def unfold(text: str) -> str:
    """A calendar or card with its folded lines put together and its values decoded (RFC 5545 §3.1, RFC 6350 §3.2, vCard 2.1 §2.1.3)."""
    lines = _QUOTED_VALUE.sub(lambda match: match.group(1) + _unquoted(match.group(2)), text)
    return _ESCAPED.sub(lambda match: "\n" if match.group(1) in "nN" else match.group(1), _FOLD.sub("", lines))


def _unquoted(value: str) -> str:
    octets = decodestring(value.encode("utf-8", "replace"))
    return octets.decode("utf-8", "replace").replace("\n", " ")


def has_formula(table: str) -> bool:
    """Whether a program that opens the table would compute something in it: a cell begins like a formula that calls or joins."""
    return _FORMULA.search(table) is not None
