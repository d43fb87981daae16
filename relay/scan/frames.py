"""What the pool and a scanner say to each other: length-prefixed frames, octets one way and JSON the other.

The scanner has opened hostile octets, so nothing it says is believed before its shape, sizes and characters are checked;
nothing it says is ever run or unpickled.
"""

import json
import re
import struct
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal

from relay.documents.limits import PICTURED_PAGES
from relay.mail.address import Address, Mailbox, parse_international_address
from relay.mail.message import HEADER_FIELDS, HEADER_OCTETS, IDENTIFIER_LENGTH, Message, is_printable
from relay.policy.post import DOCUMENT_TYPES, CleanDocument, CleanImage, CleanPart, Finding, Passage, Progress, Scan
from relay.policy.shingle import DIGEST_OCTETS, LONGEST_PASSAGE, PASSAGES, WORDS
from relay.policy.thread import KEPT, PASSAGE_CODES
from relay.scan.checked import (
    FrameError,
    a,
    a_count,
    a_mapping,
    a_place,
    an_object,
    matching,
    one_of,
    several,
    some_octets,
)
from relay.scan.container import is_bare_jpeg, is_made_as
from relay.scan.markup import is_orderly, sanitise
from relay.scan.sandbox import Sandbox
from relay.scan.text import clean
from relay.scan.vocabulary import CODES, DEFECTS, ENCODINGS, LABELS, RULES

StageName = Literal["header", "text", "part", "complete"]

FRAME_OCTETS = 64 * 1024 * 1024
FINDINGS = 500  # of one stage
IDENTIFIERS = 50
PHOTO_OCTETS = 300_000  # what leaves; officers read on mobile networks
PHOTOS = 10  # of one message: as base64 they still fit into the ten megabytes that many mail servers take
DOCUMENTS = 20  # of one message, those that came in archives included
FILES_OCTETS = 7_000_000  # all photos and documents of one message together, for the same reason
LINES = 1000  # of writing on one photo: more are not counted
_LENGTH = struct.Struct(">I")
PREFIX_OCTETS = _LENGTH.size

_MESSAGE_ID = re.compile(rf"<[!-;=?-~]{{3,{IDENTIFIER_LENGTH - 2}}}>")
_LIST_ID = re.compile(rf"[!-;=?-~]{{1,{IDENTIFIER_LENGTH}}}")
_MEDIA_TYPES = ("text/plain", "text/html")
_STAGES: tuple[StageName, ...] = ("header", "text", "part", "complete")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What one stage adds to the scan; `message` comes with the header."""

    name: StageName
    message: Message | None = None
    findings: tuple[Finding, ...] = ()
    parts: tuple[CleanPart, ...] = ()
    images: tuple[CleanImage, ...] = ()
    documents: tuple[CleanDocument, ...] = ()
    removed: tuple[str, ...] = ()
    passages: tuple[Passage, ...] = ()
    shingles: tuple[bytes, ...] = ()


def octets_of(told: Scan | Stage) -> int:
    """How large all its photos and documents are together."""
    return sum(len(one.octets) for one in told.images) + sum(len(one.octets) for one in told.documents)


def advance(scan: Scan, stage: Stage) -> Scan:
    """The scan with what one more stage reported.

    Raises:
        FrameError: the files are larger than an honest scanner lets them get.
    """
    if (stage.images or stage.documents) and octets_of(scan) + octets_of(stage) > FILES_OCTETS:
        raise FrameError("size")
    progress = {"header": Progress.HEADER, "text": Progress.TEXT, "part": Progress.TEXT, "complete": Progress.COMPLETE}
    return Scan(
        progress=progress[stage.name],
        message=scan.message or stage.message,
        findings=tuple(dict.fromkeys(scan.findings + stage.findings)),
        parts=scan.parts + stage.parts,
        images=(scan.images + stage.images)[:PHOTOS],
        documents=(scan.documents + stage.documents)[:DOCUMENTS],
        removed=scan.removed + stage.removed,
        passages=(scan.passages + stage.passages)[:PASSAGES],
        shingles=(scan.shingles + stage.shingles)[:KEPT],
    )


def length_prefix(octets: bytes) -> bytes:
    """The four octets, big-endian, that go before a frame."""
    return _LENGTH.pack(len(octets))


def read_length(prefix: bytes | bytearray) -> int:
    """How long the frame is that follows these four octets."""
    length: int = _LENGTH.unpack(prefix)[0]
    return length


def encode_ready(sandbox: Sandbox) -> bytes:
    """A scanner's first frame: it waits for work, behind these walls."""
    return json.dumps({"stage": "ready"} | asdict(sandbox)).encode()


def decode_ready(octets: bytes) -> Sandbox:
    """Read a scanner's first frame.

    Raises:
        FrameError: it is anything else.
    """
    said = an_object(octets)
    if said.get("stage") != "ready":
        raise FrameError("not ready")
    return Sandbox(seccomp=a(bool, said.get("seccomp")), unprivileged=a(bool, said.get("unprivileged")))


def encode_stage(stage: Stage) -> bytes:
    """One stage as JSON."""
    return _ENCODER.encode(stage).encode()


def _said(value: Any) -> object:
    """What JSON has no form for: octets, addresses, times, and dataclasses with what stands in their slots."""
    match value:
        case bytes():
            return b64encode(value).decode("ascii")
        case Address():
            return str(value)
        case datetime():
            return value.isoformat()
        case _:
            return {name: getattr(value, name) for name in value.__slots__}


_ENCODER = json.JSONEncoder(default=_said)


def decode_stage(octets: bytes, rules: frozenset[str] = frozenset()) -> Stage:
    """Read one stage; `rules` are those that the detectors have.

    Raises:
        FrameError: its shape, a size or a character is wrong.
    """
    said = an_object(octets)
    name = said.get("name")
    if name not in _STAGES or (said.get("message") is not None) != (name == "header"):
        raise FrameError("stage")
    return Stage(
        name=name,
        message=_message(said["message"]) if name == "header" else None,
        findings=several(said.get("findings"), partial(_finding, RULES | rules), FINDINGS),
        parts=several(said.get("parts"), _part, len(_MEDIA_TYPES)),
        images=several(said.get("images"), _image, 1 if name == "part" else 0),
        documents=several(said.get("documents"), _document, DOCUMENTS if name == "part" else 0),
        removed=several(said.get("removed"), a_place, FINDINGS),
        passages=several(said.get("passages"), _passage, PASSAGES),
        shingles=several(said.get("shingles"), _digest, KEPT),
    )


def _line(value: object) -> str:
    """A text that can stand in a header field."""
    text = a(str, value)
    if not is_printable(text) or len(text) > HEADER_OCTETS:
        raise FrameError("line")
    return text


def _finding(rules: frozenset[str], value: object) -> Finding:
    """A finding in the words that there are; free ones could carry a post's text into the record."""
    said = a_mapping(value)
    label, score = said.get("label"), a(float, said.get("score"))
    if not 0 <= score <= 1:
        raise FrameError("number")
    return Finding(
        code=one_of(CODES, said.get("code")),
        rule=one_of(rules, said.get("rule")),
        place=a_place(said.get("place")),
        start=a_count(said.get("start"), FRAME_OCTETS),
        end=a_count(said.get("end"), FRAME_OCTETS),
        score=score,
        label=None if label is None else one_of(LABELS, label),
    )


def _passage(value: object) -> Passage:
    said = a_mapping(value)
    return Passage(
        code=one_of(PASSAGE_CODES, said.get("code")),
        words=a_count(said.get("words"), LONGEST_PASSAGE),
        whole=_digest(said.get("whole")),
        before=a_count(said.get("before"), WORDS),
        windows=several(said.get("windows"), _digest, LONGEST_PASSAGE + WORDS + 1),
    )


def _digest(value: object) -> bytes:
    if len(octets := some_octets(value, DIGEST_OCTETS)) != DIGEST_OCTETS:
        raise FrameError("digest")
    return octets


def _part(value: object) -> CleanPart:
    said = a_mapping(value)
    media_type, text = said.get("media_type"), a(str, said.get("text"))
    if media_type not in _MEDIA_TYPES or clean(text) != text:
        raise FrameError("part")
    if media_type == "text/html":
        # The order is checked first: the sanitiser runs in the main process here, and disorder can make it slow.
        if not is_orderly(text):
            raise FrameError("page")
        text = clean(sanitise(text))
    return CleanPart(media_type=media_type, text=text)


def _image(value: object) -> CleanImage:
    """A photo that is pixels and nothing else; what the pixels show is nobody's claim."""
    said = a_mapping(value)
    octets = some_octets(said.get("octets"), PHOTO_OCTETS)
    if not is_bare_jpeg(octets):
        raise FrameError("image")
    return CleanImage(
        octets=octets,
        place=a_place(said.get("place")),
        start=a_count(said.get("start"), FRAME_OCTETS),
        end=a_count(said.get("end"), FRAME_OCTETS),
        encoding=one_of(ENCODINGS, said.get("encoding")),
        lines=a_count(said.get("lines"), LINES),
    )


def _document(value: object) -> CleanDocument:
    """A document of a kind that may leave; what is in it nobody looks at here."""
    said = a_mapping(value)
    media_type = one_of(frozenset(DOCUMENT_TYPES), said.get("media_type"))
    octets = some_octets(said.get("octets"), FILES_OCTETS)
    if not is_made_as(octets, media_type):
        raise FrameError("document")
    return CleanDocument(
        octets=octets,
        media_type=media_type,
        place=a_place(said.get("place")),
        lines=several(said.get("lines"), lambda count: a_count(count, LINES), PICTURED_PAGES),
    )


def _message(value: object) -> Message:
    said = a_mapping(value)
    message_id = said.get("message_id")
    return Message(
        author=_author(said.get("author")),
        subject=_line(said.get("subject")),
        message_id=None if message_id is None else matching(_MESSAGE_ID, message_id),
        date=_date(said.get("date")),
        references=several(said.get("references"), lambda text: matching(_MESSAGE_ID, text), IDENTIFIERS),
        automatic=a(bool, said.get("automatic")),
        list_ids=several(said.get("list_ids"), lambda text: matching(_LIST_ID, text), IDENTIFIERS),
        hops=a_count(said.get("hops"), HEADER_FIELDS),
        defects=several(said.get("defects"), lambda rule: one_of(DEFECTS, rule), len(DEFECTS)),
    )


def _author(value: object) -> Mailbox | None:
    if value is None:
        return None
    said: Mapping[str, object] = a_mapping(value)
    address = parse_international_address(a(str, said.get("address")))
    if address is None:
        raise FrameError("address")
    return Mailbox(name=_line(said.get("name")), address=address)


def _date(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        written = datetime.fromisoformat(a(str, value))
    except ValueError:
        raise FrameError("date") from None
    if written.tzinfo is None:
        raise FrameError("date")
    return written
