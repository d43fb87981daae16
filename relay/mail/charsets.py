"""Which codec a charset's label stands for in mail; one table for header fields and texts."""

import codecs

# Python's own codecs that are no charsets of texts, and some take quadratic time or warn. No mail program knows them.
_NO_CHARSETS = frozenset({"charmap", "idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})
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
# Codecs, by Python's names, whose labels stand for a larger charset in practice (WHATWG Encoding Standard).
_WIDER = {
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
    "iso8859-11": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "cp950",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "iso2022_jp": "iso2022_jp_ext",
}


def codec_of(label: str) -> str:
    """Python's name of the codec that a label stands for; "" when mail has no such charset."""
    label = label.strip().lower()
    try:
        codec = codecs.lookup(_OTHER_NAMES.get(label, label)).name
        if codec in _NO_CHARSETS:
            return ""
        bytes(4).decode(codec)  # Python also has codecs that are no text encodings, which this refuses
    except (LookupError, ValueError):  # a UnicodeError is a ValueError
        return ""
    return codec


def wider_codec(codec: str) -> str:
    """The codec that mail programs read for this one; the same for most."""
    return _WIDER.get(codec, codec)


def decode_strictly(octets: bytes, codec: str) -> str | None:
    """Decode by the wider codec, else by the codec itself; None when the octets fit neither."""
    for one in dict.fromkeys((wider_codec(codec), codec)):
        try:
            return octets.decode(one)
        except (LookupError, ValueError):
            continue
    return None
