"""The containers of images, read as octets: which kind it is, and what lies in them beside the pixels; how a document begins.

No pixel is decoded here, so that the main process may use it too: it believes no scanner that a JPEG is bare.
Sources: ITU-T T.81 Annex B (JPEG); PNG third edition §5, §11.3; GIF89a specification; RFC 9649 (WebP).
"""

import re
import zlib
from collections.abc import Iterator
from typing import Literal

Container = Literal["jpeg", "png", "gif", "webp"]

BESIDE_OCTETS = 64 * 1024  # of what lies beside the pixels so much is read: all of it is dropped anyway
_BLOCKS = 10_000

_SOI, _EOI, _SOS, _COM, _APP0 = 0xD8, 0xD9, 0xDA, 0xFE, 0xE0
_APPLICATION_DATA = range(0xE0, 0xF0)
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length: TEM, RSTn, SOI
# What our own encoder writes: tables, one frame, restart intervals, scans (T.81 table B.1).
_BARE = frozenset({0xDB, 0xC0, 0xC2, 0xC4, 0xDD, _SOS})
_JFIF = re.compile(rb"JFIF\x00\x01[\x00-\x02][\x00-\x02]....\x00\x00", re.DOTALL)  # its density, and no thumbnail
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)


def container_of(octets: bytes) -> Container | None:
    """The kind of image by its first octets, whatever anybody says it is; None when it is none that we open."""
    if octets.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if octets.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if octets.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    return "webp" if octets.startswith(b"RIFF") and octets[8:12] == b"WEBP" else None


def is_bare_jpeg(octets: bytes) -> bool:
    """Whether a JPEG holds pixels and what is needed to draw them, and nothing before, between or behind; never raises."""
    if container_of(octets) != "jpeg":
        return False
    ended = False
    for marker, start, end in _segments(octets):
        if marker == _EOI:
            ended = end == len(octets)
        elif marker == _APP0:
            if not _JFIF.fullmatch(octets, start, end):
                return False
        elif marker not in _BARE:
            return False
    return ended


def is_made_as(octets: bytes, media_type: str) -> bool:
    """Whether a document begins as those of its type do that are made here; a text must be UTF-8 throughout."""
    if media_type == "application/pdf":
        return octets.startswith(b"%PDF-1.") and octets.endswith(b"%%EOF\n")
    if media_type.startswith("application/"):
        return octets.startswith(b"PK\x03\x04") and octets[-22:-18] == b"PK\x05\x06"  # and no comment behind
    try:
        octets.decode("utf-8")
    except ValueError:
        return False
    return b"\0" not in octets


def beside_pixels(octets: bytes, container: Container) -> Iterator[bytes]:
    """What an image carries beside its pixels, block by block: properties, comments, and what stands behind its end."""
    left = BESIDE_OCTETS
    for block in {"jpeg": _beside_jpeg, "png": _beside_png, "gif": _beside_gif, "webp": _beside_webp}[container](
        octets
    ):
        if block:
            yield block[:left]
            left -= len(block)
        if left <= 0:
            return


def _segments(octets: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, start and end of its data) of each of a JPEG's segments, up to the end of the image; of a scan its header."""
    position = 2
    for _ in range(_BLOCKS):
        while octets[position : position + 2] == b"\xff\xff":  # fill octets
            position += 1
        if position + 2 > len(octets) or octets[position] != 0xFF:
            return
        marker, start = octets[position + 1], position + 2
        if marker == _EOI or marker in _STANDALONE:
            yield marker, start, start
            position = start
        else:
            end = start + int.from_bytes(octets[start : start + 2])
            if end < start + 2 or end > len(octets):
                return
            yield marker, start + 2, end
            position = end
        if marker == _SOS:
            found = _AFTER_SCAN.search(octets, position)
            position = found.start() if found else len(octets)
        if marker == _EOI:
            return


def _beside_jpeg(octets: bytes) -> Iterator[bytes]:
    end = len(octets)
    for marker, start, stop in _segments(octets):
        if marker in _APPLICATION_DATA or marker == _COM:
            yield octets[start:stop]
        elif marker == _EOI:
            end = start
    yield octets[end:]


def _beside_png(octets: bytes) -> Iterator[bytes]:
    position = 8
    for _ in range(_BLOCKS):
        length, kind = int.from_bytes(octets[position : position + 4]), octets[position + 4 : position + 8]
        data = octets[position + 8 : position + 8 + length]
        position += 12 + length
        if kind in {b"zTXt", b"iCCP"}:  # keyword, NUL, method, deflated
            keyword, _, rest = data.partition(b"\0")
            yield keyword + b"\n" + _inflate(rest[1:])
        elif kind == b"iTXt":
            yield _international_text(data)
        elif kind not in {b"IHDR", b"PLTE", b"IDAT", b"fdAT", b"IEND"}:
            yield data
        if kind in {b"IEND", b""}:
            break
    yield octets[position:]


def _international_text(data: bytes) -> bytes:
    """Keyword NUL flag method language NUL translated keyword NUL text, which may be deflated (PNG §11.3.3.4)."""
    keyword, _, rest = data.partition(b"\0")
    _, _, behind = rest[2:].partition(b"\0")
    translated, _, text = behind.partition(b"\0")
    return b"\n".join((keyword, translated, _inflate(text) if rest[:1] == b"\1" else text))


def _inflate(octets: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(octets, BESIDE_OCTETS)
    except zlib.error:
        return b""


def _beside_gif(octets: bytes) -> Iterator[bytes]:
    position = 13 + _color_table(octets[10:11])
    for _ in range(_BLOCKS):
        introducer = octets[position : position + 1]
        if introducer == b"!":  # an extension; a comment or an application's data
            data, position = _sub_blocks(octets, position + 2)
            yield data
        elif introducer == b",":  # an image: ten octets, colours, one octet, data
            position += 11 + _color_table(octets[position + 9 : position + 10])
            _, position = _sub_blocks(octets, position)
        else:
            break
    yield octets[position + 1 :]


def _color_table(flags: bytes) -> int:
    """The octets of the colour table that a packed field announces."""
    return 3 << ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0


def _sub_blocks(octets: bytes, position: int) -> tuple[bytes, int]:
    """The joined data of a chain of sub-blocks, bounded, and where the chain ends."""
    gathered = bytearray()
    while size := int.from_bytes(octets[position : position + 1]):
        if len(gathered) < BESIDE_OCTETS:
            gathered += octets[position + 1 : position + 1 + size]
        position += 1 + size
    return bytes(gathered), position + 1


def _beside_webp(octets: bytes) -> Iterator[bytes]:
    end = min(len(octets), 8 + int.from_bytes(octets[4:8], "little"))
    position = 12
    for _ in range(_BLOCKS):
        kind, length = octets[position : position + 4], int.from_bytes(octets[position + 4 : position + 8], "little")
        if position >= end:
            break
        if kind not in {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"}:
            yield octets[position + 8 : min(end, position + 8 + length)]
        position += 8 + length + length % 2
    yield octets[end:]
