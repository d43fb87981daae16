"""The instructions that draw a PDF's page (ISO 32000-2 annex A): counted, and written anew without what isn't drawn."""

import zlib
from dataclasses import dataclass, field

import pikepdf

from relay.documents.document import Unreadable
from relay.documents.limits import DAMAGED, OVER_LIMITS, Room

CURVES = 200  # of one page: letters are made of curves, and a letterhead's logo too
LINES = 5_000  # of one page: tables and charts have many
_SHOWS = frozenset({"Tj", "TJ", "'", '"'})
_MARKS = frozenset({"BDC", "BMC", "EMC", "DP", "MP"})  # they mean something to other programs, and draw nothing
_UNPACKED = frozenset({"/FlateDecode", "/Fl"})
_PICTURES = frozenset({"/DCTDecode", "/JPXDecode", "/JBIG2Decode", "/CCITTFaxDecode"})
_MOST_FILTERS = 2


@dataclass(slots=True)
class Content:
    """What all drawing instructions of a document have: curves, lines, codes of letters, pictures, things placed, strings of marks."""

    curves: int = 0
    lines: int = 0
    letters: int = 0
    pictures: int = 0
    placed: int = 0
    strings: list[str] = field(default_factory=list)

    def is_drawn(self, pages: int) -> bool:
        """Whether there may be something to read in what is drawn."""
        return bool(self.pictures) or self.curves > CURVES * pages or self.lines > LINES * pages


def rewrite(stream: pikepdf.Page | pikepdf.Object, content: Content) -> bytes:
    """The instructions without comments and marks; what they are is added to `content`."""
    kept = []
    for one in pikepdf.parse_content_stream(stream):
        operator = str(one.operator)
        if operator in _MARKS:
            _strings_of(one, content)
            continue
        if operator in _SHOWS:
            content.letters += sum(_letters(operand) for operand in one.operands)
        elif operator in {"c", "v", "y"}:
            content.curves += 1
        elif operator == "l":
            content.lines += 1
        elif operator == "Do":
            content.placed += 1
        elif operator == "INLINE IMAGE":
            content.pictures += 1
        kept.append(one)
    return pikepdf.unparse_content_stream(kept)


def _letters(operand: object) -> int:
    if isinstance(operand, pikepdf.String):
        return len(bytes(operand))
    return sum(map(_letters, operand)) if isinstance(operand, pikepdf.Array) else 0


def _strings_of(
    instruction: pikepdf.ContentStreamInstruction | pikepdf.ContentStreamInlineImage, content: Content
) -> None:
    for operand in instruction.operands:
        if isinstance(operand, pikepdf.Dictionary):
            content.strings += [str(value) for _, value in operand.items() if isinstance(value, pikepdf.String)]


def decoded(stream: pikepdf.Stream, room: Room) -> bytes:
    """A stream's octets, which may be as many as there is room for; those of pictures stay as they are.

    Raises:
        Unreadable: they are more, or can't be decoded.
    """
    filters = stream.get("/Filter", ())
    names = [str(filters)] if isinstance(filters, pikepdf.Name) else [str(one) for one in filters]
    if len(names) > _MOST_FILTERS:
        raise Unreadable(OVER_LIMITS)
    raw = stream.read_raw_bytes()
    if not names or _PICTURES & set(names):
        return raw
    if names[0] in _UNPACKED:
        unpacked = zlib.decompressobj()
        try:
            octets = unpacked.decompress(raw, max(1, room.octets + 1))
        except zlib.error:
            raise Unreadable(DAMAGED) from None
        room.take(len(octets), len(raw))
        if len(names) == 1 and "/DecodeParms" not in stream:
            return octets
    octets = stream.read_bytes()
    room.take(len(octets))
    return octets
