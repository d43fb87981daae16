"""ZIP files, read strictly and within limits: archives, and the packages that office documents are.

Source: PKWARE APPNOTE 6.3.10. What two programs would unpack differently is a doubt, never settled here.
"""

import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from relay.documents.document import Unreadable
from relay.documents.limits import DAMAGED, ENCRYPTED, OVER_LIMITS, Room

_METHODS = frozenset({ZIP_STORED, ZIP_DEFLATED, ZIP_BZIP2, ZIP_LZMA})
_DIRECTORY_OCTETS = 1_000_000  # of the list of entries, which is read before they can be counted
_ODD_PATH = re.compile(r"(?:^|[/\\])\.\.(?:[/\\]|$)|^[/\\]|^[A-Za-z]:|\\|[\x00-\x1f\x7f]")
_THEN = (1980, 1, 1, 0, 0, 0)  # the first day that the format knows: when a copy was made is nobody's business


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """The files in a ZIP by their names in order, its comments, and what is doubtful about it (rules of code H7)."""

    files: Mapping[str, bytes] = field(repr=False)
    comments: tuple[str, ...] = field(repr=False)
    doubts: tuple[str, ...]


def read_package(octets: bytes, room: Room, most: int) -> Package:
    """Unpack all files, of which there may be so many.

    Raises:
        Unreadable: it is encrypted, damaged, over the limits, or packed in a way that isn't known here.
    """
    end = octets.rfind(b"PK\x05\x06")
    if end < 0 or int.from_bytes(octets[end + 12 : end + 16], "little") > _DIRECTORY_OCTETS:
        raise Unreadable(DAMAGED if end < 0 else OVER_LIMITS)
    try:
        with ZipFile(BytesIO(octets)) as opened:
            entries = _counted(opened.infolist(), most)
            files = {one.filename: _read(opened, one, room) for one in entries if not one.is_dir()}
            comments = [opened.comment, *(one.comment for one in entries)]
    except (BadZipFile, ValueError, EOFError, OSError, ArithmeticError, LookupError) as error:
        raise Unreadable(DAMAGED) from error
    except Exception as error:  # zlib.error, LZMAError and what else a decompressor has
        raise error if isinstance(error, Unreadable) else Unreadable(DAMAGED) from error
    return Package(
        files=files,
        comments=tuple(one.decode("utf-8", "replace") for one in comments if one),
        doubts=path_doubts((one.filename, stat.S_ISLNK(one.external_attr >> 16)) for one in entries),
    )


def _counted(entries: list[ZipInfo], most: int) -> list[ZipInfo]:
    if len(entries) > most:
        raise Unreadable(OVER_LIMITS)
    return entries


def path_doubts(entries: Iterable[tuple[str, bool]]) -> tuple[str, ...]:
    """The rules of code H7 about the names of an archive's entries and whether each is a link."""
    found: dict[str, None] = {}
    seen: set[str] = set()
    for name, is_link in entries:
        if _ODD_PATH.search(name):
            found["archive.path"] = None
        if is_link:
            found["archive.link"] = None
        if (folded := name.casefold().rstrip("/")) in seen:
            found["archive.duplicate_name"] = None
        seen.add(folded)
    return tuple(found)


def _read(opened: ZipFile, entry: ZipInfo, room: Room) -> bytes:
    if entry.flag_bits & 1 or entry.compress_type == 99:  # traditional and AES encryption
        raise Unreadable(ENCRYPTED)
    if entry.compress_type not in _METHODS:
        raise Unreadable("part.unread.application/zip")
    with opened.open(entry) as file:
        octets = file.read(max(0, room.octets) + 1)
    room.take(len(octets), entry.compress_size)
    return octets


def write_package(files: Mapping[str, bytes], stored: str = "") -> bytes:
    """A new ZIP of these files, the same octets for the same files; the one named `stored` isn't deflated."""
    made = BytesIO()
    with ZipFile(made, "w") as package:
        for name, octets in files.items():
            entry = ZipInfo(name, _THEN)
            entry.compress_type = ZIP_STORED if name == stored else ZIP_DEFLATED
            package.writestr(entry, octets)
    return made.getvalue()
