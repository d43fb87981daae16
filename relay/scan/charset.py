"""Octets to text by the charset a message names, as its readers would, and honestly when that does not fit."""

import codecs
import encodings
import importlib
import pkgutil
from dataclasses import dataclass

from relay.mail.message import WIDER_CHARSETS

# Python's own codecs that are no charsets of texts; a mail program knows none of them, so neither do we.
_NO_CHARSETS = frozenset({"charmap", "idna", "punycode", "raw-unicode-escape", "unicode-escape"})
# Labels that Python spells otherwise or doesn't know.
_OTHER_NAMES = {
    "unicode-1-1-utf-7": "utf-7",
    "windows-874": "cp874",
    "windows-31j": "cp932",
    "x-sjis": "cp932",
    "x-gbk": "gb18030",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-6-i": "iso8859-6",
    "iso-8859-6-e": "iso8859-6",
    "unicode": "utf-16",
    "utf8mb4": "utf-8",
    "unknown-8bit": "us-ascii",
    "x-unknown": "us-ascii",
    "_iso-2022-jp$esc": "iso2022_jp_ext",
}
_WESTERN = frozenset({"iso8859-1", "iso8859-15", "cp1252"})
_WHOLE_UNICODE = frozenset({"utf-8", "utf-16", "utf-16-be", "utf-16-le", "utf-32", "utf-32-be", "utf-32-le", "utf-7"})


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as it will be shown, other ways in which readers could decode the same octets, and what is wrong ("" if nothing)."""

    text: str
    others: tuple[str, ...] = ()
    defect: str = ""


def load_every_charset() -> None:
    """Import all of Python's codecs: in the sandbox none can be loaded any more."""
    for module in pkgutil.iter_modules(encodings.__path__):
        if module.name not in {"mbcs", "oem"}:  # these exist on Windows alone
            importlib.import_module(f"encodings.{module.name}")


def decode(octets: bytes, label: str) -> Reading:
    """Decode a text; never raises.

    Args:
        octets: the text after its transfer encoding.
        label: the charset parameter, "" when there is none (us-ascii by RFC 2045 §5.2).
    """
    label = label.strip().lower()
    label = _OTHER_NAMES.get(label, label or "us-ascii")
    try:
        codec = codecs.lookup(label).name
        bytes(4).decode(codec)  # Python also has codecs that are no text encodings, which this refuses
    except (LookupError, ValueError, UnicodeError):
        codec = ""
    if not codec or codec in _NO_CHARSETS:
        return Reading(_guess(octets), defect="structure.unknown_charset")
    if codec in {"ascii", "utf-8"}:
        return _decode_ascii_superset(octets)
    if codec in {"utf-16", "utf-32"} and not octets.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        return _decode_without_order(octets, codec)
    text = _strictly(octets, WIDER_CHARSETS.get(codec, codec))
    text = _strictly(octets, codec) if text is None else text
    if text is None:
        return Reading(
            octets.decode(WIDER_CHARSETS.get(codec, codec), "replace"), (_guess(octets),), "structure.charset_misfit"
        )
    if codec in _WHOLE_UNICODE or octets.isascii() or (meant := _strictly(octets, "utf-8")) is None:
        return Reading(text)
    # In Western text UTF-8 hardly ever comes about by chance: the label is wrong. In other charsets a short word can be both.
    return Reading(meant, (text,)) if codec in _WESTERN else Reading(text, (meant,))


def _decode_ascii_superset(octets: bytes) -> Reading:
    """Labelled us-ascii or UTF-8: valid UTF-8 is everyday either way; anything else is undeclared 8-bit text."""
    text = _strictly(octets, "utf-8")
    return (
        Reading(text)
        if text is not None
        else Reading(_guess(octets), (octets.decode("utf-8", "replace"),), "structure.charset_misfit")
    )


def _decode_without_order(octets: bytes, codec: str) -> Reading:
    """UTF-16 and UTF-32 without a byte-order mark: big-endian by RFC 2781 §4.3, little-endian by many programs' habit."""
    readings = [text for order in ("-be", "-le") if (text := _strictly(octets, codec + order)) is not None]
    if not readings:
        return Reading(octets.decode(codec, "replace"), (_guess(octets),), "structure.charset_misfit")
    likely = max(readings, key=lambda text: sum(char < "\u0600" for char in text))
    return Reading(likely, tuple(text for text in readings if text is not likely))


def _strictly(octets: bytes, codec: str) -> str | None:
    try:
        return octets.decode(codec)
    except (UnicodeError, LookupError, ValueError):
        return None


def _guess(octets: bytes) -> str:
    """The likeliest reading of octets whose charset isn't known: UTF-8, then Windows' and ISO's Latin-1."""
    for codec in ("utf-8", "cp1252"):
        if (text := _strictly(octets, codec)) is not None:
            return text
    return octets.decode("latin-1")
