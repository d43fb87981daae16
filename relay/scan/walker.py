"""The MIME structure of a message (RFC 2045, 2046), split on the octets without copying, and what is doubtful about it.

A structure that two readers could see differently is a finding of code H7. Whatever the doubt, all text that could be
seen is handed on as a part or as a view.
"""

import binascii
import re
from base64 import b64decode
from dataclasses import dataclass, field
from quopri import decodestring

from relay.mail.message import HEADER_OCTETS, HeaderSection, decode_text, split_header
from relay.policy.post import Finding, View
from relay.scan.boundary import split_parts
from relay.scan.charset import decode
from relay.scan.parameters import FieldValue, read_field_value
from relay.scan.text import HIDDEN, TEXT_OCTETS, clean
from relay.scan.vocabulary import ENCODINGS, WHOLE_MESSAGE

DEPTH = 20
PARTS = 200
_PIECE = 1024 * 1024

_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")  # RFC 2046 §5.1.1
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")  # RFC 6838 §4.2
_PLAIN_ENCODINGS = frozenset({"", "7bit", "8bit", "binary"})
_BAD_ESCAPE = re.compile(rb"=(?![0-9A-Fa-f]{2}|\r?\n|\Z)")
_LEFT_WHOLE = frozenset({"multipart/encrypted"})  # its parts mean nothing by themselves (RFC 1847 §2.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A part that holds no parts. `alternative` is the number of the outermost multipart/alternative around it, if any.

    `names` are all file names that a reader could take, `header` the text of its header fields, `defects` rule names.
    `start` and `end` say where the body lies in the octets that were walked. `flowed` and `delete_space` are a text's format (RFC 3676 §4); an `embedded` part is one that a page beside it refers to.
    """

    media_type: str
    charset: str
    encoding: str
    attached: bool
    names: tuple[str, ...]
    header: str
    body: memoryview = field(repr=False)
    start: int
    end: int
    alternative: int | None
    defects: tuple[str, ...]
    flowed: bool
    delete_space: bool
    embedded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """A message's leaves in order, texts outside of them, structural findings, and whether parts were left unwalked."""

    leaves: tuple[Leaf, ...]
    outside: tuple[View, ...]
    findings: tuple[Finding, ...]
    cut: bool


@dataclass(slots=True)
class _Walk:
    """What one walk has gathered so far."""

    octets: bytes
    leaves: list[Leaf] = field(default_factory=list)
    outside: list[View] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    boundaries: set[bytes] = field(default_factory=set)
    alternatives: int = 0
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entity:
    """A header section, where its body lies, and what its place in the tree says about it."""

    header: HeaderSection
    start: int
    end: int
    depth: int = 0
    default_type: str = "text/plain"
    alternative: int | None = None
    related: bool = False


def walk(octets: bytes, header: HeaderSection) -> Structure:
    """Split a message into its leaves; never raises.

    Args:
        octets: the whole message.
        header: its top header section, as `split_header` read it.
    """
    gathered = _Walk(octets)
    _visit(gathered, _Entity(header=header, start=header.body_offset, end=len(octets)))
    return Structure(
        leaves=tuple(gathered.leaves),
        outside=tuple(view for view in gathered.outside if view.text.strip()),
        findings=tuple(Finding(code="H7", rule=rule, place=WHOLE_MESSAGE) for rule in dict.fromkeys(gathered.rules)),
        cut=gathered.cut,
    )


def _visit(gathered: _Walk, entity: _Entity) -> None:
    content_type = read_field_value(entity.header.first("content-type"))
    media_type, defects = _media_type(entity, content_type)
    if len(gathered.leaves) >= PARTS or entity.depth > DEPTH:
        gathered.cut = True
        return
    if media_type.startswith("multipart/") and media_type not in _LEFT_WHOLE:
        gathered.rules += defects
        _visit_multipart(gathered, entity, media_type, content_type)
    else:
        gathered.leaves.append(_leaf(gathered, entity, media_type, content_type, defects))


def _media_type(entity: _Entity, content_type: FieldValue) -> tuple[str, list[str]]:
    """The media type and what is doubtful about this entity's header."""
    # The top header's own defects belong to the message; the caller reports them.
    defects = [f"structure.{defect}" for defect in entity.header.defects] if entity.depth else []
    if not entity.header.all("content-type"):
        return entity.default_type, defects
    if "charset" in content_type.doubtful:
        defects.append("structure.charset_parameter")
    if _MEDIA_TYPE.fullmatch(content_type.value):
        return content_type.value, defects
    return "text/plain", [*defects, "structure.content_type"]  # RFC 2045 §5.2 reads it so, other readers may not


def _encoding(header: HeaderSection) -> tuple[str, list[str]]:
    """The transfer encoding (RFC 2045 §6.1), "unknown" when we have none such, and what is doubtful about it."""
    text = header.first("content-transfer-encoding").decode("latin-1").strip().lower()
    if text in ENCODINGS:
        return text, []
    # Quoted, or followed by a comment: some readers decode, some don't.
    cut = re.sub(r"\([^()]*\)", "", text).strip(' \t";')
    return (cut if cut in ENCODINGS else "unknown"), ["structure.unknown_transfer_encoding"]


def _leaf(gathered: _Walk, entity: _Entity, media_type: str, content_type: FieldValue, defects: list[str]) -> Leaf:
    disposition = read_field_value(entity.header.first("content-disposition"))
    attached = disposition.value not in {"", "inline"}  # an unknown disposition is an attachment (RFC 2183 §2.8)
    encoding, more = _encoding(entity.header)
    if media_type in {"message/partial", "message/external-body"}:
        more.append("structure." + media_type.replace("/", "_").replace("-", "_"))
    names = (
        disposition.all("filename"),
        content_type.all("name"),
        disposition.all("name"),
        content_type.all("filename"),
    )
    return Leaf(
        media_type=media_type,
        charset=content_type.first("charset"),
        encoding=encoding,
        attached=attached,
        names=tuple(dict.fromkeys(name for variants in names for name in variants if name.strip())),
        header=_header_text(entity),
        body=memoryview(gathered.octets)[entity.start : entity.end],
        start=entity.start,
        end=entity.end,
        alternative=entity.alternative,
        defects=tuple(defects + more),
        flowed="flowed" in map(str.lower, content_type.all("format")),
        delete_space="yes" in map(str.lower, content_type.all("delsp")),
        embedded=entity.related and not attached and bool(entity.header.first("content-id")),
    )


def _header_text(entity: _Entity) -> str:
    """A part's header fields as text; the top ones belong to the message, and the caller reads them."""
    fields = entity.header.fields if entity.depth else ()
    return "\n".join(f"{one.name}: {decode_text(one.body)[0]}" for one in fields)


def _visit_multipart(gathered: _Walk, entity: _Entity, media_type: str, content_type: FieldValue) -> None:
    octets, (start, end) = gathered.octets, (entity.start, entity.end)
    gathered.outside.append(View(text=clean(_header_text(entity)), place="text, header"))
    boundary = _boundary(gathered, content_type)
    encoding, _ = _encoding(entity.header)
    if encoding not in _PLAIN_ENCODINGS:
        # RFC 2045 §6.4 forbids it. A reader that decodes all the same sees what is shown to the detectors here.
        gathered.rules.append("structure.encoded_multipart")
        _add_outside(gathered, decode_body(memoryview(octets)[start:end], encoding)[0], "text")
    if boundary is None or "boundary" in content_type.doubtful:
        _add_outside(gathered, octets[start:end], "text")
    if boundary is None:
        return
    spans, closed = split_parts(octets, start, end, boundary, PARTS + 1)
    if not closed:
        gathered.rules.append("structure.missing_terminator")
    _add_outside(gathered, octets[slice(*spans[0])], HIDDEN)
    if closed and len(spans) > 1:
        epilogue = octets[slice(*spans.pop())]
        _add_outside(gathered, epilogue, HIDDEN)
        if b"--" + boundary in epilogue:
            gathered.rules.append("structure.after_terminator")
    _visit_parts(gathered, entity, media_type, spans[1:])
    gathered.cut |= len(spans) > PARTS + 1  # the last span then holds all that was not split


def _visit_parts(gathered: _Walk, entity: _Entity, media_type: str, spans: list[tuple[int, int]]) -> None:
    alternative = entity.alternative
    if media_type == "multipart/alternative" and alternative is None:
        gathered.alternatives += 1
        alternative = gathered.alternatives
    for start, end in spans:
        # A header section is read from a bounded piece, so that nested parts are not copied at every level.
        header = split_header(gathered.octets[start : min(end, start + 2 * HEADER_OCTETS)])
        part = _Entity(
            header=header,
            start=start + header.body_offset,
            end=end,
            depth=entity.depth + 1,
            default_type="message/rfc822" if media_type == "multipart/digest" else "text/plain",  # RFC 2046 §5.1.5
            alternative=alternative,
            related=media_type == "multipart/related",
        )
        _visit(gathered, part)
        if gathered.cut:
            return


def _boundary(gathered: _Walk, content_type: FieldValue) -> bytes | None:
    """The boundary parameter; None when there is none to split by."""
    values = content_type.all("boundary")
    boundary = values[0].rstrip() if values else ""
    if not boundary:
        gathered.rules.append("structure.missing_boundary")
        return None
    if len(values) > 1 or "boundary" in content_type.doubtful:
        gathered.rules.append("structure.duplicate_boundary")
    if not _BOUNDARY.fullmatch(boundary):
        gathered.rules.append("structure.boundary_syntax")
    octets = boundary.encode("utf-8", "replace")
    if octets in gathered.boundaries:
        gathered.rules.append("structure.boundary_used_twice")
    gathered.boundaries.add(octets)
    return octets


def _add_outside(gathered: _Walk, octets: bytes, place: str) -> None:
    """Note a text that stands outside of the parts; what is over the limit ends the walk and is reported as such."""
    gathered.cut |= len(octets) > TEXT_OCTETS
    gathered.outside.append(View(text=clean(decode(octets[:TEXT_OCTETS], "").text), place=place))


def decode_body(octets: bytes | memoryview, encoding: str) -> tuple[bytes, bool]:
    """Undo a transfer encoding; the flag is False when it was broken and the octets are a best guess.

    Source: RFC 2045 §6.7, §6.8.
    """
    if encoding == "quoted-printable":
        # Blanks at a line's end were added on the way and mean nothing (rule 3); behind a soft break they would hide it.
        lines = b"\n".join(line.rstrip(b" \t\r") for line in bytes(octets).split(b"\n"))
        return decodestring(lines), not _BAD_ESCAPE.search(lines)
    if encoding == "base64":
        return _decode_base64(octets)
    return bytes(octets), True


def _decode_base64(octets: bytes | memoryview) -> tuple[bytes, bool]:
    solid = bytearray()
    for start in range(
        0, len(octets), _PIECE
    ):  # one more copy of the whole would be the scanner's highest use of memory
        solid += bytes(octets[start : start + _PIECE]).translate(None, b" \t\n\r\v\f")
    try:
        return b64decode(solid, validate=True), True
    except (binascii.Error, ValueError):
        kept = re.sub(rb"[^A-Za-z0-9+/=]", b"", solid)
    # Some readers stop at the first padding, some read on: we read on, so that we see the most.
    blocks = [block[: len(block) - 1] if len(block) % 4 == 1 else block for block in kept.split(b"=")]
    return b"".join(b64decode(block + b"=" * (-len(block) % 4)) for block in blocks), False
