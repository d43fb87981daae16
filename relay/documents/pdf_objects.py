"""The objects of a PDF, those that no page shows too: properties, annotations, strings, actions, attached files, pictures."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pikepdf

from relay.documents.document import Member, Unreadable
from relay.documents.limits import OVER_LIMITS, TEXT_LENGTH, Room
from relay.documents.parts import ACTIVE, HIDDEN_CONTENT, PICTURES
from relay.documents.pdf_content import decoded
from relay.policy.post import View

_ACTIONS = frozenset({"/JS", "/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/RichMediaExecute", "/Rendition"})  # fmt: skip
_NO_WORDS = frozenset({"/Registry", "/Ordering", "/ID", "/Cert", "/ByteRange", "/CheckSum", "/Lookup", "/IDTree"})
DRAWING_OCTETS = 4_000_000  # they are read instruction by instruction


@dataclass(slots=True)
class Found:
    """What was gathered so far.

    `length` counts characters, `shown` those that pages show, `drawn` octets of instructions. `largest`: the pixels of the
    largest picture; `plain`: whether every picture says how large it is; `pictured`: how many pages there are, if all of
    them are nothing but pictures.
    """

    room: Room
    views: list[View] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    length: int = 0
    shown: int = 0
    drawn: int = 0
    largest: int = 0
    plain: bool = True
    pictured: int = 0

    def count(self, length: int) -> None:
        """So many more characters are to be looked at.

        Raises:
            Unreadable: they are too many.
        """
        self.length += length
        if self.length > TEXT_LENGTH:
            raise Unreadable(OVER_LIMITS)

    def draw(self, octets: int) -> None:
        """So many more octets of drawing instructions are to be read.

        Raises:
            Unreadable: they are too many.
        """
        self.drawn += octets
        if self.drawn > DRAWING_OCTETS:
            raise Unreadable(OVER_LIMITS)

    def add(self, text: str, place: str) -> None:
        """One more text at its place."""
        self.count(len(text))
        self.views.append(View(text=text, place=place))


def properties(pdf: pikepdf.Pdf) -> Iterator[View]:
    """The document information dictionary: "Title=…", and each value on a line of its own."""
    info = pdf.trailer.get("/Info")
    if isinstance(info, pikepdf.Dictionary):
        texts = {str(name)[1:]: str(value) for name, value in info.items() if isinstance(value, pikepdf.String)}
        yield View(text="\n".join(f"{name}={text}" for name, text in texts.items()), place="properties")
        yield View(text="\n".join(texts.values()), place="properties")


def walk(pdf: pikepdf.Pdf, found: Found) -> list[pikepdf.Stream]:
    """Look at every object, those of no page too: strings, actions, pictures, files. Returns the streams that draw."""
    drawing = []
    root = pdf.Root
    if "/OCProperties" in root:
        found.problems.append(HIDDEN_CONTENT)
    if "/AcroForm" in root and len(root.AcroForm.get("/Fields", ())):
        found.problems.append(ACTIVE)
    noted = {line for view in found.views for line in view.text.split("\n")}  # properties
    for number, page in enumerate(pdf.pages, start=1):
        annotations = page.obj.get("/Annots")
        if isinstance(annotations, pikepdf.Array):
            strings = [text for one in annotations for text in _strings(one, found)]
            found.views.append(View(text="\n".join(strings), place=f"page {number}, hidden part"))
            noted.update(strings)
    others: list[str] = []
    for one in pdf.objects:
        if isinstance(one, pikepdf.Stream) and _is_drawing(one, found):
            drawing.append(one)
        others += _strings(one, found)
    beside = "\n".join(one for one in dict.fromkeys(others) if one not in noted)
    found.views.append(View(text=beside, place="hidden part"))
    return drawing


def _is_drawing(stream: pikepdf.Stream, found: Found) -> bool:
    """Whether a stream holds drawing instructions of its own; notes what it is otherwise. Its size is counted in any case."""
    subtype, kind = str(stream.get("/Subtype", "")), str(stream.get("/Type", ""))
    if subtype == "/Image":
        found.problems.append(PICTURES)
        _measure(stream, found)
        return False
    content = decoded(stream, found.room)
    if kind == "/Metadata":
        text = content.decode("utf-8", "replace")
        found.add(re.sub(r"<[^<>]{0,2000}>", "\n", text), "properties")
        found.add(text, "properties")
    elif kind == "/EmbeddedFile":
        found.problems.append(ACTIVE)
        found.members.append(Member(octets=content, name="", place=f"part {len(found.members) + 1}"))
    elif subtype in {"/PS", "/U3D", "/PRC"} or "/JS" in stream:
        found.problems.append(ACTIVE)
    return subtype == "/Form" or stream.get("/PatternType") == 1


def _measure(picture: pikepdf.Stream, found: Found) -> None:
    """How many pixels a picture has; what is compressed as JPEG 2000 tells only inside (ISO 32000-2 §7.4.9)."""
    width, height = picture.get("/Width"), picture.get("/Height")
    if not isinstance(width, int) or not isinstance(height, int) or "/JPXDecode" in str(picture.get("/Filter")):
        found.plain = False
    else:
        found.largest = max(found.largest, width * height)


def _strings(top: object, found: Found) -> list[str]:
    """All strings of an object; what its keys say that it does is noted.

    Raises:
        Unreadable: they are too long.
    """
    waiting: list[tuple[str, object]] = [("", top)]
    strings: list[str] = []
    while waiting:
        key, one = waiting.pop()
        if isinstance(one, pikepdf.String):
            strings += [] if key in _NO_WORDS else [str(one)]
        elif isinstance(one, pikepdf.Array):
            waiting += [(key, inner) for inner in one if _may_hold(inner)]
        elif isinstance(one, pikepdf.Dictionary | pikepdf.Stream):
            _kind(one, found)
            waiting += [(name, inner) for name, inner in one.items() if _may_hold(inner)]
            script = one.get("/JS")
            strings += (
                [decoded(script, found.room).decode("utf-8", "replace")] if isinstance(script, pikepdf.Stream) else []
            )
    found.count(sum(map(len, strings)))
    return [one for one in strings if one.strip()]


def _may_hold(one: object) -> bool:
    """Whether there can be a string in it that isn't reached elsewhere: what is indirect is an object by itself."""
    return isinstance(one, pikepdf.String) or (
        isinstance(one, pikepdf.Array | pikepdf.Dictionary) and not one.is_indirect
    )


def _kind(one: pikepdf.Dictionary | pikepdf.Stream, found: Found) -> None:
    """What a dictionary says that it is or does, as far as that keeps the document."""
    subtype = one.get("/Subtype")
    if subtype == pikepdf.Name.Type3:
        found.problems.append(PICTURES)
        found.plain = False
    elif one.get("/Type") == pikepdf.Name.Annot and subtype not in {pikepdf.Name.Link, pikepdf.Name.Widget}:
        found.problems.append(HIDDEN_CONTENT)
    if str(one.get("/S", "")) in _ACTIONS or any(key in one for key in _ACTIONS):
        found.problems.append(ACTIVE)
