"""What a file is, by its content and never by its name; and whether its name or type says something else.

Sources: the formats' own magic numbers: ISO 32000-2 §7.5.2 (PDF), PKWARE APPNOTE §4.3 (ZIP), ECMA-376 part 2 §7 and
ODF 1.3 part 2 §3.3 (packages), MS-CFB §2.2 (OLE), RTF 1.9.1, MS-OXTNEF §2.1.3.1, RFC 1952, POSIX.1 ustar, 7zFormat.txt.
"""

import codecs
import re
from typing import Literal

Kind = Literal[
    "pdf", "docx", "xlsx", "pptx", "odt", "ods", "odp", "zip", "gzip", "tar", "7z", "rtf", "tnef", "ole", "image", "html",
    "mail", "text", "unknown",
]  # fmt: skip

_OPEN_XML = {b"word/": "docx", b"xl/": "xlsx", b"ppt/": "pptx"}
_OPEN_DOCUMENT = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.presentation": "odp",
}
_IMAGES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"BM", b"II*\0", b"MM\0*")
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LOOK = 64 * 1024
_MOST_CONTROLS = 0.002  # of a text's octets: some programs leave a form feed or an escape
_CONTROLS = bytes((*range(7), 11, *range(14, 27), *range(28, 32), 127))
_PAGE = re.compile(
    rb"\s*(?:<!--.{0,500}?-->\s*)?(?:<\?xml[^>]{0,200}\?>\s*)?<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_FIELD = re.compile(rb"(?:[!-9;-~]{1,60}:[^\n]{0,998}\n(?:[ \t][^\n]{0,998}\n)*){2}")
_MAIL = re.compile(rb"^(?:from|date|message-id|received|return-path):", re.IGNORECASE | re.MULTILINE)
_END_OF_ZIP = b"PK\x05\x06"
_ZIP_TAIL = 22 + 65_535

# What a file's ending promises, and what a media type does; those that aren't here promise nothing.
_ENDINGS: dict[str, frozenset[Kind]] = {
    "pdf": frozenset({"pdf"}),
    **{one: frozenset({one}) for one in ("docx", "xlsx", "pptx", "odt", "ods", "odp", "zip", "tar", "7z", "rtf")},
    "gz": frozenset({"gzip"}),
    "tgz": frozenset({"gzip"}),
    "dat": frozenset({"tnef", "text", "unknown"}),
    "doc": frozenset({"ole", "rtf", "html"}),  # Word itself writes both under this ending
    "xls": frozenset({"ole", "html", "text"}),  # so do the exports of many systems
    **dict.fromkeys(("ppt", "msg"), frozenset({"ole"})),
    **dict.fromkeys(("htm", "html"), frozenset({"html", "text"})),
    "eml": frozenset({"mail", "text"}),
    **dict.fromkeys(("txt", "csv", "tsv", "md", "log", "ics", "vcf", "json", "xml"), frozenset({"text", "html", "mail"})),
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp", "bmp", "tif", "tiff"), frozenset({"image"})),
}  # fmt: skip
_TYPES: dict[str, str] = {
    "application/pdf": "pdf",
    "application/rtf": "rtf",
    "text/rtf": "rtf",
    "text/csv": "csv",
    "text/plain": "txt",
    "image/jpeg": "jpg",
    "image/png": "png",
}


def kind_of_content(octets: bytes) -> Kind:
    """What the octets are; "unknown" when they are nothing that is opened here. Never raises."""
    if octets.startswith((b"PK\x03\x04", _END_OF_ZIP)):
        return _kind_of_zip(octets)
    if octets.startswith(b"%PDF-"):
        return "pdf"
    if octets.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "ole"
    if octets.startswith(b"\x1f\x8b\x08"):
        return "gzip"
    if octets.startswith(b"7z\xbc\xaf\x27\x1c"):
        return "7z"
    if octets.startswith(b"\x78\x9f\x3e\x22"):
        return "tnef"
    if octets[257:262] == b"ustar":
        return "tar"
    if octets.startswith(_IMAGES) or (octets.startswith(b"RIFF") and octets[8:12] == b"WEBP"):
        return "image"
    return _kind_of_text(octets)


def _kind_of_zip(octets: bytes) -> Kind:
    """A package by what it must hold: an OpenDocument's first entry, an Open XML document's types and its main folder."""
    if octets[30:38] == b"mimetype":
        size = int.from_bytes(octets[22:26], "little")
        found = _OPEN_DOCUMENT.get(octets[38 : 38 + min(size, 100)])
        return found or "zip"  # type: ignore[return-value]
    directory = octets[octets.rfind(_END_OF_ZIP) - _LOOK * 4 :] if len(octets) > 4 * _LOOK else octets
    if b"[Content_Types].xml" not in directory:
        return "zip"
    folders = {kind for folder, kind in _OPEN_XML.items() if b"PK\x01\x02" in directory and folder in directory}
    return folders.pop() if len(folders) == 1 else "zip"  # type: ignore[return-value]


def _kind_of_text(octets: bytes) -> Kind:
    head = octets[:_LOOK]
    if re.match(rb"\s{0,20}\{\\rtf", head):
        return "rtf"
    wide = head.startswith(_MARKS[1:])
    controls = 0 if wide else len(head) - len(head.translate(None, _CONTROLS))
    if controls > len(head) * _MOST_CONTROLS or (not wide and b"\0" in octets) or b"%PDF-" in head[:1024]:
        return "unknown"
    if _PAGE.match(head.removeprefix(codecs.BOM_UTF8)):
        return "html"
    return "mail" if _FIELD.match(head) and _MAIL.search(head[:8192]) else "text"


def is_two_things(octets: bytes, kind: Kind) -> bool:
    """Whether another program could open the same octets as something else: an archive stands behind or around them."""
    start = octets.rfind(_END_OF_ZIP, max(0, len(octets) - _ZIP_TAIL))
    if start < 0 or len(octets) < start + 22:
        return False
    size, offset = (int.from_bytes(octets[start + at : start + at + 4], "little") for at in (12, 16))
    found = octets[start - size : start - size + 4] == b"PK\x01\x02" and 0 < size <= start
    if not octets.startswith(b"PK"):
        return found and kind != "unknown"
    behind = len(octets) - (start + 22 + int.from_bytes(octets[start + 20 : start + 22], "little"))
    return bool(behind) or (found and size + offset != start) or b"%PDF-" in octets[:1024]


def is_disguised(kind: Kind, names: tuple[str, ...], media_type: str) -> bool:
    """Whether a file's name, or its media type where the name says nothing, promises something that it isn't."""
    promised = [_ENDINGS[ending] for ending in map(_ending, names) if ending in _ENDINGS]
    if not promised and media_type in _TYPES:
        promised = [_ENDINGS[_TYPES[media_type]]]
    return any(kind not in one for one in promised)


def endings_of(names: tuple[str, ...]) -> frozenset[str]:
    """How the names end: "txt"."""
    return frozenset(filter(None, map(_ending, names)))


def _ending(name: str) -> str:
    stem, dot, ending = name.strip().rstrip(".").rpartition(".")
    return ending.lower() if dot and stem and re.fullmatch("[A-Za-z0-9]{1,8}", ending) else ""
