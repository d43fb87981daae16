"""Archives: ZIP, gzip, tar and 7z, unpacked in memory within limits. Their members are judged one by one.

Sources: PKWARE APPNOTE, RFC 1952, POSIX.1-2017 pax and ustar, 7zFormat.txt.
"""

import tarfile
import zlib
from collections.abc import Iterable, Iterator
from io import BytesIO

from py7zr import SevenZipFile
from py7zr.exceptions import PasswordRequired

from relay.documents.document import Document, Member, Unreadable
from relay.documents.limits import DAMAGED, ENCRYPTED, OVER_LIMITS, Room
from relay.documents.package import path_doubts, read_package
from relay.policy.post import View

_PIECE = 1024 * 1024


def read_zip(octets: bytes, room: Room) -> Document:
    """Unpack a ZIP.

    Raises:
        Unreadable: it is encrypted, damaged or over the limits.
    """
    package = read_package(octets, room, room.entries)
    room.enter(len(package.files))
    comments = tuple(View(text=one, place="properties") for one in package.comments)
    return _archive(package.files.items(), package.doubts, comments)


def read_gzip(octets: bytes, name: str, room: Room) -> Document:
    """Unpack what was packed alone; a name in its header is looked at, its member is named after the archive.

    Raises:
        Unreadable: it is damaged or over the limits.
    """
    unpacked = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        content = unpacked.decompress(octets, max(1, room.octets + 1))
    except zlib.error:
        raise Unreadable(DAMAGED) from None
    room.take(len(content), len(octets))
    if not unpacked.eof:
        raise Unreadable(DAMAGED)
    room.enter(1)
    beside = octets[10:2000].partition(b"\0")[0] if octets[3] & 8 else b""
    doubts = ("structure.two_files",) if unpacked.unused_data.strip(b"\0") else ()
    inner = name.removesuffix(".gz") if not name.endswith(".tgz") else name.removesuffix(".tgz") + ".tar"
    return _archive([(inner, content)], doubts, (View(text=beside.decode("latin-1"), place="properties"),))


def read_tar(octets: bytes, room: Room) -> Document:
    """Unpack a tar.

    Raises:
        Unreadable: it is damaged or over the limits.
    """
    files: list[tuple[str, bytes]] = []
    names: list[tuple[str, bool]] = []
    texts: list[str] = []
    try:
        with tarfile.open(fileobj=BytesIO(octets), mode="r:") as opened:
            for entry in opened:
                room.enter(1)
                names.append((entry.name, not (entry.isreg() or entry.isdir())))
                texts += [entry.uname, entry.gname, *map(str, entry.pax_headers.values())]
                if entry.isreg():
                    room.take(entry.size)
                    file = opened.extractfile(entry)
                    files.append((entry.name, file.read() if file else b""))
    except (tarfile.TarError, ValueError, OSError, EOFError):
        raise Unreadable(DAMAGED) from None
    beside = View(text="\n".join(dict.fromkeys(texts)), place="properties")
    return _archive(files, path_doubts(names), (beside,))


def read_7z(octets: bytes, room: Room) -> Document:
    """Unpack a 7z.

    Raises:
        Unreadable: it is encrypted, damaged or over the limits.
    """
    try:
        with SevenZipFile(BytesIO(octets), "r") as opened:
            if opened.needs_password():
                raise Unreadable(ENCRYPTED)  # noqa: TRY301 - it is what this is about
            room.enter(len(opened.files))
            doubts = path_doubts((one.filename, one.is_symlink or one.is_junction) for one in opened.files)
            files = [(one.filename, b"") for one in opened.files if one.emptystream and not one.is_directory]
            files += _unpacked(opened, room)
    except Unreadable:
        raise
    except PasswordRequired:
        raise Unreadable(ENCRYPTED) from None
    except MemoryError:
        raise Unreadable(OVER_LIMITS) from None
    except Exception:  # noqa: BLE001 - whatever broken octets make of the library
        raise Unreadable(DAMAGED) from None
    return _archive(files, doubts)


def _unpacked(opened: SevenZipFile, room: Room) -> Iterator[tuple[str, bytes]]:
    """The files folder by folder: the library's own way asks for the working directory and the machine's memory."""
    streams = opened.header.main_streams
    if streams is None:
        return
    positions = streams.packinfo.packpositions
    for folder, start, end in zip(streams.unpackinfo.folders, positions, positions[1:], strict=False):
        opened.fp.seek(opened.afterheader + start)
        decompressor = folder.get_decompressor(end - start)
        room.take(sum(one.uncompressed for one in folder.files), end - start)
        for one in folder.files:
            content = bytearray()
            while len(content) < one.uncompressed:
                before = opened.fp.tell()
                piece = decompressor.decompress(opened.fp, min(one.uncompressed - len(content), _PIECE))
                if not piece and opened.fp.tell() == before:
                    raise Unreadable(DAMAGED)
                content += piece
            if one.crc32 is not None and zlib.crc32(content) != one.crc32:
                raise Unreadable(DAMAGED)
            yield one.filename, bytes(content)


def _archive(
    files: Iterable[tuple[str, bytes]],
    doubts: tuple[str, ...],
    views: tuple[View, ...] = (),
    removed_for: tuple[str, ...] = (),
) -> Document:
    members = [
        Member(octets=content, name=name, place=f"part {number}")
        for number, (name, content) in enumerate(files, start=1)
    ]
    return Document(views=views, doubts=doubts, members=tuple(members), archive=True, removed_for=removed_for)
