"""Octets to text by the charset a message names, as its readers would, and honestly when that does not fit."""

import encodings
import importlib
import pkgutil
from dataclasses import dataclass

from relay.mail.charsets import codec_of, decode_strictly, wider_codec

# What programs in their countries write without saying so.
_LOCAL = ("cp1251", "koi8-r", "gb18030", "big5", "cp1256", "cp1258")
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
    codec = codec_of(label or "us-ascii")
    if not codec:
        return Reading(_guess(octets), defect="structure.unknown_charset")
    if codec in {"ascii", "utf-8"}:
        return _decode_ascii_superset(octets, codec)
    if codec in {"utf-16", "utf-32"} and not octets.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        return _decode_without_order(octets, codec)
    text = decode_strictly(octets, codec)
    if text is None:
        return Reading(octets.decode(wider_codec(codec), "replace"), (_guess(octets),), "structure.charset_misfit")
    if codec in _WHOLE_UNICODE or octets.isascii() or (meant := _strictly(octets, "utf-8")) is None:
        return Reading(text)
    # In Western text UTF-8 hardly ever comes about by chance: the label is wrong. In other charsets a short word can be both.
    return Reading(meant, (text,)) if codec in _WESTERN else Reading(text, (meant,))


def _decode_ascii_superset(octets: bytes, codec: str) -> Reading:
    """Labelled us-ascii or UTF-8: valid UTF-8 is everyday either way, and so is Windows' Western text without a label.

    A reader elsewhere takes text without a label for that of their own country, so the others are looked at too.
    """
    escaped = (_strictly(octets, "iso2022_jp_ext"),) if b"\x1b" in octets else ()
    text = _strictly(octets, "utf-8")
    if text is not None:
        return Reading(text, tuple(other for other in escaped if other is not None))
    others = (octets.decode("utf-8", "replace"), *escaped)
    if codec == "ascii":
        others += tuple(_strictly(octets, local) for local in _LOCAL)
        text = _strictly(octets, "cp1252") if b"\0" not in octets else None  # with a null octet it is UTF-16 or no text
    found = tuple(dict.fromkeys(other for other in others if other is not None))
    return Reading(text, found) if text is not None else Reading(_guess(octets), found, "structure.charset_misfit")


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
